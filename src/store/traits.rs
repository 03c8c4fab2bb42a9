//! What the house asks of its storage: small traits of whole operations. One method is one atomic operation; where it
//! changes something, its audit entry is in the same transaction.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::actor::{Actor, ActorRef, Role};
use crate::domain::announcement::Announcement;
use crate::domain::attempt::{ChannelPolicy, Claimed, Settlement, UnreachableReason};
use crate::domain::audit::{AuditEntry, ChainedEntry};
use crate::domain::campaign::{Campaign, CampaignAction, Counts, PersonState};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{
    AnnouncementId, AttemptId, CampaignId, IncidentId, KeyId, NoticeId, PersonId, ReportId, WorkerId,
};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::notice::Notice;
use crate::domain::outcome::Outcome;
use crate::domain::person::{Person, PersonRecord};
use crate::domain::report::Report;

/// Result of a storage operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// One page of a list, in order of identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more follow.
    pub more: bool,
}

/// Incidents.
#[async_trait]
pub trait IncidentStore: Send + Sync {
    /// Stores a new incident and makes its key, wrapped by the master key.
    async fn create_incident(&self, incident: &Incident, audit: AuditEntry) -> Result<()>;
    /// Reads one. `NotFound` if there is none.
    async fn incident(&self, id: IncidentId) -> Result<Incident>;
    /// Lists newest last, after a cursor.
    async fn incidents(&self, after: Option<IncidentId>, limit: u32) -> Result<Page<Incident>>;
    /// Replaces facts and state if the stored version is `expected`; `Conflict` if it is another. Returns the new one.
    async fn amend_incident(&self, incident: &Incident, expected: i64, audit: AuditEntry) -> Result<Incident>;
    /// Moves an incident's state if it is in `from`; `Conflict` otherwise.
    async fn move_incident(
        &self,
        id: IncidentId,
        from: IncidentState,
        to: IncidentState,
        audit: AuditEntry,
    ) -> Result<Incident>;
    /// Opens or finds the draft of an alert: the same source and key always give the same incident.
    /// Returns the incident and whether it is new.
    async fn incident_for_alert(
        &self,
        source: &str,
        key: &str,
        draft: &Incident,
        audit: AuditEntry,
    ) -> Result<(Incident, bool)>;
}

/// What became of one row of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportEffect {
    /// A person that was not there.
    Added,
    /// A person that was there and knew less.
    Updated,
    /// A person that was there and knew all of it.
    Unchanged,
}

/// Numbers of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// See [`ImportEffect::Added`].
    pub added: i64,
    /// See [`ImportEffect::Updated`].
    pub updated: i64,
    /// See [`ImportEffect::Unchanged`]; rows that repeat another of the same chunk count here too.
    pub unchanged: i64,
}

/// Affected people.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Takes in a chunk of people, merging rows of the same `ref` ([`PersonRecord::merge`]). Sealing happens before the
    /// transaction begins. `ids` has one fresh identifier per record. Refused with `Conflict` when the incident's key is destroyed.
    async fn import_people(
        &self,
        incident: IncidentId,
        records: Vec<PersonRecord>,
        ids: Vec<PersonId>,
        now: Millis,
        actor: ActorRef,
    ) -> Result<ImportCounts>;
    /// Lists people of an incident in order of identifier.
    async fn people(&self, incident: IncidentId, after: Option<PersonId>, limit: u32) -> Result<Page<Person>>;
    /// Reads one person.
    async fn person(&self, incident: IncidentId, id: PersonId) -> Result<Person>;
    /// Finds a person by the organisation's reference.
    async fn person_by_ref(&self, incident: IncidentId, reference: &str) -> Result<Person>;
    /// How many people per jurisdiction and locale, for planning and previews.
    async fn people_summary(&self, incident: IncidentId) -> Result<Vec<PeopleGroup>>;
}

/// A number of people who share jurisdiction and locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleGroup {
    /// Their jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Their locale.
    pub locale: Option<Locale>,
    /// How many.
    pub people: i64,
    /// How many of them have no contact point at all.
    pub without_contact: i64,
}

/// Notice versions.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Stores the next version of an incident's notice; `notice.version` is set by the store. Writing the same hash
    /// again returns the version that has it.
    async fn put_notice(&self, notice: &Notice, audit: AuditEntry) -> Result<Notice>;
    /// The newest version. `NotFound` if there is none.
    async fn latest_notice(&self, incident: IncidentId) -> Result<Notice>;
    /// Reads one version.
    async fn notice(&self, id: NoticeId) -> Result<Notice>;
}

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

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The worker; its lease must be alive, else `StaleLease`.
    pub worker: WorkerId,
    /// The campaign; people of one that is not running are not given out.
    pub campaign: CampaignId,
    /// The channel.
    pub channel: Channel,
    /// The provider that will carry the messages.
    pub provider: String,
    /// At most so many.
    pub limit: u32,
    /// Now.
    pub now: Millis,
    /// Fresh attempt identifiers, at least `limit`.
    pub attempts: Vec<AttemptId>,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettleReport {
    /// Settlements that were applied.
    pub applied: u32,
    /// Settlements that came too late: the lease was lost and the person is someone else's.
    pub stale: u32,
    /// Whether the campaign became complete by it.
    pub completed: bool,
}

/// What a reaping found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReapReport {
    /// Workers whose lease had run out.
    pub workers: u32,
    /// Attempts of theirs without outcome, now `unknown`.
    pub unknown: u32,
    /// Of those, how many will be repeated.
    pub repeats: u32,
}

/// What a receipt did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptEffect {
    /// It moved the person.
    Moved,
    /// It was noted; the person stays.
    Noted,
    /// It was known already.
    Repeated,
    /// No attempt has that identifier.
    NoSuchAttempt,
}

impl ReceiptEffect {
    /// The name, as metrics and the receipts' table spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Noted => "noted",
            Self::Repeated => "repeated",
            Self::NoSuchAttempt => "no_such_attempt",
        }
    }
}

/// The engine's queue. The lease is the worker's: while it is alive, what it claimed is its own; every settlement must
/// name the attempt, and is refused once the attempt has been taken away.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// Enters a worker with a lease.
    async fn register_worker(&self, worker: WorkerId, name: &str, now: Millis, expires_at: Millis) -> Result<()>;
    /// Extends a worker's lease; `StaleLease` when it has been reaped.
    async fn extend_lease(&self, worker: WorkerId, now: Millis, expires_at: Millis) -> Result<()>;
    /// Ends a worker that has nothing in flight any more.
    async fn retire_worker(&self, worker: WorkerId, now: Millis) -> Result<()>;
    /// Claims due people and records the intents, in one transaction.
    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>>;
    /// Records what came of claimed attempts of one campaign, in one transaction.
    async fn settle(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: Vec<Settlement>,
        now: Millis,
    ) -> Result<SettleReport>;
    /// Hands back attempts that were claimed and certainly not begun: their intent is withdrawn, the person pending again.
    async fn hand_back(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: Vec<AttemptId>,
        now: Millis,
    ) -> Result<u32>;
    /// Takes from workers whose lease ended before `now` what they had in flight: each attempt becomes `unknown`, each person
    /// goes where the channel's policy says. `only` limits it to one worker. Works in bounded steps until nothing is left.
    async fn reap(
        &self,
        policies: &[(Channel, ChannelPolicy)],
        only: Option<WorkerId>,
        now: Millis,
        jitter: f64,
    ) -> Result<ReapReport>;
    /// Workers whose lease is alive or not yet reaped, with their expiry.
    async fn workers(&self) -> Result<Vec<(WorkerId, Millis)>>;
    /// The earliest time at which a pending person of a running campaign is due on a channel, if any.
    async fn next_due(&self, campaign: CampaignId, channel: Channel) -> Result<Option<Millis>>;
    /// Completes running campaigns in which nobody is pending or in flight.
    async fn complete_campaigns(&self, now: Millis) -> Result<Vec<CampaignId>>;
    /// Takes a provider's receipt: durable and idempotent by `(provider, key)`. A receipt for an attempt in flight
    /// settles it; one that turns `reached` or `unknown` into a failure sends the person on, and reopens a completed campaign.
    #[expect(clippy::too_many_arguments, reason = "one atomic operation with all it needs")]
    async fn apply_receipt(
        &self,
        provider: &str,
        key: &str,
        attempt: AttemptId,
        outcome: Option<Outcome>,
        code: Option<&str>,
        policies: &[(Channel, ChannelPolicy)],
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect>;
    /// Moves people that are unreachable to announced where the incident has a published announcement.
    async fn cover_by_announcement(&self, incident: IncidentId, now: Millis) -> Result<i64>;
}

/// Public notices.
#[async_trait]
pub trait AnnouncementStore: Send + Sync {
    /// Stores a draft; replaces an earlier draft of the incident. `Conflict` when one is published or the slug is taken.
    async fn put_announcement(&self, announcement: &Announcement, audit: AuditEntry) -> Result<Announcement>;
    /// Reads one by its slug, published or withdrawn only.
    async fn public_announcement(&self, slug: &str) -> Result<Announcement>;
    /// The incident's newest announcement.
    async fn announcement(&self, incident: IncidentId) -> Result<Announcement>;
    /// Published and withdrawn ones, newest first.
    async fn public_announcements(&self, limit: u32) -> Result<Vec<Announcement>>;
    /// Makes a draft public, and moves the incident's unreachable people to announced. `Conflict` when it is no draft.
    async fn publish_announcement(
        &self,
        id: AnnouncementId,
        actor: &ActorRef,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement>;
    /// Leaves a tombstone, and moves announced people back to unreachable. `Conflict` when it is not published.
    async fn withdraw_announcement(
        &self,
        id: AnnouncementId,
        reason: &str,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement>;
}

/// Regulator reports.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores a report.
    async fn create_report(&self, report: &Report, audit: AuditEntry) -> Result<()>;
    /// Reads one.
    async fn report(&self, id: ReportId) -> Result<Report>;
    /// Reads one by its token.
    async fn report_by_token(&self, token: &str) -> Result<Report>;
    /// Reports of an incident, oldest first.
    async fn reports(&self, incident: IncidentId) -> Result<Vec<Report>>;
    /// Records that it was submitted; `Conflict` when it was before.
    async fn submit_report(
        &self,
        id: ReportId,
        reference: &str,
        late_reason: Option<&str>,
        actor: &ActorRef,
        at: Millis,
        audit: AuditEntry,
    ) -> Result<Report>;
}

/// The audit chains.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Entries of a chain after a number, in order. `None` is the installation's own chain.
    async fn audit(&self, incident: Option<IncidentId>, after: i64, limit: u32) -> Result<Vec<ChainedEntry>>;
}

/// A key as it is stored: only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Identifier, also the readable part of the key.
    pub id: KeyId,
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the secret part, hex.
    pub hash: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// What was answered to a request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// SHA-256 of method, path, actor and body: the same key with another request is refused.
    pub request_hash: String,
    /// HTTP status.
    pub status: u16,
    /// Headers worth repeating, as JSON.
    pub headers: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What became of claiming an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// It is ours: go ahead, then [`AccessStore::remember_answer`] or [`AccessStore::forget_key`].
    Ours,
    /// Another request with it is under way.
    Busy,
    /// It was answered.
    Answered(StoredAnswer),
}

/// Keys and idempotency.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Stores a key.
    async fn create_key(&self, key: &ApiKey, audit: AuditEntry) -> Result<()>;
    /// Reads one.
    async fn key(&self, id: KeyId) -> Result<ApiKey>;
    /// All keys, oldest first.
    async fn keys(&self) -> Result<Vec<ApiKey>>;
    /// Revokes one; `Conflict` when it was before.
    async fn revoke_key(&self, id: KeyId, now: Millis, audit: AuditEntry) -> Result<ApiKey>;
    /// Claims an idempotency key of an actor. A claim older than ten minutes without an answer is taken over.
    async fn claim_idempotency(
        &self,
        actor: &Actor,
        key: &str,
        request_hash: &str,
        now: Millis,
    ) -> Result<IdempotencyClaim>;
    /// Remembers the answer, sealed, under the incident it belongs to (or none).
    async fn remember_answer(
        &self,
        actor: &Actor,
        key: &str,
        incident: Option<IncidentId>,
        answer: &StoredAnswer,
        now: Millis,
    ) -> Result<()>;
    /// Gives up a claim, so that the client may try again.
    async fn forget_key(&self, actor: &Actor, key: &str) -> Result<()>;
}

/// Destroying an incident's key, which erases its people everywhere.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Destroys the incident's key. `Conflict` while a campaign is running or the incident is not closed or discarded.
    async fn destroy_incident_key(&self, incident: IncidentId, now: Millis, audit: AuditEntry) -> Result<()>;
}

/// Health of the database, for `/readyz` and `candour check`.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;
    /// The counts of all campaigns, for metrics.
    async fn campaign_counts(&self) -> Result<Counts>;
}

/// Everything together.
pub trait Store:
    IncidentStore
    + PeopleStore
    + NoticeStore
    + CampaignStore
    + DeliveryStore
    + AnnouncementStore
    + ReportStore
    + AuditStore
    + AccessStore
    + RetentionStore
    + HealthStore
    + 'static
{
}

impl<T> Store for T where
    T: IncidentStore
        + PeopleStore
        + NoticeStore
        + CampaignStore
        + DeliveryStore
        + AnnouncementStore
        + ReportStore
        + AuditStore
        + AccessStore
        + RetentionStore
        + HealthStore
        + 'static
{
}
