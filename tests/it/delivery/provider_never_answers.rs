//! A mail host that takes messages and never answers: only as many people as are in the air hang on it, the lease is kept, it
//! shows, and when its connections break everyone is told.

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::{Manner, RecordingSink};
use crate::support::responder::people_at;

const PEOPLE: usize = 60;
const CONCURRENCY: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(CONCURRENCY, "")).await;
    candour.restart().await;
    sink.answer(Manner::Silent);
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(CONCURRENCY).await;
    // Longer than a lease, which the worker keeps all the while.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(sink.count(), CONCURRENCY, "no more than may be in the air");
    let state = candour.read_campaign(&campaign).await;
    let in_flight = state["counts"]["in_flight"].as_u64().expect("a number");
    assert!(in_flight >= CONCURRENCY as u64, "{state}");
    assert_eq!(state["counts"]["reached"], 0, "{state}");
    assert_eq!(candour.ready().await, 200, "the mail host is no reason not to serve");
    assert!(candour.metrics().await.contains(&format!("candour_people{{state=\"in_flight\"}} {in_flight}\n")));
    assert!(!candour.log().contains("the lease was lost"));

    sink.hang_up();
    sink.answer(Manner::Takes);
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (CONCURRENCY, CONCURRENCY), "those that hung got two");
    candour.terminate().await;
}
