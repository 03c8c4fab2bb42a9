//! While a campaign is being sealed, which may take minutes, a cancelled one goes on: its message bounces, which waits for nothing, and
//! the person is told by the new campaign although nobody saw it yet; or it turns out to have arrived, and the campaign is sealed
//! anew; and upkeep, which leaves people to the new one, does not wait either.

use std::time::Duration;

use candour::domain::campaign::{Campaign, CampaignAction, Counts};
use candour::domain::channel::Channel;
use candour::domain::outcome::Outcome;
use candour::store::{DeliveryStore, Left, NoticeStore, ReceiptEffect, StoreError};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinHandle;

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::{World, on_postgres};

/// What keeps a seal from going on when it has read everybody, and holds up nothing else.
const HOLD: &str = "LOCK TABLE people IN SHARE UPDATE EXCLUSIVE MODE";

const WAITING: &str = "SELECT COUNT(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
     WHERE NOT granted AND relation = 'people'::regclass AND datname = current_database()";

/// Another connection, for [`held_up`].
async fn another(world: &World) -> PgConnection {
    PgConnection::connect(&world.url).await.unwrap()
}

/// Proposes a further campaign, whose seal goes on when the transaction ends.
async fn held_up(
    world: &World,
    first: &Campaign,
    holding: &mut PgConnection,
) -> JoinHandle<Result<Campaign, StoreError>> {
    sqlx::query(HOLD).execute(&mut *holding).await.unwrap();
    let (incident, notice) = (first.incident, world.store.latest_notice(first.incident).await.unwrap());
    let sealing = tokio::spawn({
        let world = world.clone();
        async move { world.seal(incident, &notice).await }
    });
    while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut *holding).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    sealing
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_during_a_seal() {
    on_postgres(async |world| {
        let first = world.running((0..3).map(|n| reachable(&format!("p{n}"), 2, 0)).collect()).await;
        let worker = world.worker(FOREVER).await;
        let told = world.claim(first.id, worker, Channel::Email, 2, T0).await.unwrap();
        world.settle_all(worker, &told, Outcome::Accepted).await;
        world.act(&first, CampaignAction::Cancel).await.unwrap();
        assert_eq!(world.leave().await, 0, "there is no other");

        let mut other = another(&world).await;
        let mut holding = other.begin().await.unwrap();
        let sealing = held_up(&world, &first, &mut holding).await;
        let bounce = world.receipt("bounce", told[0].attempt, Some(Outcome::BadAddress));
        let moved = tokio::time::timeout(Duration::from_secs(10), bounce).await;
        assert_eq!(moved, Ok(ReceiptEffect::Moved), "it does not wait for the seal");
        holding.rollback().await.unwrap();
        let second = sealing.await.unwrap().unwrap();
        assert_eq!(second.counts, Counts { pending: 1, suppressed: 2, ..Counts::default() });
        assert_eq!(world.leave().await, 1);
        assert_eq!(world.counts(second.id).await, Counts { pending: 2, suppressed: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_arrival_during_a_seal() {
    on_postgres(async |world| {
        let first = world.running(vec![reachable("a", 2, 0)]).await;
        let worker = world.worker(FOREVER).await;
        let told = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
        world.settle_all(worker, &told, Outcome::Unknown).await;
        world.act(&first, CampaignAction::Cancel).await.unwrap();
        assert_eq!(world.leave().await, 0, "there is no other");

        let mut other = another(&world).await;
        let mut holding = other.begin().await.unwrap();
        let sealing = held_up(&world, &first, &mut holding).await;
        assert_eq!(world.receipt("arrived", told[0].attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
        holding.rollback().await.unwrap();
        let second = sealing.await.unwrap().unwrap();
        assert_eq!(second.counts, Counts { suppressed: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upkeep_during_a_seal() {
    on_postgres(async |world| {
        let first = world.running(vec![reachable("a", 1, 0)]).await;
        let second = world.further(&first).await;
        world.act(&first, CampaignAction::Cancel).await.unwrap();
        let mut other = another(&world).await;
        let mut holding = other.begin().await.unwrap();
        let sealing = held_up(&world, &first, &mut holding).await;
        let step = world.store.leave_untold(first.id, T0);
        assert_eq!(tokio::time::timeout(Duration::from_secs(10), step).await, Ok(Ok(Left::default())));
        holding.rollback().await.unwrap();
        let third = sealing.await.unwrap().unwrap();
        assert_eq!(third.counts, Counts { pending: 1, ..Counts::default() });
        assert_eq!(world.leave().await, 0, "it has them");
        assert_eq!(world.counts(second.id).await, Counts { suppressed: 1, ..Counts::default() });
    })
    .await;
}
