//! The words in which facts are told, what each means, and which rule files make something of it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Rules;
use crate::domain::facts::Timeline;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::vocabulary::{
    Cause, Circumstance, Consequence, DataCategory, Finding, HoldKind, Property, Risk, Trait,
};

/// A part of the facts with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Part {
    /// Where in the incident's body, e.g. `scope.data`.
    pub path: String,
    /// Its words.
    pub words: Vec<Word>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Word {
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
    /// The jurisdictions whose rules make something of it.
    pub used_by: Vec<JurisdictionId>,
}

/// Keys of rule files under which words of a part of the facts stand.
const KEYS: [(&str, &[&str]); 8] = [
    ("organisation.traits", &["traits_all", "traits_any", "traits_none", "with_any", "needs_any"]),
    ("timeline", &["starts", "or_when", "met_by", "happened"]),
    ("scope.data", &["one_of_each"]),
    ("scope.circumstances", &["circumstances_any", "circumstances_none", "findings_need"]),
    ("scope.cause", &["cause_any", "cause_is"]),
    ("scope.properties", &["properties_any", "unintelligible_cures"]),
    ("impact.findings", &["findings_any", "found", "ruled_out"]),
    ("impact.risk", &["risk_at_least", "risk_is"]),
];

impl Rules {
    /// All words, by part of the facts.
    #[must_use]
    pub fn vocabulary(&self) -> Vec<Part> {
        let mut uses: BTreeMap<(&'static str, String), Vec<JurisdictionId>> = BTreeMap::new();
        for id in self.known() {
            let mut found = Vec::new();
            collect(&self.encoded(id).unwrap_or_default(), "", &mut found);
            for place in found {
                let by = uses.entry(place).or_default();
                if by.last() != Some(id) {
                    by.push(id.clone());
                }
            }
        }
        let part = |path: &'static str, words: Vec<(&str, &str)>| Part {
            path: path.to_owned(),
            words: words
                .into_iter()
                .map(|(word, meaning)| Word {
                    word: word.to_owned(),
                    meaning: meaning.trim().to_owned(),
                    used_by: uses.get(&(path, word.to_owned())).cloned().unwrap_or_default(),
                })
                .collect(),
        };
        macro_rules! words {
            ($vocabulary:ident) => {
                $vocabulary::ALL.iter().map(|word| (word.as_str(), word.meaning())).collect()
            };
        }
        vec![
            part("organisation.traits", words!(Trait)),
            part("timeline", Timeline::EVENTS.iter().copied().zip(Timeline::MEANINGS.iter().copied()).collect()),
            part("scope.properties", words!(Property)),
            part("scope.cause", words!(Cause)),
            part("scope.data", words!(DataCategory)),
            part("scope.circumstances", words!(Circumstance)),
            part("impact.risk", words!(Risk)),
            part("impact.findings", words!(Finding)),
            part("impact.consequences", words!(Consequence)),
            part("holds.kind", words!(HoldKind)),
        ]
    }
}

/// Finds the words in a rule file, each with its part of the facts.
fn collect(value: &Value, under: &str, found: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Object(table) => {
            for (key, inner) in table {
                if under == "holds" && key == "kind" {
                    found.extend(inner.as_str().map(|word| ("holds.kind", word.to_owned())));
                }
                collect(inner, key, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, under, found)),
        Value::String(word) => {
            let part = KEYS.iter().find(|(_, keys)| keys.contains(&under));
            found.extend(part.map(|(part, _)| (*part, word.clone())));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn page(rules: &Rules) -> String {
        let mut page = String::from(
            "# The words of facts\n\nFor each part of an incident's body its words, what they mean, and the rule files that use them. This page is \
             written by a\ntest; when it is out of date the test prints it anew.\n",
        );
        for part in rules.vocabulary() {
            let _ = write!(page, "\n## `{}`\n\n| word | meaning | used by |\n|---|---|---|\n", part.path);
            for word in part.words {
                let states = word.used_by.iter().filter(|id| id.as_str().len() == 5 && id.as_str().starts_with("us-"));
                let (states, all) = (states.count(), word.used_by.len());
                let named: Vec<&str> = word.used_by.iter().map(JurisdictionId::as_str).collect();
                let is_state = |id: &&str| id.len() == 5 && id.starts_with("us-");
                let named = if states <= 12 {
                    named.join(", ")
                } else {
                    let others: Vec<&str> = named.iter().copied().filter(|id| !is_state(id)).collect();
                    format!(
                        "{states} US states and territories{}{}",
                        if all > states { ", " } else { "" },
                        others.join(", ")
                    )
                };
                let _ = writeln!(page, "| `{}` | {} | {named} |", word.word, word.meaning);
            }
        }
        page
    }

    #[test]
    fn the_page_of_words_is_up_to_date() {
        let rules = Rules::embedded().unwrap();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/law/VOCABULARY.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let page = page(&rules);
        assert!(written == page, "src/law/VOCABULARY.md should read:\n{page}\n(end of the page)");
    }

    #[test]
    fn a_word_knows_who_uses_it() {
        let rules = Rules::embedded().unwrap();
        let parts = rules.vocabulary();
        let part = |path: &str| parts.iter().find(|part| part.path == path).unwrap();
        let word = |path: &str, word: &str| part(path).words.iter().find(|w| w.word == word).unwrap().clone();
        let by = |w: Word| w.used_by.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(by(word("organisation.traits", "wyoming_based")), ["us-wy"]);
        assert_eq!(by(word("organisation.traits", "small_processing_agent")), ["br"]);
        assert!(by(word("holds.kind", "good_cause")).contains(&String::from("us-fl")));
        assert!(word("scope.data", "health").meaning.contains("Health"));
    }
}
