//! A budget that pays for no letter does not stop a campaign that writes none, and whom it does pay for is told before it
//! pauses.

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;

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
    let spool = |name: &str, channel: &str, price: &str| {
        format!(
            "[[providers]]\nkind = \"spool\"\nname = \"{name}\"\nchannel = \"{channel}\"\n{price}directory = \"{}\"\n",
            dir.path().join(name).display()
        )
    };
    let providers = [
        spool("mail", "email", ""),
        spool("texts", "sms", "price = \"0.05 EUR\"\n"),
        spool("letters", "letter", "price = \"0.90 EUR\"\n"),
    ];
    let mut candour = Candour::start(dir.path(), &database, &providers.concat()).await;

    // Less than a letter costs, and no letter is to be written.
    let texts = told(&candour, json!(["sms"]), "ref,phone\nA,+14155550100\nB,+14155550101\n", "0.10 EUR").await;
    let done = candour.completed(&texts).await;
    assert_eq!(done["counts"]["reached"], 2, "{done}");

    // What costs nothing goes on while there is nothing left for texts.
    let people = "ref,email,phone\nA,a@example.org,\nB,,+14155550102\nC,c@example.org,\n";
    let mixed = told(&candour, json!(["email", "sms"]), people, "0.01 EUR").await;
    let paused = candour.follow(&mixed, |state| state["state"] == "paused").await;
    assert_eq!((&paused["counts"]["reached"], &paused["counts"]["pending"]), (&json!(2), &json!(1)), "{paused}");
    candour.terminate().await;
}

/// Tells people on channels in turn within a budget; the campaign.
async fn told(candour: &Candour, cascade: serde_json::Value, people: &str, budget: &str) -> String {
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, people.to_owned()).await.expect("imported");
    candour.write_notice_by(&incident, &cascade).await.expect("written");
    let plan = json!({ "plan": { "budget": budget } });
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.call(&candour.responder, "POST", &path, Some(plan)).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    campaign
}
