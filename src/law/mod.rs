//! The law as data: which duties an incident puts on an organisation, by when, and under which provision.
//!
//! Owns the rule files (`data/`), their model, and the counting of time. Guarantees that the same facts at the same
//! instant give the same answer, that every obligation carries its citation and the version of the rules, and that a
//! number stands only where a text gives one: a rule without a number yields an obligation without a time and says so.
//! What the facts do not decide becomes [`Force::Review`], never a silent yes or no. Never reads a clock, a file or the
//! host's time zones; never gives legal advice.
//!
//! | file | owns |
//! |---|---|
//! | `rule.rs`, `form.rs` | the model of a rule file, as a lawyer writes it |
//! | `loader.rs`, `error.rs` | reading it, and refusing what is not sound |
//! | `condition.rs` | whether a rule applies: yes, no, or not known and why |
//! | `counting.rs` | hours and days |
//! | `evaluate.rs` | obligations from facts |
//!
//! A jurisdiction is added by its file in `data/`, its vectors in `vectors/`, and a line in `embedded.rs`.
//!
//! [`Force::Review`]: crate::domain::obligation::Force::Review

mod condition;
mod counting;
mod embedded;
mod error;
mod evaluate;
mod form;
mod loader;
mod rule;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod wording;

use std::collections::BTreeMap;

pub use error::LawError;
pub use form::{Computed, Field, Form, Inclusion, Section, Source};
pub use rule::{Authority, Evidence, Level, National, ReportOf, Rule, RuleSet, Status};

use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::Obligation;

/// All rule sets.
#[derive(Clone, Debug)]
pub struct Rules {
    sets: BTreeMap<JurisdictionId, RuleSet>,
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
        let elements = loader::elements(embedded::ELEMENTS)?;
        let mut sets = BTreeMap::new();
        for (file, text) in files {
            let set = loader::rule_set(file, text, &elements)?;
            let id = set.id.clone();
            if sets.insert(id.clone(), set).is_some() {
                return Err(LawError::Set {
                    file: (*file).to_owned(),
                    field: String::from("id"),
                    reason: format!("another file has the rules of {id} already"),
                });
            }
        }
        Ok(Self { sets })
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

    /// The rules of a jurisdiction.
    #[must_use]
    pub fn jurisdiction(&self, id: &JurisdictionId) -> Option<&RuleSet> {
        self.sets.get(id)
    }

    /// Jurisdictions that the facts list and that have no rules, so that an edge can refuse them.
    #[must_use]
    pub fn unknown_in<'a>(&self, facts: &'a IncidentFacts) -> Vec<&'a JurisdictionId> {
        facts.scope.affected.iter().map(|a| &a.jurisdiction).filter(|id| !self.sets.contains_key(id)).collect()
    }
}
