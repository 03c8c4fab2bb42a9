//! Obligations from facts: which rules apply, why, by when, and where they stand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::case::{Case, Tally};
use super::condition::{Among, Counted};
use super::counting::written;
use super::rule::{Evidence, National, Rule, RuleSet};
use super::substitute;
use super::truth::Truth;
use super::wording::fill;
use crate::domain::clock::Millis;
use crate::domain::facts::{IncidentFacts, Moment, Timeline};
use crate::domain::obligation::{Citation, Deadline, Details, Duty, Force, Obligation, ObligationState};

/// The event that says that an authority was told, but not which.
const AUTHORITY_NOTIFIED: &str = "authority_notified";

/// The event that says that awareness began, as far as it is known: the date on which a rule must be in force.
const AWARENESS: [&str; 7] =
    ["aware", "discovered", "determined_breach", "informed_by_processor", "noticed", "suspected", "occurred_from"];

/// An obligation with what sorting and settling it need.
pub(super) struct Found<'a> {
    pub(super) rule: &'a Rule,
    set: &'a RuleSet,
    pub(super) due: Option<Timestamp>,
    pub(super) obligation: Obligation,
}

/// All obligations of an incident, the earliest deadline first.
pub(super) fn all<'a>(
    sets: impl Iterator<Item = &'a RuleSet>,
    facts: &IncidentFacts,
    done: &BTreeMap<String, Millis>,
    now: Millis,
) -> Vec<Obligation> {
    let mut found: Vec<Found<'_>> = sets.flat_map(|set| of_set(set, facts, now)).collect();
    start_with_reports(&mut found, facts, done, now);
    settle(&mut found, &facts.timeline, done, now);
    // The sort is stable: what is due at the same time, or at none, stays in the order of the rule files.
    found.sort_by_key(|f| (f.due.is_none(), f.due));
    found.into_iter().map(|f| f.obligation).collect()
}

/// The obligations of one rule set, in its order; none when the incident does not concern it.
pub(super) fn of_set<'a>(set: &'a RuleSet, facts: &IncidentFacts, now: Millis) -> Vec<Found<'a>> {
    let case = Case { set, facts };
    if !case.concerns() {
        return Vec::new();
    }
    let country = facts.organisation.country.as_deref();
    let zone = set.zone(country);
    let day = awareness_day(&facts.timeline, zone, now);
    if !in_force(day, set.effective_from, set.effective_until) {
        return Vec::new();
    }
    let mut verdicts: BTreeMap<&str, Truth> = BTreeMap::new();
    let mut found = Vec::new();
    let rules = set.rules.iter().filter(|rule| rule.pending.is_none());
    for rule in rules.filter(|rule| in_force(day, rule.effective_from, rule.effective_until)) {
        let verdict = verdict(rule, case, &verdicts);
        verdicts.insert(&rule.id, verdict.clone());
        let reasons = match verdict {
            Truth::No => continue,
            Truth::Yes => None,
            Truth::Unknown(reasons) => Some(reasons),
        };
        let one = find(set, rule, case, zone, reasons);
        // The facts may name countries of other jurisdictions, too.
        let national = facts.scope.countries.iter().filter_map(|country| set.national(Some(country)));
        let each: Vec<_> =
            national.filter(|_| rule.in_each_country).map(|national| in_country(&one, national)).collect();
        if each.is_empty() {
            found.push(one);
        } else {
            found.extend(each);
        }
    }
    let present: BTreeSet<String> = found.iter().map(|f| f.obligation.id.clone()).collect();
    for f in &mut found {
        f.obligation.not_before.retain(|id| present.contains(id));
    }
    found
}

/// Whether a rule applies: its own conditions and those of the rule it goes with, less the exemptions.
fn verdict(rule: &Rule, case: Case<'_>, earlier: &BTreeMap<&str, Truth>) -> Truth {
    let base = match &rule.only_with {
        // The loader has seen to it that the rule comes earlier; one that is not in force does not apply.
        Some(other) => earlier.get(other.as_str()).cloned().unwrap_or(Truth::No),
        None => Truth::Yes,
    };
    let left_to_a_person = match case.is_exempt(&rule.review_if) {
        Truth::No => Truth::Yes,
        Truth::Yes | Truth::Unknown(_) => Truth::Unknown(rule.review_if.because.iter().cloned().collect()),
    };
    base.and(case.meets(&rule.when)).and(case.is_exempt(&rule.unless).not()).and(left_to_a_person)
}

fn find<'a>(
    set: &'a RuleSet,
    rule: &'a Rule,
    case: Case<'_>,
    zone: &TimeZone,
    reasons: Option<Vec<String>>,
) -> Found<'a> {
    let values = values(rule, case);
    let (force, because) = match reasons {
        None => (rule.force, fill(&rule.because, &values)),
        Some(reasons) => (Force::Review, reasons.join("; ")),
    };
    let timeline = &case.facts.timeline;
    let started = rule.deadline.started(timeline);
    let (due, by) = rule.deadline.ends(timeline, zone).unzip();
    let text = match (&due, &rule.deadline.text_started) {
        (Some(due), Some(text)) => fill(text, &[("safe", written(&due.safe))]),
        _ => rule.deadline.text.clone(),
    };
    let held = rule.holds.apply(set, case.facts, due.as_ref().map(|due| &due.at), zone);
    let at = held.at.or_else(|| due.map(|due| due.at));
    let first = rule.deadline.starts.first().map(|event| event.0.as_str());
    let starts = by.or(started.map(|(event, _)| event)).or(first);
    // What a public notice consists of stands once in the file, in its table on substitute notice.
    let form = rule.when.substitute.and_then(|_| substitute::form(case));
    let traits = &case.facts.organisation.traits;
    let notes =
        rule.notes.iter().filter(|n| n.traits_any.is_empty() || n.traits_any.iter().any(|t| traits.contains(t)));
    let obligation = Obligation {
        id: format!("{}/{}", set.id, rule.id),
        jurisdiction: set.id.clone(),
        duty: rule.duty,
        to: fill(&rule.to, &values),
        force,
        because,
        deadline: Deadline {
            at: at.as_ref().map(written),
            kind: rule.deadline.kind,
            text,
            starts: starts.map(str::to_owned),
            began: starts.and_then(|event| timeline.event(event)).map(Moment::millis),
        },
        not_before: rule.not_before.iter().map(|id| format!("{}/{id}", set.id)).collect(),
        contents: rule.contents.iter().chain(form.iter().flat_map(|form| &form.elements)).cloned().collect(),
        citation: rule
            .citation
            .iter()
            .map(|c| Citation {
                text: c.text.clone(),
                source: c.source.clone(),
                evidence: c.evidence.as_str().to_owned(),
            })
            .collect(),
        rules_version: set.rules_version.clone(),
        state: ObligationState::Open,
        details: Details {
            must_not_contain: rule.must_not_contain.clone(),
            lasts: form.map_or_else(|| rule.lasts.clone(), |form| form.lasts.clone()),
            held_until: held.until,
            evidence: rule.evidence().map_or("", Evidence::as_str).to_owned(),
            notes: notes.map(|n| n.text.clone()).chain(held.notes).collect(),
        },
    };
    Found { rule, set, due: at.map(|at| at.timestamp()), obligation }
}

/// The same duty towards the authority of one country.
fn in_country<'a>(one: &Found<'a>, national: &National) -> Found<'a> {
    let mut obligation = one.obligation.clone();
    obligation.id = format!("{}/{}", obligation.id, national.country.to_ascii_lowercase());
    obligation.to.clone_from(&national.name);
    Found { rule: one.rule, set: one.set, due: one.due, obligation }
}

/// Lets the clocks begin that begin when an authority is told.
///
/// Which authority that is follows from the rule that one of these goes with: the clock begins when the report for it was
/// submitted. Without that the timeline's event begins it, unless there are duties to several authorities: then the event
/// cannot say which of them was told.
fn start_with_reports(found: &mut [Found<'_>], facts: &IncidentFacts, done: &BTreeMap<String, Millis>, now: Millis) {
    let ambiguous = authorities(found) > 1;
    for f in found.iter_mut().filter(|f| f.rule.deadline.starts.iter().any(|event| event.0 == AUTHORITY_NOTIFIED)) {
        let report = f.goes_with().and_then(|id| done.get(&id)).filter(|at| **at <= now);
        let by_event = facts.timeline.authority_notified.as_ref().filter(|_| !ambiguous);
        let told = report.map(|at| Moment::from(*at)).or_else(|| by_event.cloned());
        if told == facts.timeline.authority_notified {
            continue;
        }
        let mut facts = facts.clone();
        facts.timeline.authority_notified = told;
        let zone = f.set.zone(facts.organisation.country.as_deref());
        let anew = find(f.set, f.rule, Case { set: f.set, facts: &facts }, zone, None);
        f.due = anew.due;
        f.obligation.deadline = anew.obligation.deadline;
        f.obligation.details = anew.obligation.details;
    }
}

impl Found<'_> {
    /// The obligation that it goes with, in the same country.
    fn goes_with(&self) -> Option<String> {
        let other = self.rule.only_with.as_ref()?;
        let rule = format!("{}/{}", self.set.id, self.rule.id);
        let country = self.obligation.id.strip_prefix(&rule)?;
        Some(format!("{}/{other}{country}", self.set.id))
    }
}

/// How many authorities there are to tell. Rules that only ask for a review do not count, for they say no more than that
/// there may be a duty.
fn authorities(found: &[Found<'_>]) -> usize {
    found.iter().filter(|f| f.rule.duty == Duty::NotifyAuthority && f.rule.force != Force::Review).count()
}

/// Says where each obligation stands.
///
/// The timeline has one event for "the authority was told". With duties to several authorities it cannot say which, so
/// it then meets none of them: only a submitted report does.
fn settle(found: &mut [Found<'_>], timeline: &Timeline, done: &BTreeMap<String, Millis>, now: Millis) {
    let several = authorities(found) > 1;
    for f in found {
        let by_report = done.get(&f.obligation.id).is_some_and(|at| *at <= now);
        let ambiguous = several && f.rule.met_by.as_deref() == Some(AUTHORITY_NOTIFIED);
        let event = f.rule.met_by.as_deref().and_then(|event| timeline.event(event));
        let by_event = !ambiguous && event.is_some_and(|moment| moment.millis() <= now);
        f.obligation.state = if by_report || by_event {
            ObligationState::Met
        } else if f.obligation.deadline.has_passed(now) {
            ObligationState::Overdue
        } else {
            ObligationState::Open
        };
    }
}

/// What the wording of a rule may name.
fn values(rule: &Rule, case: Case<'_>) -> Vec<(&'static str, String)> {
    let Case { set, facts } = case;
    let number = |of, among| {
        let Tally { known, complete } = case.count(of, among);
        match (complete, known) {
            (true, n) if facts.scope.approximate => format!("about {n}"),
            (true, n) => n.to_string(),
            (false, 0) => String::from("an unknown number of"),
            (false, n) => format!("at least {n}"),
        }
    };
    let individuals = case.count(Counted::Individuals, Among::Jurisdiction).known;
    vec![
        ("individuals", number(Counted::Individuals, Among::Jurisdiction)),
        ("minors", number(Counted::Minors, Among::Jurisdiction)),
        ("uncontactable", number(Counted::Uncontactable, Among::Jurisdiction)),
        ("level", set.level(individuals).map_or_else(|| String::from("none"), |level| level.name.clone())),
        ("risk", facts.impact.risk.map_or_else(|| String::from("not assessed"), |risk| risk.to_string())),
        ("authority", set.authority_name(facts.organisation.country.as_deref()).to_owned()),
        ("states", states(rule, case)),
        ("cost", facts.remediation.notice_cost_usd.map_or_else(|| String::from("not given"), |n| n.to_string())),
    ]
}

/// Names that [`values`] gives, for the loader.
pub(super) const NAMES: [&str; 8] =
    ["individuals", "minors", "uncontactable", "level", "risk", "authority", "states", "cost"];

/// The states whose people by themselves pass a threshold of the rule.
fn states(rule: &Rule, case: Case<'_>) -> String {
    let per_state = rule.when.count.iter().filter(|threshold| threshold.among == Among::OneState);
    per_state.flat_map(|threshold| case.states_that_pass(threshold)).collect::<Vec<_>>().join(", ")
}

/// The day of awareness in the authority's zone; today as long as nothing is known.
fn awareness_day(timeline: &Timeline, zone: &TimeZone, now: Millis) -> Date {
    let aware =
        AWARENESS.iter().find_map(|event| timeline.event(event)).map_or_else(|| now.to_timestamp(), Moment::timestamp);
    aware.to_zoned(zone.clone()).date()
}

fn in_force(day: Date, from: Option<Date>, until: Option<Date>) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}
