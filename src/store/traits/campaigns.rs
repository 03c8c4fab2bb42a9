//! What the house asks of its storage about campaigns and where their people stand.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction, PersonState};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::domain::outcome::Outcome;

/// Campaigns and where their people stand.
#[async_trait]
pub trait CampaignStore: Send + Sync {
    /// Seals the incident's population and proposes a campaign: a row per person with its cascade, those without any
    /// contact point at once `unreachable`, those whom an earlier campaign of the incident has reached `suppressed`.
    /// Sets `sealed`, `population_hash` and `counts`. `Conflict` when the incident has nobody, or another campaign of
    /// it is proposed, approved, running or paused.
    async fn seal_campaign(&self, campaign: &Campaign, cascade: &[Channel], audit: AuditEntry) -> Result<Campaign>;
    /// Reads one.
    async fn campaign(&self, id: CampaignId) -> Result<Campaign>;
    /// Campaigns of an incident, oldest first.
    async fn campaigns(&self, incident: IncidentId) -> Result<Vec<Campaign>>;
    /// Applies an action; `Conflict` when it is out of order. Approving also records the approver.
    async fn act_on_campaign(
        &self,
        id: CampaignId,
        action: CampaignAction,
        actor: &ActorRef,
        audit: AuditEntry,
    ) -> Result<Campaign>;
    /// Campaigns that are running.
    async fn running_campaigns(&self) -> Result<Vec<Campaign>>;
    /// Attempts of a campaign in order of identifier, optionally only those of one person state or outcome.
    async fn attempts(&self, campaign: CampaignId, after: Option<AttemptId>, limit: u32) -> Result<Page<AttemptRow>>;
    /// Numbers per channel, provider and outcome, kept as the work goes.
    async fn tallies(&self, campaign: CampaignId) -> Result<Vec<Tally>>;
    /// Unreachable people per reason, over all campaigns of an incident.
    async fn unreachable_reasons(&self, incident: IncidentId) -> Result<Vec<(UnreachableReason, i64)>>;
}

/// An attempt as it is listed: no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The attempt.
    pub id: AttemptId,
    /// The person.
    pub person: PersonId,
    /// The person's state now.
    pub person_state: PersonState,
    /// Through which channel.
    pub channel: Channel,
    /// Through which provider.
    pub provider: String,
    /// Number of the attempt for this person, from 1.
    pub number: i64,
    /// Whether it repeats one that may have gone out.
    pub repeats: bool,
    /// Hash of the notice version that was sent.
    pub notice_hash: String,
    /// When the intent was recorded.
    pub intended_at: Millis,
    /// What came of it, once known.
    pub outcome: Option<Outcome>,
    /// When that was recorded.
    pub settled_at: Option<Millis>,
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's own name for the message.
    pub reference: Option<String>,
    /// The last receipt's outcome.
    pub receipt: Option<Outcome>,
}

/// A number of attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Through which channel.
    pub channel: Channel,
    /// Through which provider.
    pub provider: String,
    /// What came of them.
    pub outcome: Outcome,
    /// How many.
    pub attempts: i64,
}
