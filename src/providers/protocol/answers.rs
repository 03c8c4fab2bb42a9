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
        // The words of a gateway, whatever they are written in: whoever stands behind it may have taken the request (RFC 9110,
        // sections 15.6.3 and 15.6.5).
        502 | 504 => Outcome::Unknown,
        // With an error of its own the vendor says that it failed; without, something on the way may have, and the request may
        // have gone through.
        500..=599 if own => Outcome::Retry,
        500..=599 => Outcome::Unknown,
        _ => return None,
    })
}

/// What an error means whose code a vendor's table does not list: its status says whether it is one of the message.
pub(in crate::providers) fn of_unlisted(status: u16) -> Outcome {
    let known = if matches!(status, 429 | 500..=599) { meaning(status, true) } else { None };
    known.unwrap_or(Outcome::Rejected)
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
        for gateway in [502, 504] {
            assert_eq!(meaning(gateway, true), Some(Outcome::Unknown), "{gateway}");
        }
        assert_eq!((meaning(413, true), meaning(400, true), meaning(200, true)), (Some(Outcome::Rejected), None, None));
    }

    #[test]
    fn an_error_without_a_known_code_is_the_servers_where_the_status_says_so_and_else_the_messages() {
        for (status, outcome) in [
            (500, Outcome::Retry),
            (503, Outcome::Retry),
            (502, Outcome::Unknown),
            (429, Outcome::Throttled),
            (400, Outcome::Rejected),
            (403, Outcome::Rejected),
            (200, Outcome::Rejected),
        ] {
            assert_eq!(of_unlisted(status), outcome, "{status}");
        }
    }
}
