//! What Twilio's error codes and message statuses mean, by the table in `codes.toml`.

use std::sync::LazyLock;

use crate::domain::outcome::Outcome;
use crate::providers::protocol::codes::{Codes, Verdict};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Twilio", include_str!("codes.toml")));

/// Whether the table has the code.
pub(super) fn lists(code: u32) -> bool {
    CODES.lists(&code.to_string())
}

/// What an error code means; one that the table does not list refuses the message.
pub(super) fn read(code: u32) -> Verdict {
    CODES.read(&code.to_string(), Outcome::Rejected)
}

/// What a callback's status means, with its code; `None` if there is no such status.
pub(super) fn read_status(status: &str, code: Option<u32>) -> Option<(Option<Outcome>, String)> {
    let outcome = CODES.status(status)?;
    match (outcome, code) {
        // A status of failure says that it failed; the code says why.
        (Some(Outcome::Rejected), Some(code)) => {
            let verdict = read(code);
            Some((Some(verdict.outcome), format!("{status} {}", verdict.code)))
        }
        _ => Some((outcome, status.to_owned())),
    }
}

static CALLS: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Twilio", include_str!("calls.toml")));

/// What the status at the end of a call means, with its code; `None` if there is no such status. Where a call failed, the
/// answer of the other end (a status of SIP) says why.
pub(super) fn read_call(status: &str, sip: Option<&str>) -> Option<(Option<Outcome>, String)> {
    let outcome = CALLS.status(status)?;
    match (outcome, sip.filter(|sip| !sip.is_empty())) {
        (Some(Outcome::Rejected), Some(sip)) => {
            let verdict = CALLS.read(sip, Outcome::Rejected);
            Some((Some(verdict.outcome), format!("{status} {}", verdict.code)))
        }
        _ => Some((outcome, status.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Answer;

    #[test]
    fn codes_mean_what_the_table_says_and_others_are_named() {
        assert_eq!(read(21_211).outcome, Outcome::BadAddress);
        assert_eq!(read(20_429).outcome, Outcome::Throttled);
        assert_eq!(read(20_003).outcome, Outcome::Misconfigured);
        assert_eq!(read(21_610).outcome, Outcome::Rejected);
        assert_eq!(read(99_999).answer(), Answer::of(Outcome::Rejected, "unlisted 99999"));
    }

    #[test]
    fn a_failed_status_takes_its_meaning_from_the_code() {
        assert_eq!(read_status("undelivered", Some(30_005)).unwrap().0, Some(Outcome::BadAddress));
        assert_eq!(read_status("failed", None).unwrap(), (Some(Outcome::Rejected), String::from("failed")));
        assert_eq!(read_status("delivered", Some(0)).unwrap().0, Some(Outcome::Delivered));
        assert_eq!(read_status("sent", None).unwrap().0, None);
        assert!(read_status("vanished", None).is_none());
    }
}
