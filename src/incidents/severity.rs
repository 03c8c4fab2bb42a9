//! ENISA's severity of a personal-data breach (methodology of December 2013, version 1.0), with its working shown.
//!
//! `SE = DPC × EI + CB`: the context of the data times the ease of identification, plus the circumstances of the breach. It
//! is advice: it decides no duty, and no rule of the law room reads it. What the facts do not say is assumed, each time to
//! the worse side, and said to be assumed; whoever knows better says so. Pure: the same facts and assumptions give the
//! same score. Counted in quarters, so that nothing is rounded.

use serde::{Deserialize, Serialize};

use crate::domain::facts::IncidentFacts;
use crate::domain::vocabulary::{Cause, DataCategory, Property};

/// What the score is and is not.
pub const ADVICE: &str = "Advice, not law: ENISA's methodology of 2013, older than the GDPR. It decides no duty; GDPR Articles 33(1) \
     and 34(1) ask for the risk to people's rights and freedoms, and a person assesses that.";

/// Where the table comes from.
pub const SOURCE: &str = "ENISA, Recommendations for a methodology of the assessment of severity of personal data breaches, \
     working document v1.0, December 2013";

/// How severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SeverityClass)]
pub enum Class {
    /// Below 2.
    Low,
    /// From 2 on.
    Medium,
    /// From 3 on.
    High,
    /// From 4 on.
    VeryHigh,
}

impl Class {
    const fn of(quarters: u32) -> Self {
        match quarters {
            0..8 => Self::Low,
            8..12 => Self::Medium,
            12..16 => Self::High,
            _ => Self::VeryHigh,
        }
    }

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very high",
        }
    }
}

/// How easily people can be told from the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Identification {
    /// Hardly: 0.25.
    Negligible,
    /// With effort: 0.5.
    Limited,
    /// Mostly: 0.75.
    Significant,
    /// At once: 1.
    Maximum,
}

impl Identification {
    const fn quarters(self) -> u32 {
        match self {
            Self::Negligible => 1,
            Self::Limited => 2,
            Self::Significant => 3,
            Self::Maximum => 4,
        }
    }
}

/// Who has got the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recipients {
    /// Exposed, without a sign that anybody saw it: 0.
    None,
    /// Known ones: 0.25.
    Known,
    /// An unknown number: 0.5.
    Unknown,
}

/// What became of data that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alteration {
    /// Changed, not misused: 0.
    Harmless,
    /// Maybe misused, can be put right: 0.25.
    Recoverable,
    /// Maybe misused, cannot be put right: 0.5.
    Unrecoverable,
}

/// What became of data that could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Restored without trouble: 0.
    Harmless,
    /// Away for a time: 0.25.
    Temporary,
    /// Gone: 0.5.
    Full,
}

/// What a person knows that the facts do not say. What is left out is assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// Column of ENISA's table for simple data, 1 to 4.
    pub simple: Option<u32>,
    /// The same for behavioural data.
    pub behavioural: Option<u32>,
    /// The same for financial data.
    pub financial: Option<u32>,
    /// The same for sensitive data.
    pub sensitive: Option<u32>,
    /// How easily people can be told.
    pub identification: Option<Identification>,
    /// Who has got the data.
    pub recipients: Option<Recipients>,
    /// What became of data that was changed.
    pub alteration: Option<Alteration>,
    /// What became of data that could not be used.
    pub outage: Option<Outage>,
}

/// One step of the working.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Step {
    /// What is scored.
    pub name: &'static str,
    /// Its score.
    pub score: f64,
    /// Why.
    pub because: String,
    /// Whether that is assumed because neither the facts nor the caller say it.
    pub assumed: bool,
}

/// The severity with its working.
#[derive(Clone, Debug, PartialEq)]
pub struct Severity {
    /// The score and its class; `None` while it is not known which data were touched.
    pub score: Option<(f64, Class)>,
    /// The calculation in figures.
    pub formula: Option<String>,
    /// Context of the data (DPC): one step for each kind of data; the highest counts.
    pub context: Vec<Step>,
    /// Ease of identification (EI).
    pub identification: Step,
    /// Circumstances of the breach (CB), which add up.
    pub circumstances: Vec<Step>,
    /// What ENISA asks to mention beside the score.
    pub flags: Vec<String>,
    /// Facts that are missing for a score.
    pub missing: Vec<&'static str>,
}

const BEHAVIOURAL: &[DataCategory] =
    &[DataCategory::Location, DataCategory::Communications, DataCategory::OnlineActivity, DataCategory::Purchases];

const FINANCIAL: &[DataCategory] = &[DataCategory::PaymentCard, DataCategory::BankAccount, DataCategory::Financial];

const SENSITIVE: &[DataCategory] = &[
    DataCategory::Health,
    DataCategory::HealthInsurance,
    DataCategory::Biometric,
    DataCategory::Genetic,
    DataCategory::EthnicOrigin,
    DataCategory::PoliticalOpinion,
    DataCategory::Religion,
    DataCategory::UnionMembership,
    DataCategory::SexualOrientation,
    DataCategory::CriminalRecord,
];

const NUMBERS: &[DataCategory] = &[
    DataCategory::NationalId,
    DataCategory::SocialSecurityNumber,
    DataCategory::DriversLicence,
    DataCategory::Passport,
    DataCategory::TaxId,
];

/// The severity of an incident.
#[must_use]
pub fn severity(facts: &IncidentFacts, knowledge: &Knowledge) -> Severity {
    let context = context(&facts.scope.data, knowledge);
    let (ease, identification) = identification(&facts.scope.data, knowledge.identification);
    let circumstances = circumstances(facts, knowledge);
    let highest = context.iter().map(|(score, _)| *score).max();
    let around: u32 = circumstances.iter().map(|(quarters, _)| *quarters).sum();
    let total = highest.map(|context| context * ease + around);
    let formula = highest.zip(total).map(|(context, total)| {
        let (ease, around, total) = (quarters(ease), quarters(around), quarters(total));
        format!("SE = DPC × EI + CB = {context} × {ease} + {around} = {total}")
    });
    Severity {
        score: total.map(|total| (quarters(total), Class::of(total))),
        formula,
        context: context.into_iter().map(|(_, step)| step).collect(),
        identification,
        circumstances: circumstances.into_iter().map(|(_, step)| step).collect(),
        flags: flags(facts),
        missing: if highest.is_none() { vec!["scope.data"] } else { Vec::new() },
    }
}

fn quarters(number: u32) -> f64 {
    f64::from(number) / 4.0
}

/// One step for each kind of data: the column that the caller gave, or the kind's base where nobody knows of anything that
/// raises or lowers it.
fn context(data: &[DataCategory], knowledge: &Knowledge) -> Vec<(u32, Step)> {
    let special =
        |category: &DataCategory| [BEHAVIOURAL, FINANCIAL, SENSITIVE].iter().any(|kind| kind.contains(category));
    let kinds: [(&'static str, u32, Option<u32>, Vec<&DataCategory>); 4] = [
        ("simple", 1, knowledge.simple, data.iter().filter(|category| !special(category)).collect()),
        ("behavioural", 2, knowledge.behavioural, among(data, BEHAVIOURAL)),
        ("financial", 3, knowledge.financial, among(data, FINANCIAL)),
        ("sensitive", 4, knowledge.sensitive, among(data, SENSITIVE)),
    ];
    let step = |(name, base, given, categories): (&'static str, u32, Option<u32>, Vec<&DataCategory>)| {
        if categories.is_empty() {
            return None;
        }
        let names: Vec<&str> = categories.into_iter().map(|category| category.as_str()).collect();
        let score = given.unwrap_or(base).clamp(1, 4);
        let how = if given.is_some() {
            format!("column {score} of the table, as given; the base is {base}")
        } else {
            format!("the base of {name} data, nothing being known that raises or lowers it")
        };
        let because = format!("{}: {how}", names.join(", "));
        Some((score, Step { name, score: f64::from(score), because, assumed: given.is_none() }))
    };
    kinds.into_iter().filter_map(step).collect()
}

fn among<'a>(data: &'a [DataCategory], kind: &[DataCategory]) -> Vec<&'a DataCategory> {
    data.iter().filter(|category| kind.contains(category)).collect()
}

/// What the combination of data suggests, where nobody says how easily people can be told.
fn identification(data: &[DataCategory], given: Option<Identification>) -> (u32, Step) {
    let has = |category| data.contains(&category);
    let contact = has(DataCategory::EmailAddress) || has(DataCategory::PhoneNumber) || has(DataCategory::PostalAddress);
    let number = data.iter().any(|category| NUMBERS.contains(category));
    let name = has(DataCategory::Name);
    let (suggested, why) = if name && has(DataCategory::BirthDate) && has(DataCategory::EmailAddress) {
        (Identification::Maximum, "a full name with birth date and email address")
    } else if name && number {
        (Identification::Maximum, "a full name with an official number")
    } else if name && contact {
        (Identification::Significant, "a full name with a way to reach the person")
    } else if number || has(DataCategory::Photo) || has(DataCategory::EmailAddress) {
        (Identification::Significant, "an official number, a picture or an email address, which others can look up")
    } else if name || contact {
        (Identification::Limited, "a name, a phone number or an address alone")
    } else {
        (Identification::Negligible, "nothing that names or numbers a person")
    };
    let ease = given.unwrap_or(suggested);
    let because = if given.is_some() { String::from("as given") } else { why.to_owned() };
    let score = quarters(ease.quarters());
    (ease.quarters(), Step { name: "ease of identification", score, because, assumed: given.is_none() })
}

fn circumstances(facts: &IncidentFacts, knowledge: &Knowledge) -> Vec<(u32, Step)> {
    let lost = |property| facts.scope.properties.contains(&property);
    let mut steps = Vec::new();
    let mut step = |name, quarters_: u32, because: &str, assumed| {
        let step = Step { name, score: quarters(quarters_), because: because.to_owned(), assumed };
        steps.push((quarters_, step));
    };
    if lost(Property::Confidentiality) || knowledge.recipients.is_some() {
        let (score, because) = match knowledge.recipients {
            Some(Recipients::None) => (0, "exposed, without a sign that anybody saw it"),
            Some(Recipients::Known) => (1, "known recipients"),
            Some(Recipients::Unknown) => (2, "an unknown number of recipients"),
            None => (2, "an unknown number of recipients, nobody having said who"),
        };
        step("loss of confidentiality", score, because, knowledge.recipients.is_none());
    }
    if lost(Property::Integrity) || knowledge.alteration.is_some() {
        let (score, because) = match knowledge.alteration {
            Some(Alteration::Harmless) => (0, "changed, not misused"),
            Some(Alteration::Recoverable) => (1, "changed and maybe misused, can be put right"),
            Some(Alteration::Unrecoverable) => (2, "changed and maybe misused, cannot be put right"),
            None => (2, "changed, nobody having said that it can be put right"),
        };
        step("loss of integrity", score, because, knowledge.alteration.is_none());
    }
    if lost(Property::Availability) || knowledge.outage.is_some() {
        let (score, because) = match knowledge.outage {
            Some(Outage::Harmless) => (0, "restored without trouble"),
            Some(Outage::Temporary) => (1, "away for a time"),
            Some(Outage::Full) => (2, "gone"),
            None => (2, "away, nobody having said that it comes back"),
        };
        step("loss of availability", score, because, knowledge.outage.is_none());
    }
    match facts.scope.cause {
        Some(Cause::ExternalMalicious | Cause::InternalMalicious) => {
            step("malicious intent", 2, "somebody meant to do it", false);
        }
        Some(Cause::ExternalAccidental | Cause::InternalAccidental) => {
            step("malicious intent", 0, "an accident", false);
        }
        Some(Cause::Unknown) | None => step("malicious intent", 2, "the cause is not known", true),
    }
    steps
}

/// Beside the score: many people, and data that cannot be read.
fn flags(facts: &IncidentFacts) -> Vec<String> {
    let known: u64 = facts.scope.affected.iter().filter_map(|group| group.individuals).fold(0, u64::saturating_add);
    let unknown = facts.scope.affected.iter().any(|group| group.individuals.is_none());
    let mut flags = Vec::new();
    if known > 100 {
        flags.push(format!("more than 100 individuals: {known}"));
    } else if unknown {
        flags.push(String::from("the number of individuals is not known; it may be more than 100"));
    }
    let protection = facts.scope.protection;
    if protection.unintelligible && !protection.key_compromised {
        flags.push(String::from("the data are unintelligible to whoever got them, which the score does not count"));
    }
    flags
}
