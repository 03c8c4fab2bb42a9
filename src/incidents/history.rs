//! The history of an incident's duties: noted with each change, read with what differs and why.

use super::{IncidentError, Incidents};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::history::{Cause, DutyChange, Moment, changes, snapshot};
use crate::domain::id::IncidentId;
use crate::domain::obligation::Obligation;
use crate::store::Docket;

/// What became of the duties at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Number, from 1.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// What happened.
    pub cause: Cause,
    /// Who did it.
    pub actor: ActorRef,
    /// Version of the incident.
    pub version: i64,
    /// Facts that were amended.
    pub fields: Vec<String>,
    /// What became of the duties.
    pub changes: Vec<DutyChange>,
}

/// A part of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The entries, oldest first.
    pub entries: Vec<HistoryEntry>,
    /// Number to go on after; `None` on the last page.
    pub next: Option<i64>,
    /// What is different now from the last entry of all, because time has passed or the rules are newer.
    pub since: Vec<DutyChange>,
}

impl Incidents {
    /// Entries of an incident's history after a number, with what is different now.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn duty_history(&self, id: IncidentId, after: i64, limit: u32) -> Result<History, IncidentError> {
        let docket = self.store.docket(id).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // The one before the first says what the first is different from.
        let wanted = u32::try_from(limit + 2).unwrap_or(u32::MAX);
        let moments = self.store.duty_history(id, after, wanted).await?;
        let mut before: &[_] = match moments.first() {
            Some((seq, moment)) if *seq == after => &moment.duties,
            _ => &[],
        };
        let mut entries = Vec::new();
        let shown: Vec<&(i64, Moment)> = moments.iter().filter(|(seq, _)| *seq > after).collect();
        for (seq, moment) in shown.iter().take(limit) {
            entries.push(HistoryEntry {
                seq: *seq,
                at: moment.at,
                cause: moment.cause,
                actor: moment.actor.clone(),
                version: moment.version,
                fields: moment.fields.clone(),
                changes: changes(before, &moment.duties, moment.cause, &moment.fields),
            });
            before = &moment.duties;
        }
        let next = if shown.len() > limit { entries.last().map(|entry| entry.seq) } else { None };
        let last = self.store.last_duties(id).await?.map(|(_, moment)| moment.duties).unwrap_or_default();
        let now = snapshot(&self.standing(&docket, self.clock.now()));
        let since = changes(&last, &now, Cause::Recomputed, &[]);
        Ok(History { entries, next, since })
    }

    /// The last entries of an incident's history, with what is different now.
    ///
    /// # Errors
    /// As [`Incidents::duty_history`].
    pub async fn latest_duty_history(&self, id: IncidentId, limit: u32) -> Result<History, IncidentError> {
        // Numbers go up by one, so that the last ones begin that far before the last.
        let last = self.store.last_duties(id).await?.map_or(0, |(seq, _)| seq);
        self.duty_history(id, (last - i64::from(limit)).max(0), limit).await
    }

    /// Notes what the duties are now, if that is another than what was noted last.
    async fn note_duties(&self, id: IncidentId, cause: Cause, by: &ActorRef) -> Result<(), IncidentError> {
        let docket = self.store.docket(id).await?;
        self.note(&docket, cause, by).await
    }

    /// The same after something that is recorded already: where it fails, the history has it with the next change.
    pub async fn note_done(&self, id: IncidentId, cause: Cause, by: &ActorRef) {
        if let Err(error) = self.note_duties(id, cause, by).await {
            tracing::warn!(%error, cause = cause.as_str(), "what a change did to the duties could not be noted");
        }
    }

    pub(super) async fn note(&self, docket: &Docket, cause: Cause, by: &ActorRef) -> Result<(), IncidentError> {
        let now = self.clock.now();
        let moment = moment(docket, &self.standing(docket, now), cause, by, now);
        let last = self.store.last_duties(docket.incident.id).await?;
        if last.as_ref().is_some_and(|(_, last)| last.duties == moment.duties) {
            return Ok(());
        }
        let known = last.map_or(0, |(seq, _)| seq);
        // Whoever noted something at the same time saw the same: there is nothing to add.
        self.store.note_duties(docket.incident.id, known, &moment).await?;
        Ok(())
    }
}

/// What is noted.
pub(super) fn moment(docket: &Docket, duties: &[Obligation], cause: Cause, by: &ActorRef, at: Millis) -> Moment {
    let version = docket.incident.version;
    Moment { at, cause, actor: by.clone(), version, fields: Vec::new(), duties: snapshot(duties) }
}
