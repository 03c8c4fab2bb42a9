//! What an HTTP status means where the vendor's own code says nothing.

use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::http::HttpReply;

/// The answer of a status. `own` says that the vendor itself wrote the body: then a 5xx is its failure and it says so;
/// without, something on the way may have failed after the request went through.
pub(in crate::providers) fn by_status(reply: &HttpReply, own: bool, now: Millis) -> Answer {
    let status = reply.status;
    let (outcome, listed) = match status {
        429 => (Outcome::Throttled, true),
        300..=399 | 401 | 403 | 404 | 405 | 407 => (Outcome::Misconfigured, true),
        408 => (Outcome::Retry, true),
        413 => (Outcome::Rejected, true),
        500..=599 if own => (Outcome::Retry, true),
        500..=599 => (Outcome::Unknown, true),
        400..=499 => (Outcome::Rejected, false),
        // Neither success nor failure as this vendor writes them: nobody knows.
        _ => (Outcome::Unknown, false),
    };
    let code = if listed { status.to_string() } else { format!("unlisted {status}") };
    Answer { retry_after_ms: reply.retry_after_ms(now), ..Answer::of(outcome, code) }
}

/// The answer of a success whose body does not say what it should: it may be no answer of the vendor's at all.
pub(in crate::providers) fn garbled(reply: &HttpReply) -> Answer {
    Answer::of(Outcome::Unknown, format!("{}-garbled", reply.status))
}
