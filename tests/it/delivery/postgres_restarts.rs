//! PostgreSQL goes away in the middle of a campaign and comes back: the processes stay, say so, and go on by themselves.

use std::time::Duration;

use crate::support::candour::SHORT_LEASE;
use crate::support::fleet::Fleet;
use crate::support::postgres_server::{Ending, PostgresServer};
use crate::support::responder::people_at;

const PEOPLE: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn restarted() {
    scenario(Ending::Fast, &[]).await;
}

/// What it had answered must be there afterwards, whatever it was told about that: an intent that is forgotten is a message
/// that nobody accounts for.
#[tokio::test(flavor = "multi_thread")]
async fn crashed_while_it_commits_without_waiting() {
    scenario(Ending::Crash, &["synchronous_commit=off", "wal_writer_delay=10s", "wal_writer_flush_after=0"]).await;
}

/// All leases run out meanwhile, and still nobody is taken for dead: what the workers knew is written when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn away_for_longer_than_a_lease() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = PostgresServer::start(dir.path(), &[]);
    let fleet = Fleet::muster(&server.database(), SHORT_LEASE, "rate = 100.0").await;
    let workers = fleet.workers(2).await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(PEOPLE / 3).await;
    server.stop(Ending::Fast);
    tokio::time::sleep(Duration::from_secs(6)).await;
    server.restart();
    fleet.candour.is_ready().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (0, 0));
    assert!(!fleet.candour.log().contains("took over"), "nobody was taken for dead");
    for worker in workers {
        worker.terminate().await;
    }
}

async fn scenario(ending: Ending, settings: &[&str]) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = PostgresServer::start(dir.path(), settings);
    let fleet = Fleet::muster(&server.database(), SHORT_LEASE, "rate = 100.0").await;
    let workers = fleet.workers(2).await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    for time in 1..=2 {
        fleet.sink.until(PEOPLE * time / 3).await;
        server.stop(ending);
        fleet.candour.logged(time, "\"level\":\"WARN\"").await;
        assert_eq!(fleet.candour.ready().await, 503, "it says that it is not ready");
        server.restart();
    }
    fleet.candour.is_ready().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
    for worker in workers {
        worker.terminate().await;
    }
}
