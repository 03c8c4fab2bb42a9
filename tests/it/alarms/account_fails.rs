//! The real program: a provider's account fails, responders are told by call and by mail, they mend it, and everybody is told.

use serde_json::{Value, json};

use crate::deadlines::SECRET;
use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::text_vendor::{TextVendor, people};
use crate::support::webhook_receiver::WebhookReceiver;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

/// Enough tries that nobody is given up before the responders have come.
const PAUSES: &str = "poll_ms = 20\nbatch = 200\n[delivery.sms]\nbase_ms = 20\ncap_ms = 50\npause_ms = 50\nmax_tries = 1000\n\
                      quiet = { from = \"00:00\", until = \"00:00\" }\n";

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let (sink, hook) = (RecordingSink::start().await, WebhookReceiver::start().await);
    let vendor = TextVendor::start(10).await;
    let secret = dir.path().join("webhook.secret");
    std::fs::write(&secret, SECRET).expect("the secret is written");
    let more = format!(
        "[reminders]\nemail = [\"duty@example.org\"]\nwebhooks = [\"{}\"]\nwebhook_secret_file = \"{}\"\nperiod_seconds = 1\n{}{}",
        hook.url,
        secret.display(),
        sink.provider(2, ""),
        vendor.provider("texts", dir.path()),
    );
    let mut candour = Candour::prepare(dir.path(), &database, PAUSES, &more).await;
    candour.restart().await;
    let campaign = candour.text_campaign(people("P", 60)).await;
    hook.until(1).await;
    sink.until(1).await;
    let told = hook.calls()[0].json();
    assert_eq!((&told["type"], &told["data"]["subject"]), (&json!("alarm.raised"), &json!("texts")), "{told}");
    assert_eq!((&told["data"]["code"], &told["data"]["other_providers"]), (&json!("20003"), &json!([])), "{told}");
    let listed = candour.call(&candour.responder, "GET", "/v1/alarms", None).await;
    let open: &Value = &listed["items"][0];
    assert_eq!((&open["id"], &open["cause"]), (&told["data"]["alarm"], &json!("account_failure")), "{listed}");
    assert_eq!(open.get("ended_at"), None, "{listed}");
    let page = candour.http().get(format!("{}/console", candour.base)).basic_auth("Rana", Some(&candour.responder));
    let page = page.send().await.expect("an answer").text().await.expect("text");
    assert!(page.contains("The account of the provider texts fails"), "{page}");
    assert!(candour.metrics().await.contains("candour_open_alarms 1"));

    // Whoever comes after a restart knows of it: nobody is told twice, and its end is found.
    candour.kill().await;
    candour.restart().await;
    vendor.take(usize::MAX);
    let state = candour.completed(&campaign).await;
    // Those who were in the air at the kill may be held as unknown.
    assert_eq!(state["counts"]["unreachable"], 0, "{state}");
    hook.until(2).await;
    sink.until(2).await;
    assert_eq!(hook.calls()[1].json()["type"], "alarm.ended");
    let listed = candour.call(&candour.responder, "GET", "/v1/alarms", None).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert!(listed["items"][0]["ended_at"].is_string(), "{listed}");
    candour.terminate().await;
    assert_eq!((hook.calls().len(), sink.count()), (2, 2));
}
