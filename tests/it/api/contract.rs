//! The API's document says what the API takes: its words are those that are understood, and a name stands for one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use candour::domain::announcement::AnnouncementState;
use candour::domain::campaign::{CampaignState, PersonState, Priority};
use candour::domain::history::Cause as HistoryCause;
use candour::domain::incident::IncidentState;
use candour::domain::obligation::{DeadlineKind, Duty, Force, LastingUnit, ObligationState};
use candour::domain::reminder::{Mark, ReminderState};
use candour::domain::vocabulary::{
    Cause, Circumstance, Consequence, DataCategory, Finding, HoldKind, Property, Risk, Trait,
};
use candour::domain::{
    actor::Role, channel::Channel, limit::LimitKind, outcome::Outcome, report::ReportKind, segments::Encoding,
    variant::NoticeSection,
};
use candour::law::substitute::Mode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Lists of words that no request has: nothing reads them back.
const ONLY_ANSWERED: [&str; 11] = [
    "AlarmCause",
    "Answer",
    "Basis",
    "ChangeKind",
    "LeftOut",
    "May",
    "Recipient",
    "RehearsalState",
    "SeverityClass",
    "Stage",
    "Verdict",
];

/// Lists whose type is the API's own: they are tried over it, in the tests of what takes them.
const PRIVATE: [&str; 1] = ["RetryClass"];

fn document() -> Value {
    serde_json::to_value(candour::api::openapi::document()).unwrap()
}

/// Whether a word is one of a type's.
type Takes = fn(&str) -> bool;

fn takes<T: DeserializeOwned>(word: &str) -> bool {
    serde_json::from_value::<T>(json!(word)).is_ok()
}

/// By the name of its schema, each list of words that requests have.
fn types() -> BTreeMap<&'static str, Takes> {
    macro_rules! by_name {
        ($($name:ident),+ $(,)?) => { [$((stringify!($name), takes::<$name> as Takes)),+].into() };
    }
    by_name![
        AnnouncementState,
        CampaignState,
        Cause,
        Channel,
        Circumstance,
        Consequence,
        DataCategory,
        DeadlineKind,
        Duty,
        Encoding,
        Finding,
        Force,
        HistoryCause,
        HoldKind,
        IncidentState,
        LastingUnit,
        LimitKind,
        Mark,
        Mode,
        NoticeSection,
        ObligationState,
        Outcome,
        PersonState,
        Priority,
        Property,
        ReminderState,
        ReportKind,
        Risk,
        Role,
        Trait,
    ]
}

/// Every list of words below a place of the document, with the place.
fn lists(value: &Value, place: &str, found: &mut Vec<(String, Vec<String>)>) {
    if let Some(words) = value.get("enum").and_then(Value::as_array) {
        let words = words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect();
        found.push((place.to_owned(), words));
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, child)| (name.clone(), child)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, child)| (n.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        lists(child, &format!("{place}/{name}"), found);
    }
}

#[test]
fn every_word_of_the_document_is_understood() {
    let document = document();
    let mut found = Vec::new();
    lists(&document, "", &mut found);
    let spelt = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let types = types();
    let mut tried = BTreeSet::new();
    for (place, words) in found {
        assert!(words.iter().all(|word| spelt(word)), "{place}: {words:?}");
        let Some(name) = place.strip_prefix("/components/schemas/").filter(|name| !name.contains('/')) else {
            continue;
        };
        if ONLY_ANSWERED.contains(&name) || PRIVATE.contains(&name) {
            continue;
        }
        let understood = types.get(name).unwrap_or_else(|| panic!("{name} is in no list of this test"));
        let strange: Vec<_> = words.iter().filter(|word| !understood(word)).collect();
        assert!(strange.is_empty(), "{name}: the API does not take {strange:?}");
        tried.insert(name.to_owned());
    }
    assert_eq!(tried, types.keys().map(ToString::to_string).collect(), "lists that the document has lost");
    let traits = &document["components"]["schemas"]["Trait"]["enum"];
    assert_eq!(traits.as_array().map(Vec::len), Some(Trait::ALL.len()), "all words, not only some");
}

#[test]
fn whom_to_tell_again_is_named_in_words_of_its_own() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Retry"]["properties"]["classes"]["items"]["$ref"], "#/components/schemas/RetryClass");
    assert_eq!(schemas["RetryClass"]["enum"], json!(["bad_address", "rejected", "gave_up", "unknown"]));
}

/// The names of schemas that a source file declares, each with what declares it.
fn declared(text: &str, macros: &mut BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut as_name, mut derived, mut in_macro) = (None, false, None);
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("macro_rules! ") {
            in_macro = rest.split_whitespace().next().map(ToOwned::to_owned);
        }
        derived |= line.starts_with("#[derive(") && line.contains("ToSchema");
        if let Some((_, rest)) = line.split_once("#[schema(as = ") {
            as_name = rest.split([')', ',']).next().map(ToOwned::to_owned);
        }
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
        if !derived || words.by_ref().find(|word| ["struct", "enum"].contains(word)).is_none() {
            continue;
        }
        let own = words.next().expect("a type has a name").to_owned();
        if own.starts_with('$') {
            macros.insert(in_macro.clone().expect("such a name stands in a macro"));
        } else {
            found.push((as_name.take().unwrap_or_else(|| own.clone()), own));
        }
        (as_name, derived) = (None, false);
    }
    found
}

/// The types that calls of a macro declare: what stands in capitals at the first level.
fn called(text: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside = (inside || line == format!("{name}! {{")) && line != "}";
        let word = line.strip_prefix("    ").filter(|rest| inside && rest.starts_with(|c: char| c.is_uppercase()));
        found.extend(word.and_then(|rest| rest.split([' ', ',']).next()).map(ToOwned::to_owned));
    }
    found
}

fn sources(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn no_name_in_the_document_stands_for_two_types() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut macros = BTreeSet::new();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in &files {
        for (name, own) in declared(text, &mut macros) {
            places.entry(name).or_default().push(format!("{path}: {own}"));
        }
    }
    for (path, text) in &files {
        for name in macros.iter().flat_map(|name| called(text, name)) {
            places.entry(name).or_default().push(path.clone());
        }
    }
    let twice: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "give one of each `#[schema(as = ...)]`: {twice:#?}");
    // That all are found which the document has shows that the look at the sources misses none.
    let document = document();
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let own = name.strip_prefix("PageOf_").unwrap_or(name);
        assert!(places.contains_key(own), "nothing is seen to declare {name}");
    }
}
