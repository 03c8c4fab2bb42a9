//! What the house asks of its storage about campaigns and where their people stand.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction, Counts, PersonState};
use crate::domain::cascade::Routing;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::outcome::Outcome;

/// Campaigns and where their people stand.
#[async_trait]
pub trait CampaignStore: Send + Sync {
    /// Seals the incident's population and proposes a campaign: a row per person with its cascade, those without any
    /// contact point at once `unreachable`, those whom another campaign of the incident has reached
    /// or is to tell `suppressed`, until that one is cancelled. Sets `sealed`, `population_hash` and `counts`. `Conflict` when the
    /// incident has ended or has nobody, or another campaign of it is proposed or approved.
    async fn seal_campaign(&self, campaign: &Campaign, routing: &dyn Routing, audit: AuditEntry) -> Result<Campaign>;
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
    /// Makes people pending again whom the campaign has given up on, or of whom nobody knows; returns how many. Whom another
    /// campaign of the incident has reached or is to tell are left to it. The routing says how those whose addresses are all dead
    /// can be told now. Reopens a completed campaign. `Conflict` when it is not running, paused or completed, or its incident
    /// has ended.
    async fn tell_again(
        &self,
        id: CampaignId,
        whom: Again,
        routing: &dyn Routing,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)>;
    /// Takes those of whom nobody knows as reached; returns how many. `Conflict` when the campaign has not
    /// begun.
    async fn take_unknown_as_reached(
        &self,
        id: CampaignId,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)>;
    /// Where the people of each jurisdiction stand, in order of its name.
    async fn jurisdiction_counts(&self, id: CampaignId) -> Result<Vec<JurisdictionCounts>>;
    /// Campaigns that are running.
    async fn running_campaigns(&self) -> Result<Vec<Campaign>>;
    /// Attempts of a campaign in order of identifier, optionally only those of one person state or outcome.
    async fn attempts(&self, campaign: CampaignId, after: Option<AttemptId>, limit: u32) -> Result<Page<AttemptRow>>;
    /// Numbers per channel, provider and outcome, kept as the work goes.
    async fn tallies(&self, campaign: CampaignId) -> Result<Vec<Tally>>;
    /// Unreachable people per reason, over all campaigns of an incident.
    async fn unreachable_reasons(&self, incident: IncidentId) -> Result<Vec<(UnreachableReason, i64)>>;
}

/// Whom to tell again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a class that is meant or not")]
pub struct Again {
    /// Those whose every address turned out dead; they begin with the contact points that they have got since the seal, or at the
    /// first step where they have got none.
    pub bad_address: bool,
    /// Those whose last contact point refused the message.
    pub rejected: bool,
    /// Those who could not be reached in the tries allowed.
    pub gave_up: bool,
    /// Those of whom nobody knows; each may get a second message.
    pub unknown: bool,
}

/// Where the people of a jurisdiction stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JurisdictionCounts {
    /// The jurisdiction, where it is known.
    pub jurisdiction: Option<JurisdictionId>,
    /// People sealed.
    pub sealed: i64,
    /// Where they are; whoever is in flight counts as pending.
    pub counts: Counts,
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
