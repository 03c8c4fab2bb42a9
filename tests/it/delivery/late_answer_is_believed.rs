//! A worker stands still for longer than its lease while its messages are taken, on a channel that repeats nothing of which
//! nobody knows. Whoever it told is held as unknown until it comes back; then its answer counts.

use serde_json::json;

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::recording_sink::Manner;
use crate::support::responder::people_at;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let fleet = Fleet::muster(&database, &format!("{SHORT_LEASE}unknown = \"hold\"\n"), "").await;
    fleet.sink.answer(Manner::Silent);
    let stalled = fleet.candour.worker().await;
    let (incident, campaign) = fleet.candour.campaign(people_at("example.net", CONCURRENCY)).await;
    fleet.sink.until(CONCURRENCY).await;
    stalled.freeze().await;
    fleet.sink.answer(Manner::Takes);

    let other = fleet.candour.worker().await;
    let held = fleet.candour.follow(&campaign, |state| state["counts"]["unknown"] == CONCURRENCY).await;
    assert_eq!(held["counts"]["in_flight"], 0, "{held}");
    stalled.signal("CONT").await;
    fleet.candour.logged(1, "late answers were taken as receipts").await;
    let told = fleet.candour.completed(&campaign).await;
    assert_eq!((&told["counts"]["reached"], &told["counts"]["unknown"]), (&json!(CONCURRENCY), &json!(0)), "{told}");
    let path = format!("/v1/incidents/{incident}/audit?limit=100");
    let audit = fleet.candour.call(&fleet.candour.responder, "GET", &path, None).await.to_string();
    assert!(audit.contains("delivery.settled_late") && audit.contains("receipt.moved"), "{audit}");
    assert_eq!(fleet.sink.taken().len(), CONCURRENCY, "each of them once");
    stalled.terminate().await;
    other.terminate().await;
}
