//! Whoever misses a slot of a destination's rate, because the campaign rests or Candour is down, meets the rate anew: they do not
//! all go out at once.

use serde_json::json;

use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::faketime::set_clock;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 60;

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
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "")).await;
    candour.restart().await;
    let limit = "/v1/limits/domain/slow.example";
    candour.call(&candour.responder, "PUT", limit, Some(json!({ "per_second": 10 }))).await;
    let (_, campaign) = candour.campaign(people_at("slow.example", PEOPLE)).await;
    sink.until(15).await;
    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/pause"), None).await;
    candour.terminate().await;
    let before = sink.count();

    let mut later = candour.prepared(&["serve"]);
    set_clock(&mut later, "+1h");
    candour.serve(later).await;
    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/resume"), None).await;
    candour.completed(&campaign).await;
    assert_eq!(sink.count(), PEOPLE, "nobody twice");
    let attempts =
        candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts?limit=500"), None).await;
    let mut times: Vec<jiff::Timestamp> = attempts["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|attempt| attempt["settled_at"].as_str().expect("a time").parse().expect("a time"))
        .collect();
    times.sort_unstable();
    let span = times[PEOPLE - 1].duration_since(times[before]).as_millis();
    // A second's worth at once, and the others at ten a second.
    let least = (PEOPLE - before).saturating_sub(11) * 100;
    assert!(
        span >= i128::try_from(least).unwrap(),
        "{} after the pause in {span} ms, {before} before",
        PEOPLE - before
    );
    candour.terminate().await;
}
