//! Our request to `MessageBird` is the one of its own SDK, and its reports are believed when its own validator does.

use candour::domain::clock::{Clock, Millis};
use candour::domain::outcome::Outcome;
use candour::providers::{ReceiptError, ReceiptRequest};
use candour::system::System;

use crate::support::configured::{RECEIPTS, provider};
use crate::support::loopback::Loopback;
use crate::support::messages::sms;
use crate::support::process::run;
use crate::support::python::python;

const SEND: &str = "
import sys, messagebird
from messagebird.http_client import HttpClient
client = messagebird.Client('live_key', HttpClient(sys.argv[1], 'live_key', 'x'))
client.message_create('Example', ['41790000000'], sys.argv[2], {'reference': sys.argv[3], 'reportUrl': sys.argv[4], 'datacoding': 'plain'})
";

/// Signs with the JWT library, then asks the vendor's validator, so that only what it believes is tried on us.
const SIGN: &str = "
import hashlib, json, sys, jwt
from messagebird.request_validator import RequestValidator
key, url, at, way, skew = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
claims = {'iss': 'MessageBird', 'nbf': at + skew, 'exp': at + skew + 60, 'jti': 'x', 'url_hash': hashlib.sha256(url.encode()).hexdigest()}
token = jwt.encode(claims, key, algorithm=way)
if skew == 0:
    RequestValidator(key).validate_signature(token, url, b'')
print(token)
";

const SETTINGS: &str = "kind = 'messagebird'\nname = 'bird'\naccess_key = 'live_key'\nfrom = 'Example'\nsigning_key = 'the new key'\n\
                        previous_signing_keys = ['the old key']\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_request_is_the_sdks() {
    let server = Loopback::saying(201, r#"{"id":"e8077d80","recipients":{"items":[]}}"#).await;
    let bird = provider(&format!("{SETTINGS}base_url = '{}'", server.url));
    let message = sms(1, "+41790000000");
    let answer = bird.send(&message, Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("e8077d80")));
    let base = server.url.as_str().trim_end_matches('/');
    let (text, attempt, receipts) =
        ("Über Ihre Daten: example.org/n", message.attempt.to_string(), format!("{RECEIPTS}bird"));
    run(python().args(["-c", SEND, base, text, &attempt, &receipts]));
    let seen = server.seen();
    let [ours, theirs] = seen.as_slice() else { panic!("two requests") };
    assert_eq!((&ours.method, &ours.target), (&theirs.method, &theirs.target));
    assert_eq!(ours.header("authorization"), theirs.header("authorization"));
    let mut their_body = theirs.json();
    // The SDK joins recipients with commas; the API takes a list as well.
    their_body["recipients"] = serde_json::json!([their_body["recipients"]]);
    for (name, value) in ours.json().as_object().unwrap() {
        assert_eq!(*value, their_body[name], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_believed_under_either_key_in_time_and_for_its_own_address() {
    let bird = provider(SETTINGS);
    let message = sms(1, "+41790000000");
    let url = |status: &str| {
        format!(
            "{RECEIPTS}bird?id=e8077d80&reference={}&recipient=41790000000&status={status}&statusErrorCode=1&statusDatetime=2026-11-22T10%3A00%3A00%2B00%3A00",
            message.attempt
        )
    };
    let now = System.now();
    let sign = |key: &str, url: &str, way: &str, skew: i64| {
        let at = now.0.div_euclid(1000).to_string();
        run(python().args(["-c", SIGN, key, url, &at, way, &skew.to_string()])).trim().to_owned()
    };
    let ask = async |url: &str, token: String| {
        let headers = [(String::from("messagebird-signature-jwt"), token)].into();
        bird.receipts(&ReceiptRequest { url: url.to_owned(), headers, body: bytes::Bytes::new(), now }).await
    };
    let failed = url("delivery_failed");
    for (key, way) in [("the new key", "HS256"), ("the old key", "HS512"), ("the new key", "HS384")] {
        let events = ask(&failed, sign(key, &failed, way, 0)).await.unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (message.attempt, Some(Outcome::BadAddress)));
    }
    assert_eq!(ask(&failed, sign("another key", &failed, "HS256", 0)).await, Err(ReceiptError::Forged));
    assert_eq!(ask(&failed, sign("the new key", &failed, "HS256", -3600)).await, Err(ReceiptError::Forged), "too old");
    let delivered = url("delivered");
    assert_eq!(ask(&delivered, sign("the new key", &failed, "HS256", 0)).await, Err(ReceiptError::Forged));
}
