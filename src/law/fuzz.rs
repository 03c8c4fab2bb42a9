//! Damages facts and rule files at random: whatever comes of it is read or refused with its place, and nothing panics.
//!
//! Cases that once led somewhere new are kept in `corpus/` and are played each time; what is damaged is taken from there.
//! `CANDOUR_CASES=200000 CANDOUR_KEEP=1 cargo test --lib law::fuzz` plays for some minutes and keeps what is new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use super::routes::Asked;
use super::{Rules, embedded, substitute};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::reach::Reach;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::embedded().expect("the embedded rules are sound"));

/// How many cases each test plays.
fn cases() -> usize {
    option_env!("CANDOUR_CASES").map_or(200, |cases| cases.parse().expect("CANDOUR_CASES is a number"))
}

fn corpus(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/law/corpus").join(kind)
}

/// The kept cases, in order of name.
fn kept(kind: &str) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(corpus(kind)).expect("the corpus is in the repository");
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a text"))
    };
    entries.map(|entry| read(entry.expect("an entry").path())).collect()
}

/// Keeps a case under a name made from what it leads to, where that is asked for.
fn keep(kind: &str, ending: &str, leads_to: &str, case: &str) {
    if option_env!("CANDOUR_KEEP").is_some() {
        let name = crate::domain::notice::hash(&[leads_to.as_bytes()]);
        std::fs::write(corpus(kind).join(format!("{}.{ending}", &name[..16])), case).expect("it is written");
    }
}

/// `SplitMix64`: the same course for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What facts lead to: nothing where they are refused, else which duties, how strongly, and whether with a time.
fn play_facts(text: &str) -> Option<String> {
    let facts: IncidentFacts = serde_json::from_str(text).ok()?;
    let now = Millis(1_800_000_000_000);
    let found = RULES.obligations(&facts, &BTreeMap::new(), now);
    assert_eq!(found, RULES.obligations(&facts, &BTreeMap::new(), now), "the same facts, the same answer");
    let asked = Asked {
        reach: Reach::from_code("10010").expect("a code"),
        consent: &[Channel::Email],
        data: &[],
        born: None,
        guardian: false,
        today: jiff::civil::date(2026, 11, 22),
    };
    for affected in facts.scope.affected.iter().take(3) {
        let _ = RULES.telling(Some(&affected.jurisdiction), &facts, now).person(&asked);
        let _ = RULES.jurisdiction(&affected.jurisdiction).map(|set| substitute::decide(set, &facts));
    }
    let said = found.iter().map(|o| format!("{} {} {}", o.id, o.force.as_str(), o.deadline.at.is_some()));
    Some(said.collect::<Vec<_>>().join("\n"))
}

/// What a rule file leads to: how it is refused, without what it names, or that it is read and answers.
fn play_rules(name: &str, text: &str) -> String {
    match Rules::load(&[(name, text)]) {
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with(name), "it names the file: {said}");
            let place = said.split(": ").next().unwrap_or_default();
            place.chars().filter(|c| !c.is_ascii_digit()).collect()
        }
        Ok(rules) => {
            for facts in FACTS.iter() {
                let _ = rules.obligations(facts, &BTreeMap::new(), Millis(1_800_000_000_000));
            }
            let _ = (rules.stamps(), rules.vocabulary());
            String::from("read")
        }
    }
}

/// Facts that rule files are tried with: of the kept ones.
static FACTS: LazyLock<Vec<IncidentFacts>> =
    LazyLock::new(|| kept("facts").values().filter_map(|text| serde_json::from_str(text).ok()).take(4).collect());

/// Words and numbers at which something may break.
const EDGES: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1",
    "1",
    "499",
    "500",
    "501",
    "1000000",
    "18446744073709551615",
    "1e400",
    "\"\"",
    "\"2028-02-29T23:59:60Z\"",
    "\"9999-12-31T23:59:59+14:00\"",
    "[]",
    "{}",
];

/// The places of a value, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found)),
        _ => {}
    }
}

/// Facts with a few places changed: a word for another of the vocabulary, a part of other facts, an edge, or nothing.
fn damaged_facts(dice: &mut Dice, all: &[Value], words: &[String]) -> String {
    let mut facts = dice.of(all).clone();
    for _ in 0..=dice.below(4) {
        let mut found = Vec::new();
        places(&facts, "", &mut found);
        let place = dice.of(&found).clone();
        let new = match dice.below(4) {
            0 => serde_json::from_str(dice.of::<&str>(&EDGES)).unwrap_or(Value::Null),
            1 => Value::String(dice.of(words).clone()),
            2 => dice.of(all).pointer(&place).cloned().unwrap_or(Value::Null),
            _ => Value::Array(vec![Value::String(dice.of(words).clone()), Value::String(dice.of(words).clone())]),
        };
        let (parent, key) = place.rsplit_once('/').unwrap_or_default();
        match facts.pointer_mut(parent) {
            Some(Value::Object(map)) if dice.below(4) == 0 => drop(map.remove(key)),
            _ => {
                if let Some(value) = facts.pointer_mut(&place) {
                    *value = new;
                }
            }
        }
    }
    facts.to_string()
}

/// A rule file with a few lines changed: gone, twice, from another file, with another number, cut off, or with a letter
/// that does not belong there.
fn damaged_rules(dice: &mut Dice, text: &str, others: &[String]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        if lines.is_empty() {
            lines.push(String::new());
        }
        let place = dice.below(lines.len());
        let line = lines.get(place).cloned().unwrap_or_default();
        let cut = line.char_indices().map(|(at, _)| at).nth(dice.below(line.chars().count())).unwrap_or(0);
        match dice.below(7) {
            0 => drop((!lines.is_empty()).then(|| lines.remove(place))),
            1 => lines.insert(place, line),
            2 => lines.insert(place, dice.of(others).clone()),
            3 => lines.truncate(place),
            4 => {
                lines[place] = format!(
                    "{}{}{}",
                    &line[..cut],
                    dice.of(&["\u{301}", "\"", "{", "]", "=", "\0", "法"]),
                    &line[cut..]
                );
            }
            5 => {
                let value =
                    dice.of(&["0", "-1", "4294967296", "true", "[]", "{}", "\"\"", "2026-02-30", "\"2026-13-01\""]);
                lines[place] = format!("{}= {value}", line.split('=').next().unwrap_or_default());
            }
            _ => lines[place] = line[..cut].to_owned(),
        }
    }
    lines.join("\n")
}

#[test]
fn kept_cases_are_read_or_refused() {
    let (mut read, mut refused) = (0, 0);
    for text in kept("facts").values() {
        *(if play_facts(text).is_some() { &mut read } else { &mut refused }) += 1;
    }
    assert!(read >= 20, "{read} kept facts lead somewhere, {refused} are refused");
    let said: BTreeSet<String> = kept("rules").values().map(|text| play_rules("xx.toml", text)).collect();
    assert!(said.len() >= 20, "the kept rule files are refused in {} ways", said.len());
}

#[test]
fn no_damaged_facts_panic() {
    let mut dice = Dice(u64::try_from(cases()).unwrap_or(1));
    let mut all: Vec<Value> = kept("facts").values().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let vocabulary = serde_json::to_value(RULES.vocabulary()).expect("words");
    let mut words = Vec::new();
    let mut found = Vec::new();
    places(&vocabulary, "", &mut found);
    words.extend(found.iter().filter_map(|place| vocabulary.pointer(place)?.as_str().map(str::to_owned)));
    words.retain(|word| !word.contains(' '));
    words.extend(RULES.known().map(ToString::to_string));
    let mut seen: BTreeSet<String> = all.iter().filter_map(|facts| play_facts(&facts.to_string())).collect();
    for _ in 0..cases() {
        let case = damaged_facts(&mut dice, &all, &words);
        let Some(leads_to) = play_facts(&case) else { continue };
        if seen.insert(leads_to.clone()) {
            keep("facts", "json", &leads_to, &case);
            all.extend(serde_json::from_str(&case));
        }
    }
}

#[test]
fn no_damaged_rule_file_panics() {
    let mut dice = Dice(u64::try_from(cases()).unwrap_or(1));
    let mut all: Vec<String> = embedded::FILES.iter().map(|(_, text)| (*text).to_owned()).collect();
    all.extend(kept("rules").into_values());
    let lines: Vec<String> = embedded::FILES.iter().flat_map(|(_, text)| text.lines()).map(str::to_owned).collect();
    let mut seen: BTreeSet<String> = kept("rules").values().map(|text| play_rules("xx.toml", text)).collect();
    for _ in 0..cases() {
        let from = dice.of(&all).clone();
        let case = damaged_rules(&mut dice, &from, &lines);
        let leads_to = play_rules("xx.toml", &case);
        if seen.insert(leads_to.clone()) {
            keep("rules", "toml", &leads_to, &case);
            all.push(case);
        }
    }
}
