//! The queue's statements for `SQLite`: a batch travels as one JSON parameter, with its identifiers as one blob of 16
//! bytes each beside it. There is one writer, so what a transaction has read stays as it is until it ends.

mod again;
mod batch;
#[cfg(test)]
mod plans;
mod sql;

use sqlx::SqliteConnection;
use uuid::Uuid;

use self::batch::batches;
pub(in crate::store) use self::batch::{blob, json, numbers};
use super::frontier::Frontier;
use super::moves::{Jurisdictions, Move};
use super::statements::{
    Back, DueRow, GivingOver, InFlightRow, Late, Plan, Relocated, RelocatedRow, StandingRow, Statements, UnbegunRow,
};
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use crate::store::traits::{ClaimRequest, Result};

/// A due row without the attempt's identifier, which is given out after it was read.
#[expect(clippy::struct_field_names, reason = "the columns are named so")]
#[derive(sqlx::FromRow)]
struct Due {
    person_id: Uuid,
    cascade: String,
    place: i64,
    tries: i64,
    number: i64,
    repeats: i64,
    due_at: i64,
    slot: i64,
    sealed: Vec<u8>,
    locale: Option<String>,
    jurisdiction: Option<String>,
}

impl Statements for SqliteConnection {
    async fn seal_people(
        &mut self,
        campaign: CampaignId,
        incident: IncidentId,
        plans: &[Plan],
        now: Millis,
    ) -> Result<u64> {
        let rows: Vec<_> = plans.iter().map(|p| (&p.jurisdiction, &p.reach, &p.cascade, p.channel, p.reason)).collect();
        let done = sqlx::query(sql::SEAL_PEOPLE)
            .bind(campaign.0)
            .bind(incident.0)
            .bind(now.0)
            .bind(json(&rows))
            .execute(self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn after_growth(&mut self) -> Result<()> {
        // Its plans here do not depend on statistics: each statement has one index that fits.
        Ok(())
    }

    async fn plan_once(&mut self) -> Result<()> {
        // It keeps every plan.
        Ok(())
    }

    async fn lease_end(&mut self, worker: WorkerId) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(sql::LEASE_END).bind(worker.0).fetch_optional(self).await?)
    }

    async fn seal_jurisdictions(&mut self, campaign: CampaignId) -> Result<()> {
        sqlx::query(sql::SEAL_JURISDICTIONS).bind(campaign.0).execute(self).await?;
        Ok(())
    }

    async fn take_due(&mut self, request: &ClaimRequest, fresh: &[AttemptId], after: Frontier) -> Result<Vec<DueRow>> {
        let limit = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
        let due: Vec<Due> = sqlx::query_as(sql::DUE)
            .bind(request.campaign.0)
            .bind(request.queue.to_string())
            .bind(request.now.0)
            .bind(limit)
            .bind(after.due_at)
            .bind(after.person)
            .fetch_all(&mut *self)
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        sqlx::query(sql::TAKE)
            .bind(request.campaign.0)
            .bind(blob(due.iter().map(|d| d.person_id.as_bytes())))
            .bind(blob(fresh.iter().take(due.len()).map(|a| a.0.as_bytes())))
            .bind(numbers(due.len()))
            .bind(request.worker.0)
            .bind(&*request.provider)
            .bind(request.now.0)
            .bind(request.queue.channel.as_str())
            .execute(&mut *self)
            .await?;
        let rows = due.into_iter().zip(fresh).map(|(due, attempt)| DueRow {
            person_id: due.person_id,
            attempt_id: attempt.0,
            cascade: due.cascade,
            place: due.place,
            tries: due.tries,
            number: due.number,
            repeats: due.repeats,
            due_at: due.due_at,
            slot: due.slot,
            sealed: due.sealed,
            locale: due.locale,
            jurisdiction: due.jurisdiction,
        });
        Ok(rows.collect())
    }

    async fn lost(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        batch: &[(AttemptId, PersonId)],
    ) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(sql::LOST)
            .bind(campaign.0)
            .bind(blob(batch.iter().map(|(_, person)| person.0.as_bytes())))
            .bind(blob(batch.iter().map(|(attempt, _)| attempt.0.as_bytes())))
            .bind(numbers(batch.len()))
            .bind(worker.0)
            .fetch_all(self)
            .await?)
    }

    async fn write_moves(
        &mut self,
        campaign: CampaignId,
        worker: Option<WorkerId>,
        moves: &[Move],
        now: Millis,
    ) -> Result<u64> {
        let mut people = 0;
        for (kind, batch) in batches(moves) {
            let rows = json(&batch.rows);
            if let Some(settled) = &kind.settled {
                sqlx::query(sql::WRITE_OUTCOMES)
                    .bind(campaign.0)
                    .bind(batch.persons.as_slice())
                    .bind(batch.attempts.as_slice())
                    .bind(rows.as_str())
                    .bind(settled.channel)
                    .bind(settled.provider)
                    .bind(settled.place)
                    .bind(settled.tries)
                    .bind(settled.number)
                    .bind(settled.repeats)
                    .bind(settled.intended_at)
                    .bind(settled.outcome)
                    .bind(now.0)
                    .bind(settled.code)
                    .execute(&mut *self)
                    .await?;
            }
            let done = sqlx::query(sql::WRITE_MOVES)
                .bind(campaign.0)
                .bind(batch.persons)
                .bind(batch.attempts)
                .bind(rows)
                .bind(worker.map(|w| w.0))
                .bind(kind.state)
                .bind(kind.place)
                .bind(kind.tries)
                .bind(kind.channel)
                .bind(kind.repeats)
                .bind(kind.reason)
                .bind(kind.settled.is_some())
                .execute(&mut *self)
                .await?;
            people += done.rows_affected();
        }
        Ok(people)
    }

    async fn shift_jurisdictions(&mut self, campaign: CampaignId, by: &Jurisdictions) -> Result<()> {
        let rows: Vec<_> =
            by.iter().map(|(name, c)| (name, c.reached, c.unknown, c.unreachable, c.announced)).collect();
        sqlx::query(sql::SHIFT_JURISDICTIONS).bind(campaign.0).bind(json(&rows)).execute(self).await?;
        Ok(())
    }

    async fn note_late(&mut self, campaign: CampaignId, late: &[Late], now: Millis) -> Result<Vec<(Uuid, bool)>> {
        let rows: Vec<_> = late.iter().map(|l| (l.outcome.as_str(), l.reference.as_deref())).collect();
        Ok(sqlx::query_as(sql::NOTE_LATE)
            .bind(campaign.0)
            .bind(blob(late.iter().map(|l| l.attempt.0.as_bytes())))
            .bind(blob(late.iter().map(|l| l.person.0.as_bytes())))
            .bind(json(&rows))
            .bind(now.0)
            .fetch_all(self)
            .await?)
    }

    async fn unbegun(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: &[AttemptId],
    ) -> Result<Vec<UnbegunRow>> {
        Ok(sqlx::query_as(sql::UNBEGUN)
            .bind(campaign.0)
            .bind(blob(attempts.iter().map(|a| a.0.as_bytes())))
            .bind(numbers(attempts.len()))
            .bind(worker.0)
            .fetch_all(self)
            .await?)
    }

    async fn give_back(&mut self, campaign: CampaignId, back: &[Back], slot: Option<i64>) -> Result<u64> {
        let rows: Vec<_> = back.iter().map(|b| (b.due_at.map(|m| m.0), b.queue.as_deref())).collect();
        let done = sqlx::query(sql::GIVE_BACK)
            .bind(campaign.0)
            .bind(blob(back.iter().map(|b| b.person.0.as_bytes())))
            .bind(json(&rows))
            .bind(slot)
            .execute(&mut *self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn fence(&mut self, worker: WorkerId, now: Millis, in_any_case: bool) -> Result<bool> {
        let done = sqlx::query(sql::FENCE).bind(worker.0).bind(now.0).bind(in_any_case).execute(self).await?;
        Ok(done.rows_affected() > 0)
    }

    async fn in_flight(&mut self, worker: WorkerId, campaign: CampaignId, limit: i64) -> Result<Vec<InFlightRow>> {
        Ok(sqlx::query_as(sql::IN_FLIGHT).bind(worker.0).bind(campaign.0).bind(limit).fetch_all(self).await?)
    }

    async fn standing(&mut self, campaign: CampaignId, person: PersonId) -> Result<Option<StandingRow>> {
        Ok(sqlx::query_as(sql::STANDING).bind(campaign.0).bind(person.0).fetch_optional(self).await?)
    }

    async fn is_announced(&mut self, incident: IncidentId) -> Result<bool> {
        Ok(sqlx::query_scalar(sql::IS_ANNOUNCED).bind(incident.0).fetch_one(self).await?)
    }

    async fn announce_some(&mut self, campaign: CampaignId, limit: i64) -> Result<Vec<Uuid>> {
        Ok(sqlx::query_scalar(sql::ANNOUNCE_SOME).bind(campaign.0).bind(limit).fetch_all(self).await?)
    }

    async fn told_meanwhile(&mut self, _: CampaignId, _: IncidentId) -> Result<bool> {
        // There is one writer.
        Ok(false)
    }

    async fn has_incident(&mut self, _: IncidentId) -> Result<bool> {
        // There is one writer.
        Ok(true)
    }

    async fn stand(&mut self, campaign: CampaignId, relocated: &[Relocated]) -> Result<Vec<RelocatedRow>> {
        let rows: Vec<_> = relocated.iter().map(|one| (&one.was, &one.is)).collect();
        Ok(sqlx::query_as(sql::STAND)
            .bind(campaign.0)
            .bind(blob(relocated.iter().map(|one| one.person.0.as_bytes())))
            .bind(json(&rows))
            .fetch_all(self)
            .await?)
    }

    async fn give_over(&mut self, over: &GivingOver<'_>) -> Result<Vec<(Uuid, String)>> {
        let people = over.people;
        Ok(sqlx::query_as(sql::GIVE_OVER)
            .bind(over.from.0)
            .bind(over.to.0)
            .bind(blob(people.iter().map(|person| person.0.as_bytes())))
            .bind(over.now.0)
            .bind(over.incident.0)
            .bind(numbers(people.len()))
            .bind(over.is_last)
            .fetch_all(self)
            .await?)
    }

    async fn residences(&mut self, people: &[Uuid]) -> Result<Vec<(Uuid, Option<String>)>> {
        Ok(sqlx::query_as(sql::RESIDENCES)
            .bind(blob(people.iter().map(Uuid::as_bytes)))
            .bind(numbers(people.len()))
            .fetch_all(self)
            .await?)
    }
}
