//! Writes outcomes, in batches: what arrives within a moment, and what arrives while a batch is being written. Each batch
//! costs a transaction and an entry of the audit chain, so a moment's patience pays.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::engine::Shared;
use crate::domain::attempt::Settlement;
use crate::domain::id::{CampaignId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::store::{ReceiptEffect, StoreError};

/// At most so many outcomes in one transaction.
const LARGEST_BATCH: usize = 1000;

/// How long the first outcome of a batch waits for others. What waits here when the process dies has been sent and is not
/// recorded, so it will be repeated: no longer than pays.
const MOMENT: Duration = Duration::from_millis(10);

/// Waits between tries while the database is away, in milliseconds.
const RETRY_MS: [u64; 5] = [50, 200, 500, 1000, 2000];

/// Takes settlements until every sender is gone, then returns. Ends the worker's life when the database goes on refusing
/// some of them: while the worker lives nobody else may take the people whose outcomes were not recorded.
pub(super) async fn run(
    shared: Arc<Shared>,
    worker: WorkerId,
    mut inbox: mpsc::Receiver<(CampaignId, Settlement)>,
    end: CancellationToken,
) {
    let mut arrived = Vec::with_capacity(LARGEST_BATCH);
    while inbox.recv_many(&mut arrived, LARGEST_BATCH).await > 0 {
        let moment = tokio::time::Instant::now() + MOMENT;
        while arrived.len() < LARGEST_BATCH {
            let room = LARGEST_BATCH - arrived.len();
            match tokio::time::timeout_at(moment, inbox.recv_many(&mut arrived, room)).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        let mut batches: BTreeMap<CampaignId, Vec<Settlement>> = BTreeMap::new();
        for (campaign, settlement) in arrived.drain(..) {
            batches.entry(campaign).or_default().push(settlement);
        }
        for (campaign, batch) in batches {
            write(&shared, worker, campaign, batch, &end).await;
        }
    }
}

/// Writes one batch, however long the database is away: an outcome that is known is not given up while the process
/// lives. If the lease ends meanwhile, a reaper takes the people and this write is refused as stale.
async fn write(
    shared: &Shared,
    worker: WorkerId,
    campaign: CampaignId,
    batch: Vec<Settlement>,
    end: &CancellationToken,
) {
    for tries in 0.. {
        let started = tokio::time::Instant::now();
        match shared.store.settle(campaign, worker, &batch, shared.clock.now()).await {
            Ok(report) => {
                shared.metrics.settle_seconds.observe(started.elapsed().as_secs_f64());
                if report.stale > 0 {
                    // A receipt was faster than the answer it belongs to, or the lease was lost and the lease's keeper says so.
                    tracing::info!(%campaign, stale = report.stale, "outcomes of people who had moved on by then were not applied");
                }
                if report.completed {
                    tracing::info!(%campaign, "campaign is complete: nobody is pending or in flight");
                }
                if !report.late.is_empty() {
                    let late = batch.iter().filter(|settlement| report.late.contains(&settlement.attempt));
                    take_late(shared, late, end).await;
                    tracing::info!(%campaign, late = report.late.len(), "late answers were taken as receipts");
                }
                return;
            }
            Err(error @ (StoreError::Busy | StoreError::Unavailable(_))) => {
                let wait = RETRY_MS[tries.min(RETRY_MS.len() - 1)];
                tracing::warn!(%campaign, outcomes = batch.len(), wait_ms = wait, %error, "the database is away; outcomes wait in memory");
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            // What the database refuses today it may take in a moment.
            Err(error) if tries < RETRY_MS.len() && !end.is_cancelled() => {
                tracing::error!(%campaign, outcomes = batch.len(), %error, "outcomes could not be recorded; trying again");
                tokio::time::sleep(Duration::from_millis(RETRY_MS[tries])).await;
            }
            Err(error) => {
                // The attempts stay without outcome; a reaper lists them as unknown when the lease has run out.
                tracing::error!(%campaign, outcomes = batch.len(), %error, "outcomes could not be recorded; this worker ends and a new one begins");
                end.cancel();
                return;
            }
        }
    }
}

/// Takes late answers, however long the database is away. What it refuses is tried again as often as a batch is, all together.
async fn take_late(shared: &Shared, late: impl Iterator<Item = &Settlement>, end: &CancellationToken) {
    let mut refused = 0;
    for settlement in late {
        for tries in 0.. {
            let Err(error) = take_as_receipt(shared, settlement).await else { break };
            let attempt = settlement.attempt;
            let wait = match error {
                StoreError::Busy | StoreError::Unavailable(_) => RETRY_MS[tries.min(RETRY_MS.len() - 1)],
                _ if refused < RETRY_MS.len() && !end.is_cancelled() => {
                    refused += 1;
                    RETRY_MS[refused - 1]
                }
                _ => {
                    tracing::error!(%attempt, %error, "a late answer is noted, and its person stays where they are");
                    break;
                }
            };
            tracing::warn!(%attempt, wait_ms = wait, %error, "a late answer could not be taken as a receipt; trying again");
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }
}

/// An answer that comes when its attempt has been given up as unknown says of it what a receipt would: whoever is held is told
/// or sent on, and whoever would be told once more is spared it. Taken again, it does nothing.
async fn take_as_receipt(shared: &Shared, settlement: &Settlement) -> Result<(), StoreError> {
    let (provider, attempt) = (&*settlement.intent.provider, settlement.attempt);
    // That it arrived is for receipts to say: whoever sends none is not waited for.
    let outcome = if settlement.outcome == Outcome::Delivered { Outcome::Accepted } else { settlement.outcome };
    let key = format!("answered {attempt}");
    let (now, jitter, code) = (shared.clock.now(), shared.entropy.fraction(), settlement.code.as_deref());
    let policies = &shared.settings.policies;
    let taken = shared.store.apply_receipt(provider, &key, attempt, Some(outcome), code, policies, now, jitter).await?;
    if taken == ReceiptEffect::Moved {
        shared.wake.notify_one();
    }
    Ok(())
}
