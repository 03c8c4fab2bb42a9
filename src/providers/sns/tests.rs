//! Answers, without a network. Signed requests are in the integration tests, held against another implementation.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn refused(status: u16, code: &str, prose: &str) -> Outcome {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{prose}</Message></Error>");
    answer(status, &format!("<ErrorResponse>{error}</ErrorResponse>")).outcome
}

#[test]
fn answers_become_outcomes() {
    let taken = "<PublishResponse><PublishResult><MessageId>567910cd</MessageId></PublishResult></PublishResponse>";
    let taken = answer(200, taken);
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("567910cd")));
    assert_eq!(answer(200, "cut of").outcome, Outcome::Unknown);
    assert_eq!(refused(400, "InvalidParameter", "Invalid parameter: PhoneNumber"), Outcome::BadAddress);
    assert_eq!(refused(400, "InvalidParameter", "Invalid parameter: Message too long"), Outcome::Rejected);
    assert_eq!(refused(400, "Throttled", ""), Outcome::Throttled);
    assert_eq!(refused(403, "SignatureDoesNotMatch", ""), Outcome::Misconfigured);
    assert_eq!(refused(500, "InternalError", ""), Outcome::Retry);
    assert_eq!(refused(400, "NeverHeardOf", ""), Outcome::Rejected);
    assert_eq!(refused(503, "NeverHeardOf", ""), Outcome::Retry);
    assert_eq!(answer(502, "<html>").outcome, Outcome::Unknown);
}
