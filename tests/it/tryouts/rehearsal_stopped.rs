//! A rehearsal of many people at a slow sink: how far it is can be seen, a second one is refused, it can be stopped, and one
//! whose process dies is lost and can be asked for again.

use serde_json::json;

use crate::support::candour::{CallFault, Candour};
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
    let dir = tempfile::tempdir().unwrap();
    let sink = RecordingSink::start().await;
    let mut candour = Candour::start(dir.path(), &database, &sink.provider(8, "")).await;
    let incident = candour.file().await.unwrap();
    candour.import(&incident, people_at("example.net", 400)).await.unwrap();
    candour.write_notice(&incident).await.unwrap();
    let path = format!("/v1/incidents/{incident}/rehearsal");
    let none = candour.try_call(&candour.responder, "GET", &path, None).await;
    assert!(matches!(none, Err(CallFault::Refused(404, _))), "{none:?}");
    let slow = json!({ "mishaps": { "per_second": 2.0 } });
    let begun = candour.call(&candour.responder, "POST", &path, Some(slow.clone())).await;
    assert_eq!((&begun["state"], &begun["people"]), (&json!("playing"), &json!(400)), "{begun}");
    let far = candour.rehearsed(&incident, |now| now["stage"] == "telling" && now["done"].as_i64() > Some(0)).await;
    assert_eq!((&far["state"], &far["people"]), (&json!("playing"), &json!(400)), "{far}");
    let second = candour.try_call(&candour.responder, "POST", &path, Some(json!({}))).await;
    assert!(matches!(&second, Err(CallFault::Refused(409 | 503, why)) if why.contains("being played")), "{second:?}");

    candour.call(&candour.responder, "POST", &format!("{path}/stop"), None).await;
    let stopped = candour.played(&incident, "stopped").await;
    assert!(stopped["result"].is_null(), "{stopped}");
    let again = candour.try_call(&candour.responder, "POST", &format!("{path}/stop"), None).await;
    assert!(matches!(again, Err(CallFault::Refused(409, _))), "{again:?}");

    // One after it, which dies with its process. Another is possible once it has been silent for long enough.
    candour.call(&candour.responder, "POST", &path, Some(slow)).await;
    candour.rehearsed(&incident, |now| now["stage"] == "telling").await;
    candour.kill().await;
    candour.restart().await;
    candour.played(&incident, "lost").await;
    candour.call(&candour.responder, "POST", &path, Some(json!({}))).await;
    let played = candour.played(&incident, "played").await;
    assert_eq!(played["result"]["counts"]["reached"], 400, "{played}");
    assert_eq!((&played["stage"], &played["done"]), (&json!("ended"), &json!(400)), "{played}");
    assert_eq!(sink.count(), 0, "a message left");
    candour.terminate().await;
}
