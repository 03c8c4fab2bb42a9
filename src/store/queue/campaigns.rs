//! [`CampaignStore`]: each method in the file that is named for it.

use async_trait::async_trait;

use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction};
use crate::domain::cascade::Routing;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId};
use crate::store::SqlStore;
use crate::store::db::reading;
use crate::store::traits::{Again, AttemptRow, CampaignStore, JurisdictionCounts, Page, Result, Tally};

#[async_trait]
impl CampaignStore for SqlStore {
    async fn seal_campaign(&self, campaign: &Campaign, routing: &dyn Routing, audit: AuditEntry) -> Result<Campaign> {
        self.seal_population(campaign, routing, &audit).await
    }

    async fn campaign(&self, id: CampaignId) -> Result<Campaign> {
        reading!(self, conn => { conn.read_campaign(id).await })
    }

    async fn campaigns(&self, incident: IncidentId) -> Result<Vec<Campaign>> {
        self.list_campaigns(incident).await
    }

    async fn act_on_campaign(
        &self,
        id: CampaignId,
        action: CampaignAction,
        actor: &ActorRef,
        audit: AuditEntry,
    ) -> Result<Campaign> {
        self.act(id, action, actor, &audit).await
    }

    async fn tell_again(
        &self,
        id: CampaignId,
        whom: Again,
        routing: &dyn Routing,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)> {
        self.begin_again(id, whom, routing, actor, now, reason).await
    }

    async fn take_unknown_as_reached(
        &self,
        id: CampaignId,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)> {
        self.unknown_is_reached(id, actor, now, reason).await
    }

    async fn jurisdiction_counts(&self, id: CampaignId) -> Result<Vec<JurisdictionCounts>> {
        self.list_jurisdictions(id).await
    }

    async fn running_campaigns(&self) -> Result<Vec<Campaign>> {
        self.list_running().await
    }

    async fn attempts(&self, campaign: CampaignId, after: Option<AttemptId>, limit: u32) -> Result<Page<AttemptRow>> {
        self.list_attempts(campaign, after, limit).await
    }

    async fn tallies(&self, campaign: CampaignId) -> Result<Vec<Tally>> {
        self.list_tallies(campaign).await
    }

    async fn unreachable_reasons(&self, incident: IncidentId) -> Result<Vec<(UnreachableReason, i64)>> {
        self.count_reasons(incident).await
    }
}
