//! Answers, without a network. Signed reports are in the integration tests, signed by other hands.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::testing::{around, receipts};

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn refusal(status: u16, code: u32, parameter: &str) -> Answer {
    answer(status, &format!(r#"{{"errors":[{{"code":{code},"description":"x","parameter":"{parameter}"}}]}}"#))
}

#[test]
fn answers_become_outcomes() {
    let created = answer(201, r#"{"id":"e8077d80","recipients":{}}"#);
    assert_eq!((created.outcome, created.reference.as_deref()), (Outcome::Accepted, Some("e8077d80")));
    for none in ["cut of", "<html>a portal</html>", "{}", "[]"] {
        assert_eq!(answer(201, none), Answer::of(Outcome::Unknown, "201-garbled"));
    }
    assert_eq!(refusal(401, 2, "access_key").outcome, Outcome::Misconfigured);
    assert_eq!(refusal(422, 10, "recipients").outcome, Outcome::BadAddress);
    assert_eq!(refusal(422, 10, "body").outcome, Outcome::Rejected);
    assert_eq!(refusal(422, 10, "originator").outcome, Outcome::Misconfigured);
    assert_eq!(refusal(402, 25, "").outcome, Outcome::Misconfigured);
    assert_eq!(refusal(500, 99, "").outcome, Outcome::Retry);
    assert_eq!(refusal(500, 777, "").outcome, Outcome::Retry);
    assert_eq!(refusal(422, 777, "").code.as_deref(), Some("unlisted 777"));
    assert_eq!(answer(429, "").outcome, Outcome::Throttled);
    assert_eq!(answer(502, "<html>").outcome, Outcome::Unknown);
}

#[test]
fn an_unsigned_report_is_forged_whatever_it_claims_of_its_signature() {
    let settings = MessageBirdSettings {
        access_key: Secret::new("k"),
        signing_key: Secret::new("s"),
        previous_signing_keys: Vec::new(),
        from: String::from("Candour"),
        validity_seconds: None,
        base_url: rest_messagebird(),
    };
    let bird = MessageBirdProvider::build(&Common::named("bird"), &settings, &around()).unwrap();
    // {"alg":"none"} with claims and no signature.
    let none = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJNZXNzYWdlQmlyZCJ9.";
    for token in [None, Some(""), Some("a.b.c"), Some(none)] {
        let headers = token.map(|t| (String::from("messagebird-signature-jwt"), t.to_owned()));
        let request = ReceiptRequest {
            url: String::from("https://candour.example.org/v1/receipts/bird?id=1&reference=2&status=delivered"),
            headers: headers.into_iter().collect::<BTreeMap<_, _>>(),
            body: Bytes::new(),
            now: Millis(0),
        };
        assert_eq!(receipts(&bird, &request), Err(ReceiptError::Forged), "{token:?}");
    }
}
