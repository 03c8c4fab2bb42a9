//! Decisions not to do what a duty asks for: made, taken back, listed.

use serde_json::json;

use super::{IncidentError, Incidents, MAX_REASON, entry};
use crate::domain::actor::ActorRef;
use crate::domain::history::Cause;
use crate::domain::id::{IncidentId, WaiverId};
use crate::domain::obligation::ObligationState;
use crate::domain::text::is_stray;
use crate::domain::waiver::{Reversal, Waiver};

impl Incidents {
    /// Decides not to do what a duty asks for. The decision keeps its reason, its author, how strongly the duty bound and
    /// under which version of the rules; once the duty binds more strongly than that, the decision lifts it no more.
    ///
    /// # Errors
    /// When the incident is closed, has no such duty or has done it, a decision stands already, or storage fails.
    pub async fn waive(
        &self,
        id: IncidentId,
        obligation: &str,
        reason: &str,
        by: &ActorRef,
    ) -> Result<Waiver, IncidentError> {
        let reason = checked(reason)?;
        let docket = self.store.docket(id).await?;
        if !docket.incident.state.is_editable() {
            return Err(IncidentError::Frozen(docket.incident.state));
        }
        let now = self.clock.now();
        let duties = self.standing(&docket, now);
        let duty = duties.into_iter().find(|duty| duty.id == obligation);
        let duty = duty.ok_or_else(|| IncidentError::NoSuchDuty(obligation.chars().take(100).collect()))?;
        if duty.state == ObligationState::Met {
            return Err(IncidentError::Done(duty.id));
        }
        // A decision that the duty has outgrown makes room for one on the duty as it is now.
        let outgrown = docket.waivers.iter().find(|old| old.obligation == duty.id && old.reversal.is_none());
        if let Some(old) = outgrown.filter(|old| !old.lifts(&duty)) {
            self.reverse_waiver(old.id, "The duty binds more strongly now; it is decided anew.", by).await?;
        }
        let waiver = Waiver {
            id: WaiverId::new(now, self.entropy.ten()),
            incident: id,
            obligation: duty.id,
            reason,
            force: duty.force,
            rules_version: duty.rules_version,
            author: by.clone(),
            decided_at: now,
            reversal: None,
        };
        let detail = json!({ "waiver": waiver.id, "obligation": waiver.obligation, "reason": waiver.reason,
            "force": waiver.force, "rules_version": waiver.rules_version });
        self.store.waive(&waiver, entry(id, now, by, "obligation.waived", detail)).await?;
        self.note_done(id, Cause::Decided, by).await;
        Ok(waiver)
    }

    /// Takes a decision back: the duty is to be done again.
    ///
    /// # Errors
    /// When there is no such decision, it was taken back before, or storage fails.
    pub async fn reverse_waiver(&self, id: WaiverId, reason: &str, by: &ActorRef) -> Result<Waiver, IncidentError> {
        let reason = checked(reason)?;
        let waiver = self.store.waiver(id).await?;
        let now = self.clock.now();
        let detail = json!({ "waiver": id, "obligation": waiver.obligation, "reason": reason });
        let audit = entry(waiver.incident, now, by, "obligation.waiver_reversed", detail);
        let reversal = Reversal { at: now, by: by.clone(), reason };
        let waiver = self.store.reverse_waiver(id, &reversal, audit).await?;
        self.note_done(waiver.incident, Cause::Reversed, by).await;
        Ok(waiver)
    }

    /// The decisions of an incident, oldest first, those that were taken back too.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn waivers(&self, id: IncidentId) -> Result<Vec<Waiver>, IncidentError> {
        self.store.incident(id).await?;
        Ok(self.store.waivers(id).await?)
    }
}

pub(super) fn checked(reason: &str) -> Result<String, IncidentError> {
    fitting(reason).ok_or(IncidentError::BadReason)
}

/// A text of responders without the blanks around it; `None` where it is empty, too long, or has control characters.
pub(super) fn fitting(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_REASON && !text.chars().any(is_stray);
    fits.then(|| text.to_owned())
}
