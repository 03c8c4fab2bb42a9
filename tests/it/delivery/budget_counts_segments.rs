//! A budget counts what a text message costs by its segments.

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
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"texts\"\nchannel = \"sms\"\nprice = \"0.10 EUR\"\ndirectory = \"{}\"\n",
        dir.path().join("spool").display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let incident = candour.file().await.expect("filed");
    let people: Vec<String> = (0..10).map(|person| format!("P{person},+120255501{person:02}")).collect();
    candour.import(&incident, format!("ref,phone\n{}\n", people.join("\n"))).await.expect("imported");
    // A dash of sixteen bits a letter makes two segments of what would be one.
    let notice = json!({ "default_locale": "en", "cascade": ["sms"], "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone.",
        "short": "Example: a copy of our list was taken – your number is on it. Change your password." } } });
    candour.call(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    let asked = json!({ "channel": "sms" });
    let path = format!("/v1/incidents/{incident}/notice/preview");
    let preview = candour.call(&candour.responder, "POST", &path, Some(asked)).await;
    let segments = preview["previews"][0]["travels"]["segments"].as_i64().expect("a number");
    assert!(segments > 1, "{preview}");

    // For three texts, and not for three segments.
    let cents = 30 * segments + 5;
    let plan = json!({ "plan": { "budget": format!("{}.{:02} EUR", cents / 100, cents % 100) } });
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.call(&candour.responder, "POST", &path, Some(plan)).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");

    let paused = candour.follow(&campaign, |state| state["state"] == "paused").await;
    assert_eq!((&paused["counts"]["reached"], &paused["counts"]["pending"]), (&json!(3), &json!(7)), "{paused}");
    let spent = candour.read_campaign(&campaign).await["spent"].clone();
    assert_eq!(spent, json!([format!("{}.{:02} EUR", 30 * segments / 100, 30 * segments % 100)]));
    candour.terminate().await;
}
