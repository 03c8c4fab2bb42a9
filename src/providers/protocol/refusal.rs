//! What it means that an HTTP API did not take a message: by its own code where the table has it, else by the status.

use super::codes::Codes;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::http::HttpReply;

/// Reads an answer that is no success. `code` is the vendor's own, from the body.
pub(in crate::providers) fn read(reply: &HttpReply, code: Option<&str>, codes: &Codes, now: Millis) -> Answer {
    let status = reply.status;
    let mut answer = match (code, status) {
        (Some(code), _) if codes.lists(code) => codes.read(code, Outcome::Rejected).answer(),
        (_, 429) => Answer::of(Outcome::Throttled, "429"),
        (_, 300..=399 | 401 | 402 | 403 | 404 | 407) => Answer::of(Outcome::Misconfigured, status.to_string()),
        (_, 408) => Answer::of(Outcome::Retry, "408"),
        (Some(code), 400..=499) => codes.read(code, Outcome::Rejected).answer(),
        (None, 400..=499) => Answer::of(Outcome::Rejected, format!("unlisted {status}")),
        // With an error of its own the vendor says that it failed; without, something on the way may have, and the
        // request may have gone through.
        (Some(_), _) => Answer::of(Outcome::Retry, status.to_string()),
        (None, _) => Answer::of(Outcome::Unknown, status.to_string()),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}
