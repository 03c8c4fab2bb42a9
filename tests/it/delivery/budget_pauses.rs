//! A budget pauses the campaign before it is exceeded.

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;
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
    let spool = dir.path().join("spool");
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"mail\"\nchannel = \"email\"\nprice = \"0.10 EUR\"\ndirectory = \"{}\"\n",
        spool.display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, people_at("example.org", 10)).await.expect("imported");
    candour.write_notice(&incident).await.expect("written");
    let plan = json!({ "plan": { "budget": "0.35 EUR" } });
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.call(&candour.responder, "POST", &path, Some(plan)).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");

    let paused = candour.follow(&campaign, |state| state["state"] == "paused").await;
    assert_eq!((&paused["counts"]["reached"], &paused["counts"]["pending"]), (&json!(3), &json!(7)), "{paused}");
    let shown = candour.read_campaign(&campaign).await;
    assert_eq!((&shown["plan"]["budget"], &shown["spent"]), (&json!("0.35 EUR"), &json!(["0.30 EUR"])), "{shown}");
    let audit =
        candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/audit?limit=100"), None).await;
    assert!(audit.to_string().contains("0.30 EUR"), "what was spent: {audit}");
    candour.terminate().await;
}
