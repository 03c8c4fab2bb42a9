//! Pingen: the three requests of a letter, what each failure means, and webhooks under the signature of its documented form.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};
use serde_json::json;

use crate::support::configured::provider;
use crate::support::letters::{berlin, letter_message};
use crate::support::node;
use crate::support::process::run;
use crate::support::vendor::{Say, Vendor};

const ORGANISATION: &str = "b85c7b52-debb-4b15-b5db-d86b0a4e9bbf";

fn pingen(base_url: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'pingen'\nname = 'pingen'\nclient_id = 'candour'\nclient_secret = 'secret'\norganisation = '{ORGANISATION}'\n\
         webhook_secret = 'new'\nprevious_webhook_secrets = ['old']\nbase_url = '{base_url}'\nidentity_url = '{base_url}'"
    ))
}

fn ok(status: u16, body: &str) -> Say {
    Say::Answer(status, body.to_owned())
}

fn token() -> Say {
    ok(200, r#"{"token_type":"Bearer","expires_in":43200,"access_token":"t1"}"#)
}

fn place() -> Say {
    ok(
        200,
        r#"{"data":{"id":"u","type":"file_uploads","attributes":{"url":"{base}/put/here?x=1","url_signature":"sig","expires_at":"x"}}}"#,
    )
}

fn created() -> Say {
    ok(201, r#"{"data":{"id":"l1","type":"letters","attributes":{"status":"validating"}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_uploaded_and_ordered_and_the_token_is_kept() {
    let vendor = Vendor::saying([token(), place(), ok(200, ""), created(), place(), ok(200, ""), created()]).await;
    let pingen = pingen(&vendor.url);
    for number in 1..=2 {
        let answer = pingen.send(&letter_message(number, berlin()), Millis(0)).await;
        assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("l1")));
    }
    let asked = vendor.asked();
    let what: Vec<&str> = asked.iter().map(|asked| asked.what.as_str()).collect();
    let letters = format!("POST /organisations/{ORGANISATION}/deliveries/letters");
    assert_eq!(what[..4], ["POST /auth/access-tokens", "GET /file-upload", "PUT /put/here?x=1", letters.as_str()]);
    assert_eq!((what.len(), what[4]), (7, "GET /file-upload"), "one token for both");
    assert_eq!(asked[0].body, "grant_type=client_credentials&client_id=candour&client_secret=secret");
    assert_eq!((asked[1].header("authorization"), asked[2].header("authorization")), ("Bearer t1", ""));
    assert!(asked[2].body.starts_with(b"%PDF-"));
    assert_eq!(asked[3].header("content-type"), "application/vnd.api+json");
    let attributes = json!({
        "file_original_name": format!("{}.pdf", letter_message(1, berlin()).attempt), "file_url": format!("{}/put/here?x=1", vendor.url),
        "file_url_signature": "sig", "address_position": "left", "auto_send": true, "delivery_product": "cheap",
        "print_mode": "duplex", "print_spectrum": "grayscale",
    });
    assert_eq!(asked[3].json(), json!({ "data": { "type": "letters", "attributes": attributes } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_the_order_is_tried_again_and_after_it_nobody_knows() {
    let errors = |status: u16| ok(status, r#"{"errors":[{"code":"x_1","title":"x","source":{}}]}"#);
    let cases: [(Vec<Say>, Outcome); 15] = [
        (vec![ok(401, "{}")], Outcome::Misconfigured),
        (vec![Say::Drop], Outcome::Retry),
        (vec![ok(200, "<html>")], Outcome::Retry),
        (vec![token(), Say::Drop], Outcome::Retry),
        (vec![token(), errors(429)], Outcome::Throttled),
        (vec![token(), place(), ok(500, "")], Outcome::Retry),
        (vec![token(), place(), ok(200, ""), Say::Drop], Outcome::Unknown),
        (vec![token(), place(), ok(200, ""), ok(502, "<html>")], Outcome::Unknown),
        (vec![token(), place(), ok(200, ""), errors(422)], Outcome::Rejected),
        (vec![token(), place(), ok(200, ""), errors(403)], Outcome::Misconfigured),
        (vec![token(), place(), ok(200, ""), errors(500)], Outcome::Retry),
        (vec![token(), place(), ok(200, ""), errors(504)], Outcome::Unknown),
        (vec![token(), place(), ok(200, ""), ok(201, "cut of")], Outcome::Unknown),
        (vec![token(), place(), ok(200, ""), ok(200, "<html>a portal</html>")], Outcome::Unknown),
        (vec![token(), place(), ok(200, ""), ok(200, r#"{"data":{}}"#)], Outcome::Unknown),
    ];
    for (script, outcome) in cases {
        let vendor = Vendor::saying(script.clone()).await;
        let answer = pingen(&vendor.url).send(&letter_message(1, berlin()), Millis(0)).await;
        assert_eq!(answer.outcome, outcome, "{script:?} {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_taken_back_is_renewed_and_a_new_one_that_is_refused_is_the_accounts_fault() {
    let gone = || ok(401, "{}");
    let script = [
        // A new token is refused at the order; the same, when it is old, before the upload.
        vec![token(), place(), ok(200, ""), gone()],
        vec![gone()],
        // Another token, which is old when it is refused at the order.
        vec![token(), place(), ok(200, ""), created()],
        vec![place(), ok(200, ""), gone()],
        vec![token(), place(), ok(200, ""), created()],
    ];
    let vendor = Vendor::saying(script.concat()).await;
    let pingen = pingen(&vendor.url);
    let mut outcomes = Vec::new();
    for minute in [0, 2, 4, 6, 8] {
        outcomes.push(pingen.send(&letter_message(1, berlin()), Millis(minute * 60_000)).await.outcome);
    }
    let expected = [Outcome::Misconfigured, Outcome::Retry, Outcome::Accepted, Outcome::Retry, Outcome::Accepted];
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn webhooks_are_believed_under_their_signature() {
    let pingen = pingen("http://127.0.0.1:9");
    let attempt = letter_message(1, berlin()).attempt;
    let body = |kind: &str, name: &str| {
        json!({ "data": { "type": kind, "id": "w1", "attributes": { "reason": "x", "url": "x", "created_at": "x" },
                "relationships": { "letter": { "data": { "type": "letters", "id": "l1" } } } },
            "included": [{ "type": "organisations", "id": ORGANISATION, "attributes": { "name": "x" } },
                { "type": "letters", "id": "l1", "attributes": { "status": "x", "file_original_name": name } },
                { "type": "letters_events", "id": "e1", "attributes": { "code": "x" } }] })
        .to_string()
    };
    let ask = |secret: &str, body: &str| {
        let script = "console.log(require('crypto').createHmac('sha256', process.argv[1]).update(process.argv[2]).digest('hex'))";
        let signature = run(node::node().args(["-e", script, secret, body])).trim().to_owned();
        ReceiptRequest {
            url: String::from("https://candour.example.org:8443/v1/receipts/pingen"),
            headers: [(String::from("signature"), signature)].into(),
            body: body.to_owned().into(),
            now: Millis(0),
        }
    };
    let ours = format!("{attempt}.pdf");
    for (kind, outcome) in [
        ("webhook_sent", Some(Outcome::Accepted)),
        ("webhook_undeliverable", Some(Outcome::BadAddress)),
        ("webhook_issues", Some(Outcome::Rejected)),
        ("webhook_of_tomorrow", None),
    ] {
        let events = pingen.receipts(&ask("old", &body(kind, &ours))).await.unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt, outcome), "{kind}");
    }
    assert_eq!(pingen.receipts(&ask("other", &body("webhook_sent", &ours))).await, Err(ReceiptError::Forged));
    assert_eq!(pingen.receipts(&ask("new", &body("webhook_sent", "invoice.pdf"))).await, Ok(Vec::new()));
    assert!(matches!(pingen.receipts(&ask("new", "{}")).await, Err(ReceiptError::Malformed(_))));
}
