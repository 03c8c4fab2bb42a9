//! How an incident's duties came to be what they are: what they were each time, and what differs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::actor::ActorRef;
use super::clock::Millis;
use super::obligation::{Duty, Force, Obligation, ObligationState};

/// What made it worth while to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HistoryCause)]
pub enum Cause {
    /// The incident was filed.
    Filed,
    /// Its facts were amended.
    Amended,
    /// It was decided not to do what a duty asks for.
    Decided,
    /// Such a decision was taken back.
    Reversed,
    /// A report was recorded as submitted.
    Reported,
    /// A duty was recorded as done.
    Fulfilled,
    /// Such a record was taken back.
    FulfilmentReversed,
    /// Nobody did anything: time has passed, or the rules are newer.
    Recomputed,
    /// Other rules were loaded.
    Rules,
}

impl Cause {
    const ALL: [Self; 9] = [
        Self::Filed,
        Self::Amended,
        Self::Decided,
        Self::Reversed,
        Self::Reported,
        Self::Fulfilled,
        Self::FulfilmentReversed,
        Self::Recomputed,
        Self::Rules,
    ];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Amended => "amended",
            Self::Decided => "decided",
            Self::Reversed => "reversed",
            Self::Reported => "reported",
            Self::Fulfilled => "fulfilled",
            Self::FulfilmentReversed => "fulfilment_reversed",
            Self::Recomputed => "recomputed",
            Self::Rules => "rules",
        }
    }

    /// Reads [`Cause::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name)
    }
}

/// What a duty was at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyThen {
    /// Which.
    pub id: String,
    /// What.
    pub duty: Duty,
    /// To whom.
    pub to: String,
    /// How strongly.
    pub force: Force,
    /// Why it applied.
    pub because: String,
    /// By when, RFC 3339.
    pub deadline: Option<String>,
    /// The event that starts the clock.
    pub starts: Option<String>,
    /// Version of the rules that produced it.
    pub rules_version: String,
    /// Where it stood.
    pub state: ObligationState,
    /// What it had to contain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<String>,
    /// What it must not contain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_not_contain: Vec<String>,
}

impl From<&Obligation> for DutyThen {
    fn from(obligation: &Obligation) -> Self {
        Self {
            id: obligation.id.clone(),
            duty: obligation.duty,
            to: obligation.to.clone(),
            force: obligation.force,
            because: obligation.because.clone(),
            deadline: obligation.deadline.at.clone(),
            starts: obligation.deadline.starts.clone(),
            rules_version: obligation.rules_version.clone(),
            state: obligation.state,
            contents: obligation.contents.clone(),
            must_not_contain: obligation.details.must_not_contain.clone(),
        }
    }
}

/// What duties are, to be kept.
#[must_use]
pub fn snapshot(obligations: &[Obligation]) -> Vec<DutyThen> {
    obligations.iter().map(DutyThen::from).collect()
}

/// What an incident's duties were after something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Millis,
    /// What happened.
    pub cause: Cause,
    /// Who did it.
    pub actor: ActorRef,
    /// Version of the incident.
    pub version: i64,
    /// What was amended: names of facts, never values; of other rules, the rule sets with their versions.
    pub fields: Vec<String>,
    /// The duties.
    pub duties: Vec<DutyThen>,
}

/// What became of a duty from one moment to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It applies now.
    Added,
    /// It applies no more.
    Removed,
    /// It is another.
    Changed,
}

/// One side of a duty that is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// Which side: `deadline`, `force`, `state`, `to`, `because`, `starts`, `contents`, `must_not_contain` or
    /// `rules_version`.
    pub what: &'static str,
    /// As it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What became of one duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DutyChange {
    /// The duty.
    pub obligation: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// Why: in the words of the rule, or what it comes from.
    pub why: String,
    /// What is another, where it is one.
    pub differences: Vec<Difference>,
}

/// What differs between two moments, in the order of the later one's duties; those that are gone stand last.
#[must_use]
pub fn changes(before: &[DutyThen], after: &[DutyThen], cause: Cause, fields: &[String]) -> Vec<DutyChange> {
    let old: BTreeMap<&str, &DutyThen> = before.iter().map(|duty| (duty.id.as_str(), duty)).collect();
    let new: BTreeMap<&str, &DutyThen> = after.iter().map(|duty| (duty.id.as_str(), duty)).collect();
    let came = after.iter().filter_map(|duty| match old.get(duty.id.as_str()) {
        None => Some(DutyChange {
            obligation: duty.id.clone(),
            kind: ChangeKind::Added,
            why: duty.because.clone(),
            differences: Vec::new(),
        }),
        Some(was) => changed(was, duty, cause, fields),
    });
    let went = before.iter().filter(|duty| !new.contains_key(duty.id.as_str())).map(|duty| DutyChange {
        obligation: duty.id.clone(),
        kind: ChangeKind::Removed,
        why: format!("{}; it applied because {}", reason(cause, fields), duty.because),
        differences: Vec::new(),
    });
    came.chain(went).collect()
}

fn changed(was: &DutyThen, is: &DutyThen, cause: Cause, fields: &[String]) -> Option<DutyChange> {
    let text = |state: ObligationState| {
        String::from(match state {
            ObligationState::Open => "open",
            ObligationState::Met => "met",
            ObligationState::Overdue => "overdue",
            ObligationState::Waived => "waived",
        })
    };
    let sides = [
        ("deadline", was.deadline.clone(), is.deadline.clone()),
        ("force", Some(was.force.as_str().to_owned()), Some(is.force.as_str().to_owned())),
        ("state", Some(text(was.state)), Some(text(is.state))),
        ("to", Some(was.to.clone()), Some(is.to.clone())),
        ("because", Some(was.because.clone()), Some(is.because.clone())),
        ("starts", was.starts.clone(), is.starts.clone()),
        ("contents", list(&was.contents), list(&is.contents)),
        ("must_not_contain", list(&was.must_not_contain), list(&is.must_not_contain)),
        ("rules_version", Some(was.rules_version.clone()), Some(is.rules_version.clone())),
    ];
    let differences: Vec<Difference> = sides
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| Difference { what, before, after })
        .collect();
    if differences.is_empty() {
        return None;
    }
    let is_only = |what| differences.iter().all(|difference| difference.what == what);
    let why = if was.rules_version != is.rules_version {
        format!("the rules are of version {} in place of {}", is.rules_version, was.rules_version)
    } else if is_only("state") && is.state == ObligationState::Overdue && was.state == ObligationState::Open {
        String::from("the deadline has passed")
    } else {
        reason(cause, fields)
    };
    Some(DutyChange { obligation: is.id.clone(), kind: ChangeKind::Changed, why, differences })
}

/// A list as one side of a difference; nothing where it is empty.
fn list(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

fn reason(cause: Cause, fields: &[String]) -> String {
    match cause {
        Cause::Filed => String::from("the incident was filed"),
        Cause::Amended => format!("amended: {}", fields.join(", ")),
        Cause::Decided => String::from("it was decided not to act"),
        Cause::Reversed => String::from("a decision not to act was taken back"),
        Cause::Fulfilled => String::from("it was recorded as done"),
        Cause::FulfilmentReversed => String::from("the record that it was done was taken back"),
        Cause::Reported => String::from("a report was recorded as submitted"),
        Cause::Recomputed => String::from("time has passed, or the rules are newer"),
        Cause::Rules => format!("other rules were loaded: {}", fields.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(id: &str, deadline: &str, state: ObligationState, rules: &str) -> DutyThen {
        DutyThen {
            id: id.to_owned(),
            duty: Duty::NotifyAuthority,
            to: String::from("someone"),
            force: Force::Mandatory,
            because: String::from("1200 individuals"),
            deadline: Some(deadline.to_owned()),
            starts: None,
            rules_version: rules.to_owned(),
            state,
            contents: Vec::new(),
            must_not_contain: Vec::new(),
        }
    }

    #[test]
    fn what_came_went_and_changed_is_told_with_its_reason() {
        let (open, overdue) = (ObligationState::Open, ObligationState::Overdue);
        let before = [
            duty("a", "1", open, "1"),
            duty("b", "1", open, "1"),
            duty("c", "1", open, "1"),
            duty("d", "1", open, "1"),
        ];
        let after = [
            duty("a", "2", open, "1"),
            duty("b", "1", overdue, "1"),
            duty("d", "1", open, "1"),
            duty("e", "1", open, "1"),
        ];
        let found = changes(&before, &after, Cause::Amended, &[String::from("timeline.aware")]);
        let told: Vec<(&str, ChangeKind, &str)> =
            found.iter().map(|change| (change.obligation.as_str(), change.kind, change.why.as_str())).collect();
        assert_eq!(
            told,
            [
                ("a", ChangeKind::Changed, "amended: timeline.aware"),
                ("b", ChangeKind::Changed, "the deadline has passed"),
                ("e", ChangeKind::Added, "1200 individuals"),
                ("c", ChangeKind::Removed, "amended: timeline.aware; it applied because 1200 individuals"),
            ]
        );
        let deadline = Difference { what: "deadline", before: Some(String::from("1")), after: Some(String::from("2")) };
        assert_eq!(found[0].differences, [deadline]);
    }

    #[test]
    fn newer_rules_are_named() {
        let (old, new) = ([duty("a", "1", ObligationState::Open, "1")], [duty("a", "2", ObligationState::Open, "2")]);
        let found = changes(&old, &new, Cause::Recomputed, &[]);
        assert_eq!(found[0].why, "the rules are of version 2 in place of 1");
        assert!(changes(&old, &old, Cause::Recomputed, &[]).is_empty());
    }
}
