//! Campaigns that have come to their end without a settlement that said so, e.g. by being resumed.

use uuid::Uuid;

use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::campaign::{CampaignState, Counts};
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::db::{reading, writing};
use crate::store::error::StoreError;
use crate::store::traits::Result;

impl SqlStore {
    /// See `DeliveryStore::complete_campaigns`.
    pub(super) async fn complete_settled(&self, now: Millis) -> Result<Vec<CampaignId>> {
        let settled: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* complete_settled */ SELECT id FROM campaigns \
                 WHERE state = 'running' AND pending = 0 AND in_flight = 0 ORDER BY id",
            )
            .fetch_all(conn)
            .await
        })?;
        let mut completed = Vec::new();
        for campaign in settled.into_iter().map(CampaignId) {
            let done: Result<bool> = writing!(self, tx => {
                // Nothing is added: the row is locked, and says what is true now.
                let after = tx.shift(campaign, &Counts::default(), 0).await?;
                let state = tx.follow(campaign, &after, &ActorRef::engine(), now).await?;
                Ok(after.state == CampaignState::Running && state == CampaignState::Completed)
            });
            match done {
                Ok(true) => completed.push(campaign),
                Ok(false) => {}
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                // The others must not wait for it.
                Err(error) => {
                    tracing::error!(%campaign, %error, "the campaign cannot be completed; it will be tried again");
                }
            }
        }
        Ok(completed)
    }
}
