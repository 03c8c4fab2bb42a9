//! SQLite serves one engine: a second process on the same file is refused as long as the first lives, unless it only serves
//! the API; once the first is dead, the next takes over.

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::{Manner, RecordingSink};
use crate::support::responder::people_at;

const PEOPLE: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "")).await;
    candour.restart().await;
    sink.answer(Manner::Silent);
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(8).await;

    let second = candour.prepared(&["serve"]).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("another process tells people from"), "{said}");
    let state = candour.read_campaign(&campaign).await;
    assert_eq!(state["repeated"], 0, "it took nothing from the first: {state}");

    sink.answer(Manner::Takes);
    candour.kill().await;
    candour.restart().await;
    candour.completed(&campaign).await;
    account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    candour.terminate().await;
}
