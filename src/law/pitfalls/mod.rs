//! Where a naive engine is wrong, one named test for each; `PITFALLS.md` lists them with the facts that decide.

mod clocks;
mod people;
mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Rules, substitute};
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{DeadlineKind, Force, Obligation};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::embedded().expect("the embedded rules are sound"));

/// What an incident obliges to, looked at on 22 November 2026 or on the day of its last event, whichever is later.
struct Asked(Vec<Obligation>);

impl Asked {
    fn of(facts: &Value) -> Self {
        Self::at(facts, "2026-11-22T12:00:00Z")
    }

    fn at(facts: &Value, now: &str) -> Self {
        let now: Millis = now.parse::<jiff::Timestamp>().unwrap().into();
        Self(RULES.obligations(&read(facts), &BTreeMap::new(), now))
    }

    fn find(&self, id: &str) -> Option<&Obligation> {
        self.0.iter().find(|obligation| obligation.id == id)
    }

    #[track_caller]
    fn get(&self, id: &str) -> &Obligation {
        let ids: Vec<&str> = self.0.iter().map(|obligation| obligation.id.as_str()).collect();
        self.find(id).unwrap_or_else(|| panic!("no {id} in {ids:?}"))
    }

    /// By when; empty where there is no time.
    #[track_caller]
    fn due(&self, id: &str) -> &str {
        self.get(id).deadline.at.as_deref().unwrap_or_default()
    }

    fn is_mandatory(&self, id: &str) -> bool {
        self.find(id).is_some_and(|obligation| obligation.force == Force::Mandatory)
    }
}

fn read(facts: &Value) -> IncidentFacts {
    serde_json::from_value(facts.clone()).unwrap_or_else(|error| panic!("{facts}: {error}"))
}

/// An incident: timeline, scope without the people, and the people by jurisdiction.
fn incident(timeline: &Value, scope: &Value, people: &[(&str, u64)]) -> Value {
    let affected: Vec<Value> = people
        .iter()
        .map(|(jurisdiction, individuals)| {
            json!({ "jurisdiction": jurisdiction, "individuals": individuals, "minors": 0, "uncontactable": 0 })
        })
        .collect();
    let mut scope = scope.clone();
    scope["affected"] = json!(affected);
    json!({ "title": "Pitfall", "timeline": timeline, "scope": scope, "remediation": { "notice_cost_usd": 0 } })
}

/// Somebody took names and social security numbers.
fn taken() -> Value {
    json!({ "properties": ["confidentiality"], "cause": "external_malicious", "data": ["name", "social_security_number"] })
}

/// The facts with a part changed.
fn with(facts: &Value, path: &str, value: Value) -> Value {
    let mut changed = facts.clone();
    let mut part = &mut changed;
    for name in path.split('.') {
        part = match name.parse::<usize>() {
            Ok(place) => &mut part[place],
            Err(_) => &mut part[name],
        };
    }
    *part = value;
    changed
}

fn class_may_go_public(jurisdiction: &str, facts: &Value) -> substitute::Answer {
    let set = RULES.jurisdiction(&JurisdictionId::parse(jurisdiction).unwrap()).unwrap();
    substitute::decide(set, &read(facts)).unwrap().class.answer
}

/// The list of pitfalls names each test that there is, and no other.
#[test]
fn each_pitfall_has_its_test_and_its_place_in_the_vocabulary() {
    let sources = [include_str!("clocks.rs"), include_str!("people.rs"), include_str!("words.rs")].concat();
    let tests: Vec<&str> =
        sources.lines().filter_map(|line| line.strip_prefix("fn pitfall_")?.split('(').next()).collect();
    let rows: Vec<Vec<&str>> = include_str!("../PITFALLS.md")
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("`pitfall_"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!((tests.len(), rows.len()), (34, 34));
    let vocabulary = serde_json::to_string(&RULES.vocabulary()).unwrap() + include_str!("../../domain/facts.rs");
    for (place, (test, row)) in tests_in_order(&tests).iter().zip(&rows).enumerate() {
        assert_eq!(row[1], (place + 1).to_string());
        assert_eq!(row[4], format!("`pitfall_{test}`"));
        let words = row[3].split('`').skip(1).step_by(2);
        for word in words.filter_map(|word| word.rsplit('.').next()) {
            assert!(vocabulary.contains(word), "{word} of {test} is no word of facts");
        }
    }
}

fn tests_in_order<'a>(tests: &[&'a str]) -> Vec<&'a str> {
    let mut tests = tests.to_vec();
    tests.sort_unstable();
    tests
}
