//! Canaries: a campaign's first attempts are counted down, what becomes of them is counted, and the others are let go.

use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::attempt::{NO_PROVIDER, NOBODY_CARRIES_IT};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::domain::plan::Failing;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::traits::Result;

impl SqlStore {
    /// See `DeliveryStore::watched_canaries`.
    pub(super) async fn list_watched(&self) -> Result<Vec<CampaignId>> {
        let ids: Vec<Uuid> = reading!(self, conn => { conn.watched().await })?;
        Ok(ids.into_iter().map(CampaignId).collect())
    }

    /// See `DeliveryStore::failing`.
    pub(super) async fn count_failing(&self, campaign: CampaignId) -> Result<Failing> {
        reading!(self, conn => { conn.failing(campaign).await })
    }

    /// See `DeliveryStore::refill_canary`. Its row is locked before the attempts are counted, so that two workers do not both
    /// give the same places.
    pub(super) async fn refill(&self, campaign: CampaignId, people: u32) -> Result<bool> {
        writing!(self, tx => {
            if !tx.hold_told_canary(campaign).await? {
                return Ok(false);
            }
            let made = tx.failing(campaign).await?.attempts;
            let places = i64::from(people) - made;
            if places > 0 {
                tx.give_back_to_canary(campaign, places).await?;
            }
            Ok(places > 0)
        })
    }

    /// See `DeliveryStore::end_canary`.
    pub(super) async fn release(&self, campaign: CampaignId, audit: &AuditEntry) -> Result<bool> {
        writing!(self, tx => {
            let released = tx.release(campaign).await?;
            if released {
                tx.append_audit(audit).await?;
            }
            Ok(released)
        })
    }
}

#[derive(Debug, FromRow)]
struct FailingRow {
    attempts: i64,
    failed: i64,
}

/// The steps of a canary.
pub(super) trait Canaries {
    /// Counts attempts down; `false` when fewer are left. The campaign's row stays locked until the transaction ends.
    fn take_of_canary(
        &mut self,
        campaign: CampaignId,
        attempts: i64,
        now: Millis,
    ) -> impl Future<Output = Result<bool>> + Send;
    /// Gives attempts back that were not made, so that they are made by others of the canary.
    fn give_back_to_canary(&mut self, campaign: CampaignId, attempts: i64) -> impl Future<Output = Result<()>> + Send;
    /// Running campaigns whose canary is told.
    fn watched(&mut self) -> impl Future<Output = Result<Vec<Uuid>>> + Send;
    /// Whether all attempts of the canary are made and settled; its row stays locked until the transaction ends.
    fn hold_told_canary(&mut self, campaign: CampaignId) -> impl Future<Output = Result<bool>> + Send;
    /// Counts a campaign's attempts, without those that nobody carries.
    fn failing(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Failing>> + Send;
    /// Lets the others go; `false` when they go already.
    fn release(&mut self, campaign: CampaignId) -> impl Future<Output = Result<bool>> + Send;
}

on_both_connections!(Canaries {
    async fn take_of_canary(&mut self, campaign: CampaignId, attempts: i64, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "/* take_of_canary */ UPDATE campaigns SET canary_left = canary_left - $2, \
             canary_ended_at = CASE WHEN canary_left = $2 THEN $3 ELSE canary_ended_at END \
             WHERE id = $1 AND canary_left >= $2",
        )
        .bind(campaign.0)
        .bind(attempts)
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn give_back_to_canary(&mut self, campaign: CampaignId, attempts: i64) -> Result<()> {
        sqlx::query(
            "/* give_back_to_canary */ UPDATE campaigns SET canary_left = canary_left + $2, canary_ended_at = NULL \
             WHERE id = $1 AND canary_left IS NOT NULL",
        )
        .bind(campaign.0)
        .bind(attempts)
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    async fn watched(&mut self) -> Result<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "/* watched */ SELECT id FROM campaigns WHERE state = 'running' AND canary_left = 0 ORDER BY id",
        )
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn hold_told_canary(&mut self, campaign: CampaignId) -> Result<bool> {
        let done = sqlx::query(
            "/* hold_told_canary */ UPDATE campaigns SET canary_left = 0 \
             WHERE id = $1 AND canary_left = 0 AND in_flight = 0 AND state = 'running'",
        )
        .bind(campaign.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn failing(&mut self, campaign: CampaignId) -> Result<Failing> {
        let row: FailingRow = sqlx::query_as(
            "/* failing */ SELECT COUNT(*) AS attempts, COUNT(CASE WHEN outcome IN ('bad_address', 'rejected') \
             OR receipt IN ('bad_address', 'rejected') THEN 1 END) AS failed FROM attempts \
             WHERE campaign_id = $1 AND NOT (provider = $2 AND COALESCE(code, '') = $3)",
        )
        .bind(campaign.0)
        .bind(NO_PROVIDER)
        .bind(NOBODY_CARRIES_IT)
        .fetch_one(&mut *self)
        .await?;
        Ok(Failing { attempts: row.attempts, failed: row.failed })
    }

    async fn release(&mut self, campaign: CampaignId) -> Result<bool> {
        let done = sqlx::query(
            "/* release */ UPDATE campaigns SET canary_left = NULL WHERE id = $1 AND canary_left = 0",
        )
        .bind(campaign.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }
});
