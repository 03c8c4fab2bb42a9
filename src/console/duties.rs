//! Obligations as the pages show them: what is due first stands first.

use serde::Serialize;

use super::samples::{text, texts};
use super::words;
use crate::domain::clock::Millis;
use crate::domain::obligation::{Obligation, ObligationState};

/// One obligation.
#[derive(Serialize)]
pub(super) struct Duty {
    what: &'static str,
    to: String,
    jurisdiction: String,
    force: &'static str,
    state: &'static str,
    because: String,
    due: Option<Due>,
    /// The deadline in the law's words, with or without an instant.
    words: String,
    citations: Vec<String>,
}

/// A deadline that is an instant.
#[derive(Clone, Serialize)]
pub(super) struct Due {
    machine: String,
    people: String,
    /// How far away; `None` when it has ceased to matter.
    distance: Option<String>,
}

/// What the list says of an incident's obligations.
#[derive(Serialize)]
pub(super) struct Outlook {
    /// How many are overdue.
    overdue: usize,
    /// The open one that is due first.
    next: Option<Next>,
    /// Open ones to which the law gives no instant, or whose clock has not started.
    undated: usize,
}

#[derive(Serialize)]
struct Next {
    what: &'static str,
    to: String,
    force: &'static str,
    due: Due,
}

impl Duty {
    /// A made-up one, with a date or without.
    pub(super) fn sample(dated: bool) -> Self {
        Self {
            what: "a sample",
            to: text(),
            jurisdiction: text(),
            force: "mandatory",
            state: "open",
            because: text(),
            due: dated.then(Due::sample),
            words: text(),
            citations: texts(),
        }
    }
}

impl Due {
    fn sample() -> Self {
        Self { machine: text(), people: text(), distance: Some(text()) }
    }
}

impl Outlook {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        let next = Next { what: "a sample", to: text(), force: "mandatory", due: Due::sample() };
        Self { overdue: 1, next: Some(next), undated: 1 }
    }
}

fn instant(obligation: &Obligation) -> Option<Millis> {
    obligation.deadline.at.as_deref()?.parse::<jiff::Timestamp>().ok().map(Millis::from)
}

fn due(obligation: &Obligation, now: Millis) -> Option<Due> {
    let machine = obligation.deadline.at.clone()?;
    let waits = matches!(obligation.state, ObligationState::Open | ObligationState::Overdue);
    let distance = instant(obligation).filter(|_| waits).map(|at| words::distance(at, now));
    Some(Due { people: words::local(&machine), machine, distance })
}

/// By deadline; those without one last, in the order of the law.
fn by_deadline(obligations: &mut [Obligation]) {
    obligations.sort_by_key(|one| instant(one).map_or((true, Millis(0)), |at| (false, at)));
}

/// All obligations, by deadline.
pub(super) fn all(mut obligations: Vec<Obligation>, now: Millis) -> Vec<Duty> {
    by_deadline(&mut obligations);
    obligations.into_iter().map(|one| view(one, now)).collect()
}

/// One obligation.
pub(super) fn view(one: Obligation, now: Millis) -> Duty {
    Duty {
        what: one.duty.in_words(),
        due: due(&one, now),
        to: one.to,
        jurisdiction: one.jurisdiction.to_string(),
        force: words::force(one.force),
        state: words::state(one.state),
        because: one.because,
        words: one.deadline.text,
        citations: one.citation.into_iter().map(|citation| citation.text).collect(),
    }
}

/// The most pressing, in short.
pub(super) fn outlook(mut obligations: Vec<Obligation>, now: Millis) -> Outlook {
    by_deadline(&mut obligations);
    let overdue = obligations.iter().filter(|one| one.state == ObligationState::Overdue).count();
    let open = || obligations.iter().filter(|one| one.state == ObligationState::Open);
    let next = open().find_map(|one| {
        let due = due(one, now)?;
        Some(Next { what: one.duty.in_words(), to: one.to.clone(), force: words::force(one.force), due })
    });
    let undated = open().filter(|one| one.deadline.at.is_none()).count();
    Outlook { overdue, next, undated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jurisdiction::JurisdictionId;
    use crate::domain::obligation::{Deadline, DeadlineKind, Details, Duty as What, Force};

    fn obligation(to: &str, at: Option<&str>, state: ObligationState) -> Obligation {
        Obligation {
            id: format!("eu-gdpr/{to}"),
            jurisdiction: JurisdictionId::parse("eu-gdpr").expect("a name"),
            duty: What::NotifyAuthority,
            to: to.to_owned(),
            force: Force::Mandatory,
            because: String::new(),
            deadline: Deadline {
                at: at.map(str::to_owned),
                kind: DeadlineKind::None,
                text: String::new(),
                starts: None,
                began: None,
            },
            not_before: Vec::new(),
            contents: Vec::new(),
            citation: Vec::new(),
            rules_version: String::new(),
            state,
            details: Details::default(),
        }
    }

    #[test]
    fn instants_are_compared_not_texts() {
        let given = vec![
            obligation("never", None, ObligationState::Open),
            obligation("later", Some("1970-01-02T00:30:00-08:00"), ObligationState::Open),
            obligation("first", Some("1970-01-02T01:00:00+08:00"), ObligationState::Open),
            obligation("gone", Some("1969-12-31T00:00:00Z"), ObligationState::Overdue),
            obligation("done", Some("1969-12-30T00:00:00Z"), ObligationState::Met),
        ];
        let order: Vec<String> = all(given.clone(), Millis(0)).into_iter().map(|duty| duty.to).collect();
        assert_eq!(order, ["done", "gone", "first", "later", "never"]);
        let outlook = outlook(given, Millis(0));
        assert_eq!((outlook.overdue, outlook.undated), (1, 1));
        let next = outlook.next.expect("one is due");
        assert_eq!((next.to.as_str(), next.due.distance.as_deref()), ("first", Some("in 17 hours")));
    }
}
