//! A domain was given a rate that nobody can wait for: taking it away, or giving it another, frees those who wait for a slot.

use serde_json::json;

use crate::support::candour::Candour;
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
    let mut candour = Candour::start(dir.path(), &database, &sink.provider(8, "")).await;
    let limit = "/v1/limits/domain/slow.example";
    // One in a thousand seconds.
    let set = async |rate: f64| {
        candour.call(&candour.responder, "PUT", limit, Some(json!({ "per_second": rate }))).await;
    };
    set(0.001).await;
    let (_, first) = candour.campaign(people_at("slow.example", 20)).await;
    let all_wait = |state: &serde_json::Value| state["counts"]["reached"] == 1 && state["counts"]["in_flight"] == 0;
    candour.follow(&first, all_wait).await;
    set(100.0).await;
    candour.completed(&first).await;

    set(0.001).await;
    let (_, second) = candour.campaign(people_at("slow.example", 20)).await;
    candour.follow(&second, all_wait).await;
    candour.call(&candour.responder, "DELETE", limit, None).await;
    candour.completed(&second).await;
    assert_eq!(sink.taken().len(), 40, "each of them once");
    candour.terminate().await;
}
