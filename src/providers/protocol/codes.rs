//! A vendor's codes and statuses as a table of data, beside the vendor's file.
//!
//! ```toml
//! status = [{ name = "sent" }, { name = "delivered", outcome = "delivered" }]
//! error = [{ code = 21211, outcome = "bad_address", because = "not a valid To number" }]
//! ```
//!
//! A status without an outcome changes nothing. A code that stands nowhere is a named case: logged, and marked in the
//! attempt's code as `unlisted`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::outcome::Outcome;
use crate::providers::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    status: Vec<Status>,
    #[serde(default)]
    error: Vec<Meaning>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    name: String,
    outcome: Option<Outcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    code: Code,
    outcome: Outcome,
    #[expect(dead_code, reason = "the table explains itself to people; an entry without its reason is refused")]
    because: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(i64),
    Word(String),
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// A vendor's table.
pub(in crate::providers) struct Codes {
    vendor: &'static str,
    statuses: BTreeMap<String, Option<Outcome>>,
    errors: BTreeMap<String, Outcome>,
}

/// What a code means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::providers) struct Verdict {
    /// What it means.
    pub outcome: Outcome,
    /// The code, marked if the table does not list it.
    pub code: String,
}

impl Verdict {
    /// The answer.
    pub(in crate::providers) fn answer(self) -> Answer {
        Answer::of(self.outcome, self.code)
    }
}

impl Codes {
    /// Reads a table that is part of the program; the vendor's name is for the log. A code that stands twice, or a table that
    /// cannot be read, is a fault of the program, which the first use of the table shows.
    pub(in crate::providers) fn parse(vendor: &'static str, text: &str) -> Self {
        let table: Table = toml::from_str(text).expect("the table is part of the program and a test reads it");
        let (statuses, errors) = (table.status.len(), table.error.len());
        let codes = Self {
            vendor,
            statuses: table.status.into_iter().map(|s| (s.name, s.outcome)).collect(),
            errors: table.error.into_iter().map(|e| (e.code.to_string(), e.outcome)).collect(),
        };
        assert!(codes.statuses.len() == statuses && codes.errors.len() == errors, "{vendor}: a code stands twice");
        codes
    }

    /// Whether the table has the code.
    pub(in crate::providers) fn lists(&self, code: &str) -> bool {
        self.errors.contains_key(code)
    }

    /// What a code means; `otherwise` for one that the table does not list.
    pub(in crate::providers) fn read(&self, code: &str, otherwise: Outcome) -> Verdict {
        if let Some(outcome) = self.errors.get(code) {
            return Verdict { outcome: *outcome, code: code.to_owned() };
        }
        // A code is a word or a number; prose, which may repeat an address, is not kept.
        let is_code = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:/".contains(&b));
        let code = if is_code { code } else { "text" };
        tracing::warn!(vendor = self.vendor, code, outcome = %otherwise, "the provider's code is not in the table");
        Verdict { outcome: otherwise, code: format!("unlisted {code}") }
    }

    /// What a status means, `Some(None)` if it changes nothing; `None` if there is no such status.
    #[expect(clippy::option_option, reason = "a status is not in the table, changes nothing, or means something")]
    pub(in crate::providers) fn status(&self, name: &str) -> Option<Option<Outcome>> {
        self.statuses.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbers_or_words_and_prose_is_not_kept() {
        let codes = Codes::parse(
            "vendor",
            "status = [{ name = 'sent' }, { name = 'there', outcome = 'delivered' }]\n\
             error = [{ code = 1, outcome = 'retry', because = 'x' }, { code = 'NoCredit', outcome = 'misconfigured', because = 'x' }]",
        );
        assert_eq!(codes.read("1", Outcome::Rejected).answer(), Answer::of(Outcome::Retry, "1"));
        assert_eq!(codes.read("NoCredit", Outcome::Rejected).outcome, Outcome::Misconfigured);
        assert_eq!(codes.read("7", Outcome::Retry).answer(), Answer::of(Outcome::Retry, "unlisted 7"));
        let prose = codes.read("ann@example.org is unknown", Outcome::Rejected);
        assert_eq!(prose.code, "unlisted text");
        assert_eq!((codes.status("sent"), codes.status("lost")), (Some(None), None));
        assert_eq!(codes.status("there"), Some(Some(Outcome::Delivered)));
    }
}
