//! Whether a rule applies: the tables a rule states, and an answer that may be "not known, because".
//!
//! A condition that the facts do not decide makes the rule a matter of review; a condition that is certainly not met
//! makes it silent, whatever else is unknown. An exemption counts only where the facts establish it: an assessment
//! that was not made exempts nobody.

use serde::Deserialize;

use crate::domain::facts::{IncidentFacts, Timeline};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::vocabulary::{DataCategory, Property, Risk, Trait};

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
    /// The organisation has none of these.
    pub(super) traits_none: Vec<Trait>,
    /// The risk to people is at least this.
    pub(super) risk_at_least: Option<Risk>,
    /// One of these properties of the data was lost.
    pub(super) properties_any: Vec<Property>,
    /// One of these combinations of data was touched.
    pub(super) data: Vec<Combination>,
}

/// A combination of data: one category out of each group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Combination {
    pub(super) one_of_each: Vec<Vec<DataCategory>>,
}

/// What lifts a rule, or leaves it to a person. An empty table does neither.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Exemption {
    /// The data was unintelligible and the key safe, and no other property than these was lost.
    pub(super) unintelligible_cures: Vec<Property>,
    /// The risk was assessed, and is one of these.
    pub(super) risk_is: Vec<Risk>,
    /// What a person must decide; for `review_if` only.
    pub(super) because: Option<String>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counted {
    Individuals,
    Minors,
    Uncontactable,
}

/// Among whom it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Among {
    /// The people of the rule's jurisdiction.
    Jurisdiction,
    /// All people of the incident.
    All,
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

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// The facts do not say, and why that matters.
    Unknown(Vec<String>),
}

impl Truth {
    /// Both hold.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown(reasons), Self::Yes) | (Self::Yes, Self::Unknown(reasons)) => Self::Unknown(reasons),
            (Self::Unknown(mut reasons), Self::Unknown(more)) => {
                for reason in more {
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
                Self::Unknown(reasons)
            }
        }
    }

    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown(vec![reason.into()])
    }
}

/// A number of people, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// What is known adds up to this.
    pub(super) known: u64,
    /// Whether that is all.
    pub(super) complete: bool,
}

/// The facts as one jurisdiction looks at them.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) jurisdiction: &'a JurisdictionId,
    pub(super) facts: &'a IncidentFacts,
}

impl Case<'_> {
    /// How many of them there are.
    pub(super) fn count(&self, of: Counted, among: Among) -> Tally {
        let mut tally = Tally { known: 0, complete: true };
        for affected in &self.facts.scope.affected {
            if among == Among::Jurisdiction && affected.jurisdiction != *self.jurisdiction {
                continue;
            }
            let number = match of {
                Counted::Individuals => affected.individuals,
                Counted::Minors => affected.minors,
                Counted::Uncontactable => affected.uncontactable,
            };
            match number {
                Some(n) => tally.known = tally.known.saturating_add(n),
                None => tally.complete = false,
            }
        }
        tally
    }

    /// Whether the conditions of a rule are met.
    pub(super) fn meets(&self, condition: &Condition) -> Truth {
        let has = |wanted: &Trait| self.facts.organisation.traits.contains(wanted);
        let mut truth = Truth::of(condition.traits_all.iter().all(has) && !condition.traits_none.iter().any(has));
        for threshold in &condition.count {
            truth = truth.and(self.passes(threshold));
        }
        if let Some(least) = condition.risk_at_least {
            truth = truth.and(self.risk_is_at_least(least));
        }
        if !condition.properties_any.is_empty() {
            truth = truth.and(self.lost_one_of(&condition.properties_any));
        }
        if !condition.data.is_empty() {
            truth = truth.and(self.touched_one_of(&condition.data));
        }
        if !condition.possible_breach_counts && only_suspected(&self.facts.timeline) {
            truth = truth.and(Truth::unknown("a breach is suspected, not established; the duty begins when it is"));
        }
        truth
    }

    /// Whether the facts establish one of the exemptions.
    pub(super) fn is_exempt(&self, exemption: &Exemption) -> Truth {
        if self.facts.impact.risk.is_some_and(|risk| exemption.risk_is.contains(&risk)) {
            return Truth::Yes;
        }
        let protection = self.facts.scope.protection;
        if exemption.unintelligible_cures.is_empty() || !protection.unintelligible || protection.key_compromised {
            return Truth::No;
        }
        let lost = &self.facts.scope.properties;
        let cures_everything = Property::ALL.iter().all(|property| exemption.unintelligible_cures.contains(property));
        if lost.is_empty() && !cures_everything {
            return Truth::unknown(
                "the data was unintelligible, but it is not said which of its properties were lost, and encryption does \
                 not make up for each of them",
            );
        }
        Truth::of(lost.iter().all(|property| exemption.unintelligible_cures.contains(property)))
    }

    fn passes(&self, threshold: &Threshold) -> Truth {
        let Tally { known, complete } = self.count(threshold.of, threshold.among);
        match threshold.test {
            Test::Ge(n) if known >= n => Truth::Yes,
            Test::Gt(n) if known > n => Truth::Yes,
            Test::Lt(n) if known >= n => Truth::No,
            Test::Lt(_) if complete => Truth::Yes,
            Test::Ge(_) | Test::Gt(_) if complete => Truth::No,
            test => Truth::unknown(self.why_unknown(threshold, test, known)),
        }
    }

    fn why_unknown(&self, threshold: &Threshold, test: Test, known: u64) -> String {
        let what = match threshold.of {
            Counted::Individuals => "individuals",
            Counted::Minors => "minors",
            Counted::Uncontactable => "individuals without a usable contact point",
        };
        let place = match threshold.among {
            Among::Jurisdiction => format!("in {}", self.jurisdiction),
            Among::All => String::from("in all"),
        };
        let asked = match test {
            Test::Ge(n) => format!("{n} or more"),
            Test::Gt(n) => format!("more than {n}"),
            Test::Lt(n) => format!("fewer than {n}"),
        };
        let least = if known > 0 { format!(", {known} so far") } else { String::new() };
        format!("the number of {what} {place} is unknown{least}; the rule asks for {asked}")
    }

    fn risk_is_at_least(&self, least: Risk) -> Truth {
        let rank = |risk: Risk| match risk {
            Risk::Unlikely => Some(0),
            Risk::Risk => Some(1),
            Risk::High => Some(2),
            Risk::Unknown => None,
        };
        match self.facts.impact.risk.and_then(rank) {
            Some(risk) => Truth::of(rank(least).is_some_and(|least| risk >= least)),
            None => Truth::unknown(format!("the risk to people is not assessed; the rule asks for {least}")),
        }
    }

    fn lost_one_of(&self, properties: &[Property]) -> Truth {
        let lost = &self.facts.scope.properties;
        if lost.is_empty() {
            return Truth::unknown("it is not said which properties of the data were lost");
        }
        Truth::of(lost.iter().any(|property| properties.contains(property)))
    }

    fn touched_one_of(&self, combinations: &[Combination]) -> Truth {
        let touched = &self.facts.scope.data;
        if touched.is_empty() {
            return Truth::unknown("it is not said which categories of data were touched");
        }
        let matches = |combination: &Combination| {
            combination.one_of_each.iter().all(|group| group.iter().any(|category| touched.contains(category)))
        };
        if combinations.iter().any(matches) {
            Truth::Yes
        } else if touched.contains(&DataCategory::Other) {
            Truth::unknown("other data was touched, and the rule depends on which")
        } else {
            Truth::No
        }
    }
}

/// Whether the timeline knows a suspicion and nothing firmer.
fn only_suspected(timeline: &Timeline) -> bool {
    let established = [
        &timeline.discovered,
        &timeline.aware,
        &timeline.determined_breach,
        &timeline.determined_notifiable,
        &timeline.determined_material,
        &timeline.informed_by_processor,
    ];
    (timeline.suspected.is_some() || timeline.noticed.is_some()) && established.iter().all(|event| event.is_none())
}
