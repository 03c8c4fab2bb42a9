//! A retry that meets the announcement's cover on PostgreSQL counts whom it has moved from where they were then.

use candour::domain::campaign::Counts;
use candour::domain::channel::Channel;
use candour::domain::outcome::Outcome;
use candour::store::{Again, DeliveryStore};
use sqlx::{Connection, PgConnection};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::{World, on_postgres};

/// Waits until so many sessions wait for a lock.
async fn waiting(world: &World, sessions: i64) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while world.number(sql).await < sessions {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_an_announcement_covers_meanwhile_is_counted_there() {
    on_postgres(async |world| {
        let campaign = world.running((0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
        world.announce(campaign.incident).await;
        let worker = world.worker(FOREVER).await;
        let claimed = world.claim(campaign.id, worker, Channel::Email, 3, T0).await.unwrap();
        world.settle_all(worker, &claimed, Outcome::BadAddress).await;
        assert_eq!(world.counts(campaign.id).await, Counts { unreachable: 3, ..Counts::default() });

        // The cover has the people and waits for the campaign, and the retry waits for the people.
        let mut connection = PgConnection::connect(&world.url).await.unwrap();
        let mut held = connection.begin().await.unwrap();
        sqlx::query("SELECT id FROM campaigns FOR UPDATE").execute(&mut *held).await.unwrap();
        let cover = tokio::spawn({
            let world = world.clone();
            async move { world.store.cover_by_announcement(campaign.incident, T0).await }
        });
        waiting(&world, 1).await;
        let retry = tokio::spawn({
            let (world, campaign) = (world.clone(), campaign.clone());
            async move { world.tell_again(&campaign, Again { bad_address: true, ..Again::default() }, T0).await }
        });
        waiting(&world, 2).await;
        held.commit().await.unwrap();

        assert_eq!(cover.await.unwrap(), Ok(3));
        assert_eq!(retry.await.unwrap().unwrap().1, 3);
        assert_eq!(world.counts(campaign.id).await, Counts { pending: 3, ..Counts::default() });
        world.assert_consistent().await;
    })
    .await;
}
