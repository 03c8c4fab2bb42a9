//! The law as data: which duties an incident puts on an organisation, by when, and under which provision.
//!
//! Owns the rule files (`data/`), their model, and the counting of time. Guarantees that the same facts at the same
//! instant give the same answer, that every obligation carries its citation and the version of the rules, and that a
//! number stands only where a text gives one: a rule without a number yields an obligation without a time and says so.
//! What the facts do not decide becomes [`Force::Review`], never a silent yes or no. Never reads a clock or the host's
//! time zones, and no file but those of the directory of overrides, once; never gives legal advice.
//!
//! | file | owns |
//! |---|---|
//! | `rule.rs`, `form.rs`, `condition.rs` | the model of a rule file, as a lawyer writes it |
//! | `template.rs` | files that are like another: US states |
//! | `loader.rs`, `lines.rs`, `error.rs` | reading them, and refusing what is not sound |
//! | `case.rs`, `truth.rs` | whether a rule applies: yes, no, or not known and why |
//! | `counting.rs`, `calendar.rs`, `hold.rs` | hours, days, business days, and what gives more time |
//! | `evaluate.rs` | obligations from facts |
//! | `met.rs` | which of them are met, by documents and records |
//! | `vocabulary.rs` | the words of facts, and which rules use them |
//! | `signs.rs` | by what a notice shows that it has what a law demands |
//! | `overrides.rs` | files of an operator in the place of the embedded ones |
//! | `routes.rs`, `substitute.rs` | by which way a person may be told, and when in public |
//!
//! A jurisdiction is added by its file in `data/`, its vectors in `vectors/`, and a line in `embedded.rs`.
//!
//! [`Force::Review`]: crate::domain::obligation::Force::Review

mod calendar;
mod case;
mod condition;
mod counting;
#[cfg(test)]
mod counting_tests;
mod embedded;
mod error;
mod evaluate;
mod form;
#[cfg(test)]
mod forms_tests;
#[cfg(test)]
mod fuzz;
mod hold;
mod lines;
mod loader;
mod met;
#[cfg(test)]
mod mutations;
mod overrides;
#[cfg(test)]
mod pitfalls;
#[cfg(test)]
mod properties;
pub mod routes;
#[cfg(test)]
mod routes_tests;
mod rule;
pub mod signs;
pub mod substitute;
mod template;
#[cfg(test)]
mod tests;
mod truth;
#[cfg(test)]
mod vectors;
pub mod vocabulary;
#[cfg(test)]
mod ways;
mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use error::LawError;
pub use form::{Computed, Field, Form, Inclusion, Section, Source};
pub use rule::{Applies, Authority, Evidence, Level, National, Organisations, ReportOf, Rule, RuleSet, Status};

use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::hash;
use crate::domain::obligation::Obligation;
use crate::domain::rule_load::{Stamp, Stamps};

/// All rule sets.
#[derive(Clone, Debug)]
pub struct Rules {
    sets: BTreeMap<JurisdictionId, RuleSet>,
    /// The files, to show what is encoded.
    texts: BTreeMap<JurisdictionId, String>,
    shared: Arc<loader::Shared>,
}

impl Rules {
    /// The rule sets that are part of the binary.
    ///
    /// # Errors
    /// The first rule file that is not sound; a release has none, a test proves it.
    pub fn embedded() -> Result<Self, LawError> {
        Self::load(embedded::FILES)
    }

    /// Rule sets from files given as name and text.
    ///
    /// # Errors
    /// The first file that is not sound, by file, line or rule, and field.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, LawError> {
        Reader::new(embedded::SHARED)?.rules(files)
    }

    /// What the facts ask for at an instant, the earliest deadline first, those without a time last.
    ///
    /// `done` says when obligations were met, by their identifier. Jurisdictions that the facts do not list, or for which
    /// no rules exist, yield nothing; [`Rules::unknown_in`] names the latter.
    #[must_use]
    pub fn obligations(&self, facts: &IncidentFacts, done: &BTreeMap<String, Millis>, now: Millis) -> Vec<Obligation> {
        evaluate::all(self.sets.values(), facts, done, now)
    }

    /// The jurisdictions that have rules, in order of name.
    pub fn known(&self) -> impl Iterator<Item = &JurisdictionId> {
        self.sets.keys()
    }

    /// The jurisdictions in which people live, in order of name.
    pub fn residences(&self) -> impl Iterator<Item = &JurisdictionId> {
        self.sets.values().filter(|set| matches!(set.applies, Applies::Residents)).map(|set| &set.id)
    }

    /// The rules of a jurisdiction.
    #[must_use]
    pub fn jurisdiction(&self, id: &JurisdictionId) -> Option<&RuleSet> {
        self.sets.get(id)
    }

    /// What is encoded of a jurisdiction: its file, with what it shares with others filled in.
    #[must_use]
    pub fn encoded(&self, id: &JurisdictionId) -> Option<serde_json::Value> {
        let table = loader::whole(id.as_str(), self.texts.get(id)?, &self.shared).ok()?;
        serde_json::to_value(table).ok()
    }

    /// What each rule set is, to be told from what it was or will be: its version, and a hash of all that it says, calendars
    /// included where it counts by one.
    #[must_use]
    pub fn stamps(&self) -> Stamps {
        let stamp = |(id, set): (&JurisdictionId, &RuleSet)| {
            let said = self.encoded(id).map(|encoded| encoded.to_string()).unwrap_or_default();
            let counts = ["\"calendar\"", "\"roll_forward\""].iter().any(|field| said.contains(field));
            let calendars = if counts { calendar::TEXT } else { "" };
            let digest = hash(&[said.as_bytes(), calendars.as_bytes()]);
            (id.clone(), Stamp { version: set.rules_version.clone(), digest })
        };
        self.sets.iter().map(stamp).collect()
    }

    /// The rules of a jurisdiction in which people live; those that follow an organisation are not among them.
    #[must_use]
    pub fn residence(&self, id: &JurisdictionId) -> Option<&RuleSet> {
        self.sets.get(id).filter(|set| matches!(set.applies, Applies::Residents))
    }

    /// Why people cannot be listed under a name: there are no rules, or the rules follow an organisation.
    #[must_use]
    pub fn why_nobody_lives_in(&self, id: &JurisdictionId) -> String {
        match self.sets.get(id).map(|set| &set.applies) {
            Some(Applies::Organisations(of)) => {
                let traits: Vec<&str> = of.with_any.iter().map(|wanted| wanted.as_str()).collect();
                format!(
                    "nobody lives in {id}: it applies to organisations with one of the traits {}",
                    traits.join(", ")
                )
            }
            _ => format!("there are no rules for {id}"),
        }
    }

    /// Jurisdictions that the facts list and in which, as far as there are rules, nobody lives, so that an edge can refuse
    /// them.
    #[must_use]
    pub fn unknown_in<'a>(&self, facts: &'a IncidentFacts) -> Vec<&'a JurisdictionId> {
        facts.scope.affected.iter().map(|a| &a.jurisdiction).filter(|id| self.residence(id).is_none()).collect()
    }

    /// What the laws together say on telling people of an incident who live in a jurisdiction: its own, and those that
    /// follow the organisation; only the latter where nobody knows where they live.
    #[must_use]
    pub fn telling(&self, residence: Option<&JurisdictionId>, facts: &IncidentFacts, now: Millis) -> routes::Telling {
        let mut telling = routes::Telling::new(&facts.organisation.traits, &facts.scope.data);
        for set in self
            .sets
            .values()
            .filter(|set| residence.map_or(matches!(set.applies, Applies::Organisations(_)), |there| set.counts(there)))
        {
            let found: Vec<Obligation> = evaluate::of_set(set, facts, now).into_iter().map(|f| f.obligation).collect();
            telling.add(&set.id, &set.routes, &found);
        }
        telling
    }

    /// The zone of the authority where somebody lives.
    #[must_use]
    pub fn zone(&self, residence: &JurisdictionId) -> Option<jiff::tz::TimeZone> {
        self.sets.get(residence).map(|set| set.zone(None).clone())
    }

    /// The day it is where somebody lives, by the zone of the authority there; UTC where there is none.
    #[must_use]
    pub fn today(&self, residence: Option<&JurisdictionId>, now: Millis) -> jiff::civil::Date {
        let zone = residence.and_then(|id| self.zone(id));
        now.to_timestamp().to_zoned(zone.unwrap_or(jiff::tz::TimeZone::UTC)).date()
    }
}

/// What rule files are read with: the elements that they may name, and the files that they may be like.
struct Reader {
    elements: loader::Elements,
    shared: Arc<loader::Shared>,
}

impl Reader {
    fn new(shared: &[(&str, &str)]) -> Result<Self, LawError> {
        Ok(Self { elements: loader::elements(embedded::ELEMENTS)?, shared: Arc::new(loader::shared(shared)?) })
    }

    fn rules(&self, files: &[(&str, &str)]) -> Result<Rules, LawError> {
        let mut sets = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for (file, text) in files {
            let set = loader::rule_set(file, text, &self.elements, &self.shared)?;
            let id = set.id.clone();
            texts.insert(id.clone(), (*text).to_owned());
            if sets.insert(id.clone(), set).is_some() {
                return Err(LawError::Set {
                    file: (*file).to_owned(),
                    line: lines::Lines::of(text, 0).of_field("id"),
                    field: String::from("id"),
                    reason: format!("another file has the rules of {id} already"),
                });
            }
        }
        Ok(Rules { sets, texts, shared: Arc::clone(&self.shared) })
    }
}
