//! What the queue asks of each database in its own words. Everything else is one SQL text for both.
//!
//! Each method is one step inside the caller's transaction and takes the locks it names: on `PostgreSQL` rows are locked
//! first worker, then people in order of identifier, then campaign, then remedy codes and their pool, then tallies, then the
//! counts of jurisdictions, then the head of the audit chain, so that no two operations wait for each other in a circle. What
//! locks an incident, as imports and sealing do, locks it before all of these; what has to do with several campaigns goes from
//! one to the next in order of identifier, each after its people, and then on to the codes. `SQLite` has one writer and needs none.

use uuid::Uuid;

use super::frontier::Frontier;
use super::moves::{Jurisdictions, Move};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::store::traits::{ClaimRequest, Result};

/// A person taken by a claim.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct DueRow {
    pub(super) person_id: Uuid,
    pub(super) attempt_id: Uuid,
    pub(super) cascade: String,
    pub(super) place: i64,
    /// Tries of the step, this one included.
    pub(super) tries: i64,
    /// Which of the person's attempts it is, from 1.
    pub(super) number: i64,
    /// Whether the attempt repeats one that may have gone out.
    pub(super) repeats: i64,
    pub(super) due_at: i64,
    /// Whether `due_at` is a slot.
    pub(super) slot: i64,
    pub(super) sealed: Vec<u8>,
    pub(super) locale: Option<String>,
    pub(super) jurisdiction: Option<String>,
}

/// A person whom a worker has in flight.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct InFlightRow {
    pub(super) person_id: Uuid,
    pub(super) attempt_id: Uuid,
    pub(super) cascade: String,
    #[sqlx(flatten)]
    pub(super) intent: IntentRow,
    pub(super) jurisdiction: Option<String>,
}

/// What is durable of an attempt in flight.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct IntentRow {
    pub(super) channel: String,
    pub(super) provider: String,
    pub(super) place: i64,
    /// Tries of the step, this one included.
    pub(super) tries: i64,
    /// Which of the person's attempts it is, from 1.
    pub(super) number: i64,
    pub(super) repeats: i64,
    pub(super) intended_at: i64,
}

/// An attempt that can be handed back.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct UnbegunRow {
    pub(super) person_id: Uuid,
    pub(super) attempt_id: Uuid,
    pub(super) repeats: i64,
}

/// Somebody to be given back.
#[derive(Clone, Debug)]
pub(super) struct Back {
    pub(super) person: PersonId,
    /// When they are due, where that changes.
    pub(super) due_at: Option<Millis>,
    /// Where they wait, where that changes.
    pub(super) queue: Option<String>,
}

/// Where a person stands.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct StandingRow {
    pub(super) state: String,
    pub(super) cascade: String,
    pub(super) place: i64,
    /// Settled tries of the step.
    pub(super) tries: i64,
    /// Settled attempts.
    pub(super) attempts: i64,
    pub(super) repeats: i64,
    pub(super) attempt_id: Option<Uuid>,
    /// Channel of the attempt in flight, or of the next.
    pub(super) channel: Option<String>,
    /// Provider of the attempt in flight.
    pub(super) provider: Option<String>,
    /// When the attempt in flight was claimed.
    pub(super) intended_at: Option<i64>,
    pub(super) jurisdiction: Option<String>,
}

/// How those of one residence and reach are told.
#[derive(Debug)]
pub(super) struct Plan {
    /// `people.jurisdiction`, empty text where it is not known.
    pub(super) jurisdiction: String,
    /// `people.reach`.
    pub(super) reach: String,
    /// The cascade's code; empty text when there is none.
    pub(super) cascade: String,
    /// Channel of the first step, `None` when there is none.
    pub(super) channel: Option<&'static str>,
    /// Why there is none; `None` also for those who are spared.
    pub(super) reason: Option<&'static str>,
}

/// Somebody of whom it is learnt that they live elsewhere than was known.
#[derive(Clone, Debug)]
pub(in crate::store) struct Relocated {
    /// Who.
    pub(in crate::store) person: PersonId,
    /// The jurisdiction that was known, empty text where none was.
    pub(in crate::store) was: String,
    /// The jurisdiction that is known now.
    pub(in crate::store) is: String,
}

/// So many people of a campaign are in one state and have the same two jurisdictions.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RelocatedRow {
    pub(super) was: String,
    pub(super) now: String,
    pub(super) state: String,
    pub(super) people: i64,
}

/// People who are left to another campaign.
#[derive(Debug)]
pub(super) struct GivingOver<'a> {
    /// The incident of both.
    pub(super) incident: IncidentId,
    /// The campaign that leaves them.
    pub(super) from: CampaignId,
    /// The campaign that they are left to.
    pub(super) to: CampaignId,
    /// Whether no further campaign can take those whom this one cannot tell.
    pub(super) is_last: bool,
    /// Who may be meant; those who are suppressed there, and told by no other campaign, are.
    pub(super) people: &'a [PersonId],
    /// Now.
    pub(super) now: Millis,
}

/// What a late settlement still tells.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) attempt: AttemptId,
    pub(super) person: PersonId,
    pub(super) outcome: Outcome,
    pub(super) reference: Option<String>,
}

/// The statements that each database has its own way of.
pub(super) trait Statements {
    /// A row per person of the incident.
    async fn seal_people(
        &mut self,
        campaign: CampaignId,
        incident: IncidentId,
        plans: &[Plan],
        now: Millis,
    ) -> Result<u64>;
    /// Refreshes what the planner knows of a table that has grown at once.
    async fn after_growth(&mut self) -> Result<()>;
    /// Keeps the database from planning the transaction's statements anew for each batch.
    async fn plan_once(&mut self) -> Result<()>;
    /// When the worker's lease ends; holds off its reaping until the transaction ends.
    async fn lease_end(&mut self, worker: WorkerId) -> Result<Option<i64>>;
    /// Counts the people of each jurisdiction, once.
    async fn seal_jurisdictions(&mut self, campaign: CampaignId) -> Result<()>;
    /// Takes due people in due order, from a place on, one for each fresh attempt, and writes the intents.
    async fn take_due(&mut self, request: &ClaimRequest, fresh: &[AttemptId], after: Frontier) -> Result<Vec<DueRow>>;
    /// Places in a batch, from 0, of those who are not the worker's any more; the others are locked.
    async fn lost(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        batch: &[(AttemptId, PersonId)],
    ) -> Result<Vec<i64>>;
    /// Writes moves, and a row for each attempt that they settle. Returns how many people moved; with a worker, those whom
    /// it does not have in flight any more do not, but their attempts may have got rows: unless all moved, roll back.
    async fn write_moves(
        &mut self,
        campaign: CampaignId,
        worker: Option<WorkerId>,
        moves: &[Move],
        now: Millis,
    ) -> Result<u64>;
    /// Changes the counts of jurisdictions by differences.
    async fn shift_jurisdictions(&mut self, campaign: CampaignId, by: &Jurisdictions) -> Result<()>;
    /// Notes what late settlements tell, where it is news or was noted before: the answer to that may have been lost. Returns the
    /// attempts of which it was, and whether nobody knew whether they went out.
    async fn note_late(&mut self, campaign: CampaignId, late: &[Late], now: Millis) -> Result<Vec<(Uuid, bool)>>;
    /// Attempts of a list that are the worker's, locked.
    async fn unbegun(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: &[AttemptId],
    ) -> Result<Vec<UnbegunRow>>;
    /// Makes people pending again and withdraws the intents. `slot` is the mark of having one, where that changes.
    async fn give_back(&mut self, campaign: CampaignId, back: &[Back], slot: Option<i64>) -> Result<u64>;
    /// Ends the worker's lease for good, if it ended before `now` or is to end in any case. From then on the worker can
    /// claim nothing.
    async fn fence(&mut self, worker: WorkerId, now: Millis, in_any_case: bool) -> Result<bool>;
    /// Some people of a campaign whom the worker has in flight, locked.
    async fn in_flight(&mut self, worker: WorkerId, campaign: CampaignId, limit: i64) -> Result<Vec<InFlightRow>>;
    /// Where a person stands, locked.
    async fn standing(&mut self, campaign: CampaignId, person: PersonId) -> Result<Option<StandingRow>>;
    /// Whether the incident has a published announcement; holds off its withdrawal.
    async fn is_announced(&mut self, incident: IncidentId) -> Result<bool>;
    /// Moves some unreachable people of a campaign to announced. Returns who they are.
    async fn announce_some(&mut self, campaign: CampaignId, limit: i64) -> Result<Vec<Uuid>>;
    /// Whether a cancelled campaign has told somebody since whom a campaign that is being sealed is to tell.
    async fn told_meanwhile(&mut self, campaign: CampaignId, incident: IncidentId) -> Result<bool>;
    /// Locks an incident, as whoever imports or seals does. `false` when another has it now.
    async fn has_incident(&mut self, incident: IncidentId) -> Result<bool>;
    /// Where the people of a campaign stand who live elsewhere than was known.
    async fn stand(&mut self, campaign: CampaignId, relocated: &[Relocated]) -> Result<Vec<RelocatedRow>>;
    /// Makes people of a campaign who were left to another pending, in the last one also unreachable where they have no contact
    /// point. Returns who they are and what they have become.
    async fn give_over(&mut self, over: &GivingOver<'_>) -> Result<Vec<(Uuid, String)>>;
    /// Which jurisdictions people have now.
    async fn residences(&mut self, people: &[Uuid]) -> Result<Vec<(Uuid, Option<String>)>>;
}

/// A worker, as audit entries name it.
pub(super) fn engine(worker: WorkerId) -> ActorRef {
    ActorRef(format!("engine:{worker}"))
}
