//! Answers, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let taken = answer(200, r#"{"id":"sPs71M8A2T","time":1643935928,"event":"message","topic":"t"}"#);
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("sPs71M8A2T")));
    for (status, code, outcome) in [
        (400, 40_009, Outcome::BadAddress),
        (507, 50_701, Outcome::BadAddress),
        (413, 41_301, Outcome::Rejected),
        (401, 40_101, Outcome::Misconfigured),
        (403, 40_301, Outcome::Rejected),
        (429, 42_901, Outcome::Throttled),
        (429, 42_999, Outcome::Throttled),
        (500, 50_001, Outcome::Retry),
        (400, 40_099, Outcome::Rejected),
    ] {
        let body = format!(r#"{{"code":{code},"http":{status},"error":"x"}}"#);
        assert_eq!(answer(status, &body).outcome, outcome, "{code}");
    }
    assert_eq!(answer(502, "<html>").outcome, Outcome::Unknown);
    assert_eq!(answer(301, "").outcome, Outcome::Misconfigured);
}
