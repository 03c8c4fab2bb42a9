//! What a reply means, by the table in `replies.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::reply::Reply;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;

const TABLE: &str = include_str!("replies.toml");

/// The step that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Connect,
    Hello,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bounce,
}

impl Stage {
    /// The name, as the table spells it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Hello => "hello",
            Self::Starttls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Bounce => "bounce",
        }
    }
}

/// What a reply means, and whether the table says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub outcome: Outcome,
    pub listed: bool,
    status: String,
}

impl Verdict {
    /// The answer; a code that the table does not list is marked.
    pub(super) fn answer(self) -> Answer {
        if self.listed {
            return Answer::of(self.outcome, self.status);
        }
        tracing::warn!(code = %self.status, outcome = %self.outcome, "the mail relay's code is not in the table");
        Answer::of(self.outcome, format!("unlisted {}", self.status))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    reply: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    #[serde(default)]
    stages: Vec<Stage>,
    outcome: Outcome,
    #[expect(dead_code, reason = "the table explains itself to people; an entry without its reason is refused")]
    because: String,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    toml::from_str::<Table>(TABLE).expect("the table is part of the program and a test reads it").reply
});

/// Reads a reply.
pub(super) fn read(stage: Stage, reply: &Reply) -> Verdict {
    let enhanced = reply.enhanced.map(dotted).and_then(|code| find(stage, &code));
    let found = enhanced.or_else(|| find(stage, &reply.code.to_string()));
    verdict(found, reply.code / 100, reply.status())
}

/// Reads the Status of a delivery report that says "failed".
pub(super) fn read_failed(status: (u8, u16, u16)) -> Verdict {
    let code = dotted(status);
    // Whatever the class, the relay has given up; 2.x.x would be a report that contradicts itself.
    verdict(find(Stage::Bounce, &code), 5, code)
}

fn verdict(found: Option<&Entry>, class: u16, status: String) -> Verdict {
    let unlisted = match class {
        4 => Outcome::Retry,
        5 => Outcome::Rejected,
        // Neither yes nor no: not a server we can work with.
        _ => Outcome::Misconfigured,
    };
    Verdict { outcome: found.map_or(unlisted, |e| e.outcome), listed: found.is_some(), status }
}

fn dotted((class, subject, detail): (u8, u16, u16)) -> String {
    format!("{class}.{subject}.{detail}")
}

/// The most specific entry: the fewest wildcards, then one that names the stage.
fn find(stage: Stage, code: &str) -> Option<&'static Entry> {
    ENTRIES
        .iter()
        .filter(|e| fits(&e.code, code))
        .filter(|e| e.stages.contains(&stage) || (e.stages.is_empty() && stage != Stage::Bounce) || shared(e, stage))
        .min_by_key(|e| (wildcards(&e.code), e.stages.is_empty()))
}

/// A bounce may use an entry for all stages where that entry speaks of the recipient.
fn shared(entry: &Entry, stage: Stage) -> bool {
    stage == Stage::Bounce
        && entry.stages.is_empty()
        && matches!(entry.outcome, Outcome::BadAddress | Outcome::Rejected)
}

fn fits(pattern: &str, code: &str) -> bool {
    if pattern.contains('.') != code.contains('.') {
        return false;
    }
    if pattern.contains('.') {
        pattern.split('.').zip(code.split('.')).all(|(p, c)| p == "*" || p == c)
    } else {
        pattern.len() == code.len() && pattern.bytes().zip(code.bytes()).all(|(p, c)| p == b'*' || p == c)
    }
}

fn wildcards(pattern: &str) -> usize {
    pattern.bytes().filter(|b| *b == b'*').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::smtp::reply::parse_enhanced;

    fn outcome(stage: Stage, code: u16, enhanced: Option<&str>) -> (Outcome, bool) {
        let reply = Reply { code, enhanced: enhanced.map(|e| parse_enhanced(e).unwrap()), more: Vec::new() };
        let verdict = read(stage, &reply);
        (verdict.outcome, verdict.listed)
    }

    fn listed(stage: Stage, code: u16, enhanced: &str) -> Outcome {
        let (outcome, listed) = outcome(stage, code, Some(enhanced).filter(|e| !e.is_empty()));
        assert!(listed, "{code} {enhanced}");
        outcome
    }

    #[test]
    fn the_enhanced_code_decides_before_the_basic_one() {
        assert_eq!(listed(Stage::Rcpt, 550, "5.1.1"), Outcome::BadAddress);
        assert_eq!(listed(Stage::Rcpt, 550, "5.7.1"), Outcome::Misconfigured);
        assert_eq!(listed(Stage::Rcpt, 550, "5.2.2"), Outcome::Rejected);
        assert_eq!(listed(Stage::Rcpt, 550, ""), Outcome::BadAddress);
        assert_eq!(listed(Stage::Mail, 550, ""), Outcome::Misconfigured);
    }

    #[test]
    fn what_the_relay_says_of_us_never_marks_an_address() {
        for (stage, code, enhanced) in [
            (Stage::Auth, 535, "5.7.8"),
            (Stage::Mail, 530, "5.7.0"),
            (Stage::Data, 550, "5.7.26"),
            (Stage::Rcpt, 554, "5.7.1"),
            (Stage::Mail, 553, "5.1.8"),
            (Stage::Connect, 554, ""),
            (Stage::Rcpt, 503, "5.5.1"),
        ] {
            assert_eq!(listed(stage, code, enhanced), Outcome::Misconfigured, "{code} {enhanced}");
        }
    }

    #[test]
    fn for_now_is_a_retry_and_too_fast_is_throttled() {
        assert_eq!(listed(Stage::Rcpt, 451, "4.7.1"), Outcome::Retry);
        assert_eq!(listed(Stage::Auth, 454, "4.7.0"), Outcome::Retry);
        assert_eq!(listed(Stage::Mail, 421, "4.7.0"), Outcome::Throttled);
        assert_eq!(listed(Stage::Data, 454, ""), Outcome::Throttled);
        assert_eq!(listed(Stage::Rcpt, 450, "4.9.9"), Outcome::Retry);
        assert_eq!(listed(Stage::Connect, 421, ""), Outcome::Retry);
    }

    #[test]
    fn a_code_outside_the_table_is_a_named_case() {
        let (unlisted, known) = outcome(Stage::Rcpt, 571, Some("5.9.1"));
        assert_eq!((unlisted, known), (Outcome::Rejected, false));
        let reply = Reply { code: 571, enhanced: Some((5, 9, 1)), more: Vec::new() };
        assert_eq!(read(Stage::Rcpt, &reply).answer().code.as_deref(), Some("unlisted 571 5.9.1"));
    }

    #[test]
    fn a_bounce_is_final_whatever_its_class_and_never_stops_the_provider() {
        for class in [4, 5] {
            for subject in 0..8 {
                for detail in 0..30 {
                    let verdict = read_failed((class, subject, detail));
                    assert!(
                        matches!(verdict.outcome, Outcome::BadAddress | Outcome::Rejected),
                        "{class}.{subject}.{detail} {verdict:?}"
                    );
                }
            }
        }
        assert_eq!(read_failed((5, 1, 1)).outcome, Outcome::BadAddress);
        assert_eq!(read_failed((4, 4, 1)).outcome, Outcome::Rejected);
        assert_eq!(read_failed((5, 2, 1)).outcome, Outcome::BadAddress);
    }

    #[test]
    fn every_entry_has_a_code_that_can_come_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in ENTRIES.iter() {
            let sample = entry.code.replace('*', "0");
            assert!(parse_enhanced(&sample).is_some() || sample.parse::<u16>().is_ok(), "{}", entry.code);
            assert!(seen.insert(format!("{} {:?}", entry.code, entry.stages)), "{} stands twice", entry.code);
        }
    }
}
