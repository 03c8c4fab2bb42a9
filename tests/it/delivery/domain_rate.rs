//! The rate of a destination's domain slows down that domain and no other: whoever is over it waits for a slot of their own,
//! once.

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
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "")).await;
    candour.restart().await;
    let limit = "/v1/limits/domain/Slow.example";
    let set = candour.call(&candour.responder, "PUT", limit, Some(json!({ "per_second": 20 }))).await;
    assert_eq!(set["name"], "slow.example", "as addresses are compared");
    let fast = people_at("fast.example", 200).replace("\nP", "\nF");
    let slow = people_at("slow.example", 60).replace("ref,name,email\n", "");
    let (_, campaign) = candour.campaign(format!("{fast}{slow}")).await;
    candour.completed(&campaign).await;

    let taken = sink.taken();
    assert_eq!(taken.len(), 260);
    let slow: Vec<usize> =
        (0..).zip(&taken).filter(|(_, m)| m.recipient.ends_with("@slow.example")).map(|(nth, _)| nth).collect();
    assert_eq!(slow.len(), 60);
    assert!(slow[50..].iter().all(|nth| *nth >= 200), "the last ones come after the whole other domain: {slow:?}");
    let attempts =
        candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts?limit=500"), None).await;
    let attempts = attempts["items"].as_array().expect("a list");
    assert!(attempts.iter().all(|a| a["number"] == 1), "waiting is no attempt");
    let began = attempts.iter().filter_map(|a| a["intended_at"].as_str()).min().expect("the first").to_owned();
    let ended = attempts.iter().filter_map(|a| a["settled_at"].as_str()).max().expect("the last").to_owned();
    let span = ended.parse::<jiff::Timestamp>().unwrap().duration_since(began.parse().unwrap());
    assert!(span.as_millis() >= 1900, "forty after the burst at twenty a second, in {span:?}");
    candour.terminate().await;
}
