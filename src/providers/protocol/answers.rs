//! What an HTTP status means where the vendor's own code says nothing: one table for all.

use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::http::HttpReply;

/// The table; nothing for a status that stands nowhere. `own` says that the vendor itself wrote the body.
pub(super) const fn meaning(status: u16, own: bool) -> Option<Outcome> {
    Some(match status {
        429 => Outcome::Throttled,
        // Another address, no credentials, no money, no right, nothing there, not this way, or a proxy that asks for its own.
        300..=399 | 401..=405 | 407 => Outcome::Misconfigured,
        // It did not wait for all of the request.
        408 => Outcome::Retry,
        // This message is too large.
        413 => Outcome::Rejected,
        // With an error of its own the vendor says that it failed; without, something on the way may have, and the request may
        // have gone through.
        500..=599 if own => Outcome::Retry,
        500..=599 => Outcome::Unknown,
        _ => return None,
    })
}

/// The answer of a status.
pub(in crate::providers) fn by_status(reply: &HttpReply, own: bool, now: Millis) -> Answer {
    let status = reply.status;
    let answer = match (meaning(status, own), status) {
        (Some(outcome), _) => Answer::of(outcome, status.to_string()),
        (None, 400..=499) => Answer::of(Outcome::Rejected, format!("unlisted {status}")),
        // Neither success nor failure as this vendor writes them: nobody knows.
        (None, _) => Answer::of(Outcome::Unknown, format!("unlisted {status}")),
    };
    Answer { retry_after_ms: reply.retry_after_ms(now), ..answer }
}

/// The answer of a success whose body does not say what it should: it may be no answer of the vendor's at all.
pub(in crate::providers) fn garbled(reply: &HttpReply) -> Answer {
    Answer::of(Outcome::Unknown, format!("{}-garbled", reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_told_from_a_message_and_a_vendors_failure_from_one_on_the_way() {
        for status in [301, 401, 402, 403, 404, 405, 407] {
            assert_eq!(meaning(status, true), Some(Outcome::Misconfigured), "{status}");
        }
        assert_eq!((meaning(503, true), meaning(503, false)), (Some(Outcome::Retry), Some(Outcome::Unknown)));
        assert_eq!((meaning(413, true), meaning(400, true), meaning(200, true)), (Some(Outcome::Rejected), None, None));
    }
}
