//! The queue's statements for `PostgreSQL`: arrays through `UNNEST`, row locks in one order, `SKIP LOCKED` where any
//! row will do.

mod again;
mod columns;
mod sql;

use sqlx::PgConnection;
use uuid::Uuid;

use self::columns::Columns;
use super::frontier::Frontier;
use super::moves::{Jurisdictions, Move};
use super::statements::{
    Back, DueRow, GivingOver, InFlightRow, Late, Plan, Relocated, RelocatedRow, StandingRow, Statements, UnbegunRow,
};
use crate::domain::campaign::Counts;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use crate::store::traits::{ClaimRequest, Result};

impl Statements for PgConnection {
    async fn seal_people(
        &mut self,
        campaign: CampaignId,
        incident: IncidentId,
        plans: &[Plan],
        now: Millis,
    ) -> Result<u64> {
        let done = sqlx::query(sql::SEAL_PEOPLE)
            .bind(campaign.0)
            .bind(incident.0)
            .bind(now.0)
            .bind(plans.iter().map(|p| p.jurisdiction.as_str()).collect::<Vec<_>>())
            .bind(plans.iter().map(|p| p.reach.as_str()).collect::<Vec<_>>())
            .bind(plans.iter().map(|p| p.cascade.as_str()).collect::<Vec<_>>())
            .bind(plans.iter().map(|p| p.channel).collect::<Vec<_>>())
            .bind(plans.iter().map(|p| p.reason).collect::<Vec<_>>())
            .execute(self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn after_growth(&mut self) -> Result<()> {
        sqlx::query(sql::AFTER_GROWTH).execute(self).await?;
        Ok(())
    }

    async fn plan_once(&mut self) -> Result<()> {
        sqlx::query(sql::PLAN_ONCE).execute(self).await?;
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
        let fresh: Vec<Uuid> = fresh.iter().map(|a| a.0).collect();
        let limit = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
        Ok(sqlx::query_as(sql::TAKE_DUE)
            .bind(request.campaign.0)
            .bind(request.queue.to_string())
            .bind(request.now.0)
            .bind(limit)
            .bind(fresh)
            .bind(request.worker.0)
            .bind(&*request.provider)
            .bind(after.due_at)
            .bind(after.person)
            .bind(request.queue.channel.as_str())
            .fetch_all(self)
            .await?)
    }

    async fn lost(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        batch: &[(AttemptId, PersonId)],
    ) -> Result<Vec<i64>> {
        let (attempts, persons): (Vec<Uuid>, Vec<Uuid>) = batch.iter().map(|(a, p)| (a.0, p.0)).unzip();
        Ok(sqlx::query_scalar(sql::LOST)
            .bind(campaign.0)
            .bind(attempts)
            .bind(persons)
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
        let columns = Columns::of(moves);
        let done = sqlx::query(sql::WRITE_MOVES)
            .bind(campaign.0)
            .bind(columns.persons)
            .bind(columns.attempts)
            .bind(columns.states)
            .bind(columns.places)
            .bind(columns.tries)
            .bind(columns.channels)
            .bind(columns.dues)
            .bind(columns.repeats)
            .bind(columns.reasons)
            .bind(columns.outcomes)
            .bind(columns.codes)
            .bind(columns.references)
            .bind(now.0)
            .bind(worker.map(|w| w.0))
            .bind(columns.went_by)
            .bind(columns.providers)
            .bind(columns.at_places)
            .bind(columns.at_tries)
            .bind(columns.numbers)
            .bind(columns.repeated)
            .bind(columns.intended)
            .execute(self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn shift_jurisdictions(&mut self, campaign: CampaignId, by: &Jurisdictions) -> Result<()> {
        let names: Vec<&str> = by.keys().map(String::as_str).collect();
        let each = |of: fn(&Counts) -> i64| by.values().map(of).collect::<Vec<i64>>();
        sqlx::query(sql::SHIFT_JURISDICTIONS)
            .bind(campaign.0)
            .bind(names)
            .bind(each(|c| c.reached))
            .bind(each(|c| c.unknown))
            .bind(each(|c| c.unreachable))
            .bind(each(|c| c.announced))
            .execute(self)
            .await?;
        Ok(())
    }

    async fn note_late(&mut self, campaign: CampaignId, late: &[Late], now: Millis) -> Result<Vec<(Uuid, bool)>> {
        let (attempts, persons): (Vec<Uuid>, Vec<Uuid>) = late.iter().map(|l| (l.attempt.0, l.person.0)).unzip();
        let outcomes: Vec<&str> = late.iter().map(|l| l.outcome.as_str()).collect();
        let references: Vec<Option<&str>> = late.iter().map(|l| l.reference.as_deref()).collect();
        Ok(sqlx::query_as(sql::NOTE_LATE)
            .bind(campaign.0)
            .bind(attempts)
            .bind(persons)
            .bind(outcomes)
            .bind(references)
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
        let attempts: Vec<Uuid> = attempts.iter().map(|a| a.0).collect();
        Ok(sqlx::query_as(sql::UNBEGUN).bind(campaign.0).bind(attempts).bind(worker.0).fetch_all(self).await?)
    }

    async fn give_back(&mut self, campaign: CampaignId, back: &[Back], slot: Option<i64>) -> Result<u64> {
        let (persons, due): (Vec<Uuid>, Vec<Option<i64>>) =
            back.iter().map(|b| (b.person.0, b.due_at.map(|m| m.0))).unzip();
        let done = sqlx::query(sql::GIVE_BACK)
            .bind(campaign.0)
            .bind(persons)
            .bind(due)
            .bind(slot)
            .bind(back.iter().map(|b| b.queue.as_deref()).collect::<Vec<_>>())
            .execute(self)
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
        let found: Option<Uuid> = sqlx::query_scalar(sql::IS_ANNOUNCED).bind(incident.0).fetch_optional(self).await?;
        Ok(found.is_some())
    }

    async fn announce_some(&mut self, campaign: CampaignId, limit: i64) -> Result<Vec<Uuid>> {
        Ok(sqlx::query_scalar(sql::ANNOUNCE_SOME).bind(campaign.0).bind(limit).fetch_all(self).await?)
    }

    async fn told_meanwhile(&mut self, campaign: CampaignId, incident: IncidentId) -> Result<bool> {
        Ok(sqlx::query_scalar(sql::TOLD_MEANWHILE).bind(campaign.0).bind(incident.0).fetch_one(self).await?)
    }

    async fn has_incident(&mut self, incident: IncidentId) -> Result<bool> {
        let found = sqlx::query(sql::HAS_INCIDENT).bind(incident.0).fetch_optional(self).await?;
        Ok(found.is_some())
    }

    async fn stand(&mut self, campaign: CampaignId, relocated: &[Relocated]) -> Result<Vec<RelocatedRow>> {
        Ok(sqlx::query_as(sql::STAND)
            .bind(campaign.0)
            .bind(relocated.iter().map(|one| one.person.0).collect::<Vec<_>>())
            .bind(relocated.iter().map(|one| one.was.as_str()).collect::<Vec<_>>())
            .bind(relocated.iter().map(|one| one.is.as_str()).collect::<Vec<_>>())
            .fetch_all(self)
            .await?)
    }

    async fn give_over(&mut self, over: &GivingOver<'_>) -> Result<Vec<(Uuid, String)>> {
        let people = over.people;
        Ok(sqlx::query_as(sql::GIVE_OVER)
            .bind(over.from.0)
            .bind(over.to.0)
            .bind(people.iter().map(|person| person.0).collect::<Vec<_>>())
            .bind(over.now.0)
            .bind(over.incident.0)
            .bind(over.is_last)
            .fetch_all(self)
            .await?)
    }

    async fn residences(&mut self, people: &[Uuid]) -> Result<Vec<(Uuid, Option<String>)>> {
        Ok(sqlx::query_as(sql::RESIDENCES).bind(people).fetch_all(self).await?)
    }
}
