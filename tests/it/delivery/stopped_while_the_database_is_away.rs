//! A worker that is asked to end while the database is away waits until what it knows is written, and hands back the rest. One
//! that knows nothing ends at once.

use std::time::Duration;

use crate::support::candour::SHORT_LEASE;
use crate::support::fleet::Fleet;
use crate::support::postgres_server::{Ending, PostgresServer};
use crate::support::responder::people_at;

const PEOPLE: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn with_outcomes_in_memory() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = PostgresServer::start(dir.path(), &[]);
    let fleet = Fleet::muster(&server.database(), SHORT_LEASE, "rate = 100.0").await;
    let worker = fleet.candour.worker().await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(PEOPLE / 3).await;
    server.stop(Ending::Fast);
    fleet.candour.logged(1, "the database is away; outcomes wait in memory").await;
    worker.signal("TERM").await;
    fleet.candour.logged(1, "stopping: nothing new is begun").await;
    fleet.candour.logged(3, "the database is away; outcomes wait in memory").await;
    server.restart();
    worker.ends_well().await;

    let next = fleet.candour.worker().await;
    fleet.candour.is_ready().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (0, 0), "all that it knew was written");
    next.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_to_lose() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = PostgresServer::start(dir.path(), &[]);
    let fleet = Fleet::muster(&server.database(), SHORT_LEASE, "").await;
    let worker = fleet.candour.worker().await;
    server.stop(Ending::Fast);
    fleet.candour.logged(1, "the database cannot be reached").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), worker.terminate()).await;
    assert!(ended.is_ok(), "it does not end:\n{}", fleet.candour.lately());
}
