//! Moves an incident through its life: draft, open, closed; or discarded.

use serde_json::json;

use super::{IncidentError, Incidents, entry};
use crate::domain::actor::ActorRef;
use crate::domain::campaign::CampaignState;
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};
use crate::store::StoreError;

impl Incidents {
    /// Confirms a draft: people may be told from now on.
    ///
    /// # Errors
    /// When it is no draft, or storage fails.
    pub async fn open(&self, id: IncidentId, by: &ActorRef) -> Result<Incident, IncidentError> {
        self.move_to(id, IncidentState::Open, by, "incident.opened", json!({})).await
    }

    /// Closes an open incident: nothing changes any more.
    ///
    /// # Errors
    /// When it is not open, or a campaign of it is neither complete nor cancelled, or was cancelled and may still tell somebody
    /// or leave them to a later one.
    pub async fn close(&self, id: IncidentId, by: &ActorRef) -> Result<Incident, IncidentError> {
        let campaigns = self.store.campaigns(id).await?;
        let ended = |state| matches!(state, CampaignState::Completed | CampaignState::Cancelled);
        if let Some(alive) = campaigns.iter().find(|campaign| !ended(campaign.state)) {
            return Err(IncidentError::CampaignAlive(alive.state));
        }
        self.move_to(id, IncidentState::Closed, by, "incident.closed", json!({ "campaigns": campaigns.len() })).await
    }

    /// Discards a draft that was no incident; the reason stays in the audit chain.
    ///
    /// # Errors
    /// When it is no draft, or storage fails.
    pub async fn discard(&self, id: IncidentId, reason: &str, by: &ActorRef) -> Result<Incident, IncidentError> {
        self.move_to(id, IncidentState::Discarded, by, "incident.discarded", json!({ "reason": reason })).await
    }

    async fn move_to(
        &self,
        id: IncidentId,
        to: IncidentState,
        by: &ActorRef,
        action: &str,
        detail: serde_json::Value,
    ) -> Result<Incident, IncidentError> {
        let from = self.store.incident(id).await?.state;
        if !from.may_become(to) {
            return Err(IncidentError::OutOfOrder { from, to });
        }
        let audit = entry(id, self.clock.now(), by, action, detail);
        match self.store.move_incident(id, from, to, audit).await {
            // Somebody was faster between our reading and writing: by moving it, or by proposing a campaign.
            Err(StoreError::Conflict(why)) => {
                let present = self.store.incident(id).await?.state;
                Err(if present == from {
                    StoreError::Conflict(why).into()
                } else {
                    IncidentError::OutOfOrder { from: present, to }
                })
            }
            other => Ok(other?),
        }
    }
}
