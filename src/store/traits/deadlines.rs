//! What the house asks of its storage about deadlines: where duties stand, calendar feeds, reminders.

use async_trait::async_trait;

use super::Result;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::history::Moment;
use crate::domain::id::{FeedId, FulfilmentId, IncidentId, ReminderId, WaiverId};
use crate::domain::incident::Incident;
use crate::domain::reminder::{Reminder, ReminderState};
use crate::domain::report::Submission;
use crate::domain::rule_load::RuleLoad;
use crate::domain::waiver::{Reversal, Waiver};

/// An incident with what says where its duties stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Docket {
    /// The incident.
    pub incident: Incident,
    /// When documents of each kind were first submitted for its duties.
    pub submissions: Vec<Submission>,
    /// Decisions not to do what a duty asks for, oldest first, those that were reversed too.
    pub waivers: Vec<Waiver>,
    /// Records that duties were done, oldest first, those that were reversed too.
    pub fulfilments: Vec<Fulfilment>,
}

/// Where duties stand.
#[async_trait]
pub trait DocketStore: Send + Sync {
    /// Every incident that is being handled: drafts and open ones, oldest first.
    async fn dockets(&self) -> Result<Vec<Docket>>;
    /// Every incident there is, oldest first.
    async fn all_dockets(&self) -> Result<Vec<Docket>>;
    /// One incident, whatever its state.
    async fn docket(&self, incident: IncidentId) -> Result<Docket>;
}

/// Decisions not to do what a duty asks for.
#[async_trait]
pub trait WaiverStore: Send + Sync {
    /// Stores a decision. `Conflict` when one stands for the duty already, or the incident is closed.
    async fn waive(&self, waiver: &Waiver, audit: AuditEntry) -> Result<()>;
    /// Takes a decision back; `Conflict` when it was before.
    async fn reverse_waiver(&self, id: WaiverId, reversal: &Reversal, audit: AuditEntry) -> Result<Waiver>;
    /// Reads one.
    async fn waiver(&self, id: WaiverId) -> Result<Waiver>;
    /// The decisions of an incident, oldest first.
    async fn waivers(&self, incident: IncidentId) -> Result<Vec<Waiver>>;
}

/// Records that duties were done.
#[async_trait]
pub trait FulfilmentStore: Send + Sync {
    /// Stores a record. `Conflict` when one stands for the duty already.
    async fn fulfil(&self, fulfilment: &Fulfilment, audit: AuditEntry) -> Result<()>;
    /// Takes a record back; `Conflict` when it was before.
    async fn reverse_fulfilment(&self, id: FulfilmentId, reversal: &Reversal, audit: AuditEntry) -> Result<Fulfilment>;
    /// Reads one.
    async fn fulfilment(&self, id: FulfilmentId) -> Result<Fulfilment>;
    /// The records of an incident, oldest first.
    async fn fulfilments(&self, incident: IncidentId) -> Result<Vec<Fulfilment>>;
}

/// What an incident's duties were each time that something may have changed them.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// [`IncidentStore::create_incident`](super::IncidentStore::create_incident), with the first moment of its history in
    /// the same transaction.
    async fn create_incident_noting(&self, incident: &Incident, audit: AuditEntry, moment: &Moment) -> Result<()>;
    /// [`IncidentStore::amend_incident`](super::IncidentStore::amend_incident), with the moment that it makes in the same
    /// transaction.
    async fn amend_incident_noting(
        &self,
        incident: &Incident,
        expected: i64,
        audit: AuditEntry,
        moment: &Moment,
    ) -> Result<Incident>;
    /// Notes a moment after the one numbered `known`; `false` when there is another by now.
    async fn note_duties(&self, incident: IncidentId, known: i64, moment: &Moment) -> Result<bool>;
    /// The last moment with its number.
    async fn last_duties(&self, incident: IncidentId) -> Result<Option<(i64, Moment)>>;
    /// Moments with their numbers, from a number on, oldest first.
    async fn duty_history(&self, incident: IncidentId, from: i64, limit: u32) -> Result<Vec<(i64, Moment)>>;
}

/// A moment to note for an incident, after the one numbered `known`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedMoment {
    /// The incident.
    pub incident: IncidentId,
    /// Number of the moment before it, 0 when there is none.
    pub known: i64,
    /// What is noted.
    pub moment: Moment,
}

/// That rule sets were loaded.
#[async_trait]
pub trait RuleLoadStore: Send + Sync {
    /// Records a loading with the moments that it makes; `false`, and nothing is recorded, when another has its number or
    /// something else was noted of one of the incidents meanwhile.
    async fn record_rule_load(&self, load: &RuleLoad, moments: &[NotedMoment], audit: AuditEntry) -> Result<bool>;
    /// Loadings before a number, newest first.
    async fn rule_loads(&self, before: Option<i64>, limit: u32) -> Result<Vec<RuleLoad>>;
}

/// An address at which a calendar program reads deadlines: only the hash of its secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Identifier, also the readable part of the address.
    pub id: FeedId,
    /// Of this incident; of all of them otherwise.
    pub incident: Option<IncidentId>,
    /// Whose calendar it is for.
    pub name: String,
    /// SHA-256 of the secret part, hex.
    pub hash: String,
    /// Who made it.
    pub created_by: ActorRef,
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// Calendar feeds.
#[async_trait]
pub trait FeedStore: Send + Sync {
    /// Stores a feed. `NotFound` when there is no such incident.
    async fn create_feed(&self, feed: &Feed, audit: AuditEntry) -> Result<()>;
    /// Reads one.
    async fn feed(&self, id: FeedId) -> Result<Feed>;
    /// All feeds, oldest first, the revoked ones too.
    async fn feeds(&self) -> Result<Vec<Feed>>;
    /// Revokes one; `Conflict` when it was before.
    async fn revoke_feed(&self, id: FeedId, now: Millis, audit: AuditEntry) -> Result<Feed>;
}

/// What came of sending reminders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReminderSettlement {
    /// Where they go: due again, or to an end.
    pub state: ReminderState,
    /// When they are tried again, for those that are due again.
    pub due_at: Millis,
    /// What was answered.
    pub code: Option<String>,
    /// When this was.
    pub at: Millis,
}

/// Reminders.
#[async_trait]
pub trait ReminderStore: Send + Sync {
    /// Writes reminders down; those that are there already stay as they are. Returns how many were new.
    async fn write_reminders(&self, reminders: &[Reminder]) -> Result<u64>;
    /// Claims reminders that are due, and those whose claim has run out, for one sender until an instant. No two callers
    /// get the same one. In order of incident, mark, deadline, recipient and identifier; at most `limit`.
    async fn claim_reminders(&self, now: Millis, until: Millis, limit: u32) -> Result<Vec<Reminder>>;
    /// Settles claimed reminders together; each counts only if its claim is still the caller's, which its number of tries
    /// shows. Returns how many did. Leaves its audit entry where it is given and any did.
    async fn settle_reminders(
        &self,
        claimed: &[(ReminderId, i64)],
        settlement: &ReminderSettlement,
        audit: Option<AuditEntry>,
    ) -> Result<u64>;
    /// The reminders of an incident, oldest first.
    async fn reminders(&self, incident: IncidentId) -> Result<Vec<Reminder>>;
}
