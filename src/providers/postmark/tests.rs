//! Answers and events, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let body = Bytes::copy_from_slice(body.as_bytes());
    read_answer(&HttpReply { status, headers: HeaderMap::new(), body }, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let sent = answer(200, r#"{"To":"a@b.example","MessageID":"m1","ErrorCode":0,"Message":"OK"}"#);
    assert_eq!((sent.outcome, sent.reference.as_deref()), (Outcome::Accepted, Some("m1")));
    let code = |code: u32| format!(r#"{{"ErrorCode":{code},"Message":"ann@example.org is no good"}}"#);
    for (status, body, outcome) in [
        (200, code(406), Outcome::Rejected),
        (200, String::from("<html>a portal</html>"), Outcome::Unknown),
        (422, code(300), Outcome::Rejected),
        (422, code(406), Outcome::Rejected),
        (422, code(405), Outcome::Misconfigured),
        (422, code(412), Outcome::Misconfigured),
        (422, code(9_999), Outcome::Rejected),
        (401, code(10), Outcome::Misconfigured),
        (429, code(429), Outcome::Throttled),
        (500, code(100), Outcome::Retry),
        (503, String::new(), Outcome::Unknown),
    ] {
        assert_eq!(answer(status, &body).outcome, outcome, "{status} {body}");
    }
    assert_eq!(answer(422, &code(9_999)).code.as_deref(), Some("unlisted 9999"));
}

#[test]
fn events_name_their_attempt_and_what_became_of_it() {
    const ATTEMPT_ID: &str = "018f0000-0000-7000-8000-000000000001";
    for (fields, outcome) in [
        (r#""RecordType":"Bounce","Type":"HardBounce","ID":7"#, Some(Outcome::BadAddress)),
        (r#""RecordType":"Bounce","Type":"SoftBounce","ID":7"#, Some(Outcome::Rejected)),
        (r#""RecordType":"Bounce","Type":"Transient","ID":7"#, None),
        (r#""RecordType":"Bounce","Type":"SomethingNew","ID":7"#, Some(Outcome::Rejected)),
        (r#""RecordType":"Delivery""#, Some(Outcome::Delivered)),
        (r#""RecordType":"SpamComplaint","Type":"SpamComplaint","ID":7"#, Some(Outcome::Delivered)),
        (r#""RecordType":"SubscriptionChange""#, None),
        (r#""RecordType":"SomethingNew""#, None),
    ] {
        let body = format!(r#"{{{fields},"MessageID":"m1","Metadata":{{"{ATTEMPT}":"{ATTEMPT_ID}"}}}}"#);
        let events = events::read(body.as_bytes()).unwrap();
        assert_eq!((events[0].attempt.to_string().as_str(), events[0].outcome), (ATTEMPT_ID, outcome), "{fields}");
    }
    assert_eq!(events::read(br#"{"RecordType":"Delivery","MessageID":"m1"}"#), Ok(Vec::new()));
    assert!(matches!(events::read(b"[]"), Err(ReceiptError::Malformed(_))));
}
