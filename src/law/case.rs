//! Whether a rule applies to an incident: yes, no, or not known and why.
//!
//! A condition that the facts do not decide makes the rule a matter of review; a condition that is certainly not met
//! makes it silent, whatever else is unknown. An exemption counts only where the facts establish it: an assessment
//! that was not made exempts nobody.

use super::condition::{Among, Combination, Condition, Counted, Exemption, Question, Test, Threshold};
use super::rule::{Applies, RuleSet};
use super::substitute::stands_in;
use super::truth::Truth;
use crate::domain::facts::{Affected, IncidentFacts, Timeline};
use crate::domain::vocabulary::{Cause, Circumstance, DataCategory, Finding, Property, Risk, Trait};

/// What residents of the US states and territories are listed under begins with this.
const STATE: &str = "us-";

/// A number of people, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// What is known adds up to this.
    pub(super) known: u64,
    /// Whether that is all.
    pub(super) complete: bool,
}

impl Tally {
    fn passes(self, test: Test) -> Option<bool> {
        match test {
            Test::Ge(n) if self.known >= n => Some(true),
            Test::Gt(n) if self.known > n => Some(true),
            Test::Lt(n) if self.known >= n => Some(false),
            Test::Lt(_) if self.complete => Some(true),
            Test::Ge(_) | Test::Gt(_) if self.complete => Some(false),
            _ => None,
        }
    }
}

/// The facts as one jurisdiction looks at them.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) set: &'a RuleSet,
    pub(super) facts: &'a IncidentFacts,
}

impl Case<'_> {
    /// Whether the incident touches the rule set at all: people of it, or an organisation of its kind.
    pub(super) fn concerns(&self) -> bool {
        let nobody = Tally { known: 0, complete: true };
        let somebody = || self.count(Counted::Individuals, Among::Jurisdiction) != nobody;
        match &self.set.applies {
            Applies::Residents => {
                self.facts.scope.affected.iter().any(|affected| affected.jurisdiction == self.set.id) && somebody()
            }
            Applies::Organisations(of) => {
                of.with_any.iter().any(|wanted| self.facts.organisation.traits.contains(wanted))
                    && (of.without_people || somebody())
            }
        }
    }

    /// How many of them there are.
    pub(super) fn count(&self, of: Counted, among: Among) -> Tally {
        if of == Counted::NoticeCostUsd {
            return Tally { known: self.facts.remediation.notice_cost_usd.unwrap_or(0), complete: true };
        }
        // Where an organisation answers for people whom nobody has listed yet, their number is not zero but unknown.
        let listed = !self.facts.scope.affected.is_empty();
        let mut tally = Tally { known: 0, complete: listed };
        for affected in &self.facts.scope.affected {
            if among == Among::Jurisdiction && !self.set.counts(&affected.jurisdiction) {
                continue;
            }
            match number(affected, of) {
                Some(n) => tally.known = tally.known.saturating_add(n),
                None => tally.complete = false,
            }
        }
        tally
    }

    /// The states whose people by themselves pass a threshold.
    pub(super) fn states_that_pass(&self, threshold: &Threshold) -> Vec<&str> {
        self.states()
            .filter(|affected| state_tally(affected, threshold.of).passes(threshold.test) == Some(true))
            .map(|affected| affected.jurisdiction.as_str())
            .collect()
    }

    fn states(&self) -> impl Iterator<Item = &Affected> {
        self.facts.scope.affected.iter().filter(|affected| affected.jurisdiction.as_str().starts_with(STATE))
    }

    /// Whether the conditions of a rule are met.
    pub(super) fn meets(&self, condition: &Condition) -> Truth {
        let scope = &self.facts.scope;
        let has = |wanted: &Trait| self.facts.organisation.traits.contains(wanted);
        let happens = |event: &super::counting::ClockEvent| self.facts.timeline.event(&event.0).is_some();
        let mut truth = Truth::of(
            condition.traits_all.iter().all(has)
                && (condition.traits_any.is_empty() || condition.traits_any.iter().any(has))
                && !condition.traits_none.iter().any(has)
                && (condition.circumstances_any.is_empty()
                    || condition.circumstances_any.iter().any(|c| scope.circumstances.contains(c)))
                && !condition.circumstances_none.iter().any(|c| scope.circumstances.contains(c))
                && (condition.findings_any.is_empty() || condition.findings_any.iter().any(|f| self.found(*f)))
                && condition.happened.iter().all(happens),
        );
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
        if !condition.cause_any.is_empty() {
            truth = truth.and(self.caused_by(&condition.cause_any));
        }
        for question in &condition.question {
            truth = truth.and(self.answers(question));
        }
        if let Some(whom) = condition.substitute {
            truth = truth.and(stands_in(*self, whom));
        }
        truth = truth.and(any(&condition.one_of, |table| self.meets_facts(table)));
        if !condition.possible_breach_counts && only_suspected(&self.facts.timeline) {
            truth = truth.and(Truth::unknown("a breach is suspected, not established; the duty begins when it is"));
        }
        truth
    }

    /// A table within a table: whether a suspicion is enough is said by the outer one.
    fn meets_facts(&self, condition: &Condition) -> Truth {
        self.meets(&Condition { possible_breach_counts: true, ..condition.clone() })
    }

    /// Whether the facts establish one of the exemptions.
    pub(super) fn is_exempt(&self, exemption: &Exemption) -> Truth {
        let scope = &self.facts.scope;
        let established = self.facts.impact.risk.is_some_and(|risk| exemption.risk_is.contains(&risk))
            || scope.cause.is_some_and(|cause| exemption.cause_is.contains(&cause))
            || exemption.traits_any.iter().any(|t| self.facts.organisation.traits.contains(t))
            || exemption.circumstances_any.iter().any(|c| scope.circumstances.contains(c));
        Truth::of(established).or(self.is_exempt_by_finding(exemption)).or(self.is_cured(exemption))
    }

    fn is_exempt_by_finding(&self, exemption: &Exemption) -> Truth {
        let Some(found) = exemption.findings_any.iter().find(|f| self.found(**f)) else { return Truth::No };
        let missing: Vec<_> =
            exemption.findings_need.iter().filter(|c| !self.facts.scope.circumstances.contains(c)).collect();
        match missing.first() {
            None => Truth::Yes,
            Some(missing) => Truth::unknown(format!("{found} was found, which excuses only with {missing}")),
        }
    }

    fn is_cured(&self, exemption: &Exemption) -> Truth {
        let scope = &self.facts.scope;
        let protection = scope.protection;
        if exemption.unintelligible_cures.is_empty() || !protection.unintelligible || protection.key_compromised {
            return Truth::No;
        }
        if exemption.strong_only && scope.circumstances.contains(&Circumstance::WeakProtection) {
            return Truth::No;
        }
        let lost = &scope.properties;
        let cures_everything = Property::ALL.iter().all(|property| exemption.unintelligible_cures.contains(property));
        if lost.is_empty() && !cures_everything {
            return Truth::unknown(
                "the data was unintelligible, but it is not said which of its properties were lost, and encryption does \
                 not make up for each of them",
            );
        }
        Truth::of(lost.iter().all(|property| exemption.unintelligible_cures.contains(property)))
    }

    fn found(&self, finding: Finding) -> bool {
        self.facts.impact.findings.contains(&finding)
    }

    fn answers(&self, question: &Question) -> Truth {
        match (self.found(question.found), self.found(question.ruled_out)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::No,
            (false, false) => Truth::unknown(format!(
                "nobody has found whether {} or {}; the rule depends on it",
                question.found, question.ruled_out
            )),
        }
    }

    fn caused_by(&self, causes: &[Cause]) -> Truth {
        match self.facts.scope.cause {
            None | Some(Cause::Unknown) => Truth::unknown("the cause is not known, and the rule depends on it"),
            Some(cause) => Truth::of(causes.contains(&cause)),
        }
    }

    pub(super) fn passes(&self, threshold: &Threshold) -> Truth {
        if threshold.among == Among::OneState && !self.facts.scope.affected.is_empty() {
            return any_state(self.states(), threshold);
        }
        let tally = self.count(threshold.of, threshold.among);
        match tally.passes(threshold.test) {
            Some(passes) => Truth::of(passes),
            None => Truth::unknown(self.why_unknown(threshold, tally.known)),
        }
    }

    fn why_unknown(&self, threshold: &Threshold, known: u64) -> String {
        let place = match threshold.among {
            Among::Jurisdiction => format!("in {}", self.set.id),
            Among::All | Among::OneState => String::from("in all"),
        };
        why_unknown(threshold, &place, known)
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

/// Whether one of several things holds; nothing asked is nothing missing.
fn any<T>(of: &[T], holds: impl Fn(&T) -> Truth) -> Truth {
    if of.is_empty() { Truth::Yes } else { of.iter().map(holds).fold(Truth::No, Truth::or) }
}

/// Whether the people of one state by themselves pass a threshold.
fn any_state<'a>(states: impl Iterator<Item = &'a Affected>, threshold: &Threshold) -> Truth {
    let passes = |affected: &Affected| {
        let tally = state_tally(affected, threshold.of);
        match tally.passes(threshold.test) {
            Some(passes) => Truth::of(passes),
            None => Truth::unknown(why_unknown(threshold, &format!("in {}", affected.jurisdiction), tally.known)),
        }
    };
    states.map(passes).fold(Truth::No, Truth::or)
}

fn state_tally(affected: &Affected, of: Counted) -> Tally {
    let number = number(affected, of);
    Tally { known: number.unwrap_or(0), complete: number.is_some() }
}

fn number(affected: &Affected, of: Counted) -> Option<u64> {
    match of {
        Counted::Individuals => affected.individuals,
        Counted::Minors => affected.minors,
        Counted::Uncontactable => affected.uncontactable,
        Counted::NoticeCostUsd => None,
    }
}

fn why_unknown(threshold: &Threshold, place: &str, known: u64) -> String {
    let what = match threshold.of {
        Counted::Individuals => "individuals",
        Counted::Minors => "minors",
        Counted::Uncontactable => "individuals without a usable contact point",
        Counted::NoticeCostUsd => "dollars",
    };
    let asked = match threshold.test {
        Test::Ge(n) => format!("{n} or more"),
        Test::Gt(n) => format!("more than {n}"),
        Test::Lt(n) => format!("fewer than {n}"),
    };
    let least = if known > 0 { format!(", {known} so far") } else { String::new() };
    format!("the number of {what} {place} is unknown{least}; the rule asks for {asked}")
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
