//! Pause stops within a second, leaves nobody in the air unaccounted for, and resume goes on where it stopped. A rate that
//! people set holds at once and ends at once.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 300;

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
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(4, "")).await;
    candour.restart().await;
    let limit = "/v1/limits/provider/mail";
    candour.call(&candour.responder, "PUT", limit, Some(json!({ "per_second": 40 }))).await;
    let began = Instant::now();
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(60).await;
    assert!(began.elapsed() > Duration::from_millis(400), "a rate of 40 a second with a burst of 40 at most");

    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/pause"), None).await;
    let paused = Instant::now();
    while candour.read_campaign(&campaign).await["counts"]["in_flight"] != 0 {
        assert!(paused.elapsed() < Duration::from_secs(1), "{}", candour.read_campaign(&campaign).await);
    }
    let state = candour.read_campaign(&campaign).await;
    let told = sink.count();
    assert_eq!(state["counts"]["reached"], told, "{state}");
    assert_eq!(state["counts"]["pending"], PEOPLE - told, "{state}");

    candour.call(&candour.responder, "DELETE", limit, None).await;
    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/resume"), None).await;
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    assert_eq!((balance.doubled, balance.repeated), (0, 0), "nobody is told twice by it");
    candour.terminate().await;
}
