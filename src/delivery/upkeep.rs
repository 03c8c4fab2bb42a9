//! What must happen although nobody asks: dead workers are reaped, campaigns completed, figures refreshed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::canary;
use super::engine::Shared;
use super::lease::Lease;
use super::silence::Silences;
use super::strays::Strays;
use crate::domain::announcement::AnnouncementState;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::store::{ReapReport, StoreError};

/// Runs until cancelled.
pub(super) async fn run(shared: &Shared, lease: &Lease, providers: Vec<(String, Channel)>, stop: &CancellationToken) {
    let period = Duration::from_millis(shared.settings.heartbeat_ms);
    let (mut silences, mut strays) = (Silences::default(), Strays::default());
    loop {
        let done = async {
            once(shared, lease).await?;
            canary::judge(shared).await?;
            strays.look(shared).await?;
            silences.look(shared, &providers).await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "upkeep could not finish; trying again");
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(period) => {}
        }
    }
}

async fn once(shared: &Shared, lease: &Lease) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let reaped = if lease.may_reap(now, shared.settings.lease_ms) {
        shared.store.reap(&shared.settings.policies, &shared.asked, None, now, shared.entropy.fraction()).await?
    } else {
        ReapReport::default()
    };
    if reaped.workers > 0 {
        tracing::warn!(
            workers = reaped.workers,
            unknown = reaped.unknown,
            repeats = reaped.repeats,
            "took over from workers that died: nobody knows whether these attempts went out"
        );
        shared.metrics.leases_lost.inc_by(u64::from(reaped.workers));
        shared.wake.notify_one();
    }
    for campaign in shared.store.complete_campaigns(now).await? {
        tracing::info!(%campaign, "campaign is complete: nobody is pending or in flight");
    }
    cover(shared, now).await?;
    shared.metrics.set_people(&shared.store.campaign_counts().await?);
    Ok(())
}

/// So many published announcements are looked after; older ones have nobody left who could become unreachable.
const ANNOUNCEMENTS: u32 = 100;

/// Whoever became unreachable after the announcement of their incident was published is covered by it.
async fn cover(shared: &Shared, now: Millis) -> Result<(), StoreError> {
    for announcement in shared.store.public_announcements(ANNOUNCEMENTS).await? {
        if announcement.state == AnnouncementState::Published {
            shared.store.cover_by_announcement(announcement.incident, now).await?;
        }
    }
    Ok(())
}

/// A database of one process (SQLite): whatever worker is still entered is a former life of this one, and dead.
pub(super) async fn reap_former_lives(shared: &Shared, lease: &Lease) -> Result<(), StoreError> {
    let now = shared.clock.now();
    for (worker, _) in shared.store.workers().await? {
        if worker == lease.worker {
            continue;
        }
        let (policies, jitter) = (&shared.settings.policies, shared.entropy.fraction());
        let reaped = shared.store.reap(policies, &shared.asked, Some(worker), now, jitter).await?;
        tracing::warn!(
            %worker,
            unknown = reaped.unknown,
            repeats = reaped.repeats,
            "the last run ended without a goodbye: nobody knows whether these attempts went out"
        );
    }
    Ok(())
}
