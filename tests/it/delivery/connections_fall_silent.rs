//! Connections to PostgreSQL that pass nothing any more and never close, as when a machine vanishes or an address moves:
//! they are given up, new ones are made, and nobody else waits for what they held.

use crate::support::candour::SHORT_LEASE;
use crate::support::chaos::{ChaosProxy, Fate};
use crate::support::databases;
use crate::support::fleet::Fleet;
use crate::support::responder::people_at;

const PEOPLE: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn all_of_them() {
    databases::on_postgres(async |database| {
        let (way, moving) = ChaosProxy::to_database(&database).await;
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 100.0").await;
        let worker = fleet.worker_by(&moving).await;
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        for time in 1..=2 {
            fleet.sink.until(PEOPLE * time / 3).await;
            way.silence();
        }
        let balance = fleet.balance(&campaign, PEOPLE).await;
        println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
        worker.terminate().await;
    })
    .await;
}

/// The transaction holds the campaign's row, and the other worker needs it.
#[tokio::test(flavor = "multi_thread")]
async fn one_in_the_middle_of_a_transaction() {
    databases::on_postgres(async |database| {
        let (way, moving) = ChaosProxy::to_database(&database).await;
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 50.0").await;
        let vanishing = fleet.worker_by(&moving).await;
        let other = fleet.candour.worker().await;
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        fleet.sink.until(PEOPLE / 3).await;
        way.catch(b"COMMIT", Fate::Silence).await;
        vanishing.freeze().await;
        let balance = fleet.balance(&campaign, PEOPLE).await;
        println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
        vanishing.kill().await;
        other.terminate().await;
    })
    .await;
}
