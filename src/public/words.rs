//! The words of the pages themselves, one file per language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::locale::Locale;

/// The words of one language. The files' keys are these.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The language's own name.
    language: String,
    skip: String,
    languages: String,
    list_title: String,
    list_intro: String,
    none: String,
    feed: String,
    all: String,
    published: String,
    withdrawn_on: String,
    withdrawn: String,
    withdrawn_intro: String,
    withdrawn_reason: String,
    why_here: String,
    what_happened: String,
    what_we_do: String,
    what_you_can_do: String,
    what_we_offer: String,
    whom_to_ask: String,
    genuine: String,
    not_found: String,
    not_found_text: String,
    failed: String,
    failed_text: String,
}

impl Words {
    pub(super) fn list_title(&self) -> &str {
        &self.list_title
    }

    pub(super) fn withdrawn(&self) -> &str {
        &self.withdrawn
    }

    pub(super) fn not_found(&self) -> &str {
        &self.not_found
    }

    pub(super) fn failed(&self) -> &str {
        &self.failed
    }
}

/// All languages.
#[derive(Clone, Debug)]
pub(super) struct Languages(BTreeMap<Locale, Words>);

/// The language that stands in where none fits.
const LAST_RESORT: &str = "en";

impl Languages {
    /// `None` when English is missing.
    pub(super) fn new(all: BTreeMap<Locale, Words>) -> Option<Self> {
        let languages = Self(all);
        languages.0.keys().any(|locale| locale.as_str() == LAST_RESORT).then_some(languages)
    }

    /// A locale that there are words for.
    pub(super) fn find(&self, locale: &Locale) -> Option<&Locale> {
        self.0.get_key_value(locale).map(|(found, _)| found)
    }

    /// The nearest language to a locale.
    pub(super) fn nearest(&self, locale: &Locale) -> Option<&Locale> {
        locale.fallbacks().iter().find_map(|general| self.find(general))
    }

    /// English.
    pub(super) fn last_resort(&self) -> &Locale {
        self.0.keys().find(|locale| locale.as_str() == LAST_RESORT).expect("it was there when this was made")
    }

    /// The words of a locale that was found here before.
    pub(super) fn words(&self, locale: &Locale) -> &Words {
        self.0.get(locale).unwrap_or_else(|| &self.0[self.last_resort()])
    }

    /// The name of a language in itself, or its tag.
    pub(super) fn name(&self, locale: &Locale) -> String {
        self.0.get(locale).map_or_else(|| locale.to_string(), |words| words.language.clone())
    }

    /// All of them.
    pub(super) fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.0.keys()
    }
}
