//! Answers and events, without a network.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use reqwest::header::HeaderMap;

use super::*;

const ATTEMPT_ID: &str = "018f0000-0000-7000-8000-000000000001";

fn answer(status: u16, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("x-message-id", "m1".parse().unwrap());
    read_answer(&HttpReply { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let taken = answer(202, "");
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("m1")));
    let field = |name: &str| {
        format!(r#"{{"errors":[{{"message":"ann@example.org is no good","field":"{name}","help":null}}]}}"#)
    };
    for (status, body, outcome) in [
        (400, field("personalizations.0.to.0.email"), Outcome::BadAddress),
        (400, field("from.email"), Outcome::Misconfigured),
        (400, field("something.0.new"), Outcome::Rejected),
        (400, String::from(r#"{"errors":[{"message":"Bad Request","field":null}]}"#), Outcome::Rejected),
        (401, field("x"), Outcome::Misconfigured),
        (403, field("from"), Outcome::Misconfigured),
        (413, String::new(), Outcome::Rejected),
        (429, String::new(), Outcome::Throttled),
        (500, field("x"), Outcome::Retry),
        (502, String::from("<html>"), Outcome::Unknown),
        (200, String::from("<html>a portal</html>"), Outcome::Unknown),
    ] {
        let answer = answer(status, &body);
        assert_eq!(answer.outcome, outcome, "{status} {body}");
        assert!(!answer.code.unwrap().contains('@'), "prose is kept");
    }
    assert_eq!(answer(400, &field("something.0.new")).code.as_deref(), Some("unlisted something.new"));
}

fn read(events: &str) -> Vec<ReceiptEvent> {
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let signature: Signature = key.sign(format!("1600112502{events}").as_bytes());
    let der = p256::pkcs8::EncodePublicKey::to_public_key_der(key.verifying_key()).unwrap();
    let key = PublicKey::parse(&BASE64.encode(der.as_bytes())).unwrap();
    let headers = [
        ("x-twilio-email-event-webhook-signature", BASE64.encode(signature.to_der().as_bytes())),
        ("x-twilio-email-event-webhook-timestamp", String::from("1600112502")),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
    let body = Bytes::copy_from_slice(events.as_bytes());
    events::read(&ReceiptRequest { url: String::new(), headers, body, now: Millis(0) }, &[key]).unwrap()
}

#[test]
fn events_name_their_attempt_and_what_became_of_it() {
    for (fields, outcome, code) in [
        (r#""event":"delivered""#, Some(Outcome::Delivered), "delivered"),
        (r#""event":"processed""#, None, "processed"),
        (r#""event":"deferred","response":"451 later""#, None, "deferred"),
        (r#""event":"bounce","type":"bounce","status":"5.1.1""#, Some(Outcome::BadAddress), "bounce 5.1.1"),
        (
            r#""event":"bounce","type":"bounce","bounce_classification":"Invalid Address","status":"5.0.0""#,
            Some(Outcome::BadAddress),
            "bounce.Invalid Address",
        ),
        (r#""event":"bounce","type":"bounce","bounce_classification":"Reputation""#, Some(Outcome::Rejected), "bounce"),
        (r#""event":"bounce","type":"blocked","status":"5.1.1""#, Some(Outcome::Rejected), "blocked"),
        (r#""event":"dropped","reason":"Bounced Address""#, Some(Outcome::Rejected), "dropped"),
        (r#""event":"dropped","reason":"Invalid""#, Some(Outcome::BadAddress), "dropped.Invalid"),
        (r#""event":"spamreport""#, Some(Outcome::Delivered), "spamreport"),
        (r#""event":"something""#, None, "unlisted event"),
    ] {
        let events = read(&format!(r#"[{{"candour-attempt":"{ATTEMPT_ID}","sg_event_id":"e1",{fields}}}]"#));
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].outcome, events[0].code.as_deref()), (outcome, Some(code)), "{fields}");
        assert_eq!((events[0].attempt.to_string().as_str(), events[0].key.as_str()), (ATTEMPT_ID, "e1"));
    }
    assert_eq!(read(r#"[{"event":"delivered","sg_event_id":"e1","email":"a@b.example"}]"#), []);
}

/// The vendor's own example, from its libraries.
#[test]
fn the_vendors_example_fits_and_nothing_else_does() {
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    let signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
    let body = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";
    let ask = |key: &str, stamp: &str, body: &str| {
        let headers =
            [("x-twilio-email-event-webhook-signature", signature), ("x-twilio-email-event-webhook-timestamp", stamp)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let request = ReceiptRequest { url: String::new(), headers, body, now: Millis(0) };
        events::read(&request, &[PublicKey::parse(key).unwrap()])
    };
    assert_eq!(ask(key, "1600112502", body), Ok(Vec::new()));
    assert_eq!(ask(key, "1600112503", body), Err(ReceiptError::Forged));
    assert_eq!(ask(key, "1600112502", body.trim_end()), Err(ReceiptError::Forged));
    let other = BASE64.encode(
        p256::pkcs8::EncodePublicKey::to_public_key_der(SigningKey::from_slice(&[7; 32]).unwrap().verifying_key())
            .unwrap()
            .as_bytes(),
    );
    assert_eq!(ask(&other, "1600112502", body), Err(ReceiptError::Forged));
}
