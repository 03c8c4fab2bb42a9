//! Whether a public notice may stand in for individual ones, for whom, in which form, and until when it must stay up.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::condition::{Among, Counted, Test, Threshold};
use super::rule::RuleSet;
use super::truth::Truth;
use crate::domain::facts::IncidentFacts;
use crate::domain::obligation::{Lasting, LastingUnit};
use crate::domain::vocabulary::{Finding, Trait};

/// What a jurisdiction says on substitute notice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitute {
    /// Whether it may, or must, stand in for those without sufficient contact information.
    #[serde(default)]
    pub unreachable: bool,
    /// When it may take the place of all individual notices; one of these is enough.
    #[serde(default)]
    pub class: Vec<Class>,
    /// The forms it takes; the first that fits.
    pub form: Vec<FormOfNotice>,
    /// To whom it must be shown that it is allowed.
    pub shown_to: Option<String>,
}

/// A ground on which nobody of the class need be told one by one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Only for organisations with one of these.
    #[serde(default)]
    pub traits_any: Vec<Trait>,
    /// Only for organisations with none of these.
    #[serde(default)]
    pub traits_none: Vec<Trait>,
    /// Telling everybody one by one costs more than this, in US dollars.
    pub cost_usd_over: Option<u64>,
    /// More people of the jurisdiction than this are to be told.
    pub persons_over: Option<u64>,
    /// Somebody has found one of these.
    #[serde(default)]
    pub findings_any: Vec<Finding>,
}

/// A form of public notice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormOfNotice {
    /// From so many unreachable people on.
    pub unreachable_ge: Option<u64>,
    /// Only for organisations with one of these.
    #[serde(default)]
    pub traits_any: Vec<Trait>,
    /// How many of the elements it takes.
    pub mode: Mode,
    /// Names from `elements.toml`.
    pub elements: Vec<String>,
    /// How long what is published must stay.
    #[serde(default)]
    pub lasts: Vec<Lasting>,
}

/// How many of the elements a public notice takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All of them.
    AllOf,
    /// Any one.
    AnyOf,
    /// Any two.
    AnyTwoOf,
    /// The first, and one of the others.
    FirstAndOneOf,
}

/// For whom a public notice stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Those without sufficient contact information.
    Unreachable,
    /// All people of the jurisdiction.
    Class,
}

/// Whether it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// `yes`, `no` or `open`.
    pub answer: Answer,
    /// What is missing, where it is open.
    pub because: Vec<String>,
}

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It may.
    Yes,
    /// It may not.
    No,
    /// The facts do not say.
    Open,
}

/// What a jurisdiction allows for an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Decision {
    /// For those who cannot be reached.
    pub unreachable: Standing,
    /// In place of all individual notices.
    pub class: Standing,
    /// How many of the elements it takes.
    pub mode: Mode,
    /// What it consists of: names of elements.
    pub elements: Vec<String>,
    /// How long what is published must stay.
    pub lasts: Vec<Lasting>,
    /// To whom it must be shown that it is allowed.
    pub shown_to: Option<String>,
}

/// What a jurisdiction allows for an incident; `None` where its rules know no substitute notice.
#[must_use]
pub fn decide(set: &RuleSet, facts: &IncidentFacts) -> Option<Decision> {
    let case = Case { set, facts };
    let form = form(case)?;
    Some(Decision {
        unreachable: standing(stands_in(case, Whom::Unreachable)),
        class: standing(stands_in(case, Whom::Class)),
        mode: form.mode,
        elements: form.elements.clone(),
        lasts: form.lasts.clone(),
        shown_to: set.substitute.as_ref().and_then(|substitute| substitute.shown_to.clone()),
    })
}

/// The last day on which something that was published on a day must still be there; `None` past the calendar's end.
#[must_use]
pub fn stays_until(published: Date, lasting: &Lasting) -> Option<Date> {
    let amount = i64::from(lasting.amount);
    let span = match lasting.unit {
        LastingUnit::Days => amount.days(),
        LastingUnit::Months => amount.months(),
        LastingUnit::Years => i64::from(u16::try_from(lasting.amount).unwrap_or(u16::MAX)).years(),
    };
    published.checked_add(span).ok()
}

/// Whether it stands in for these people.
pub(super) fn stands_in(case: Case<'_>, whom: Whom) -> Truth {
    let Some(substitute) = &case.set.substitute else { return Truth::No };
    match whom {
        Whom::Unreachable if !substitute.unreachable => Truth::No,
        Whom::Unreachable => {
            case.passes(&Threshold { of: Counted::Uncontactable, among: Among::Jurisdiction, test: Test::Ge(1) })
        }
        Whom::Class => substitute.class.iter().map(|class| allows(case, class)).fold(Truth::No, Truth::or),
    }
}

fn allows(case: Case<'_>, class: &Class) -> Truth {
    let has = |wanted: &Trait| case.facts.organisation.traits.contains(wanted);
    if !(class.traits_any.is_empty() || class.traits_any.iter().any(has)) || class.traits_none.iter().any(has) {
        return Truth::No;
    }
    let over = |of, among, number: Option<u64>| match number {
        Some(number) => case.passes(&Threshold { of, among, test: Test::Gt(number) }),
        None => Truth::No,
    };
    Truth::of(class.findings_any.iter().any(|finding| case.facts.impact.findings.contains(finding)))
        .or(over(Counted::NoticeCostUsd, Among::All, class.cost_usd_over))
        .or(over(Counted::Individuals, Among::Jurisdiction, class.persons_over))
}

/// The form that fits.
pub(super) fn form(case: Case<'_>) -> Option<&FormOfNotice> {
    let unreachable = case.count(Counted::Uncontactable, Among::Jurisdiction).known;
    let has = |wanted: &Trait| case.facts.organisation.traits.contains(wanted);
    case.set.substitute.as_ref()?.form.iter().find(|form| {
        form.unreachable_ge.is_none_or(|least| unreachable >= least)
            && (form.traits_any.is_empty() || form.traits_any.iter().any(has))
    })
}

fn standing(truth: Truth) -> Standing {
    match truth {
        Truth::Yes => Standing { answer: Answer::Yes, because: Vec::new() },
        Truth::No => Standing { answer: Answer::No, because: Vec::new() },
        Truth::Unknown(because) => Standing { answer: Answer::Open, because },
    }
}
