//! Push services of several kinds side by side: each carries the targets of its own kind, and refuses none of another's.

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::loopback::Loopback;

const KEY: &str = include_str!("../../../src/providers/smtp/testdata/dkim_rsa_test_key.pem");

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
    let google =
        Loopback::saying(200, r#"{"access_token":"ya29.x","expires_in":3600,"name":"projects/example/messages/1"}"#)
            .await;
    let ntfy = Loopback::saying(200, r#"{"id":"x"}"#).await;
    let account = json!({ "type": "service_account", "project_id": "example", "private_key_id": "k1", "private_key": KEY,
        "client_email": "candour@example.iam.gserviceaccount.com", "token_uri": format!("{}token", google.url) });
    let key = dir.path().join("firebase.json");
    std::fs::write(&key, account.to_string()).expect("the key is written");
    let providers = format!(
        "[[providers]]\nkind = \"fcm\"\nname = \"fcm\"\nbase_url = \"{}\"\nservice_account_file = \"{}\"\n\
         [[providers]]\nkind = \"ntfy\"\nname = \"ntfy\"\nurl = \"{}\"\n",
        google.url,
        key.display(),
        ntfy.url
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let people: String = (0..80)
        .map(|n| if n % 4 == 0 { format!("P{n},ntfy:topic-{n}\n") } else { format!("P{n},fcm:token-{n}\n") })
        .collect();
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, format!("ref,push\n{people}")).await.expect("imported");
    let notice = json!({ "default_locale": "en", "cascade": ["push"], "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone." } } });
    candour.call(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    let campaign = candour.propose(&incident).await.expect("proposed");
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 80, "{state}");
    let sent = google.seen().into_iter().filter(|seen| seen.target.ends_with("messages:send"));
    assert_eq!(sent.filter(|seen| seen.json()["message"]["token"].as_str().is_some()).count(), 60);
    let topics = ntfy
        .seen()
        .into_iter()
        .filter(|seen| seen.json()["topic"].as_str().is_some_and(|topic| topic.starts_with("topic-")));
    assert_eq!(topics.count(), 20);
    candour.terminate().await;
}
