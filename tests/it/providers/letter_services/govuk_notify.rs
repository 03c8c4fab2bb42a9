//! GOV.UK Notify: our request beside that of its own Node client, its errors, its callbacks.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use candour::domain::clock::{Clock, Millis};
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, Provider, ReceiptError, ReceiptRequest};
use candour::system::System;
use serde_json::json;

use crate::support::configured::provider;
use crate::support::letters::{address, letter_message};
use crate::support::node;
use crate::support::pdf::assert_fit_for_print;
use crate::support::process::run;
use crate::support::vendor::{Asked, Say, Vendor};

const SERVICE: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";

fn notify(base_url: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'govuk_notify'\nname = 'notify'\napi_key = 'key-{SERVICE}-{SECRET}'\ncallback_token = 'new'\n\
         previous_callback_tokens = ['old']\nsender = {{ lines = ['Example Council', 'Leeds'] }}\nbase_url = '{base_url}'"
    ))
}

fn to_leeds(number: u128) -> candour::domain::message::Message {
    letter_message(number, address("GB", &["1 High Street"], "Leeds", "", "LS1 1UR"))
}

/// The token of a request, as the library that Notify's own client uses verifies it.
fn verified(asked: &Asked) -> serde_json::Value {
    let token = asked.header("authorization").strip_prefix("Bearer ").unwrap().to_owned();
    let script = "const jwt = require('jsonwebtoken');\
        console.log(JSON.stringify(jwt.verify(process.argv[1], process.argv[2], { algorithms: ['HS256'], complete: true })))";
    serde_json::from_str(&run(node::node().args(["-e", script, &token, SECRET]))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_asked_for_as_its_own_client_does() {
    let created = Say::Answer(201, String::from(r#"{"id":"n1","reference":"r","postage":"second"}"#));
    let vendor = Vendor::saying([created]).await;
    let message = to_leeds(1);
    let answer = notify(&vendor.url).send(&message, System.now()).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("n1")));
    let script = "const { NotifyClient } = require('notifications-node-client');\
        const c = new NotifyClient(process.argv[1], process.argv[2]);\
        c.sendPrecompiledLetter(process.argv[3], Buffer.from('%PDF-'), 'second').then(() => {}, e => { throw e; });";
    let (url, attempt) = (vendor.url.clone(), message.attempt.to_string());
    tokio::task::spawn_blocking(move || {
        run(node::node().args(["-e", script, &url, &format!("key-{SERVICE}-{SECRET}"), &attempt]))
    })
    .await
    .unwrap();
    let [ours, theirs] = vendor.asked().try_into().unwrap();
    assert_eq!(ours.what, theirs.what);
    let (mut mine, reference) = (ours.json(), theirs.json());
    let pdf = BASE64.decode(mine["content"].as_str().unwrap()).unwrap();
    mine["content"] = reference["content"].clone();
    assert_eq!(mine, reference);
    assert!(ours.header("content-type").starts_with("application/json"));
    let (mine, reference) = (verified(&ours), verified(&theirs));
    assert_eq!(
        (&mine["header"], &mine["payload"]["iss"]),
        (&json!({ "typ": "JWT", "alg": "HS256" }), &reference["payload"]["iss"])
    );
    let at = |token: &serde_json::Value| token["payload"]["iat"].as_i64().unwrap();
    assert!((at(&mine) - at(&reference)).abs() < 30, "Notify refuses older ones");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.pdf");
    std::fs::write(&file, pdf).unwrap();
    assert_fit_for_print(&file);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_become_outcomes() {
    let error = |status: u16, kind: &str| {
        Say::Answer(status, format!(r#"{{"status_code":{status},"errors":[{{"error":"{kind}","message":"x"}}]}}"#))
    };
    for (say, outcome, code) in [
        (error(400, "ValidationError"), Outcome::Rejected, "ValidationError"),
        (error(400, "BadRequestError"), Outcome::Rejected, "BadRequestError"),
        (error(403, "AuthError"), Outcome::Misconfigured, "AuthError"),
        (error(429, "RateLimitError"), Outcome::Throttled, "RateLimitError"),
        (error(429, "TooManyRequestsError"), Outcome::Throttled, "TooManyRequestsError"),
        (error(500, "Exception"), Outcome::Retry, "Exception"),
        (error(418, "NewError"), Outcome::Rejected, "unlisted NewError"),
        (Say::Answer(503, String::from("<html>")), Outcome::Unknown, "503"),
        (Say::Drop, Outcome::Unknown, "dropped"),
    ] {
        let vendor = Vendor::saying([say.clone()]).await;
        let answer = notify(&vendor.url).send(&to_leeds(1), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (outcome, Some(code)), "{say:?}");
    }
    let vendor = Vendor::saying([Say::Answer(201, String::from("cut of"))]).await;
    assert_eq!(notify(&vendor.url).send(&to_leeds(1), Millis(0)).await.outcome, Outcome::Unknown);
    let vendor = Vendor::saying([Say::Answer(201, String::from(r#"{"id":"n1"}"#))]).await;
    let nobody = notify(&vendor.url).send(&letter_message(1, address("", &[], "", "", "")), Millis(0)).await;
    assert_eq!(nobody.outcome, Outcome::Accepted, "a name is an address to Notify, which says so itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_shows_the_key_and_says_when_it_is_refused() {
    let list = Say::Answer(200, String::from(r#"{"notifications":[]}"#));
    let vendor = Vendor::saying([list, Say::Answer(403, String::from("{}"))]).await;
    let notify = notify(&vendor.url);
    assert_eq!(notify.check().await, Ok(Checked::SignsIn));
    assert!(notify.check().await.unwrap_err().reason.contains("check api_key_file"));
    let asked = vendor.asked().remove(0);
    let token = tokio::task::spawn_blocking(move || verified(&asked)).await.unwrap();
    assert_eq!(token["payload"]["iss"], SERVICE);
}

#[tokio::test]
async fn callbacks_are_believed_with_their_token() {
    let notify = notify("http://127.0.0.1:9");
    let attempt = to_leeds(1).attempt;
    let ask = |token: &str, body: &serde_json::Value| ReceiptRequest {
        url: String::from("https://candour.example.org:8443/v1/receipts/notify"),
        headers: [(String::from("authorization"), format!("Bearer {token}"))].into(),
        body: body.to_string().into(),
        now: Millis(0),
    };
    let returned = json!({ "notification_id": "n1", "reference": attempt, "date_sent": "2026-11-22T12:15:30.000000Z",
        "template_name": "Pre-compiled PDF", "template_id": "t", "template_version": 1 });
    for token in ["new", "old"] {
        let events = notify.receipts(&ask(token, &returned)).await.unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt, Some(Outcome::BadAddress)));
    }
    for (status, outcome) in
        [("received", Some(Outcome::Accepted)), ("technical-failure", Some(Outcome::Rejected)), ("sent-by-owl", None)]
    {
        let said = json!({ "id": "n1", "reference": attempt, "status": status, "notification_type": "letter" });
        assert_eq!(notify.receipts(&ask("new", &said)).await.unwrap()[0].outcome, outcome, "{status}");
    }
    assert_eq!(notify.receipts(&ask("other", &returned)).await, Err(ReceiptError::Forged));
    let others = json!({ "id": "n2", "reference": "invoice 7", "status": "received" });
    assert_eq!(notify.receipts(&ask("new", &others)).await, Ok(Vec::new()));
    assert!(matches!(notify.receipts(&ask("new", &json!({ "x": 1 }))).await, Err(ReceiptError::Malformed(_))));
}
