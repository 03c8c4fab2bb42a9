//! The queues of destinations: which there are, and how one is emptied that nobody looks in any more.

use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::traits::Result;

/// So many people are put back in one transaction.
const STEP: i64 = 10_000;

impl SqlStore {
    /// See `DeliveryStore::destination_queues`.
    pub(super) async fn list_sorted(&self, campaign: CampaignId) -> Result<Vec<String>> {
        let mut queues: Vec<String> = Vec::new();
        reading!(self, conn => {
            // From one to the next, rather than past everybody who waits in one.
            while let Some(next) = conn.queue_after(campaign, queues.last().map_or("", String::as_str)).await? {
                queues.push(next);
            }
            Ok::<(), sqlx::Error>(())
        })?;
        queues.retain(|queue| queue.contains('/'));
        Ok(queues)
    }

    /// See `DeliveryStore::unsort`.
    pub(super) async fn empty_queue(&self, campaign: CampaignId, queue: &str) -> Result<u64> {
        let mut all = 0;
        loop {
            let put_back = writing!(self, tx => { tx.put_back(campaign, queue).await })?;
            all += put_back;
            if put_back == 0 {
                return Ok(all);
            }
        }
    }
}

trait Sorted {
    /// The next queue in alphabetical order in which somebody waits.
    fn queue_after(
        &mut self,
        campaign: CampaignId,
        queue: &str,
    ) -> impl Future<Output = sqlx::Result<Option<String>>> + Send;
    /// Puts some back into the queue of the channel. Returns how many.
    fn put_back(&mut self, campaign: CampaignId, queue: &str) -> impl Future<Output = Result<u64>> + Send;
}

on_both_connections!(Sorted {
    async fn queue_after(&mut self, campaign: CampaignId, queue: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar(
            "/* queue_after */ SELECT channel FROM campaign_people \
             WHERE campaign_id = $1 AND channel > $2 AND state = 'pending' ORDER BY channel LIMIT 1",
        )
        .bind(campaign.0)
        .bind(queue)
        .fetch_optional(&mut *self)
        .await
    }

    async fn put_back(&mut self, campaign: CampaignId, queue: &str) -> Result<u64> {
        let channel = queue.split_once('/').map_or(queue, |(channel, _)| channel);
        let done = sqlx::query(
            "/* put_back */ UPDATE campaign_people SET channel = $3 \
             WHERE campaign_id = $1 AND person_id IN (SELECT person_id FROM campaign_people \
                 WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' AND channel <> $3 LIMIT $4)",
        )
        .bind(campaign.0)
        .bind(queue)
        .bind(channel)
        .bind(STEP)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }
});
