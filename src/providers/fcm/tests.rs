//! Answers, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn refused(status: u16, word: &str, details: &str) -> Answer {
    answer(status, &format!(r#"{{"error":{{"code":{status},"message":"x","status":"{word}","details":[{details}]}}}}"#))
}

fn own(code: &str) -> String {
    format!(r#"{{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"{code}"}}"#)
}

#[test]
fn answers_become_outcomes() {
    let taken = answer(200, r#"{"name":"projects/p/messages/0:1"}"#);
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("projects/p/messages/0:1")));
    assert_eq!(refused(404, "NOT_FOUND", &own("UNREGISTERED")).outcome, Outcome::BadAddress);
    assert_eq!(refused(503, "UNAVAILABLE", &own("UNAVAILABLE")).outcome, Outcome::Retry);
    assert_eq!(refused(403, "PERMISSION_DENIED", &own("SENDER_ID_MISMATCH")).outcome, Outcome::Rejected);
    assert_eq!(refused(403, "PERMISSION_DENIED", "").outcome, Outcome::Misconfigured);
    assert_eq!(refused(401, "UNAUTHENTICATED", "").outcome, Outcome::Misconfigured);
    let throttled = refused(429, "RESOURCE_EXHAUSTED", &own("QUOTA_EXCEEDED"));
    assert_eq!((throttled.outcome, throttled.retry_after_ms), (Outcome::Throttled, Some(QUOTA_WAIT)));
    assert_eq!(answer(404, "<html>no such project</html>").outcome, Outcome::Misconfigured);
    assert_eq!(answer(502, "<html>").outcome, Outcome::Unknown);
    assert_eq!(refused(500, "INTERNAL", &own("UNSPECIFIED_ERROR")), Answer::of(Outcome::Retry, "UNSPECIFIED_ERROR"));
    assert_eq!(refused(500, "NEVER_HEARD_OF", "").outcome, Outcome::Retry);
    assert_eq!(refused(400, "NEVER_HEARD_OF", "").code.as_deref(), Some("unlisted NEVER_HEARD_OF"));
}

#[test]
fn an_argument_that_is_not_valid_may_be_the_token() {
    let of = |field: &str| {
        format!(
            r#"{{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{{"field":"{field}","description":"x"}}]}},{}"#,
            own("INVALID_ARGUMENT")
        )
    };
    assert_eq!(refused(400, "INVALID_ARGUMENT", &of("message.token")).outcome, Outcome::BadAddress);
    assert_eq!(refused(400, "INVALID_ARGUMENT", &of("message.android.ttl")).outcome, Outcome::Rejected);
}
