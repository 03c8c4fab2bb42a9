//! Runs the vectors beside the rules: facts, what they must lead to, and how that follows from the cited text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::condition::{Among, Counted, Test};
use super::{Rules, evaluate};
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{DeadlineKind, Force, ObligationState};

/// A file of vectors: facts that all of them share, and what each changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    facts: serde_json::Value,
    vector: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    /// How the expectation follows from the cited text.
    derived: String,
    now: String,
    /// What it changes in the shared facts, part by part; "REMOVE" takes a part away, a list is replaced as a whole.
    #[serde(default)]
    change: serde_json::Value,
    #[serde(default)]
    done: BTreeMap<String, String>,
    expect: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    id: String,
    force: Force,
    at: Option<String>,
    kind: Option<DeadlineKind>,
    state: Option<ObligationState>,
    because: Option<String>,
    to: Option<String>,
    starts: Option<String>,
    text: Option<String>,
    not_before: Option<Vec<String>>,
}

fn directory(name: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/law").join(name);
    std::fs::read_dir(path)
        .expect("the directory is in the repository")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a text file");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect()
}

fn vectors() -> BTreeMap<String, File> {
    directory("vectors")
        .into_iter()
        .map(|(name, text)| {
            let file = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, file)
        })
        .collect()
}

fn merge(into: &mut serde_json::Value, patch: &serde_json::Value) {
    match (into, patch) {
        (serde_json::Value::Object(into), serde_json::Value::Object(patch)) => {
            for (key, value) in patch {
                if value == &serde_json::Value::String(String::from("REMOVE")) {
                    into.remove(key);
                } else {
                    merge(into.entry(key.clone()).or_insert_with(|| serde_json::json!({})), value);
                }
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn facts(file: &File, vector: &Vector) -> IncidentFacts {
    let mut value = file.facts.clone();
    if !vector.change.is_null() {
        merge(&mut value, &vector.change);
    }
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", vector.name))
}

fn instant(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).into()
}

/// Where a vector's expectation and the answer of the rules part.
fn differences(rules: &Rules, vector: &Vector, facts: &IncidentFacts) -> Vec<String> {
    let done = vector.done.iter().map(|(id, at)| (id.clone(), instant(at))).collect();
    let found = rules.obligations(facts, &done, instant(&vector.now));
    let ids: Vec<_> = found.iter().map(|o| o.id.as_str()).collect();
    let expected: Vec<_> = vector.expect.iter().map(|e| e.id.as_str()).collect();
    if ids != expected {
        return vec![format!("{}\n  found    {ids:?}\n  expected {expected:?}", vector.name)];
    }
    let mut wrong = Vec::new();
    for (o, e) in found.iter().zip(&vector.expect) {
        let mut field = |field: &str, found: String, expected: String| {
            if found != expected {
                wrong.push(format!("{}: {} {field}: found {found}, expected {expected}", vector.name, o.id));
            }
        };
        field("force", format!("{:?}", o.force), format!("{:?}", e.force));
        field("at", format!("{:?}", o.deadline.at), format!("{:?}", e.at));
        let kind = e.kind.unwrap_or(if e.at.is_some() { DeadlineKind::Statutory } else { o.deadline.kind });
        field("kind", format!("{:?}", o.deadline.kind), format!("{kind:?}"));
        field("state", format!("{:?}", o.state), format!("{:?}", e.state.unwrap_or(ObligationState::Open)));
        field("because", o.because.clone(), e.because.clone().unwrap_or_else(|| o.because.clone()));
        field("to", o.to.clone(), e.to.clone().unwrap_or_else(|| o.to.clone()));
        if e.starts.is_some() {
            field("starts", format!("{:?}", o.deadline.starts), format!("{:?}", e.starts));
        }
        if let Some(part) = &e.text {
            field("text", o.deadline.text.contains(part).to_string(), String::from("true"));
        }
        if let Some(before) = &e.not_before {
            field("not_before", format!("{:?}", o.not_before), format!("{before:?}"));
        }
        let rest = o.because.contains('{') || o.to.contains('{') || o.deadline.text.contains('{');
        field("a name left in braces", rest.to_string(), String::from("false"));
    }
    wrong
}

#[test]
fn the_rules_answer_as_the_texts_say() {
    let rules = Rules::embedded().unwrap();
    let mut wrong = Vec::new();
    for (name, file) in vectors() {
        for vector in &file.vector {
            assert!(!vector.derived.trim().is_empty(), "{name}: {} does not say how it follows", vector.name);
            wrong
                .extend(differences(&rules, vector, &facts(&file, vector)).into_iter().map(|w| format!("{name}: {w}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line of a rule file that decides something, turned into lines that decide otherwise.
fn mutants(line: &str) -> Vec<String> {
    const DECIDES: [&str; 13] = [
        "possible_breach_counts",
        "count",
        "traits_all",
        "traits_none",
        "risk_at_least",
        "risk_is",
        "properties_any",
        "unintelligible_cures",
        "only_with",
        "met_by",
        "not_before",
        "effective_from",
        "effective_until",
    ];
    let mut mutants = Vec::new();
    if line.split(" = ").next().is_some_and(|key| DECIDES.contains(&key)) {
        mutants.push(String::new());
    }
    if let Some(amount) = line.strip_prefix("amount = ") {
        mutants.push(format!("amount = {}", amount.parse::<u32>().expect("a number") + 1));
    }
    let swaps = [
        ("ge = ", "gt = "),
        ("gt = ", "ge = "),
        ("lt = ", "ge = "),
        ("force = \"mandatory\"", "force = \"recommended\""),
    ];
    let more = [("{ ge = 1", "{ ge = 2"), ("hours_elapsed", "eu_1182_hours"), ("eu_1182_hours", "hours_elapsed")];
    for (from, to) in swaps.into_iter().chain(more).filter(|(from, _)| line.contains(from)) {
        mutants.push(line.replace(from, to));
    }
    mutants
}

#[test]
fn the_vectors_notice_when_a_line_that_decides_is_changed() {
    let vectors = vectors();
    let mut unnoticed = Vec::new();
    for (name, text) in super::embedded::FILES {
        let file = &vectors[*name];
        let cases: Vec<_> = file.vector.iter().map(|vector| (vector, facts(file, vector))).collect();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            for mutant in mutants(line) {
                let mut changed = lines.clone();
                changed[at] = &mutant;
                // A change that the loader refuses is noticed too.
                let Ok(rules) = Rules::load(&[(name, &changed.join("\n"))]) else { continue };
                if cases.iter().all(|(vector, facts)| differences(&rules, vector, facts).is_empty()) {
                    unnoticed.push(format!("{name}, line {}: {line}  ->  {mutant}", at + 1));
                }
            }
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[test]
fn every_rule_and_every_version_of_it_is_reached() {
    let rules = Rules::embedded().unwrap();
    let mut reached = BTreeSet::new();
    for file in vectors().values() {
        for vector in &file.vector {
            let facts = facts(file, vector);
            for set in rules.sets.values() {
                for found in evaluate::of_set(set, &facts, instant(&vector.now)) {
                    let expected = vector.expect.iter().any(|e| e.id == found.obligation.id);
                    // A rule that only ever ends in a review for want of facts has not been shown to apply.
                    if expected && found.obligation.force == found.rule.force {
                        reached.insert((found.obligation.id, found.rule.effective_from));
                    }
                }
            }
        }
    }
    for set in rules.sets.values() {
        for rule in &set.rules {
            let id = format!("{}/{}", set.id, rule.id);
            assert!(
                reached.contains(&(id.clone(), rule.effective_from)),
                "no vector reaches {id}, {:?}",
                rule.effective_from
            );
        }
    }
}

#[test]
fn every_threshold_has_a_vector_below_at_and_above() {
    let rules = Rules::embedded().unwrap();
    let mut counts: BTreeSet<(JurisdictionId, &'static str, u64)> = BTreeSet::new();
    for file in vectors().values() {
        for vector in &file.vector {
            for affected in facts(file, vector).scope.affected {
                let numbers = [
                    ("individuals", affected.individuals),
                    ("minors", affected.minors),
                    ("uncontactable", affected.uncontactable),
                ];
                for (what, number) in numbers {
                    counts.extend(number.map(|n| (affected.jurisdiction.clone(), what, n)));
                }
            }
        }
    }
    for set in rules.sets.values() {
        let thresholds = set.rules.iter().flat_map(|rule| &rule.when.count).map(|threshold| {
            assert_eq!(threshold.among, Among::Jurisdiction, "say here how a threshold over all people is covered");
            let what = match threshold.of {
                Counted::Individuals => "individuals",
                Counted::Minors => "minors",
                Counted::Uncontactable => "uncontactable",
            };
            let (Test::Ge(n) | Test::Gt(n) | Test::Lt(n)) = threshold.test;
            (what, n)
        });
        let levels = set.levels.iter().map(|level| ("individuals", level.ge));
        for (what, n) in thresholds.chain(levels) {
            for number in [n - 1, n, n + 1] {
                assert!(counts.contains(&(set.id.clone(), what, number)), "{}: no vector with {number} {what}", set.id);
            }
        }
    }
}

#[test]
fn no_rule_file_is_forgotten() {
    let embedded: BTreeMap<String, String> =
        super::embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(embedded, directory("data"));
    assert_eq!(embedded.keys().collect::<Vec<_>>(), vectors().keys().collect::<Vec<_>>());
    let rules = Rules::embedded().unwrap();
    let files: Vec<String> = rules.known().map(|id| format!("{id}.toml")).collect();
    assert_eq!(files, embedded.into_keys().collect::<Vec<_>>(), "a file is named after its jurisdiction");
}
