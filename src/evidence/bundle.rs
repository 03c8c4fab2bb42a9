//! The summary of an incident's evidence: numbers, hashes and times, and nobody's data.

use super::{Approval, ChainReport, Evidence};
use crate::domain::campaign::Campaign;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::report::Report;
use crate::store::{StoreError, Tally};

/// The evidence of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// When it was put together.
    pub at: Millis,
    /// The incident.
    pub incident: Incident,
    /// Its campaigns, oldest first.
    pub campaigns: Vec<CampaignEvidence>,
    /// Its reports, oldest first.
    pub reports: Vec<Report>,
    /// Duties that were recorded as done, oldest first.
    pub fulfilments: Vec<Fulfilment>,
    /// Its audit chain.
    pub chain: ChainReport,
}

/// The evidence of one campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignEvidence {
    /// The campaign: sealed number, population hash, notice hash, who wrote and approved it, and the counts.
    pub campaign: Campaign,
    /// Attempts per channel, provider and outcome.
    pub tallies: Vec<Tally>,
    /// Its approval, once it is approved.
    pub approval: Option<Approval>,
}

impl CampaignEvidence {
    /// Whether everybody who was sealed is in exactly one state.
    #[must_use]
    pub fn accounts_for_everybody(&self) -> bool {
        self.campaign.counts.total() == self.campaign.sealed
    }
}

impl Evidence {
    /// Puts the evidence of an incident together.
    ///
    /// # Errors
    /// When the incident does not exist or the database does not answer.
    pub async fn bundle(&self, incident: IncidentId) -> Result<Bundle, StoreError> {
        let found = self.store.incident(incident).await?;
        let approvals = self.approvals(incident).await?;
        let mut campaigns = Vec::new();
        for campaign in self.store.campaigns(incident).await? {
            let tallies = self.store.tallies(campaign.id).await?;
            let approval = approvals.iter().find(|approval| approval.campaign == campaign.id).cloned();
            campaigns.push(CampaignEvidence { campaign, tallies, approval });
        }
        let reports = self.store.reports(incident).await?;
        let fulfilments = self.store.fulfilments(incident).await?;
        let chain = self.verify(Some(incident)).await?;
        Ok(Bundle { at: self.clock.now(), incident: found, campaigns, reports, fulfilments, chain })
    }
}
