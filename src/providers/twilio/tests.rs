//! Answers and callbacks, without a network.

use std::collections::BTreeMap;

use base64::Engine;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::*;
use crate::domain::id::AttemptId;

const SID: &str = "AC00000000000000000000000000000000";
const URL: &str = "https://candour.example.org/v1/receipts/sms";
const ATTEMPT: &str = "018f0000-0000-7000-8000-000000000001";

fn provider() -> TwilioProvider {
    let text = format!("account_sid = '{SID}'\nauth_token = 'token'\nfrom = '+15005550006'");
    let around = Surroundings::for_tests(std::sync::Arc::new(crate::system::System));
    TwilioProvider::build(&Common::named("sms"), &toml::from_str(&text).unwrap(), &around).unwrap()
}

fn answer(status: u16, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, "7".parse().unwrap());
    read_answer(&HttpReply { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let created = answer(201, r#"{"sid":"SM1","status":"queued","error_code":null}"#);
    assert_eq!((created.outcome, created.reference.as_deref()), (Outcome::Accepted, Some("SM1")));
    for none in ["cut of", "<html>a portal</html>", "{}", "[]"] {
        assert_eq!(answer(201, none), Answer::of(Outcome::Unknown, "201-garbled"));
    }
    assert_eq!(answer(400, r#"{"code":21211,"message":"x","status":400}"#).outcome, Outcome::BadAddress);
    assert_eq!(answer(401, r#"{"code":20003}"#).outcome, Outcome::Misconfigured);
    let throttled = answer(429, r#"{"code":20429}"#);
    assert_eq!((throttled.outcome, throttled.retry_after_ms), (Outcome::Throttled, Some(7000)));
    assert_eq!(answer(429, "").outcome, Outcome::Throttled);
    assert_eq!(answer(400, r#"{"code":63999}"#).code.as_deref(), Some("unlisted 63999"));
    assert_eq!(answer(302, "").outcome, Outcome::Misconfigured);
}

#[test]
fn a_server_error_is_twilios_own_or_somebody_on_the_way() {
    assert_eq!(answer(500, r#"{"code":20500}"#).outcome, Outcome::Retry);
    assert_eq!(answer(504, "<html>gateway timeout</html>").outcome, Outcome::Unknown);
}

/// A callback signed as Twilio does, for fields given in alphabetical order.
fn callback(url: &str, fields: &[(&str, &str)]) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let text = fields.iter().fold(url.to_owned(), |text, (n, v)| text + n + v);
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"token").unwrap();
    mac.update(text.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    provider().read_callback(&ReceiptRequest {
        url: url.to_owned(),
        headers: BTreeMap::from([(String::from("x-twilio-signature"), signature)]),
        body: body.into(),
        now: Millis(0),
    })
}

fn fields<'a>(status: &'a str, code: &'a str) -> [(&'a str, &'a str); 4] {
    [("AccountSid", SID), ("ErrorCode", code), ("MessageSid", "SM1"), ("MessageStatus", status)]
}

#[test]
fn a_callback_names_its_attempt_and_what_became_of_it() {
    let url = format!("{URL}?attempt={ATTEMPT}");
    let events = callback(&url, &fields("undelivered", "30005")).unwrap();
    let expected = ReceiptEvent {
        attempt: ATTEMPT.parse::<AttemptId>().unwrap(),
        key: String::from("SM1:undelivered"),
        outcome: Some(Outcome::BadAddress),
        code: Some(String::from("undelivered 30005")),
    };
    assert_eq!(events, [expected]);
    assert_eq!(callback(&url, &fields("sent", "")).unwrap()[0].outcome, None);
}

#[test]
fn what_is_signed_and_still_makes_no_sense_is_malformed() {
    let url = format!("{URL}?attempt={ATTEMPT}");
    let malformed = |result: Result<Vec<ReceiptEvent>, ReceiptError>| matches!(result, Err(ReceiptError::Malformed(_)));
    assert!(malformed(callback(URL, &fields("sent", ""))));
    assert!(malformed(callback(&format!("{url}&attempt={ATTEMPT}"), &fields("sent", ""))));
    assert!(malformed(callback(&url, &fields("vanished", ""))));
    assert!(malformed(callback(&url, &fields("failed", "many"))));
    let mut other = fields("sent", "");
    other[0].1 = "AC11111111111111111111111111111111";
    assert!(malformed(callback(&url, &other)));
    let twice = [("AccountSid", SID), ("MessageSid", "SM1"), ("MessageSid", "SM2"), ("MessageStatus", "sent")];
    assert!(malformed(callback(&url, &twice)));
}

#[test]
fn an_unsigned_callback_is_forged() {
    let request = ReceiptRequest {
        url: format!("{URL}?attempt={ATTEMPT}"),
        headers: BTreeMap::new(),
        body: Bytes::from_static(b"MessageSid=SM1&MessageStatus=delivered"),
        now: Millis(0),
    };
    assert_eq!(provider().read_callback(&request), Err(ReceiptError::Forged));
}
