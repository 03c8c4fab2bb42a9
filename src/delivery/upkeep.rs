//! What must happen although nobody asks: dead workers are reaped, campaigns completed, figures refreshed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::canary;
use super::engine::Shared;
use super::faults::or_go_on;
use super::lease::Lease;
use super::silence::Silences;
use super::strays::Strays;
use crate::domain::announcement::AnnouncementState;
use crate::domain::channel::Channel;
use crate::store::{ReapReport, StoreError};

/// What a part of a round is called where it is noted that it failed.
const PART: &str = "upkeep";

/// Runs until cancelled.
pub(super) async fn run(shared: &Shared, lease: &Lease, providers: Vec<(String, Channel)>, stop: &CancellationToken) {
    let period = Duration::from_millis(shared.settings.heartbeat_ms);
    let (mut silences, mut strays) = (Silences::default(), Strays::default());
    loop {
        // Each for itself: what is wrong with one keeps none of the others waiting.
        let done = async {
            or_go_on(reap(shared, lease).await, PART, "workers that died")?;
            or_go_on(complete(shared).await, PART, "campaigns that are complete")?;
            or_go_on(cover(shared).await, PART, "announcements")?;
            or_go_on(count(shared).await, PART, "figures")?;
            or_go_on(canary::judge(shared).await, PART, "canaries")?;
            or_go_on(strays.look(shared).await, PART, "destinations that nobody carries")?;
            or_go_on(silences.look(shared, &providers).await, PART, "messages without a receipt")?;
            or_go_on(free(shared).await, PART, "slots of rates that changed")?;
            // Last, because it may come again at once.
            or_go_on(leave(shared).await, PART, "campaigns that were cancelled")
        };
        let more = done.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "upkeep could not finish; trying again");
            None
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(if more == Some(true) { Duration::ZERO } else { period }) => {}
        }
    }
}

async fn reap(shared: &Shared, lease: &Lease) -> Result<(), StoreError> {
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
    Ok(())
}

async fn complete(shared: &Shared) -> Result<(), StoreError> {
    for campaign in shared.store.complete_campaigns(shared.clock.now()).await? {
        tracing::info!(%campaign, "campaign is complete: nobody is pending or in flight");
    }
    Ok(())
}

/// So many steps are taken for a cancelled campaign in one round: the rest of upkeep waits for them.
const LEAVING: u32 = 20;

/// Whoever a cancelled campaign leaves untold is told by the next. Returns whether there is more to do.
async fn leave(shared: &Shared) -> Result<bool, StoreError> {
    let mut more = false;
    for campaign in shared.store.campaigns_leaving().await? {
        let (mut people, mut goes_on) = (0, true);
        for _ in 0..LEAVING {
            let left = shared.store.leave_untold(campaign, shared.clock.now()).await;
            let left = or_go_on(left, "leaving people to another campaign", campaign)?.unwrap_or_default();
            people += left.people;
            goes_on = left.more;
            if !goes_on {
                break;
            }
        }
        more |= goes_on;
        if people > 0 {
            tracing::info!(%campaign, people, "the campaign was cancelled; another tells these people");
            shared.wake.notify_one();
            shared.changes.announce();
        }
    }
    Ok(more)
}

/// Whoever waits for a slot that is none any more.
async fn free(shared: &Shared) -> Result<(), StoreError> {
    let people = shared.store.free_slots(shared.clock.now()).await?;
    if people > 0 {
        tracing::info!(people, "people who waited for a slot meet the rates as they are now");
        shared.wake.notify_one();
    }
    Ok(())
}

async fn count(shared: &Shared) -> Result<(), StoreError> {
    shared.metrics.set_people(&shared.store.campaign_counts().await?);
    Ok(())
}

/// So many published announcements are looked after; older ones have nobody left who could become unreachable.
const ANNOUNCEMENTS: u32 = 100;

/// Whoever became unreachable after the announcement of their incident was published is covered by it.
async fn cover(shared: &Shared) -> Result<(), StoreError> {
    for announcement in shared.store.public_announcements(ANNOUNCEMENTS).await? {
        if announcement.state == AnnouncementState::Published {
            let incident = announcement.incident;
            let covered = shared.store.cover_by_announcement(incident, shared.clock.now()).await;
            or_go_on(covered, "covering people by the announcement", incident)?;
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
