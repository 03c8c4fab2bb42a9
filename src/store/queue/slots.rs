//! Slots of a domain's rate, and what becomes of them when a rate changes.
//!
//! Whoever is put off to a slot waits for that time, and it may be far away. Of whose domain a slot is shows only when the record
//! is open, so a change voids the slots of all domains: each campaign under way begins a new round, in the transaction that changes
//! the rate, and a slot of an earlier round is none. Nobody is sent by one, whenever they become due, and nobody is put off to one
//! that was taken before. Those who wait for one are made due in steps, which may take a while in a large campaign and goes on
//! where it was, whoever takes it up.

use uuid::Uuid;

use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::traits::Result;

/// So many people are looked through in one transaction.
const STEP: i64 = 2000;
/// So many steps are taken at a time.
const STEPS: u32 = 100;

// The state is asked in words that no index knows: people are looked through in the order of the table.
pub(super) const FREE: &str = "/* free_slots */ UPDATE campaign_people SET due_at = $4, slot = 0 \
     WHERE campaign_id = $1 AND person_id > $2 AND person_id <= $3 AND state || '' = 'pending' \
         AND due_at > $4 AND slot NOT IN (0, $5)";

impl SqlStore {
    /// See `LimitStore::free_slots`.
    pub(in crate::store) async fn free_some_slots(&self, now: Millis) -> Result<u64> {
        let campaigns: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar("/* freeing */ SELECT id FROM campaigns WHERE slots_after IS NOT NULL ORDER BY id")
                .fetch_all(conn)
                .await
        })?;
        let (mut all, mut steps, mut failed) = (0, 0, None);
        for campaign in campaigns.into_iter().map(CampaignId) {
            while steps < STEPS {
                steps += 1;
                match writing!(self, tx => { tx.free_step(campaign, now).await }) {
                    Ok(Some(freed)) => all += freed,
                    Ok(None) => break,
                    // What is wrong with one keeps none of the others waiting.
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(all), Err)
    }
}

/// The steps of it.
pub(in crate::store) trait Slotted {
    /// Voids all slots that were given out: a new round begins in each campaign under way, and with it the next slot of each domain is
    /// now at the latest.
    fn void_slots(&mut self, now: Millis) -> impl Future<Output = Result<()>> + Send;
}

trait SlottedRows {
    /// Makes people due who wait for a slot of an earlier round. Returns how many, or `None` when all have been looked through.
    fn free_step(&mut self, campaign: CampaignId, now: Millis) -> impl Future<Output = Result<Option<u64>>> + Send;
}

on_both_connections!(Slotted {
    async fn void_slots(&mut self, now: Millis) -> Result<()> {
        let campaigns: Vec<Uuid> = sqlx::query_scalar(
            "/* with_slots */ SELECT id FROM campaigns WHERE state IN ('running', 'paused') ORDER BY id",
        )
        .fetch_all(&mut *self)
        .await?;
        // One after the other, in the order in which everybody locks them.
        for campaign in campaigns {
            sqlx::query("/* void_slots */ UPDATE campaigns SET slot_round = slot_round + 1, slots_after = $2 WHERE id = $1")
                .bind(campaign)
                .bind(Uuid::nil())
                .execute(&mut *self)
                .await?;
        }
        sqlx::query("/* void_slots */ UPDATE limits SET filled_at = $1 WHERE kind = 'domain' AND filled_at > $1")
            .bind(now.0)
            .execute(&mut *self)
            .await?;
        Ok(())
    }
});

on_both_connections!(SlottedRows {
    async fn free_step(&mut self, campaign: CampaignId, now: Millis) -> Result<Option<u64>> {
        let row: Option<(Uuid, i64)> = sqlx::query_as(
            "/* freeing */ SELECT slots_after, slot_round FROM campaigns WHERE id = $1 AND slots_after IS NOT NULL",
        )
        .bind(campaign.0)
        .fetch_optional(&mut *self)
        .await?;
        let Some((after, round)) = row else { return Ok(None) };
        let last: Option<Uuid> = sqlx::query_scalar(
            "/* freeing */ SELECT person_id FROM campaign_people WHERE campaign_id = $1 AND person_id > $2 \
             ORDER BY person_id LIMIT 1 OFFSET $3",
        )
        .bind(campaign.0)
        .bind(after)
        .bind(STEP - 1)
        .fetch_optional(&mut *self)
        .await?;
        let freed = sqlx::query(FREE)
            .bind(campaign.0)
            .bind(after)
            .bind(last.unwrap_or(Uuid::max()))
            .bind(now.0)
            .bind(round)
            .execute(&mut *self)
            .await?;
        // The campaign after its people, as everybody locks them. Where a rate has changed meanwhile its round begins from the first, and
        // whoever was freed out of that round is given another slot.
        sqlx::query("/* freeing */ UPDATE campaigns SET slots_after = $2 WHERE id = $1 AND slots_after = $3 AND slot_round = $4")
            .bind(campaign.0)
            .bind(last)
            .bind(after)
            .bind(round)
            .execute(&mut *self)
            .await?;
        Ok(Some(freed.rows_affected()))
    }
});
