//! The tables in which a rule says when it applies, what lifts it, and what leaves it to a person.
//!
//! Plain tables and no expression language: every condition of the laws at hand is a conjunction of a few kinds of tests,
//! reads as such, and can answer "not known, because ..." test by test, which an expression that is true or false cannot.

use serde::Deserialize;

use super::counting::ClockEvent;
use super::substitute::Whom;
use crate::domain::vocabulary::{Cause, Circumstance, DataCategory, Finding, Property, Risk, Trait};

/// What must hold for a rule to apply. An empty table always holds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Condition {
    /// Whether the law asks already when a breach may have happened. Otherwise a mere suspicion leads to a review.
    pub(super) possible_breach_counts: bool,
    /// Numbers of people or records; all must hold.
    pub(super) count: Vec<Threshold>,
    /// The organisation has all of these.
    pub(super) traits_all: Vec<Trait>,
    /// The organisation has one of these.
    pub(super) traits_any: Vec<Trait>,
    /// The organisation has none of these.
    pub(super) traits_none: Vec<Trait>,
    /// The risk to people is at least this.
    pub(super) risk_at_least: Option<Risk>,
    /// One of these properties of the data was lost.
    pub(super) properties_any: Vec<Property>,
    /// One of these combinations of data was touched.
    pub(super) data: Vec<Combination>,
    /// The cause is one of these.
    pub(super) cause_any: Vec<Cause>,
    /// One of these circumstances is there.
    pub(super) circumstances_any: Vec<Circumstance>,
    /// None of these circumstances is there.
    pub(super) circumstances_none: Vec<Circumstance>,
    /// Somebody has found one of these.
    pub(super) findings_any: Vec<Finding>,
    /// What must be found out: it applies if found, not if ruled out, and is left to a person until then.
    pub(super) question: Vec<Question>,
    /// All of these have happened.
    pub(super) happened: Vec<ClockEvent>,
    /// The `substitute` table of the file lets a public notice stand in for these people.
    pub(super) substitute: Option<Whom>,
    /// One of these tables holds, too.
    pub(super) one_of: Vec<Self>,
}

/// A question that somebody must answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The finding by which the rule applies.
    pub(super) found: Finding,
    /// The finding by which it does not.
    pub(super) ruled_out: Finding,
}

/// A combination of data: one category out of each group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Combination {
    pub(super) one_of_each: Vec<Vec<DataCategory>>,
}

/// What lifts a rule, or leaves it to a person. An empty table does neither. Each line is enough by itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Exemption {
    /// The data was unintelligible and the key safe, and no other property than these was lost.
    pub(super) unintelligible_cures: Vec<Property>,
    /// Whether that counts only for strong protection, not for a password or weak encryption.
    pub(super) strong_only: bool,
    /// The risk was assessed, and is one of these.
    pub(super) risk_is: Vec<Risk>,
    /// The cause is known, and is one of these.
    pub(super) cause_is: Vec<Cause>,
    /// The organisation has one of these.
    pub(super) traits_any: Vec<Trait>,
    /// One of these circumstances is there.
    pub(super) circumstances_any: Vec<Circumstance>,
    /// Somebody has found one of these.
    pub(super) findings_any: Vec<Finding>,
    /// Circumstances without which such a finding does not count.
    pub(super) findings_need: Vec<Circumstance>,
    /// What a person must decide; for `review_if` only.
    pub(super) because: Option<String>,
}

impl Exemption {
    /// Whether there is any ground in it.
    pub(super) fn is_empty(&self) -> bool {
        self.unintelligible_cures.is_empty()
            && self.risk_is.is_empty()
            && self.cause_is.is_empty()
            && self.traits_any.is_empty()
            && self.circumstances_any.is_empty()
            && self.findings_any.is_empty()
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counted {
    Individuals,
    Minors,
    Uncontactable,
    /// What telling everybody one by one would cost. It must be shown, so a cost that is not given is over no number.
    NoticeCostUsd,
}

/// Among whom it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Among {
    /// The people whom the rule set is for.
    Jurisdiction,
    /// All people of the incident.
    All,
    /// The people of any one US state or territory.
    OneState,
}

/// A threshold with its operator spelled out: `ge` at least, `gt` more than, `lt` fewer than.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawThreshold")]
pub(super) struct Threshold {
    pub(super) of: Counted,
    pub(super) among: Among,
    pub(super) test: Test,
}

/// The operator and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Ge(u64),
    Gt(u64),
    Lt(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    of: Counted,
    among: Among,
    ge: Option<u64>,
    gt: Option<u64>,
    lt: Option<u64>,
}

impl TryFrom<RawThreshold> for Threshold {
    type Error = &'static str;
    fn try_from(raw: RawThreshold) -> Result<Self, Self::Error> {
        let test = match (raw.ge, raw.gt, raw.lt) {
            (Some(n), None, None) => Test::Ge(n),
            (None, Some(n), None) => Test::Gt(n),
            (None, None, Some(n)) => Test::Lt(n),
            _ => return Err("a threshold has exactly one of ge, gt and lt"),
        };
        Ok(Self { of: raw.of, among: raw.among, test })
    }
}
