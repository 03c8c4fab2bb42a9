//! Slots of a domain's rate are given back when the rate changes: whoever waits for one is due now, and meets the rate anew.

use uuid::Uuid;

use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::traits::Result;

/// So many people are made due in one transaction.
const STEP: i64 = 10_000;

impl SqlStore {
    /// See `LimitStore::free_slots`. Of whose domain a slot is shows only when the record is open, so all are given back; those
    /// of other domains are given new ones.
    pub(in crate::store) async fn give_back_slots(&self, now: Millis) -> Result<u64> {
        // First, so that whoever is freed does not queue up behind the slots that are given back.
        writing!(self, tx => { tx.begin_slots_anew(now).await })?;
        let campaigns: Vec<Uuid> = reading!(self, conn => { conn.with_slots().await })?;
        let mut all = 0;
        for campaign in campaigns.into_iter().map(CampaignId) {
            loop {
                let freed = writing!(self, tx => { tx.free(campaign, now).await })?;
                all += freed;
                if freed == 0 {
                    break;
                }
            }
        }
        Ok(all)
    }
}

trait Slotted {
    /// Lets the next slot of each domain be now, where it lies ahead.
    fn begin_slots_anew(&mut self, now: Millis) -> impl Future<Output = Result<()>> + Send;
    /// Campaigns in which somebody may wait for a slot.
    fn with_slots(&mut self) -> impl Future<Output = Result<Vec<Uuid>>> + Send;
    /// Makes some due who wait for a slot. Returns how many.
    fn free(&mut self, campaign: CampaignId, now: Millis) -> impl Future<Output = Result<u64>> + Send;
}

on_both_connections!(Slotted {
    async fn begin_slots_anew(&mut self, now: Millis) -> Result<()> {
        sqlx::query("/* begin_slots_anew */ UPDATE limits SET filled_at = $1 WHERE kind = 'domain' AND filled_at > $1")
            .bind(now.0)
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn with_slots(&mut self) -> Result<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "/* with_slots */ SELECT id FROM campaigns WHERE state IN ('running', 'paused') ORDER BY id",
        )
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn free(&mut self, campaign: CampaignId, now: Millis) -> Result<u64> {
        // Only email has slots, and a slot lies ahead, so the index of those who are due later finds them.
        let done = sqlx::query(
            "/* free_slots */ UPDATE campaign_people SET due_at = $2, slot = 0 \
             WHERE campaign_id = $1 AND state = 'pending' AND slot <> 0 AND person_id IN ( \
                 SELECT person_id FROM campaign_people \
                 WHERE campaign_id = $1 AND channel >= 'email' AND channel < 'email0' AND state = 'pending' \
                     AND due_at > $2 AND slot <> 0 LIMIT $3)",
        )
        .bind(campaign.0)
        .bind(now.0)
        .bind(STEP)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }
});
