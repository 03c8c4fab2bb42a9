//! Answers and callbacks of the definitions that the program brings along, without a network.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::protocol::mac::{Hash, hmac};
use crate::system::System;

const ATTEMPT_ID: &str = "018f0000-0000-7000-8000-000000000001";
/// When callbacks come.
const NOW: Millis = Millis(1_800_000_000_000);

fn provider(text: &str) -> Result<HttpProvider, Faults> {
    let around = Surroundings::for_tests(Arc::new(System));
    HttpProvider::build(&Common::named("partner"), &toml::from_str(text).unwrap(), &around)
}

fn shipped(name: &str) -> HttpProvider {
    provider(&format!(
        "definition = '{name}'\nsettings = {{ domain = 'mg.example.org', from = 'a@example.org' }}\n\
         secrets = {{ api_key = 'k', server_token = 'k', webhook = 'new', previous_webhook = 'old' }}"
    ))
    .unwrap()
}

async fn receive(
    provider: &HttpProvider,
    header: (&str, String),
    query: &str,
    body: String,
) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let url = format!("https://candour.example.org/v1/receipts/partner{query}");
    let headers = [(header.0.to_owned(), header.1)].into();
    provider.receipts(&ReceiptRequest { url, headers, body: body.into(), now: NOW }).await
}

#[test]
fn rules_decide_before_the_status_and_prose_is_not_kept() {
    let postmark = shipped("postmark");
    let answer = |status: u16, body: &str| {
        let body = Bytes::copy_from_slice(body.as_bytes());
        postmark.read_answer(&HttpReply { status, headers: HeaderMap::new(), body }, Millis(0))
    };
    let sent = answer(200, r#"{"MessageID":"m1","ErrorCode":0}"#);
    assert_eq!((sent.outcome, sent.reference.as_deref()), (Outcome::Accepted, Some("m1")));
    assert_eq!(answer(422, r#"{"ErrorCode":405}"#), Answer::of(Outcome::Misconfigured, "405"));
    assert_eq!(answer(422, r#"{"ErrorCode":9999}"#), Answer::of(Outcome::Rejected, "unlisted 422"));
    assert_eq!(answer(200, "<html>").outcome, Outcome::Unknown);
    assert_eq!(answer(503, "<html>").outcome, Outcome::Unknown);
    assert_eq!(answer(503, r#"{"ErrorCode":9999}"#).outcome, Outcome::Retry);
    for gateway in [(503, "{}"), (503, r#"{"message":"no healthy upstream"}"#), (502, r#"{"ErrorCode":9999}"#)] {
        assert_eq!(answer(gateway.0, gateway.1).outcome, Outcome::Unknown, "{gateway:?}");
    }
}

#[tokio::test]
async fn a_signed_callback_is_read_under_both_secrets_and_no_other() {
    let mailgun = shipped("mailgun");
    let body = |secret: &str| of_mailgun(secret, 1_800_000_000, secret, "failed");
    let nothing = || ("x", String::new());
    for secret in ["new", "old"] {
        let events = receive(&mailgun, nothing(), "", body(secret)).await.unwrap();
        assert_eq!(
            (events[0].attempt.to_string().as_str(), events[0].outcome),
            (ATTEMPT_ID, Some(Outcome::BadAddress))
        );
        assert_eq!((events[0].key.as_str(), events[0].code.as_deref()), ("e1", Some("failed.permanent 5.1.1")));
    }
    assert_eq!(receive(&mailgun, nothing(), "", body("other")).await, Err(ReceiptError::Forged));
    assert_eq!(receive(&mailgun, nothing(), "", String::from("{}")).await, Err(ReceiptError::Forged));
}

/// An event as Mailgun signs it.
fn of_mailgun(secret: &str, stamp: i64, token: &str, event: &str) -> String {
    let signature =
        hex::encode(hmac(Hash::Sha256, secret.as_bytes(), &[stamp.to_string().as_bytes(), token.as_bytes()]));
    format!(
        r#"{{"signature":{{"timestamp":"{stamp}","token":"{token}","signature":"{signature}"}},"event-data":{{"id":"e1",
            "event":"{event}","severity":"permanent","reason":"bounce","delivery-status":{{"enhanced-code":"5.1.1"}},
            "user-variables":{{"candour-attempt":"{ATTEMPT_ID}"}}}}}}"#
    )
}

#[tokio::test]
async fn a_signature_that_is_not_over_the_event_is_good_for_one_body_and_for_a_while() {
    let mailgun = shipped("mailgun");
    let came = async |stamp: i64, token: &str, event: &str| {
        receive(&mailgun, ("x", String::new()), "", of_mailgun("new", stamp, token, event)).await.is_ok()
    };
    assert!(came(1_800_000_000, "t", "delivered").await);
    assert!(came(1_800_000_000, "t", "delivered").await, "a repeat");
    assert!(!came(1_800_000_000, "t", "failed").await, "another event under the same signature");
    assert!(came(1_800_000_000, "u", "failed").await);
    assert!(came(1_800_000_000 - 11 * 3600, "v", "failed").await, "a call that was repeated for long");
    assert!(!came(1_800_000_000 - 13 * 3600, "w", "failed").await);
    assert!(!came(1_800_000_000 + 3600, "w", "failed").await);
}

#[test]
fn freshness_that_nobody_signed_is_refused() {
    let text = include_str!("examples/mailgun.toml");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.toml");
    for (wrong, place) in [
        (text.replace("at = \"/signature/timestamp\"", "at = \"header:x-time\""), "header:x-time"),
        (text.replace("once = \"/signature/token\"", "once = \"query:token\""), "query:token"),
    ] {
        assert_ne!(wrong, text);
        std::fs::write(&file, wrong).unwrap();
        let said = Definition::read(file.to_str().unwrap()).unwrap_err();
        assert!(said.contains(&format!("{place} is not signed")), "{said}");
    }
}

#[tokio::test]
async fn a_callback_with_a_password_or_a_token_and_a_list_of_events() {
    let postmark = shipped("postmark");
    let body = || {
        format!(
            r#"{{"RecordType":"Bounce","Type":"HardBounce","ID":7,"MessageID":"m1","Metadata":{{"candour-attempt":"{ATTEMPT_ID}"}}}}"#
        )
    };
    let basic = |text: &str| ("authorization", format!("Basic {}", base64_of(text)));
    let events = receive(&postmark, basic("candour:new"), "", body()).await.unwrap();
    assert_eq!((events[0].outcome, events[0].key.as_str()), (Some(Outcome::BadAddress), "m1:Bounce:7"));
    assert_eq!(receive(&postmark, basic("candour:wrong"), "", body()).await, Err(ReceiptError::Forged));

    let sendgrid = shipped("sendgrid");
    let body = || {
        format!(
            r#"[{{"event":"delivered","sg_event_id":"1","candour-attempt":"{ATTEMPT_ID}"}},{{"event":"open","sg_event_id":"2"}},
        {{"event":"new","sg_event_id":"3","candour-attempt":"{ATTEMPT_ID}"}}]"#
        )
    };
    let events = receive(&sendgrid, ("x", String::new()), "?token=new", body()).await.unwrap();
    let outcomes: Vec<_> = events.iter().map(|e| (e.outcome, e.code.as_deref().unwrap())).collect();
    assert_eq!(outcomes, [(Some(Outcome::Delivered), "delivered"), (None, "unlisted status")]);
    assert_eq!(receive(&sendgrid, ("x", String::new()), "?token=x", body()).await, Err(ReceiptError::Forged));
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_callback_that_is_a_form_and_names_the_attempt_in_its_address() {
    let elks = provider(
        "definition = '46elks'\nsettings = { username = 'u', from = 'Org' }\nsecrets = { password = 'p', webhook = 'new' }",
    )
    .unwrap();
    assert_eq!(elks.describe().channel, Channel::Sms);
    let sample = elks.templates.write(&elks.values(&sample(Channel::Sms))).unwrap();
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&sample.body).into_owned().collect();
    let callback = "https://candour.example.org/v1/receipts/partner?attempt=1&token=new";
    assert_eq!((form["to"].as_str(), form["whendelivered"].as_str()), ("+15550100", callback));
    assert_eq!(sample.headers[0].1, format!("Basic {}", base64_of("u:p")));

    let nothing = || ("x", String::new());
    let query = format!("?attempt={ATTEMPT_ID}&token=new");
    let body = "id=s1&status=delivered&delivered=2026-11-23T10%3A00%3A00";
    let events = receive(&elks, nothing(), &query, body.to_owned()).await.unwrap();
    assert_eq!((events[0].key.as_str(), events[0].outcome), ("s1:delivered", Some(Outcome::Delivered)));
    assert_eq!(receive(&elks, nothing(), &query.replace("new", "x"), body.to_owned()).await, Err(ReceiptError::Forged));
}

#[test]
fn what_cannot_work_is_told_when_it_is_built() {
    let said = |text: &str| provider(text).err().unwrap().to_string();
    assert!(said("definition = 'nonsense'").contains("46elks, mailgun, postmark, sendgrid"));
    // A secret that the templates name is missing.
    let lacking = said("definition = 'postmark'\nsettings = { from = 'a@example.org' }");
    assert!(lacking.starts_with("definition: request, header x-postmark"), "{lacking}");
    let clear = "definition = 'postmark'\nsettings = { from = 'a', base_url = 'http://api.example.org' }\n\
                 secrets = { server_token = 'hush' }";
    assert!(said(clear).contains("use https") && !said(clear).contains("hush"));
    // Nobody could be told a letter in this way: each would be refused, one after the other.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letters.toml");
    let letters = include_str!("examples/46elks.toml").replace("channel = \"sms\"", "channel = \"letter\"");
    std::fs::write(&file, letters).unwrap();
    assert!(said(&format!("definition = '{}'", file.display())).contains("channel is one of email, sms and push"));
}
