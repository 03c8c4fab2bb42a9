//! Answers and events, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::protocol::mac::{Hash, hmac};

const ATTEMPT_ID: &str = "018f0000-0000-7000-8000-000000000001";
const NOW: Millis = Millis(1_800_000_000_000);

fn answer(status: u16, body: &str) -> Answer {
    let body = Bytes::copy_from_slice(body.as_bytes());
    read_answer(&HttpReply { status, headers: HeaderMap::new(), body }, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let queued = answer(200, r#"{"id":"<m1@mg.example.org>","message":"Queued. Thank you."}"#);
    assert_eq!((queued.outcome, queued.reference.as_deref()), (Outcome::Accepted, Some("<m1@mg.example.org>")));
    let said = |text: &str| format!(r#"{{"message":"{text}"}}"#);
    for (status, body, outcome) in [
        (400, said("'to' parameter is not a valid address. please check documentation"), Outcome::BadAddress),
        (400, said("'from' parameter is missing"), Outcome::Rejected),
        (401, String::from("Forbidden"), Outcome::Misconfigured),
        (402, said("x"), Outcome::Rejected),
        (404, said("Domain not found"), Outcome::Misconfigured),
        (429, said("x"), Outcome::Throttled),
        (500, said("x"), Outcome::Retry),
        (502, String::from("<html>"), Outcome::Unknown),
        (200, String::from("<html>a portal</html>"), Outcome::Unknown),
    ] {
        assert_eq!(answer(status, &body).outcome, outcome, "{status} {body}");
    }
}

fn callback(key: &str, token: &str, stamp: i64, event: &str) -> Vec<u8> {
    let signature = hex::encode(hmac(Hash::Sha256, key.as_bytes(), &[format!("{stamp}{token}").as_bytes()]));
    format!(
        r#"{{"signature":{{"timestamp":"{stamp}","token":"{token}","signature":"{signature}"}},
            "event-data":{{"id":"e1","user-variables":{{"{ATTEMPT}":"{ATTEMPT_ID}"}},{event}}}}}"#
    )
    .into_bytes()
}

#[test]
fn events_name_their_attempt_and_what_became_of_it() {
    let signatures = Signatures::new(vec![Secret::new("new"), Secret::new("old")]);
    for (number, (event, outcome)) in [
        (r#""event":"delivered""#, Some(Outcome::Delivered)),
        (r#""event":"accepted""#, None),
        (r#""event":"failed","severity":"temporary","reason":"generic","delivery-status":{"code":451}"#, None),
        (
            r#""event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"enhanced-code":"5.1.1"}"#,
            Some(Outcome::BadAddress),
        ),
        (
            r#""event":"failed","severity":"permanent","reason":"suppress-bounce","delivery-status":{"code":605,"enhanced-code":"5.1.1"}"#,
            Some(Outcome::Rejected),
        ),
        (r#""event":"failed","severity":"permanent","reason":"something-new""#, Some(Outcome::Rejected)),
        (r#""event":"complained""#, Some(Outcome::Delivered)),
        (r#""event":"something-new""#, None),
    ]
    .into_iter()
    .enumerate()
    {
        let key = ["new", "old"][number % 2];
        let events = signatures.read(&callback(key, &format!("t{number}"), 1_800_000_000, event), NOW).unwrap();
        assert_eq!((events[0].attempt.to_string().as_str(), events[0].outcome), (ATTEMPT_ID, outcome), "{event}");
    }
}

#[test]
fn a_signature_is_good_for_one_body_and_for_a_while() {
    let signatures = Signatures::new(vec![Secret::new("key")]);
    let first = callback("key", "t", 1_800_000_000, r#""event":"delivered""#);
    let other = callback("key", "t", 1_800_000_000, r#""event":"rejected""#);
    assert!(signatures.read(&first, NOW).is_ok());
    assert!(signatures.read(&first, NOW).is_ok(), "a repeat");
    assert_eq!(signatures.read(&other, NOW), Err(ReceiptError::Forged));
    let read = |key: &str, stamp: i64| signatures.read(&callback(key, "u", stamp, r#""event":"delivered""#), NOW);
    assert_eq!(read("another", 1_800_000_000), Err(ReceiptError::Forged));
    assert_eq!(read("key", 1_800_000_000 - 13 * 3600), Err(ReceiptError::Forged));
    assert_eq!(read("key", 1_800_000_000 + 3600), Err(ReceiptError::Forged));
    assert!(matches!(signatures.read(b"{}", NOW), Err(ReceiptError::Malformed(_))));
}
