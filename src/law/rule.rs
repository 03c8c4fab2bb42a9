//! The model of a rule file: one jurisdiction, its authority, its rules and the forms of its reports.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::condition::{Condition, Exemption};
use super::counting::Term;
use super::form::Form;
use super::hold::Holds;
use super::routes::Routes;
use super::substitute::Substitute;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::obligation::{Duty, Force, Lasting};
use crate::domain::report::ReportKind;
use crate::domain::vocabulary::Trait;

/// The rules of one jurisdiction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The jurisdiction.
    pub id: JurisdictionId,
    /// Its name, in English.
    pub name: String,
    /// Whether these rules bind.
    pub status: Status,
    /// The language in which its authority reads reports.
    pub language: Locale,
    /// Which state of these rules this is: the day they were checked, and a number within it.
    pub rules_version: String,
    /// First day on which they apply, by the day of awareness in the authority's zone.
    #[serde(default, deserialize_with = "day")]
    pub effective_from: Option<Date>,
    /// Last day on which they apply.
    #[serde(default, deserialize_with = "day")]
    pub effective_until: Option<Date>,
    /// To whom they apply.
    #[serde(default)]
    pub applies: Applies,
    /// Who supervises.
    pub authority: Authority,
    /// Doubts and gaps that hold for all of it.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// By which ways a person may be told.
    #[serde(default)]
    pub routes: Routes,
    /// When and how a public notice may stand in for individual ones.
    pub substitute: Option<Substitute>,
    /// How the jurisdiction grades an incident by the number of its own people, the smallest first.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// The duties.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// The reports.
    #[serde(default, rename = "form")]
    pub forms: Vec<Form>,
}

/// A day and nothing else: with a time it would be a moment, and of that nobody knows in which zone.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let day = text.parse().ok().filter(|day: &Date| day.to_string() == text);
    day.map(Some).ok_or_else(|| {
        D::Error::custom(format_args!(
            "{text:?} is no day like 2027-01-01; days are those of the authority's zone, so a time has no place here"
        ))
    })
}

impl RuleSet {
    /// Whether people of a residence are among those whom these rules are about: those who live there, or everybody in its
    /// territory whom an organisation of its kind answers for.
    #[must_use]
    pub fn counts(&self, residence: &JurisdictionId) -> bool {
        match &self.applies {
            Applies::Residents => *residence == self.id,
            Applies::Organisations(of) => {
                of.people_of.as_ref().is_none_or(|begins| residence.as_str().starts_with(begins.as_str()))
            }
        }
    }

    /// The name of the authority that is competent for an organisation established in a country.
    #[must_use]
    pub fn authority_name(&self, country: Option<&str>) -> &str {
        self.national(country).map_or(&self.authority.name, |n| &n.name)
    }

    /// The zone in which that authority reads the clock.
    pub(super) fn zone(&self, country: Option<&str>) -> &TimeZone {
        self.national(country).map_or(&self.authority.zone.0, |n| &n.zone.0)
    }

    /// The grade of an incident that touches so many people of this jurisdiction.
    #[must_use]
    pub fn level(&self, individuals: u64) -> Option<&Level> {
        self.levels.iter().rev().find(|level| individuals >= level.ge)
    }

    /// A form by its name.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == id)
    }

    /// The report by which an obligation of these rules is met, if it is met by one, and its form. All versions of a
    /// rule use the same, so it does not matter which of them produced the obligation.
    #[must_use]
    pub fn report_for(&self, obligation: &str) -> Option<(&ReportOf, &Form)> {
        let (rule, _) = self.rule_and_country(obligation)?;
        let report = self.rules.iter().find(|r| r.id == rule)?.report.as_ref()?;
        Some((report, self.form(&report.form)?))
    }

    /// The country towards whose authority an obligation of these rules is due, where it is due in several.
    #[must_use]
    pub fn country_of<'a>(&self, obligation: &'a str) -> Option<&'a str> {
        self.rule_and_country(obligation)?.1
    }

    /// The parts of an obligation's name: one that is due in several countries has the country behind it.
    fn rule_and_country<'a>(&self, obligation: &'a str) -> Option<(&'a str, Option<&'a str>)> {
        let rule = obligation.strip_prefix(self.id.as_str())?.strip_prefix('/')?;
        Some(rule.split_once('/').map_or((rule, None), |(rule, country)| (rule, Some(country))))
    }

    /// The authority of a country, where the jurisdiction has several.
    #[must_use]
    pub fn national(&self, country: Option<&str>) -> Option<&National> {
        let country = country?;
        self.authority.national.iter().find(|n| n.country.eq_ignore_ascii_case(country))
    }
}

/// To whom a rule set applies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// To the people who live there: those whom the facts list under its name.
    #[default]
    Residents,
    /// To organisations of a kind, wherever the people live.
    Organisations(Organisations),
}

/// Organisations of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisations {
    /// They have one of these traits.
    pub with_any: Vec<Trait>,
    /// Only people count whose jurisdiction begins so, e.g. `us-`; all of them otherwise.
    pub people_of: Option<String>,
    /// Whether it applies also where nobody's data was touched.
    #[serde(default)]
    pub without_people: bool,
}

/// Whether a rule set binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is law.
    InForce,
    /// It is guidance: no rule of it may be mandatory.
    Voluntary,
}

/// Who supervises.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its name.
    pub name: String,
    /// Where its form or its contact is, where that is known.
    pub url: Option<String>,
    /// How it is reached besides, e.g. by phone when it is urgent.
    pub contact: Option<String>,
    /// The languages it accepts, where that is known.
    #[serde(default)]
    pub languages: Vec<Locale>,
    /// The zone in which its days begin and end.
    pub(super) zone: Zone,
    /// The authorities of the countries, where the jurisdiction has several.
    #[serde(default)]
    pub national: Vec<National>,
}

/// The authority of one country.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct National {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its name, in its own language.
    pub name: String,
    /// Its site, or the page on which it takes notifications.
    pub url: String,
    /// The languages it accepts, where that is known.
    #[serde(default)]
    pub languages: Vec<Locale>,
    /// The zone in which its days begin and end.
    pub(super) zone: Zone,
    /// How well that was verified.
    pub evidence: Evidence,
}

/// A zone of the IANA database that is part of the binary, so that an answer does not depend on the host.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Zone(pub(super) TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        jiff::tz::TimeZoneDatabase::bundled()
            .get(&name)
            .map(Self)
            .map_err(|_| format!("{name:?} is no zone of the IANA database, like Europe/Berlin"))
    }
}

/// A grade.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// From so many people on.
    pub ge: u64,
    /// Its name, in the jurisdiction's language.
    pub name: String,
}

/// How well a statement was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The text itself was read.
    Primary,
    /// The text was read as a quotation elsewhere.
    Quoted,
    /// Somebody's account of it was read.
    Secondary,
    /// Generally known; no text was found to confirm it.
    General,
}

impl Evidence {
    /// The name, as the rule files and the API spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Quoted => "quoted",
            Self::Secondary => "secondary",
            Self::General => "general",
        }
    }
}

/// One duty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name within the rule set. Versions of one rule share it, with dates that do not overlap.
    pub id: String,
    /// What.
    pub duty: Duty,
    /// To whom; may name `{authority}`.
    pub to: String,
    /// How strongly.
    pub force: Force,
    /// Why it applies, with the numbers in braces.
    pub because: String,
    /// First day on which this version applies, by the day of awareness.
    #[serde(default, deserialize_with = "day")]
    pub effective_from: Option<Date>,
    /// Last day on which it applies.
    #[serde(default, deserialize_with = "day")]
    pub effective_until: Option<Date>,
    /// Why it is in no force yet, without a date on which it will be: it stands here for the reader and stays silent.
    pub pending: Option<String>,
    /// Whether it is owed to the authority of each country in which affected people live.
    #[serde(default)]
    pub in_each_country: bool,
    /// The rule that must apply too; its conditions and exemptions hold for this one as well.
    pub only_with: Option<String>,
    /// When it applies: everything in this table must hold.
    #[serde(default)]
    pub(super) when: Condition,
    /// What lifts it.
    #[serde(default)]
    pub(super) unless: Exemption,
    /// What leaves it to a person to decide.
    #[serde(default)]
    pub(super) review_if: Exemption,
    /// By when.
    pub(super) deadline: Term,
    /// The event of the timeline by which it is met, beside a submitted report.
    pub met_by: Option<String>,
    /// Rules of the same file that must be met first.
    #[serde(default)]
    pub not_before: Vec<String>,
    /// What must be said.
    #[serde(default)]
    pub contents: Vec<String>,
    /// What must not be said.
    #[serde(default)]
    pub must_not_contain: Vec<String>,
    /// How long what is done must last.
    #[serde(default)]
    pub lasts: Vec<Lasting>,
    /// What gives more time for it.
    #[serde(default)]
    pub(super) holds: Holds,
    /// What to know beside.
    #[serde(default)]
    pub(super) notes: Vec<Note>,
    /// Where it comes from.
    #[serde(default)]
    pub(super) citation: Vec<RuleCitation>,
    /// The document by which it is met.
    pub report: Option<ReportOf>,
}

impl Rule {
    /// Whether some of it rests on no text: on an account of somebody, or on general knowledge.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.evidence().is_some_and(|evidence| evidence >= Evidence::Secondary)
    }

    /// The weakest of the evidence that it rests on.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        self.citation.iter().map(|citation| citation.evidence).max()
    }
}

/// What to know beside a rule, for everybody or for organisations of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// The note.
    pub(super) text: String,
    /// Only for organisations with one of these.
    #[serde(default)]
    pub(super) traits_any: Vec<Trait>,
}

/// Where a rule comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleCitation {
    /// The provision.
    pub(super) text: String,
    /// What was read to encode it.
    pub(super) source: String,
    /// How well that was verified.
    pub(super) evidence: Evidence,
}

/// The report that a rule asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportOf {
    /// The form.
    pub form: String,
    /// Which of the authority's documents are written with it.
    pub kinds: Vec<ReportKind>,
    /// The deadline in words, in the report's language, where that is not English.
    pub deadline_text: Option<String>,
}
