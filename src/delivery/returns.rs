//! Gives back what was claimed and certainly not begun: people of campaigns that rest by now, and those of a claim whose
//! answer never came.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::engine::Shared;
use crate::domain::id::{AttemptId, CampaignId, WorkerId};

/// Waits between tries while the database is away, in milliseconds.
const RETRY_MS: [u64; 4] = [100, 500, 1000, 2000];

/// Hands attempts back, however long the database is away: nobody else may take these people while this worker lives, and
/// it would never come to them.
pub(super) async fn hand_back(shared: Arc<Shared>, worker: WorkerId, campaign: CampaignId, attempts: Vec<AttemptId>) {
    for tries in 0.. {
        match shared.store.hand_back(campaign, worker, attempts.clone(), shared.clock.now()).await {
            Ok(_) => return,
            Err(error) => {
                let wait = RETRY_MS[tries.min(RETRY_MS.len() - 1)];
                tracing::warn!(%campaign, people = attempts.len(), wait_ms = wait, %error, "people could not be handed back; trying again");
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
        }
    }
}

/// Hands back what a claim may have taken of which only the error is known. A claim whose connection broke may still be
/// done some time later, so it is asked for once more when a lease has passed, if the worker still lives; a database has
/// given up by then.
pub(super) async fn undo_claim(
    shared: &Arc<Shared>,
    worker: WorkerId,
    campaign: CampaignId,
    attempts: Vec<AttemptId>,
    stop: CancellationToken,
) {
    hand_back(Arc::clone(shared), worker, campaign, attempts.clone()).await;
    let (shared, lease_ms) = (Arc::clone(shared), shared.settings.lease_ms.unsigned_abs());
    tokio::spawn(async move {
        let again = async {
            tokio::time::sleep(Duration::from_millis(lease_ms)).await;
            hand_back(shared, worker, campaign, attempts).await;
        };
        stop.run_until_cancelled_owned(again).await
    });
}
