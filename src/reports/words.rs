//! The words of reports per language: what a word of the vocabulary is called in a document.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::locale::Locale;

/// The words of one language, by part of the facts and word.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Words(BTreeMap<String, BTreeMap<String, String>>);

/// The languages that reports can be written in. A test proves that each has all words.
const LANGUAGES: [(&str, &str); 2] =
    [("en", include_str!("words/en.toml")), ("zh-Hans", include_str!("words/zh-Hans.toml"))];

static ALL: LazyLock<BTreeMap<&'static str, Words>> = LazyLock::new(|| {
    LANGUAGES
        .into_iter()
        .map(|(language, text)| (language, toml::from_str(text).expect("a test reads each embedded file")))
        .collect()
});

impl Words {
    /// The words of a language, or of the nearest that there is; English at last.
    pub(super) fn of(locale: &Locale) -> &'static Self {
        let found = locale.fallbacks().iter().find_map(|language| ALL.get(language.as_str()));
        found.unwrap_or_else(|| &ALL["en"])
    }

    /// What a word is called. A word without a name stands for itself: free text has none.
    pub(super) fn name(&self, part: &str, word: &str) -> String {
        self.0.get(part).and_then(|words| words.get(word)).map_or_else(|| word.to_owned(), Clone::clone)
    }

    /// A phrase with its names in braces replaced.
    pub(super) fn phrase(&self, phrase: &str, values: &[(&str, &str)]) -> String {
        let template = self.name("phrases", phrase);
        values.iter().fold(template, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::{Cause, Consequence, DataCategory, Property, Risk, Trait};
    use crate::law::Rules;

    #[test]
    fn every_language_has_every_word() {
        let vocabulary: [(&str, Vec<&str>); 7] = [
            ("organisation_traits", Trait::ALL.iter().map(|w| w.as_str()).collect()),
            ("scope_properties", Property::ALL.iter().map(|w| w.as_str()).collect()),
            ("scope_cause", Cause::ALL.iter().map(|w| w.as_str()).collect()),
            ("scope_data", DataCategory::ALL.iter().map(|w| w.as_str()).collect()),
            ("impact_risk", Risk::ALL.iter().map(|w| w.as_str()).collect()),
            ("impact_consequences", Consequence::ALL.iter().map(|w| w.as_str()).collect()),
            ("report_kind", vec!["initial", "supplementary", "final"]),
        ];
        for (language, words) in ALL.iter() {
            for (part, names) in &vocabulary {
                let mut known: Vec<_> = words.0[*part].keys().map(String::as_str).collect();
                let mut names = names.clone();
                known.sort_unstable();
                names.sort_unstable();
                assert_eq!(known, names, "{language}: {part}");
            }
            assert_eq!(
                words.0["phrases"].keys().collect::<Vec<_>>(),
                ALL["en"].0["phrases"].keys().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn every_rule_file_is_written_in_a_language_that_has_words() {
        let rules = Rules::embedded().unwrap();
        for id in rules.known() {
            let language = &rules.jurisdiction(id).unwrap().language;
            assert!(ALL.contains_key(language.as_str()), "{id}: {language}");
        }
    }
}
