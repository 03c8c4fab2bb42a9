//! A rate of nothing holds everybody back, whatever a lane has drawn and not used before.

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
    let spool = dir.path().join("spool");
    let texts = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"texts\"\nchannel = \"sms\"\ndirectory = \"{}\"\n",
        spool.display()
    );
    let providers = format!("{}{texts}", sink.provider(16, "rate = 1000.0"));
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    // After these the lane looks again, draws, and finds nobody.
    let (_, first) = candour.campaign(people_at("example.net", 20)).await;
    candour.completed(&first).await;
    let listed = candour.call(&candour.responder, "GET", "/v1/limits", None).await;
    assert_eq!(listed["limits"], json!([]), "{listed}");
    let path = "/v1/limits/provider/mail";
    candour.call(&candour.responder, "PUT", path, Some(json!({ "per_second": 0 }))).await;

    let (_, held) = candour.campaign(people_at("example.net", 20)).await;
    // Another lane has long done its work by the time this one would have.
    let others = candour.text_campaign(String::from("ref,phone\nA,+14155550100\nB,+14155550101\n")).await;
    candour.completed(&others).await;
    let state = candour.read_campaign(&held).await;
    assert_eq!((&state["counts"]["pending"], sink.taken().len()), (&json!(20), 20), "{state}");
    candour.call(&candour.responder, "DELETE", path, None).await;
    candour.completed(&held).await;
    candour.terminate().await;
}
