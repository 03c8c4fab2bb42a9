//! Steps that several operations of the queue take inside their transactions, in words that both databases understand.

use sqlx::FromRow;
use uuid::Uuid;

use super::campaign_rows::{CampaignRow, campaign_state};
use super::leaving::Leaving as _;
use super::moves::{self, Move, Tallies};
use super::residences::Residing as _;
use super::statements::Statements;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::Next;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::audit::AppendAudit;
use crate::store::db::on_both_connections;
use crate::store::error::StoreError;
use crate::store::remedies::AssignCodes as _;
use crate::store::traits::Result;

/// A campaign after its counts have changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct After {
    /// Whose campaign it is.
    pub(super) incident: IncidentId,
    /// Its state.
    pub(super) state: CampaignState,
    /// Its counts.
    pub(super) counts: Counts,
    /// Whether what it tells has remedy codes in it.
    pub(super) remedy_codes: bool,
    /// Whether it was learnt since it was sealed that somebody lives elsewhere than was known.
    pub(super) residences_changed: bool,
    /// Which round of slots it is in.
    pub(super) slot_round: i64,
}

/// What is read of a campaign whose counts have changed.
#[derive(Debug, FromRow)]
struct AfterRow {
    incident_id: Uuid,
    state: String,
    pending: i64,
    in_flight: i64,
    reached: i64,
    unknown: i64,
    unreachable: i64,
    announced: i64,
    suppressed: i64,
    remedy_codes: i64,
    residences_changed: i64,
    slot_round: i64,
}

impl TryFrom<AfterRow> for After {
    type Error = StoreError;
    fn try_from(row: AfterRow) -> Result<Self> {
        Ok(Self {
            incident: IncidentId(row.incident_id),
            state: campaign_state(&row.state)?,
            counts: Counts {
                pending: row.pending,
                in_flight: row.in_flight,
                reached: row.reached,
                unknown: row.unknown,
                unreachable: row.unreachable,
                announced: row.announced,
                suppressed: row.suppressed,
            },
            remedy_codes: row.remedy_codes != 0,
            residences_changed: row.residences_changed != 0,
            slot_round: row.slot_round,
        })
    }
}

/// See the module.
pub(super) trait Steps {
    /// Reads a campaign.
    fn read_campaign(&mut self, id: CampaignId) -> impl Future<Output = Result<Campaign>> + Send;
    /// Which round of slots a campaign is in, which may be over by the time its row is locked.
    fn slot_round(&mut self, id: CampaignId) -> impl Future<Output = Result<i64>> + Send;
    /// Changes counts by differences. The campaign's row stays locked until the transaction ends.
    fn shift(&mut self, id: CampaignId, by: &Counts, repeated: i64) -> impl Future<Output = Result<After>> + Send;
    /// Adds to the tallies.
    fn tally(&mut self, id: CampaignId, tallies: &Tallies) -> impl Future<Output = Result<()>> + Send;
    /// Writes moves of people whose rows are locked, with all that goes with them but the audit entry.
    fn apply(&mut self, id: CampaignId, moves: &[Move], now: Millis) -> impl Future<Output = Result<After>> + Send;
    /// Accounts for moves that are written: counts, remedy codes that are on their way, tallies, jurisdictions. Whoever is
    /// pending then in a cancelled campaign is left to another, and whom it has told after all no other tells.
    fn account(&mut self, id: CampaignId, moves: &[Move], now: Millis) -> impl Future<Output = Result<After>> + Send;
    /// Completes a running campaign in which nobody is pending or in flight, and reopens a completed one in which
    /// somebody is. Returns the state it has then.
    fn follow(
        &mut self,
        id: CampaignId,
        after: &After,
        actor: &ActorRef,
        now: Millis,
    ) -> impl Future<Output = Result<CampaignState>> + Send;
}

on_both_connections!(Steps {
    async fn read_campaign(&mut self, id: CampaignId) -> Result<Campaign> {
        let row: Option<CampaignRow> = sqlx::query_as("/* read_campaign */ SELECT * FROM campaigns WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&mut *self)
            .await?;
        row.ok_or(StoreError::NotFound("campaign"))?.try_into()
    }

    async fn slot_round(&mut self, id: CampaignId) -> Result<i64> {
        let round: Option<i64> = sqlx::query_scalar("/* slot_round */ SELECT slot_round FROM campaigns WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&mut *self)
            .await?;
        round.ok_or(StoreError::NotFound("campaign"))
    }

    async fn shift(&mut self, id: CampaignId, by: &Counts, repeated: i64) -> Result<After> {
        let row: Option<AfterRow> = sqlx::query_as(
            "/* shift */ UPDATE campaigns SET pending = pending + $2, in_flight = in_flight + $3, \
             reached = reached + $4, unknown = unknown + $5, unreachable = unreachable + $6, \
             announced = announced + $7, suppressed = suppressed + $8, repeated = repeated + $9 WHERE id = $1 \
             RETURNING incident_id, state, pending, in_flight, reached, unknown, unreachable, announced, suppressed, \
             remedy_codes, residences_changed, slot_round",
        )
        .bind(id.0)
        .bind(by.pending)
        .bind(by.in_flight)
        .bind(by.reached)
        .bind(by.unknown)
        .bind(by.unreachable)
        .bind(by.announced)
        .bind(by.suppressed)
        .bind(repeated)
        .fetch_optional(&mut *self)
        .await?;
        row.ok_or(StoreError::NotFound("campaign"))?.try_into()
    }

    async fn tally(&mut self, id: CampaignId, tallies: &Tallies) -> Result<()> {
        for ((channel, provider, outcome), attempts) in tallies {
            sqlx::query(
                "/* tally */ INSERT INTO tallies (campaign_id, channel, provider, outcome, attempts) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (campaign_id, channel, provider, outcome) \
                 DO UPDATE SET attempts = tallies.attempts + excluded.attempts",
            )
            .bind(id.0)
            .bind(channel.as_str())
            .bind(&**provider)
            .bind(outcome.as_str())
            .bind(attempts)
            .execute(&mut *self)
            .await?;
        }
        Ok(())
    }

    async fn apply(&mut self, id: CampaignId, moves: &[Move], now: Millis) -> Result<After> {
        let written = self.write_moves(id, None, moves, now).await?;
        if written != moves.len() as u64 {
            // The rows are locked and were read in this transaction, so this is a defect, not a race.
            return Err(StoreError::Database(format!("{written} people moved where {} were to move", moves.len())));
        }
        self.account(id, moves, now).await
    }

    async fn account(&mut self, id: CampaignId, moves: &[Move], now: Millis) -> Result<After> {
        let after = self.shift(id, &moves::delta(moves), 0).await?;
        let pending = moves.iter().filter(|m| matches!(m.next, Next::Pending { .. })).map(|m| m.person);
        let mut passed = self.leave_if_cancelled(id, &after, pending, now).await?;
        // Whoever was in flight when it was cancelled has been left to nobody since.
        let told_after_all = moves.iter().filter(|m| m.next == Next::Reached && m.from != PersonState::InFlight);
        passed.extend(self.spare_if_cancelled(id, &after, told_after_all.map(|m| m.person)).await?);
        if after.remedy_codes {
            let told: Vec<PersonId> = moves.iter().filter(|m| m.settled.is_some()).map(|m| m.person).collect();
            self.codes_went_out(after.incident, &told, now).await?;
        }
        self.tally(id, &moves::tallies(moves)).await?;
        let people: Vec<Uuid> =
            if after.residences_changed { moves.iter().map(|m| m.person.0).collect() } else { Vec::new() };
        let jurisdictions = moves::jurisdictions(moves, &self.residences_of(&people).await?);
        if !jurisdictions.is_empty() {
            self.shift_jurisdictions(id, &jurisdictions).await?;
        }
        self.enter_passed(after.incident, id, &passed, now).await?;
        Ok(after)
    }

    async fn follow(
        &mut self,
        id: CampaignId,
        after: &After,
        actor: &ActorRef,
        now: Millis,
    ) -> Result<CampaignState> {
        let (state, completed_at, action) = match (after.state, after.counts.is_settled()) {
            (CampaignState::Running, true) => (CampaignState::Completed, Some(now.0), "campaign.completed"),
            (CampaignState::Completed, false) => (CampaignState::Running, None, "campaign.reopened"),
            (state, _) => return Ok(state),
        };
        sqlx::query("/* follow */ UPDATE campaigns SET state = $2, completed_at = $3 WHERE id = $1")
            .bind(id.0)
            .bind(state.as_str())
            .bind(completed_at)
            .execute(&mut *self)
            .await?;
        self.append_audit(&AuditEntry {
            incident: Some(after.incident),
            at: now,
            actor: actor.clone(),
            action: String::from(action),
            detail: serde_json::json!({ "campaign": id, "counts": after.counts }),
        })
        .await?;
        Ok(state)
    }
});
