//! Lob: our request beside that of its own TypeScript library, its errors, its webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};
use serde_json::{Value, json};

use crate::support::configured::provider;
use crate::support::letters::{address, letter_message};
use crate::support::node;
use crate::support::pdf::words;
use crate::support::process::run;
use crate::support::vendor::{Asked, Say, Vendor};

fn lob(base_url: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'lob'\nname = 'lob'\napi_key = 'test_key'\nwebhook_secret = 'new'\nprevious_webhook_secrets = ['old']\n\
         from = {{ name = 'Example Org', address_line1 = '1 Main St', address_city = 'Austin', address_state = 'TX', address_zip = '78701' }}\n\
         base_url = '{base_url}'"
    ))
}

fn to_austin(number: u128) -> candour::domain::message::Message {
    letter_message(number, address("US", &["12 Elm St", "Apt 3"], "Austin", "TX", "78701"))
}

/// The fields of a multipart body, as the platform's own reader finds them; the file as base64.
fn fields(asked: &Asked) -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("body");
    std::fs::write(&file, &asked.body).unwrap();
    let script = "const fs = require('fs');\
        new Response(fs.readFileSync(process.argv[1]), { headers: { 'content-type': process.argv[2] } }).formData().then(async form => {\
          const out = {};\
          for (const [name, value] of form) out[name] = typeof value === 'string' ? value : Buffer.from(await value.arrayBuffer()).toString('base64');\
          console.log(JSON.stringify(out)); });";
    let output = run(node::node().args(["-e", script]).arg(&file).arg(asked.header("content-type")));
    serde_json::from_str(&output).unwrap()
}

/// Nested JSON as the names of a form.
fn flattened(value: &Value, name: &str, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            let name = if name.is_empty() { key.clone() } else { format!("{name}[{key}]") };
            flattened(value, &name, into);
        }),
        Value::Null => {}
        Value::String(text) => drop(into.insert(name.to_owned(), text.clone())),
        other => drop(into.insert(name.to_owned(), other.to_string())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_asked_for_as_its_own_library_does() {
    let vendor = Vendor::saying([Say::Answer(200, String::from(r#"{"id":"ltr_1","object":"letter"}"#))]).await;
    let message = to_austin(1);
    let answer = lob(&vendor.url).send(&message, Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("ltr_1")));
    let script = "const { Configuration, LettersApi, LetterEditable } = require('@lob/lob-typescript-sdk');\
        const api = new LettersApi(new Configuration({ username: 'test_key', basePath: process.argv[1] + '/v1' }));\
        api.create(new LetterEditable({ to: { name: 'Erika Mustermann', address_line1: '12 Elm St', address_line2: 'Apt 3',\
          address_city: 'Austin', address_state: 'TX', address_zip: '78701', address_country: 'US' },\
          from: { name: 'Example Org', address_line1: '1 Main St', address_city: 'Austin', address_state: 'TX', address_zip: '78701' },\
          color: false, double_sided: true, address_placement: 'top_first_page', mail_type: 'usps_first_class',\
          use_type: 'operational', metadata: { attempt: process.argv[2] }, file: 'https://example.org/a.pdf' }), process.argv[2])\
        .then(() => {}, e => { if (!e.response && !/letter/i.test(String(e))) throw e; });";
    let (url, attempt) = (vendor.url.clone(), message.attempt.to_string());
    let expected_key = attempt.clone();
    tokio::task::spawn_blocking(move || run(node::node().args(["-e", script, &url, &attempt]))).await.unwrap();
    let [ours, theirs] = vendor.asked().try_into().unwrap();
    assert_eq!(ours.what, theirs.what);
    for header in ["authorization", "idempotency-key"] {
        assert_eq!(ours.header(header), theirs.header(header), "{header}");
    }
    assert_eq!(ours.header("idempotency-key"), expected_key);
    let mut reference = BTreeMap::new();
    flattened(&theirs.json(), "", &mut reference);
    let mut mine = tokio::task::spawn_blocking(move || fields(&ours)).await.unwrap();
    let pdf = mine.remove("file").unwrap();
    reference.remove("file");
    assert_eq!(mine, reference);

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.pdf");
    std::fs::write(&file, base64::Engine::decode(&base64::engine::general_purpose::STANDARD, pdf).unwrap()).unwrap();
    let first = words(&file).into_iter().filter(|word| word.page == 1);
    assert!(
        first.into_iter().all(|word| word.area.top > 88.0),
        "Lob prints the addresses into the first three and a half inches"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_become_outcomes() {
    let error = |status: u16, code: &str| {
        Say::Answer(status, json!({ "error": { "message": "x", "status_code": status, "code": code } }).to_string())
    };
    for (say, outcome, code) in [
        (error(422, "failed_deliverability_strictness"), Outcome::BadAddress, "failed_deliverability_strictness"),
        (error(422, "unembedded_fonts"), Outcome::Rejected, "unembedded_fonts"),
        (error(401, "invalid_api_key"), Outcome::Misconfigured, "invalid_api_key"),
        (error(403, "billing_address_required"), Outcome::Misconfigured, "billing_address_required"),
        (error(429, "rate_limit_exceeded"), Outcome::Throttled, "rate_limit_exceeded"),
        (error(500, "internal_server_error"), Outcome::Unknown, "internal_server_error"),
        (error(408, "request_timeout"), Outcome::Unknown, "request_timeout"),
        (error(503, "service_unavailable"), Outcome::Retry, "service_unavailable"),
        (error(422, "new_reason"), Outcome::Rejected, "unlisted new_reason"),
        (Say::Answer(502, String::from("<html>")), Outcome::Unknown, "502"),
        (Say::Drop, Outcome::Unknown, "dropped"),
    ] {
        let vendor = Vendor::saying([say.clone()]).await;
        let answer = lob(&vendor.url).send(&to_austin(1), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (outcome, Some(code)), "{say:?}");
    }
    for none in ["cut of", "{}", "<html>"] {
        let vendor = Vendor::saying([Say::Answer(200, String::from(none))]).await;
        let answer = lob(&vendor.url).send(&to_austin(1), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Unknown, Some("200-garbled")), "{none}");
    }
    let nowhere =
        lob("http://127.0.0.1:9").send(&letter_message(1, address("US", &[], "Austin", "", "")), Millis(0)).await;
    assert_eq!(nowhere.outcome, Outcome::BadAddress);
}

#[tokio::test]
async fn webhooks_are_believed_under_their_signature() {
    let lob = lob("http://127.0.0.1:9");
    let attempt = to_austin(1).attempt;
    let event = |kind: &str| {
        json!({ "id": format!("evt_{kind}"), "event_type": { "id": kind, "resource": "letters" }, "date_created": "x",
            "body": { "id": "ltr_1", "object": "letter", "metadata": { "attempt": attempt } } })
        .to_string()
    };
    let ask = |secret: &str, body: String| {
        let script = "console.log(require('crypto').createHmac('sha256', process.argv[1]).update(process.argv[2]).digest('hex'))";
        let at = "1795262400000";
        let signature = run(node::node().args(["-e", script, secret, &format!("{at}.{body}")])).trim().to_owned();
        ReceiptRequest {
            url: String::from("https://candour.example.org:8443/v1/receipts/lob"),
            headers: [("lob-signature", signature), ("lob-signature-timestamp", at.to_owned())]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            body: body.into(),
            now: Millis(1_795_262_400_000),
        }
    };
    for (kind, outcome) in [
        ("letter.mailed", Some(Outcome::Accepted)),
        ("letter.delivered", Some(Outcome::Delivered)),
        ("letter.returned_to_sender", Some(Outcome::BadAddress)),
        ("letter.created", None),
        ("letter.eaten", None),
    ] {
        let events = lob.receipts(&ask("old", event(kind))).await.unwrap();
        assert_eq!(
            (events[0].attempt, events[0].outcome, events[0].key.as_str()),
            (attempt, outcome, format!("evt_{kind}").as_str())
        );
    }
    assert_eq!(lob.receipts(&ask("other", event("letter.mailed"))).await, Err(ReceiptError::Forged));
    let mut changed = ask("new", event("letter.mailed"));
    changed.body = event("letter.delivered").into();
    assert_eq!(lob.receipts(&changed).await, Err(ReceiptError::Forged));
    let others = json!({ "id": "evt_1", "event_type": { "id": "letter.mailed" }, "body": { "metadata": {} } });
    assert_eq!(lob.receipts(&ask("new", others.to_string())).await, Ok(Vec::new()));
    assert!(matches!(lob.receipts(&ask("new", String::from("[]"))).await, Err(ReceiptError::Malformed(_))));
}
