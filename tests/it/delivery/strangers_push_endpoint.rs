//! Whoever subscribes to push messages names the host that carries them. Strangers' hosts that ask to be left alone for a hundred
//! years hold up nobody whose host takes its message.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::http_stub::{HttpStub, Say, answer};

/// More than the failures in a row at which a provider is left alone.
const STRANGERS: usize = 60;
const OTHERS: usize = 5;

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
    let never = HttpStub::start(vec![Say::Answer(429, "retry-after: 4294967295", String::new())]).await;
    let forbidding = HttpStub::start(vec![answer(403, "")]).await;
    let fine = HttpStub::start(vec![answer(201, "")]).await;
    let key = dir.path().join("vapid");
    std::fs::write(&key, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").expect("the key is written");
    let provider = format!(
        "[[providers]]\nkind = \"webpush\"\nname = \"browsers\"\nconcurrency = 1\nvapid_private_key_file = \"{}\"\n\
         subject = \"mailto:admin@example.org\"\nallow_private_endpoints = true\n",
        key.display()
    );
    let mut candour = Candour::prepare(dir.path(), &database, "poll_ms = 20\n", &provider).await;
    candour.restart().await;
    let mut people = String::from("ref,name,push\n");
    for number in 0..STRANGERS + OTHERS {
        let host = match number {
            _ if number >= STRANGERS => &fine.url,
            _ if number % 2 == 0 => &never.url,
            _ => &forbidding.url,
        };
        // The keys of RFC 8291, section 5.
        let target = json!({ "endpoint": format!("{host}{number}"), "keys": { "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4" } });
        let target = target.to_string().replace('"', "\"\"");
        let _ = writeln!(people, "P{number},Person {number},\"webpush:{target}\"");
    }
    let (_, campaign) = candour.campaign_by("push", people).await;
    let told = |state: &serde_json::Value| state["counts"]["reached"] == OTHERS;
    let state = candour.follow(&campaign, told).await;
    assert_eq!((fine.heard().len(), &state["counts"]["unreachable"]), (OTHERS, &json!(0)), "{state}");
    let alarms = candour.call(&candour.responder, "GET", "/v1/alarms", None).await;
    assert_eq!(alarms["items"], json!([]), "the account is not at fault");
    candour.terminate().await;
}
