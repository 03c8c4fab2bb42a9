//! What a campaign was approved in spite of, and what was confirmed, as the audit chain has it.

use serde::Deserialize;

use super::Evidence;
use super::chain::STEP;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId};
use crate::store::StoreError;

/// The action under which approvals stand in the chain.
const APPROVED: &str = "campaign.approved";

/// An approval of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The campaign.
    pub campaign: CampaignId,
    /// Number of its entry in the chain.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// What the law demands and the notice surely lacked, or forbids and it had: `OBLIGATION: ELEMENT`.
    pub faults: Vec<String>,
    /// Why it was approved in spite of them.
    pub despite: Option<String>,
    /// Elements that the approver confirmed to be there.
    pub confirmed: Vec<String>,
    /// Elements that the approver confirmed not to be there.
    pub confirmed_absent: Vec<String>,
}

#[derive(Deserialize)]
struct Detail {
    campaign: CampaignId,
    #[serde(default)]
    faults: Vec<String>,
    #[serde(default)]
    despite: Option<String>,
    #[serde(default)]
    confirmed: Vec<String>,
    #[serde(default)]
    confirmed_absent: Vec<String>,
}

impl Evidence {
    /// The approvals of an incident's campaigns, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn approvals(&self, incident: IncidentId) -> Result<Vec<Approval>, StoreError> {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let entries = self.store.audit(Some(incident), after, STEP).await?;
            let Some(last) = entries.last() else { return Ok(found) };
            after = last.seq;
            for entry in entries.iter().filter(|entry| entry.action == APPROVED) {
                // What does not read as one was changed since; verifying the chain says so.
                let Ok(detail) = serde_json::from_str::<Detail>(&entry.detail) else { continue };
                let Detail { campaign, faults, despite, confirmed, confirmed_absent } = detail;
                let (seq, at) = (entry.seq, entry.at);
                found.push(Approval { campaign, seq, at, faults, despite, confirmed, confirmed_absent });
            }
        }
    }
}
