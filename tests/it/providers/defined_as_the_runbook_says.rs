//! The whole example of the runbook about definitions: it is read as it stands there, asks as it says, and understands answers
//! and callbacks as it says.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::configured::{RECEIPTS, provider};
use crate::support::http_stub::{HttpStub, Say, answer};
use crate::support::messages::sms_saying;

const RUNBOOK: &str = include_str!("../../../runbooks/provider-by-configuration.md");
const TO: &str = "+4915100000000";

/// The indented block of the runbook that begins with this line.
fn block(first: &str) -> String {
    let lines = RUNBOOK.lines().skip_while(|line| line.strip_prefix("    ") != Some(first));
    let inside = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let text: String = inside.map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect();
    assert!(!text.is_empty(), "the runbook has no block that begins with {first}");
    text
}

/// The provider of the runbook, at another address and with secrets that are no files.
fn partner(directory: &tempfile::TempDir, base: &str) -> Arc<dyn Provider> {
    let definition = directory.path().join("partner.toml");
    std::fs::write(&definition, block("channel = \"sms\"").replace("https://api.sms.example", base)).unwrap();
    let table = block("[[providers]]").replace("[[providers]]\n", "");
    let table = table.replace("/etc/candour/partner.toml", &definition.display().to_string());
    let table = table.replace("api_key_file = \"/etc/candour/partner.key\"", "api_key = \"key\"");
    provider(&table.replace("webhook_file = \"/etc/candour/partner.webhook\"", "webhook = \"hush\""))
}

#[tokio::test]
async fn it_asks_and_understands_the_answers() {
    let directory = tempfile::tempdir().unwrap();
    let error = |status: u16, code: &str| answer(status, json!({ "error": { "code": code } }).to_string());
    let cases: [(Say, Outcome, Option<&str>, Option<&str>); 8] = [
        (answer(202, r#"{"message":{"id":"m1"}}"#), Outcome::Accepted, Some("202"), Some("m1")),
        (answer(202, "{}"), Outcome::Unknown, Some("202-garbled"), None),
        (error(400, "no_such_number"), Outcome::BadAddress, Some("no_such_number"), None),
        (error(400, "text_too_long"), Outcome::Rejected, Some("unlisted 400"), None),
        (error(409, "no_credit"), Outcome::Misconfigured, Some("no_credit"), None),
        (answer(503, "under maintenance"), Outcome::Retry, Some("503"), None),
        (answer(503, "<html>"), Outcome::Unknown, Some("503"), None),
        (answer(429, "{}"), Outcome::Throttled, Some("429"), None),
    ];
    let message = sms_saying(1, TO, "Say \"yes\"\nto nobody");
    for (say, outcome, code, reference) in cases {
        let stub = HttpStub::start(vec![say.clone()]).await;
        let base = stub.url.as_str().trim_end_matches('/').to_owned();
        let told = partner(&directory, &base).send(&message, Millis(0)).await;
        assert_eq!(
            (told.outcome, told.code.as_deref(), told.reference.as_deref()),
            (outcome, code, reference),
            "{say:?}"
        );
        let heard = stub.heard().remove(0);
        assert_eq!(
            (heard.line.as_str(), heard.headers["authorization"].as_str()),
            ("POST /v2/messages?kind=name", "Bearer key")
        );
        assert_eq!(
            heard.json(),
            json!({ "from": "Example Org", "to": TO, "text": "Say \"yes\"\nto nobody",
                "reference": message.attempt, "callback": format!("{RECEIPTS}partner") })
        );
    }
}

fn callback(body: &Value, secret: &str) -> ReceiptRequest {
    let body = body.to_string();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(b"1800000000");
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let headers = [("x-signature", signature), ("x-timestamp", String::from("1800000000"))];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    ReceiptRequest { url: format!("{RECEIPTS}partner"), headers, body: body.into(), now: Millis(0) }
}

#[tokio::test]
async fn it_believes_what_is_signed_and_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let partner = partner(&directory, "https://api.sms.example");
    let attempt = sms_saying(1, TO, "words").attempt;
    let event =
        |status: &str, reason: &str| json!({ "id": "m1", "reference": attempt, "status": status, "reason": reason });
    let body = json!({ "events": [event("sent", ""), event("delivered", ""), event("failed", "busy"),
        event("failed", "unknown_subscriber"), event("melted", ""), { "id": "m9", "reference": "an invoice" }] });
    let events = partner.receipts(&callback(&body, "hush")).await.unwrap();
    assert!(events.iter().all(|event| event.attempt == attempt));
    let read: Vec<_> = events.iter().map(|e| (e.key.as_str(), e.outcome)).collect();
    assert_eq!(
        read,
        [
            ("m1:sent", None),
            ("m1:delivered", Some(Outcome::Delivered)),
            ("m1:failed", Some(Outcome::Rejected)),
            ("m1:failed", Some(Outcome::BadAddress)),
            ("m1:melted", None),
        ]
    );
    assert_eq!(partner.receipts(&callback(&body, "guessed")).await, Err(ReceiptError::Forged));
}
