//! Answers and callbacks, without a network.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::domain::id::AttemptId;
use crate::providers::testing::{around, receipts};

const URL: &str = "https://candour.example.org/v1/receipts/vonage";

fn settings() -> VonageSettings {
    VonageSettings {
        api_key: String::from("key"),
        api_secret: Secret::new("secret"),
        from: String::from("Candour"),
        receipt_secret: Secret::new("ours"),
        previous_receipt_secrets: Vec::new(),
        signature_secret: None,
        previous_signature_secrets: Vec::new(),
        signature_digest: VonageDigest::Sha256,
        reports_url: None,
        ttl_seconds: None,
        base_url: rest_nexmo(),
    }
}

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn part(status: &str) -> Answer {
    answer(
        200,
        &format!(r#"{{"message-count":"1","messages":[{{"to":"4479","message-id":"A1","status":"{status}"}}]}}"#),
    )
}

#[test]
fn answers_become_outcomes() {
    assert_eq!((part("0").outcome, part("0").reference.as_deref()), (Outcome::Accepted, Some("A1")));
    assert_eq!(part("1").outcome, Outcome::Throttled);
    assert_eq!(part("5").outcome, Outcome::Retry);
    assert_eq!(part("33").outcome, Outcome::BadAddress);
    assert_eq!(part("9").outcome, Outcome::Misconfigured);
    assert_eq!(part("77").code.as_deref(), Some("unlisted 77"));
    assert_eq!(answer(200, "what a nice day").outcome, Outcome::Unknown);
    assert_eq!(answer(200, r#"{"messages":[]}"#).outcome, Outcome::Unknown);
    assert_eq!(answer(401, "").outcome, Outcome::Misconfigured);
    assert_eq!(answer(502, "").outcome, Outcome::Unknown);
    let two = r#"{"messages":[{"message-id":"A1","status":"0"},{"status":"9"}]}"#;
    assert_eq!(answer(200, two).outcome, Outcome::Misconfigured, "one part was not taken");
}

fn receive(settings: &VonageSettings, url: String, body: &str, json: bool) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
    let headers = BTreeMap::from([(String::from("content-type"), kind.to_owned())]);
    let body = Bytes::copy_from_slice(body.as_bytes());
    receipts(
        &VonageProvider::build(&Common::named("vonage"), settings, &around()).unwrap(),
        &ReceiptRequest { url, headers, body, now: Millis(0) },
    )
}

#[test]
fn callbacks_come_in_the_address_as_a_form_or_as_json() {
    let attempt = AttemptId(uuid::Uuid::from_u128(7));
    let ours = callback::address(URL, attempt, &[Secret::new("ours")]);
    let fields = "msisdn=447700900000&messageId=A1&status=failed&err-code=9";
    let expected = ReceiptEvent {
        attempt,
        key: String::from("A1:failed"),
        outcome: Some(Outcome::BadAddress),
        code: Some(String::from("failed 9")),
    };
    let json = r#"{"msisdn":"447700900000","messageId":"A1","status":"failed","err-code":"9"}"#;
    for events in [
        receive(&settings(), format!("{ours}&{fields}"), "", false),
        receive(&settings(), ours.clone(), fields, false),
        receive(&settings(), ours.clone(), json, true),
    ] {
        assert_eq!(events.unwrap(), std::slice::from_ref(&expected));
    }
    let buffered = receive(&settings(), format!("{ours}&messageId=A1&status=buffered&err-code=0"), "", false).unwrap();
    assert_eq!((buffered[0].outcome, buffered[0].code.as_deref()), (None, Some("buffered")));
    let odd = receive(&settings(), format!("{ours}&messageId=A1&status=failed&err-code=55"), "", false).unwrap();
    assert_eq!((odd[0].outcome, odd[0].code.as_deref()), (Some(Outcome::Rejected), Some("failed 55")));
}

#[test]
fn an_address_that_is_not_ours_is_forged_and_so_is_an_unsigned_callback_where_the_account_signs() {
    let attempt = AttemptId(uuid::Uuid::from_u128(7));
    let fields = "messageId=A1&status=delivered&err-code=0";
    let guess = callback::address(URL, attempt, &[Secret::new("guess")]);
    assert_eq!(receive(&settings(), format!("{guess}&{fields}"), "", false), Err(ReceiptError::Forged));
    let signing = VonageSettings { signature_secret: Some(Secret::new("s")), ..settings() };
    let ours = callback::address(URL, attempt, &[Secret::new("ours")]);
    assert_eq!(receive(&signing, format!("{ours}&{fields}"), "", false), Err(ReceiptError::Forged));
    assert!(matches!(receive(&settings(), ours, "", false), Err(ReceiptError::Malformed(_))));
}
