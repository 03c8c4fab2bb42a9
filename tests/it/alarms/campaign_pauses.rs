//! The real program: a campaign that pauses by itself calls its responders, one that somebody pauses does not.

use serde_json::json;

use crate::deadlines::SECRET;
use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::responder::people_at;
use crate::support::webhook_receiver::WebhookReceiver;

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
    let hook = WebhookReceiver::start().await;
    let secret = dir.path().join("webhook.secret");
    std::fs::write(&secret, SECRET).expect("the secret is written");
    let more = format!(
        "[reminders]\nwebhooks = [\"{}\"]\nwebhook_secret_file = \"{}\"\nperiod_seconds = 1\n\
         [[providers]]\nkind = \"spool\"\nname = \"mail\"\nchannel = \"email\"\nprice = \"0.10 EUR\"\ndirectory = \"{}\"\n",
        hook.url,
        secret.display(),
        dir.path().join("spool").display()
    );
    let mut candour = Candour::start(dir.path(), &database, &more).await;
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, people_at("example.org", 10)).await.expect("imported");
    candour.write_notice(&incident).await.expect("written");
    let plan = json!({ "plan": { "budget": "0.35 EUR" } });
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.call(&candour.responder, "POST", &path, Some(plan)).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    hook.until(1).await;
    let told = hook.calls()[0].json();
    assert_eq!((&told["type"], &told["data"]["cause"]), (&json!("alarm.raised"), &json!("campaign_paused")), "{told}");
    assert_eq!((&told["data"]["subject"], &told["data"]["incident"]), (&json!(campaign), &json!(incident)), "{told}");
    assert_eq!((&told["data"]["code"], &told["data"]["pending"]), (&json!("budget"), &json!(7)), "{told}");

    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/cancel"), None).await;
    hook.until(2).await;
    let told = hook.calls()[1].json();
    assert_eq!(told["type"], "alarm.ended", "{told}");
    assert_eq!(told["data"]["headline"].as_str().map(|line| line.contains("is cancelled")), Some(true), "{told}");

    // What people do themselves they know.
    let path = format!("/v1/incidents/{incident}/campaigns");
    let again =
        candour.call(&candour.responder, "POST", &path, Some(json!({ "plan": { "budget": "9.00 EUR" } }))).await;
    let again = again["id"].as_str().expect("an id").to_owned();
    candour.approve(&again).await.expect("approved");
    candour.call(&candour.responder, "PUT", "/v1/limits/provider/mail", Some(json!({ "per_second": 0 }))).await;
    candour.start_campaign(&again).await.expect("started");
    for action in ["pause", "resume"] {
        candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{again}/{action}"), None).await;
    }
    candour.call(&candour.responder, "DELETE", "/v1/limits/provider/mail", None).await;
    candour.completed(&again).await;
    let alarms = candour.call(&candour.responder, "GET", "/v1/alarms", None).await;
    assert_eq!(alarms["items"].as_array().map(Vec::len), Some(1), "{alarms}");
    candour.terminate().await;
    assert_eq!(hook.calls().len(), 2);
}
