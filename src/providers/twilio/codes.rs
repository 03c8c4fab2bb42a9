//! What Twilio's error codes and message statuses mean, by the table in `codes.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::outcome::Outcome;
use crate::providers::Answer;

const TABLE: &str = include_str!("codes.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    status: Vec<Status>,
    error: Vec<Meaning>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    name: String,
    /// None for a status that changes nothing.
    outcome: Option<Outcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    code: u32,
    outcome: Outcome,
    #[expect(dead_code, reason = "the table explains itself to people; an entry without its reason is refused")]
    because: String,
}

struct Codes {
    statuses: BTreeMap<String, Option<Outcome>>,
    errors: BTreeMap<u32, Outcome>,
}

static CODES: LazyLock<Codes> = LazyLock::new(|| {
    let table: Table = toml::from_str(TABLE).expect("the table is part of the program and a test reads it");
    Codes {
        statuses: table.status.into_iter().map(|s| (s.name, s.outcome)).collect(),
        errors: table.error.into_iter().map(|c| (c.code, c.outcome)).collect(),
    }
});

/// What an error code means, and whether the table says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub outcome: Outcome,
    pub listed: bool,
    code: u32,
}

impl Verdict {
    /// The code, marked if the table does not list it.
    pub(super) fn code(self) -> String {
        if self.listed {
            return self.code.to_string();
        }
        tracing::warn!(code = self.code, outcome = %self.outcome, "Twilio's code is not in the table");
        format!("unlisted {}", self.code)
    }

    /// The answer.
    pub(super) fn answer(self) -> Answer {
        Answer::of(self.outcome, self.code())
    }
}

/// Whether the table has the code.
pub(super) fn lists(code: u32) -> bool {
    CODES.errors.contains_key(&code)
}

/// What an error code means; one that the table does not list refuses the message.
pub(super) fn read(code: u32) -> Verdict {
    let found = CODES.errors.get(&code).copied();
    Verdict { outcome: found.unwrap_or(Outcome::Rejected), listed: found.is_some(), code }
}

/// What a callback's status means, with its code; `None` if there is no such status.
pub(super) fn read_status(status: &str, code: Option<u32>) -> Option<(Option<Outcome>, String)> {
    let outcome = *CODES.statuses.get(status)?;
    match (outcome, code) {
        // A status of failure says that it failed; the code says why.
        (Some(Outcome::Rejected), Some(code)) => {
            let verdict = read(code);
            Some((Some(verdict.outcome), format!("{status} {}", verdict.code())))
        }
        _ => Some((outcome, status.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
