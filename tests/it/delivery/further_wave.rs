//! People who are added after the seal form a further campaign of the same incident, also while the first still runs;
//! nobody is told twice by the two.

use std::collections::BTreeMap;

use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

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
    let provider = sink.provider(4, "rate = 100\n");
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &provider).await;
    candour.restart().await;
    let (incident, first) = candour.campaign(people_at("example.net", 200)).await;
    sink.until(10).await;
    candour.import(&incident, people_at("example.net", 230)).await.expect("thirty more");
    let second = candour.propose(&incident).await.expect("while the first runs");
    let sealed = candour.read_campaign(&second).await;
    assert_eq!((&sealed["sealed"], &sealed["counts"]["pending"]), (&230.into(), &30.into()), "{sealed}");
    assert_eq!(sealed["counts"]["suppressed"], 200, "whoever the first tells or is to tell is left to it: {sealed}");
    candour.approve(&second).await.expect("approved");
    candour.start_campaign(&second).await.expect("started");
    candour.completed(&first).await;
    candour.completed(&second).await;
    let mut messages: BTreeMap<String, usize> = BTreeMap::new();
    for taken in sink.taken() {
        *messages.entry(taken.recipient).or_default() += 1;
    }
    assert_eq!(messages.len(), 230, "everybody was told");
    assert!(messages.values().all(|times| *times == 1), "and once: {messages:?}");
    candour.terminate().await;
}
