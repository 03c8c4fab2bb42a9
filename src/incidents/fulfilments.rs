//! Records that duties were done which no document and no event of the timeline shows: made, taken back, listed.

use serde_json::json;

use super::waivers::{checked, fitting};
use super::{IncidentError, Incidents, entry};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::history::Cause;
use crate::domain::id::{FulfilmentId, IncidentId};
use crate::domain::obligation::ObligationState;
use crate::domain::waiver::Reversal;

impl Incidents {
    /// Records that a duty was done: when, and how. The incident may be closed by then, as with the submission of a report:
    /// what was done late, or became known late, belongs into the record all the same.
    ///
    /// # Errors
    /// When the incident has no such duty or has done it, a report meets the duty, the time is still to come, the account
    /// of it does not fit, or storage fails.
    pub async fn fulfil(
        &self,
        id: IncidentId,
        obligation: &str,
        done_at: Millis,
        how: &str,
        by: &ActorRef,
    ) -> Result<Fulfilment, IncidentError> {
        let how = fitting(how).ok_or(IncidentError::BadAccount)?;
        let now = self.clock.now();
        if done_at > now {
            return Err(IncidentError::NotDoneYet);
        }
        let docket = self.store.docket(id).await?;
        let duties = self.standing(&docket, now);
        let duty = duties.into_iter().find(|duty| duty.id == obligation);
        let duty = duty.ok_or_else(|| IncidentError::NoSuchDuty(obligation.chars().take(100).collect()))?;
        // A document has its own record, with the authority's reference and the reason for lateness.
        if self.rules.report_of(&duty.id).is_some() {
            return Err(IncidentError::MetByReport(duty.id));
        }
        if duty.state == ObligationState::Met {
            return Err(IncidentError::Done(duty.id));
        }
        let fulfilment = Fulfilment {
            id: FulfilmentId::new(now, self.entropy.ten()),
            incident: id,
            obligation: duty.id,
            how,
            done_at,
            rules_version: duty.rules_version,
            author: by.clone(),
            recorded_at: now,
            reversal: None,
        };
        let detail = json!({ "fulfilment": fulfilment.id, "obligation": fulfilment.obligation, "how": fulfilment.how,
            "done_at": done_at.to_rfc3339(), "late": duty.deadline.has_passed(done_at),
            "rules_version": fulfilment.rules_version });
        self.store.fulfil(&fulfilment, entry(id, now, by, "obligation.fulfilled", detail)).await?;
        self.note_done(id, Cause::Fulfilled, by).await;
        Ok(fulfilment)
    }

    /// Takes a record back that was made in error: the duty is to be done still.
    ///
    /// # Errors
    /// When there is no such record, it was taken back before, or storage fails.
    pub async fn reverse_fulfilment(
        &self,
        id: FulfilmentId,
        reason: &str,
        by: &ActorRef,
    ) -> Result<Fulfilment, IncidentError> {
        let reason = checked(reason)?;
        let fulfilment = self.store.fulfilment(id).await?;
        let now = self.clock.now();
        let detail = json!({ "fulfilment": id, "obligation": fulfilment.obligation, "reason": reason });
        let audit = entry(fulfilment.incident, now, by, "obligation.fulfilment_reversed", detail);
        let reversal = Reversal { at: now, by: by.clone(), reason };
        let fulfilment = self.store.reverse_fulfilment(id, &reversal, audit).await?;
        self.note_done(fulfilment.incident, Cause::FulfilmentReversed, by).await;
        Ok(fulfilment)
    }

    /// The records of an incident, oldest first, those that were taken back too.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn fulfilments(&self, id: IncidentId) -> Result<Vec<Fulfilment>, IncidentError> {
        self.store.incident(id).await?;
        Ok(self.store.fulfilments(id).await?)
    }
}
