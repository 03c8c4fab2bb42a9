//! What the law room and what follows from it say of an incident, as the pages show it: severity, decisions, the notice held
//! against the law, the forecast, the history.

use serde::Serialize;

use super::samples::{text, texts};
use super::words::{self, minute, plain};
use crate::domain::facts::IncidentFacts;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::history::{ChangeKind, Difference, DutyChange};
use crate::domain::waiver::Waiver;
use crate::incidents::forecast::{DutyForecast, Fix, Verdict};
use crate::incidents::severity::{ADVICE, Knowledge, Step, severity};
use crate::incidents::{History, Requirement};

/// What became of the obligations at one moment.
#[derive(Serialize)]
pub(super) struct HistoryLine {
    at: String,
    changes: Vec<ChangeLine>,
}

#[derive(Serialize)]
struct ChangeLine {
    obligation: String,
    kind: &'static str,
    why: String,
    differences: Vec<String>,
}

/// When one duty to tell individuals will be met.
#[derive(Serialize)]
pub(super) struct ForecastLine {
    obligation: String,
    people: i64,
    unreachable: i64,
    verdict: &'static str,
    in_time: bool,
    met: Option<String>,
    deadline: Option<String>,
    start_by: Option<String>,
    fixes: Vec<String>,
}

/// What one law asks of the notice.
#[derive(Serialize)]
pub(super) struct NoticeLine {
    obligation: String,
    force: &'static str,
    /// Whether it keeps a campaign from being approved.
    stops: bool,
    present: Vec<String>,
    missing: Vec<String>,
    forbidden: Vec<String>,
    to_be_read: Vec<String>,
}

/// ENISA's score, as advice.
#[derive(Serialize)]
pub(super) struct SeverityCard {
    advice: &'static str,
    class: Option<&'static str>,
    formula: Option<String>,
    steps: Vec<SeverityStep>,
    flags: Vec<String>,
}

#[derive(Serialize)]
struct SeverityStep {
    name: &'static str,
    score: f64,
    because: String,
    assumed: bool,
}

/// A decision not to do what a duty asks for.
#[derive(Serialize)]
pub(super) struct Decision {
    obligation: String,
    reason: String,
    decided: String,
    rules_version: String,
    reversed: Option<String>,
    reversed_reason: Option<String>,
}

/// A duty that was recorded as done.
#[derive(Serialize)]
pub(super) struct Fulfilled {
    obligation: String,
    how: String,
    done: String,
    recorded: String,
    reversed: Option<String>,
    reversed_reason: Option<String>,
}

impl HistoryLine {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        let change = ChangeLine { obligation: text(), kind: "changed", why: text(), differences: texts() };
        Self { at: text(), changes: vec![change] }
    }
}

impl ForecastLine {
    /// A made-up one, in time or not.
    pub(super) fn sample(in_time: bool) -> Self {
        Self {
            obligation: text(),
            people: 1,
            unreachable: i64::from(!in_time),
            verdict: "late",
            in_time,
            met: Some(text()),
            deadline: Some(text()),
            start_by: Some(text()),
            fixes: texts(),
        }
    }
}

impl NoticeLine {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        Self {
            obligation: text(),
            force: "mandatory",
            stops: true,
            present: texts(),
            missing: texts(),
            forbidden: texts(),
            to_be_read: texts(),
        }
    }
}

impl SeverityCard {
    /// A made-up one, with a score or without.
    pub(super) fn sample(scored: bool) -> Self {
        let step = SeverityStep { name: "a sample", score: 1.0, because: text(), assumed: true };
        Self {
            advice: ADVICE,
            class: scored.then_some("high"),
            formula: scored.then(text),
            steps: scored.then_some(step).into_iter().collect(),
            flags: texts(),
        }
    }
}

impl Decision {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        Self {
            obligation: text(),
            reason: text(),
            decided: text(),
            rules_version: text(),
            reversed: Some(text()),
            reversed_reason: Some(text()),
        }
    }
}

impl Fulfilled {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        Self {
            obligation: text(),
            how: text(),
            done: text(),
            recorded: text(),
            reversed: Some(text()),
            reversed_reason: Some(text()),
        }
    }
}

/// The newest first; those without changes are left out.
pub(super) fn history_lines(history: History) -> Vec<HistoryLine> {
    let entries = history.entries.into_iter().rev().filter(|entry| !entry.changes.is_empty());
    let line = |at: String, changes: Vec<DutyChange>| HistoryLine {
        at,
        changes: changes.into_iter().map(change_line).collect(),
    };
    let since =
        Some(history.since).filter(|since| !since.is_empty()).map(|since| line(String::from("Since then"), since));
    since.into_iter().chain(entries.map(|entry| line(minute(entry.at), entry.changes))).collect()
}

fn change_line(change: DutyChange) -> ChangeLine {
    let differs = |one: Difference| {
        let side = |text: Option<String>| text.unwrap_or_else(|| String::from("none"));
        format!("{}: {} → {}", plain(one.what), side(one.before), side(one.after))
    };
    ChangeLine {
        kind: match change.kind {
            ChangeKind::Added => "new",
            ChangeKind::Removed => "gone",
            ChangeKind::Changed => "changed",
        },
        obligation: change.obligation,
        why: change.why,
        differences: change.differences.into_iter().map(differs).collect(),
    }
}

pub(super) fn forecast_line(duty: DutyForecast) -> ForecastLine {
    let (verdict, in_time) = match duty.verdict {
        Verdict::InTime => ("in time", true),
        Verdict::Late => ("late", false),
        Verdict::Never => ("not at all: nothing moves", false),
        Verdict::NoDeadline => ("no deadline", true),
        Verdict::Nobody => ("nobody can be told through a channel", duty.unreachable == 0),
    };
    ForecastLine {
        verdict,
        in_time,
        people: duty.people,
        unreachable: duty.unreachable,
        met: duty.met_at.map(minute),
        deadline: duty.deadline.map(minute),
        start_by: duty.start_by.map(minute),
        fixes: duty.fixes.iter().map(fix).collect(),
        obligation: duty.obligation,
    }
}

fn fix(fix: &Fix) -> String {
    match fix {
        Fix::MoreRate { channel, needed_per_second, now_per_second } => {
            format!("{needed_per_second} a second through {channel} in place of {now_per_second}")
        }
        Fix::AnotherProvider { channel, per_second } => {
            format!("another provider for {channel} that carries {per_second} a second")
        }
        Fix::SubstituteNotice { people, obligations } => {
            let under = if obligations.is_empty() { String::new() } else { format!(" ({})", obligations.join(", ")) };
            format!("a public notice where the law allows it{under}; people without a channel: {people}")
        }
    }
}

pub(super) fn notice_line(requirement: Requirement) -> NoticeLine {
    let words = |elements: &[String]| elements.iter().map(|element| plain(element)).collect();
    NoticeLine {
        force: words::force(requirement.force),
        stops: requirement.stands_in_the_way(),
        present: words(&requirement.present),
        missing: words(&requirement.missing),
        forbidden: words(&requirement.forbidden),
        to_be_read: words(&requirement.to_be_read),
        obligation: requirement.obligation,
    }
}

pub(super) fn scored(facts: &IncidentFacts) -> SeverityCard {
    let found = severity(facts, &Knowledge::default());
    let step =
        |step: Step| SeverityStep { name: step.name, score: step.score, because: step.because, assumed: step.assumed };
    let steps = found.context.into_iter().chain([found.identification]).chain(found.circumstances);
    SeverityCard {
        advice: ADVICE,
        class: found.score.map(|(_, class)| class.as_str()),
        formula: found.formula,
        steps: steps.map(step).collect(),
        flags: found.flags,
    }
}

pub(super) fn decision(waiver: Waiver) -> Decision {
    Decision {
        obligation: waiver.obligation,
        reason: waiver.reason,
        decided: minute(waiver.decided_at),
        rules_version: waiver.rules_version,
        reversed: waiver.reversal.as_ref().map(|reversal| minute(reversal.at)),
        reversed_reason: waiver.reversal.map(|reversal| reversal.reason),
    }
}

pub(super) fn fulfilled(fulfilment: Fulfilment) -> Fulfilled {
    Fulfilled {
        obligation: fulfilment.obligation,
        how: fulfilment.how,
        done: minute(fulfilment.done_at),
        recorded: minute(fulfilment.recorded_at),
        reversed: fulfilment.reversal.as_ref().map(|reversal| minute(reversal.at)),
        reversed_reason: fulfilment.reversal.map(|reversal| reversal.reason),
    }
}
