//! An urgent campaign is not behind a large one, even where a rate lets only a few go.

use serde_json::json;

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
    let provider = sink.provider(2, "rate = 50\n");
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &provider).await;
    candour.restart().await;
    let (_, large) = candour.campaign(people_at("large.example", 1000)).await;
    sink.until(50).await;

    let incident = candour.file().await.expect("filed");
    candour.import(&incident, people_at("urgent.example", 3)).await.expect("imported");
    candour.write_notice(&incident).await.expect("written");
    let path = format!("/v1/incidents/{incident}/campaigns");
    let proposed = candour.call(&candour.responder, "POST", &path, Some(json!({ "priority": "urgent" }))).await;
    assert_eq!(proposed["priority"], "urgent", "{proposed}");
    let urgent = proposed["id"].as_str().expect("an id").to_owned();
    candour.approve(&urgent).await.expect("approved");
    let before = sink.count();
    candour.start_campaign(&urgent).await.expect("started");
    candour.completed(&urgent).await;
    let between = sink.taken()[before..].iter().filter(|m| m.recipient.ends_with("@large.example")).count();
    assert!(between < 100, "{between} of the large campaign went before the three urgent ones");
    let left = candour.read_campaign(&large).await["counts"]["pending"].as_i64().expect("a number");
    assert!(left > 500, "{left} of the large campaign are left");

    let refused = candour.try_call(&candour.responder, "POST", &path, Some(json!({ "priority": "soon" }))).await;
    assert!(format!("{refused:?}").contains("urgent"), "the words that there are: {refused:?}");
    candour.kill().await;
}
