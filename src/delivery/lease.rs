//! The worker's lease: registers, extends, and knows until when it is safe to begin an attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::engine::Shared;
use crate::domain::clock::Millis;
use crate::domain::id::WorkerId;
use crate::store::StoreError;

/// Until when the lease is known to be alive.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) worker: WorkerId,
    alive_until: AtomicI64,
    /// When extending it began to work again; the beginning of time where it always did.
    steady_since: AtomicI64,
}

impl Lease {
    /// Enters this process as a worker.
    pub(super) async fn register(shared: &Shared) -> Result<Arc<Self>, StoreError> {
        let now = shared.clock.now();
        let worker = WorkerId::new(now, shared.entropy.ten());
        let expires_at = now.plus(shared.settings.lease_ms);
        shared.store.register_worker(worker, &shared.settings.worker_name, now, expires_at).await?;
        shared.metrics.heartbeat_written.set(1);
        let steady_since = AtomicI64::new(i64::MIN);
        Ok(Arc::new(Self { worker, alive_until: AtomicI64::new(expires_at.0), steady_since }))
    }

    /// Whether an attempt may still begin: with less than a third of the lease left, a stalled process must first
    /// extend it, so that it does not send what another is about to be given.
    pub(super) fn may_begin(&self, now: Millis, lease_ms: i64) -> bool {
        now.0 < self.alive_until.load(Ordering::Acquire) - lease_ms / 3
    }

    /// Whether others whose lease has ended may be taken for dead. Not while this worker could not extend its own, nor for
    /// the length of a lease after that: when the database was away, or this machine stood still, all leases ran out alike,
    /// and those who live need a moment to say so.
    pub(super) fn may_reap(&self, now: Millis, lease_ms: i64) -> bool {
        now.0 < self.alive_until.load(Ordering::Acquire)
            && now.0 >= self.steady_since.load(Ordering::Acquire).saturating_add(lease_ms)
    }

    /// Extends the lease until cancelled. Returns when the lease has been lost.
    pub(super) async fn keep(&self, shared: &Shared, stop: &CancellationToken) {
        let period = Duration::from_millis(shared.settings.heartbeat_ms);
        let mut trouble = false;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(period) => {}
            }
            let now = shared.clock.now();
            let expires_at = now.plus(shared.settings.lease_ms);
            match shared.store.extend_lease(self.worker, now, expires_at).await {
                Ok(()) => {
                    if std::mem::take(&mut trouble) || now.0 >= self.alive_until.load(Ordering::Acquire) {
                        self.steady_since.store(now.0, Ordering::Release);
                    }
                    self.alive_until.store(expires_at.0, Ordering::Release);
                    shared.metrics.heartbeat_written.set(1);
                }
                Err(StoreError::StaleLease) => {
                    tracing::warn!(worker = %self.worker, "the lease was lost: this process was silent for too long and what it had in flight was taken over");
                    return;
                }
                Err(error) => {
                    trouble = true;
                    shared.metrics.heartbeat_written.set(0);
                    tracing::warn!(worker = %self.worker, %error, "the lease could not be extended; trying again");
                }
            }
        }
    }
}
