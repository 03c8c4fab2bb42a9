//! What the engine asks of its storage: the queue, its leases and receipts.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::Result;
use crate::domain::attempt::{ChannelPolicy, Claimed, Settlement};
use crate::domain::audit::AuditEntry;
use crate::domain::cascade::Step;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::domain::person::Person;
use crate::domain::plan::Failing;
use crate::domain::queue::Queue;
use crate::domain::remedy::RemedyCode;

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The worker; its lease must be alive, else `StaleLease`.
    pub worker: WorkerId,
    /// The campaign; people of one that is not running are not given out.
    pub campaign: CampaignId,
    /// Where they wait.
    pub queue: Queue,
    /// The provider that will carry the messages.
    pub provider: Arc<str>,
    /// At most so many.
    pub limit: u32,
    /// Now.
    pub now: Millis,
    /// Fresh attempt identifiers, at least `limit`.
    pub attempts: Vec<AttemptId>,
}

/// What an attempt is put off for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// A slot of the destination's rate, taken in that round of the campaign's: it is then claimed as one that has it. When a rate has
    /// changed since, it is due at once and meets the rates as they are.
    Slot {
        /// See [`Claimed::slot_round`].
        round: i64,
    },
    /// An hour in which nobody is disturbed. It meets the rates anew then, also if it had a slot.
    Hour,
}

/// What a settlement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettleReport {
    /// Settlements that were applied.
    pub applied: u32,
    /// Settlements that came too late: the lease was lost and the person is someone else's.
    pub stale: u32,
    /// Attempts of these that had been given up as unknown, and of which nothing else was said before: this is to be taken as a
    /// receipt, which may have been done.
    pub late: Vec<AttemptId>,
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

/// What a step came to by which a cancelled campaign leaves its people to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// People who are left to others by it.
    pub people: i64,
    /// Whether there may be more.
    pub more: bool,
}

/// Whom to send on because nobody says that their message arrived.
#[derive(Clone, Debug)]
pub struct Silence {
    /// The campaign.
    pub campaign: CampaignId,
    /// The channel of the attempts.
    pub channel: Channel,
    /// The providers of the attempts: those who send receipts.
    pub providers: Vec<String>,
    /// Attempts after this one; those before have been looked at.
    pub after: AttemptId,
    /// Attempts that were intended before this moment.
    pub before: Millis,
    /// At most so many at once.
    pub limit: u32,
    /// Now.
    pub now: Millis,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceReport {
    /// People who went on to the next step.
    pub moved: u32,
    /// Through which attempt was looked.
    pub through: AttemptId,
    /// Whether there may be more before the moment.
    pub full: bool,
}

/// Which attempts to list of those that nobody knows the outcome of.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// Through which provider.
    pub provider: String,
    /// Attempts after this one.
    pub after: AttemptId,
    /// At most so many.
    pub limit: u32,
}

/// Some of them.
#[derive(Clone, Debug, Default)]
pub struct UnansweredPage {
    /// Those whose record opens.
    pub open: Vec<OpenAttempt>,
    /// The last that was looked at, whether its record opens or not; none when there are no more.
    pub last: Option<AttemptId>,
}

/// An attempt of which nobody knows whether it went out, with what its message was made of.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Whom.
    pub person: Person,
    /// How.
    pub step: Step,
    /// When it was to be made.
    pub intended_at: Millis,
    /// When it was given up as unknown.
    pub settled_at: Millis,
}

/// What a provider says of such an attempt when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct ProviderWord<'a> {
    /// Which provider.
    pub provider: &'a str,
    /// Of which attempt.
    pub attempt: AttemptId,
    /// Its own name for the message, if it has it.
    pub reference: Option<&'a str>,
    /// What that means; `unknown` ends the asking and moves nobody.
    pub outcome: Outcome,
    /// The provider's code.
    pub code: Option<&'a str>,
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
    /// Gives a remedy code to each of these people of an incident who has none, as far as the pool goes. Returns the codes of
    /// all of them who have one then. For those of whom nobody knew that they need one when their campaign was sealed.
    async fn give_codes(
        &self,
        incident: IncidentId,
        people: &[PersonId],
        now: Millis,
    ) -> Result<BTreeMap<PersonId, RemedyCode>>;
    /// Records what came of claimed attempts of one campaign, in one transaction.
    async fn settle(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: &[Settlement],
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
    /// The same for attempts that have to wait: each is due at the time beside it.
    async fn put_off(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        until: Vec<(AttemptId, Millis)>,
        delay: Delay,
        now: Millis,
    ) -> Result<u32>;
    /// The same for attempts that another provider of the channel must make: each waits in the queue given for it.
    async fn put_aside(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        queues: Vec<(AttemptId, Queue)>,
        now: Millis,
    ) -> Result<u32>;
    /// The queues of destinations in which people of a campaign wait, as they are spelt.
    async fn destination_queues(&self, campaign: CampaignId) -> Result<Vec<String>>;
    /// Puts everybody who waits in such a queue back into that of the channel, so that they are sorted anew. Works in
    /// bounded steps.
    async fn unsort(&self, campaign: CampaignId, queue: &str) -> Result<u64>;
    /// Takes from workers whose lease ended before `now` what they had in flight: each attempt becomes `unknown`, each person
    /// goes where the channel's policy says, and is not told again before the wait of the attempt's provider in `asked` is over,
    /// in milliseconds: it is asked about the attempt meanwhile. `only` limits it to one worker. Works in bounded steps until
    /// nothing is left.
    async fn reap(
        &self,
        policies: &[(Channel, ChannelPolicy)],
        asked: &BTreeMap<String, i64>,
        only: Option<WorkerId>,
        now: Millis,
        jitter: f64,
    ) -> Result<ReapReport>;
    /// Workers whose lease is alive or not yet reaped, with their expiry.
    async fn workers(&self) -> Result<Vec<(WorkerId, Millis)>>;
    /// The earliest time at which a pending person of a running campaign is due in a queue, if any.
    async fn next_due(&self, campaign: CampaignId, queue: &Queue) -> Result<Option<Millis>>;
    /// Completes running campaigns in which nobody is pending or in flight.
    async fn complete_campaigns(&self, now: Millis) -> Result<Vec<CampaignId>>;
    /// Campaigns that were cancelled and whose people have not all been looked through for whom they leave untold.
    async fn campaigns_leaving(&self) -> Result<Vec<CampaignId>>;
    /// Leaves whoever is pending in a cancelled campaign to the next of the incident that had left them to it and can tell them,
    /// which runs again if it was complete. Takes one bounded step.
    async fn leave_untold(&self, campaign: CampaignId, now: Millis) -> Result<Left>;
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
    /// Attempts through a provider that ended as unknown and of which no word has come since, in order of identifier. Each is the
    /// last of a person who is unknown, or pending again because of it.
    async fn unanswered(&self, which: &Unanswered) -> Result<UnansweredPage>;
    /// Takes what a provider says of such an attempt, with the consequences of a receipt. `Repeated` when the message is
    /// another attempt's already.
    async fn apply_word(
        &self,
        word: &ProviderWord<'_>,
        policies: &[(Channel, ChannelPolicy)],
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect>;
    /// Running campaigns whose canary has been told and is watched.
    async fn watched_canaries(&self) -> Result<Vec<CampaignId>>;
    /// Attempts of a campaign so far, and those that failed for good. Without those that nobody carries: of these no message
    /// left, so that they say nothing of how it goes.
    async fn failing(&self, campaign: CampaignId) -> Result<Failing>;
    /// Lets a canary of so many people that is watched take others in the place of those that nobody carries, once nothing is in
    /// flight; `false` when there are none.
    async fn refill_canary(&self, campaign: CampaignId, people: u32) -> Result<bool>;
    /// Ends a canary, so that the others are told; `false` when it is over already.
    async fn end_canary(&self, campaign: CampaignId, audit: AuditEntry) -> Result<bool>;
    /// Adds an entry to an audit chain, of a decision of the engine that changes no row.
    async fn note(&self, entry: AuditEntry) -> Result<()>;
    /// Campaigns that run, or were completed after a moment.
    async fn campaigns_awaiting_receipts(&self, ended_after: Millis) -> Result<Vec<CampaignId>>;
    /// Whether a provider's receipts have ever said that a message arrived: then silence means something.
    async fn gives_receipts(&self, provider: &str) -> Result<bool>;
    /// Sends people on to the next step of their cascade whose message was accepted and of whom no receipt has come. Whoever
    /// has no further step stays reached. Reopens a completed campaign. Works in one bounded step.
    async fn break_silence(&self, silence: &Silence) -> Result<SilenceReport>;
    /// The attempt to send a text message that a provider answered with this reference; of several, the newest. One that
    /// is in flight has none yet.
    async fn attempt_by_reference(&self, provider: &str, reference: &str) -> Result<Option<AttemptId>>;
    /// Moves people that are unreachable to announced where the incident has a published announcement.
    async fn cover_by_announcement(&self, incident: IncidentId, now: Millis) -> Result<i64>;
}
