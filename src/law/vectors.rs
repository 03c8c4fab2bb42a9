//! Runs the vectors beside the rules: facts, what they must lead to, and how that follows from the cited text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::condition::{Condition, Counted, Test};
use super::{Rules, evaluate};
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::obligation::{DeadlineKind, Force, Lasting, ObligationState};

/// A file of vectors: facts that all of them share, and what each changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    facts: serde_json::Value,
    pub(super) vector: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
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
    contents: Option<Vec<String>>,
    must_not_contain: Option<Vec<String>>,
    /// Each as written out: what, how long, and the unit.
    lasts: Option<Vec<String>>,
    held_until: Option<String>,
    /// How many notes there are.
    notes: Option<usize>,
}

pub(super) fn directory(name: &str) -> BTreeMap<String, String> {
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

pub(super) fn vectors() -> BTreeMap<String, File> {
    directory("vectors")
        .into_iter()
        .map(|(name, text)| {
            let file = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, file)
        })
        .collect()
}

pub(super) fn merge(into: &mut serde_json::Value, patch: &serde_json::Value) {
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

pub(super) fn facts(file: &File, vector: &Vector) -> IncidentFacts {
    let mut value = file.facts.clone();
    if !vector.change.is_null() {
        merge(&mut value, &vector.change);
    }
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", vector.name))
}

fn instant(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).into()
}

pub(super) fn written_out(lasting: &Lasting) -> String {
    let unit = serde_json::to_value(lasting.unit).expect("a unit is a word");
    format!("{} {} {}", lasting.what, lasting.amount, unit.as_str().expect("a unit is a word"))
}

/// Where a vector's expectation and the answer of the rules part.
pub(super) fn differences(of: &str, rules: &Rules, vector: &Vector, facts: &IncidentFacts) -> Vec<String> {
    let of = of.trim_end_matches(".toml");
    let done = vector.done.iter().map(|(id, at)| (id.clone(), instant(at))).collect();
    // A vector speaks for the file that it stands beside, and for others that it names.
    let mut found = rules.obligations(facts, &done, instant(&vector.now));
    let named = |id: &str| vector.expect.iter().any(|e| e.id.split('/').next() == Some(id));
    found.retain(|o| o.jurisdiction.as_str() == of || named(o.jurisdiction.as_str()));
    let ids: Vec<_> = found.iter().map(|o| o.id.as_str()).collect();
    let expected: Vec<_> = vector.expect.iter().map(|e| e.id.as_str()).collect();
    if ids != expected {
        return vec![format!("{}\n  found    {ids:?}\n  expected {expected:?}", vector.name)];
    }
    let mut wrong = Wrong { vector: &vector.name, obligation: "", found: Vec::new() };
    for (o, e) in found.iter().zip(&vector.expect) {
        wrong.obligation = &o.id;
        wrong.compare("force", &o.force, &e.force);
        wrong.compare("at", &o.deadline.at, &e.at);
        // Where there is a time its kind is statutory, unless the vector says otherwise.
        let kind = e.kind.or(e.at.as_ref().map(|_| DeadlineKind::Statutory));
        wrong.compare_if("kind", &o.deadline.kind, kind.as_ref());
        wrong.compare("state", &o.state, &e.state.unwrap_or(ObligationState::Open));
        wrong.compare_if("because", &o.because, e.because.as_ref());
        wrong.compare_if("to", &o.to, e.to.as_ref());
        wrong.compare_if("starts", &o.deadline.starts.as_ref(), e.starts.as_ref().map(Some).as_ref());
        wrong.compare_if("not_before", &o.not_before, e.not_before.as_ref());
        wrong.compare_if("contents", &o.contents, e.contents.as_ref());
        wrong.compare_if("must_not_contain", &o.details.must_not_contain, e.must_not_contain.as_ref());
        wrong.compare_if("held_until", &o.details.held_until.as_ref(), e.held_until.as_ref().map(Some).as_ref());
        wrong.compare_if("notes", &o.details.notes.len(), e.notes.as_ref());
        if let Some(lasts) = &e.lasts {
            wrong.compare("lasts", &o.details.lasts.iter().map(written_out).collect(), lasts);
        }
        wrong.compare("text", &e.text.as_ref().is_none_or(|part| o.deadline.text.contains(part)), &true);
        let names_left = o.because.contains('{') || o.to.contains('{') || o.deadline.text.contains('{');
        wrong.compare("a name left in braces", &names_left, &false);
    }
    wrong.found
}

/// What was found wrong with the obligations of a vector. Words are made only where something is.
struct Wrong<'a> {
    vector: &'a str,
    obligation: &'a str,
    found: Vec<String>,
}

impl Wrong<'_> {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, field: &str, found: &T, expected: &T) {
        if found != expected {
            let (vector, obligation) = (self.vector, self.obligation);
            self.found.push(format!("{vector}: {obligation} {field}: found {found:?}, expected {expected:?}"));
        }
    }

    fn compare_if<T: PartialEq + std::fmt::Debug>(&mut self, field: &str, found: &T, expected: Option<&T>) {
        if let Some(expected) = expected {
            self.compare(field, found, expected);
        }
    }
}

#[test]
fn the_rules_answer_as_the_texts_say() {
    let rules = Rules::embedded().unwrap();
    let mut wrong = Vec::new();
    for (name, file) in vectors() {
        for vector in &file.vector {
            assert!(!vector.derived.trim().is_empty(), "{name}: {} does not say how it follows", vector.name);
            wrong.extend(
                differences(&name, &rules, vector, &facts(&file, vector)).into_iter().map(|w| format!("{name}: {w}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
        for rule in set.rules.iter().filter(|rule| rule.pending.is_none()) {
            let id = format!("{}/{}", set.id, rule.id);
            assert!(
                reached.contains(&(id.clone(), rule.effective_from)),
                "no vector reaches {id}, {:?}",
                rule.effective_from
            );
        }
    }
}

/// The numbers of people and dollars that the vectors of a file go through: of each jurisdiction by itself, and of all.
fn numbers_in(file: &File) -> BTreeSet<(&'static str, u64)> {
    let mut numbers = BTreeSet::new();
    for facts in file.vector.iter().map(|vector| facts(file, vector)) {
        numbers.extend(facts.remediation.notice_cost_usd.map(|n| ("dollars", n)));
        let affected = &facts.scope.affected;
        for one in affected {
            let of = [("individuals", one.individuals), ("minors", one.minors), ("uncontactable", one.uncontactable)];
            numbers.extend(of.into_iter().filter_map(|(what, n)| Some((what, n?))));
        }
        numbers.extend(affected.iter().map(|one| one.individuals).sum::<Option<u64>>().map(|n| ("individuals", n)));
    }
    numbers
}

/// The thresholds of a condition, those of its inner tables, too.
fn thresholds(condition: &Condition) -> Vec<(&'static str, u64)> {
    let own = condition.count.iter().map(|threshold| {
        let what = match threshold.of {
            Counted::Individuals => "individuals",
            Counted::Minors => "minors",
            Counted::Uncontactable => "uncontactable",
            Counted::NoticeCostUsd => "dollars",
        };
        let (Test::Ge(n) | Test::Gt(n) | Test::Lt(n)) = threshold.test;
        (what, n)
    });
    own.chain(condition.one_of.iter().flat_map(thresholds)).collect()
}

#[test]
fn every_threshold_has_a_vector_below_at_and_above() {
    let rules = Rules::embedded().unwrap();
    let vectors = vectors();
    let mut missing = Vec::new();
    for set in rules.sets.values() {
        let numbers = numbers_in(&vectors[&format!("{}.toml", set.id)]);
        let rules = set.rules.iter().filter(|rule| rule.pending.is_none());
        let mut wanted: Vec<_> = rules.flat_map(|rule| thresholds(&rule.when)).collect();
        wanted.extend(set.levels.iter().map(|level| ("individuals", level.ge)));
        if let Some(substitute) = &set.substitute {
            wanted.extend(substitute.class.iter().filter_map(|class| Some(("individuals", class.persons_over?))));
            wanted.extend(substitute.form.iter().filter_map(|form| Some(("uncontactable", form.unreachable_ge?))));
        }
        for (what, n) in wanted {
            let near = [n - 1, n, n + 1].into_iter().filter(|number| !numbers.contains(&(what, *number)));
            missing.extend(near.map(|number| format!("{}: no vector with {number} {what}", set.id)));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn no_rule_file_is_forgotten() {
    let embedded: BTreeMap<String, String> =
        super::embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(embedded, directory("data"));
    assert_eq!(embedded.keys().collect::<Vec<_>>(), vectors().keys().collect::<Vec<_>>());
    let rules = Rules::embedded().unwrap();
    let files: BTreeSet<String> = rules.known().map(|id| format!("{id}.toml")).collect();
    assert_eq!(files, embedded.into_keys().collect(), "a file is named after its jurisdiction");
}
