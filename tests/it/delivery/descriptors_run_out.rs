//! The process has no file descriptors left: nobody is called unreachable because of it, and it goes on once it has some.

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 200;

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
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "rate = 100.0")).await;
    candour.restart().await;
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(PEOPLE / 3).await;
    // Fewer than it has: it can open nothing more, not even what it closes now.
    candour.server().limit("nofile", "8").await;
    sink.hang_up();
    candour.logged(1, "Too many open files").await;

    candour.server().limit("nofile", "1024").await;
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
    candour.terminate().await;
}
