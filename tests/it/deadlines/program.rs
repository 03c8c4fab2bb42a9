//! Deadlines through the real program: configured reminders arrive, the console shows what is due, a calendar program reads
//! its address.

use reqwest::StatusCode;
use serde_json::json;

use super::SECRET;
use crate::support::candour::{Candour, http_client};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::webhook_receiver::WebhookReceiver;

/// What signed before [`SECRET`].
const FORMER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

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
    let (sink, hook) = (RecordingSink::start().await, WebhookReceiver::start().await);
    let secret = dir.path().join("webhook.secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let former = dir.path().join("former.secret");
    std::fs::write(&former, FORMER).unwrap();
    let more = format!(
        "[reminders]\nemail = [\"duty@example.org\"]\nwebhooks = [\"{}\"]\nwebhook_secret_file = \"{}\"\n\
         previous_webhook_secret_files = [\"{}\"]\nperiod_seconds = 1\n{}",
        hook.url,
        secret.display(),
        former.display(),
        sink.provider(2, "")
    );
    let mut candour = Candour::start(dir.path(), &database, &more).await;
    let facts = json!({ "title": "Open <door>", "organisation": { "name": "Nordwind", "country": "DE" },
        "timeline": { "aware": "2020-01-01T00:00:00+01:00" },
        "scope": { "data": ["name"], "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 12 }] },
        "impact": { "risk": "risk" } });
    let filed = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts)).await;
    let id = filed["id"].as_str().unwrap().to_owned();
    sink.until(1).await;
    hook.until(1).await;
    let call = &hook.calls()[0];
    assert_eq!(call.json()["data"]["incident"]["id"], id.as_str());
    // While the secret is changed receivers verify with either, and with no other.
    let now = call.timestamp.parse().unwrap();
    assert_eq!((call.fault(SECRET, now).as_str(), call.fault(FORMER, now).as_str()), ("", ""));
    assert_ne!(call.fault("whsec_Zm9yIGEgcmVjZWl2ZXIgb2Ygb3RoZXJz", now), "");

    // Stopping, it still records what it has sent; a restart says nothing twice.
    candour.terminate().await;
    candour.restart().await;
    let page = |path: &str| {
        http_client().get(format!("{}{path}", candour.base)).basic_auth("me", Some(&candour.responder)).send()
    };
    let listed = page("/console/deadlines").await.unwrap();
    assert_eq!(listed.status(), StatusCode::OK);
    let listed = listed.text().await.unwrap();
    assert!(listed.contains("1 overdue") && listed.contains("Open &lt;door&gt;"), "{listed}");
    assert!(listed.contains(&format!("href=\"incidents/{id}\"")), "{listed}");
    assert!(page("/console").await.unwrap().text().await.unwrap().contains("href=\"console/deadlines\""));

    let made = candour.call(&candour.responder, "POST", "/v1/calendar-feeds", Some(json!({ "name": "Office" }))).await;
    let path = made["address"].as_str().unwrap().strip_prefix("http://127.0.0.1:1").unwrap().to_owned();
    let calendar = http_client().get(format!("{}{path}", candour.base)).send().await.unwrap();
    assert_eq!(calendar.headers()["content-type"], "text/calendar; charset=utf-8");
    assert!(calendar.text().await.unwrap().contains("BEGIN:VEVENT"));
    assert!(!candour.log().contains(path.split_once('_').unwrap().1), "the address is in the log");

    let metrics = http_client().get(format!("{}/metrics", candour.base)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("candour_overdue_obligations{force=\"mandatory\"} 1"), "{metrics}");
    let reminders = candour.call(&candour.responder, "GET", &format!("/v1/incidents/{id}/reminders"), None).await;
    let sent = reminders["reminders"].as_array().unwrap().iter().filter(|one| one["state"] == "sent").count();
    assert_eq!((sent, sink.count(), hook.calls().len()), (2, 1, 1), "{reminders}");
}
