//! Changes every line of the rule files that decides something, and expects a vector to notice.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::embedded::{FILES, SHARED};
use super::vectors::{File, Vector, differences, facts, vectors};
use crate::domain::facts::IncidentFacts;

/// Lines that may fall away.
const DECIDES: [&str; 33] = [
    "possible_breach_counts",
    "count",
    "traits_all",
    "traits_any",
    "traits_none",
    "risk_at_least",
    "risk_is",
    "properties_any",
    "unintelligible_cures",
    "cause_any",
    "circumstances_any",
    "circumstances_none",
    "findings_any",
    "findings_need",
    "question",
    "happened",
    "one_of",
    "substitute",
    "only_with",
    "met_by",
    "not_before",
    "effective_from",
    "effective_until",
    "in_each_country",
    "or_when",
    "roll_forward",
    "from_end_of",
    "pending",
    "written",
    "in_time",
    "unwritten_days",
    "days_beyond",
    "unreachable_ge",
];
/// Parameters of a shared file, and tables on substitute notice.
const GIVEN: [&str; 9] =
    ["not_if", "only_for", "not_for", "excluded", "excuses", "needs", "unreachable", "class", "in_addition"];
/// Numbers; one more must make a difference.
const NUMBERS: [&str; 9] =
    ["amount", "ge", "gt", "lt", "persons_over", "cost_usd_over", "unreachable_ge", "days_beyond", "unwritten_days"];
/// Entries of lists over several lines.
const ENTRIES: [&str; 10] = [
    "{ one_of_each",
    "{ kind",
    "{ cost_usd_over",
    "{ traits_any",
    "{ traits_none",
    "{ count =",
    "{ cause_any",
    "{ findings_any",
    "{ circumstances_any",
    "{ unreachable_ge",
];
/// Lists of which each word must make a difference.
const WORDS: [&str; 15] = [
    "not_if",
    "only_for",
    "not_for",
    "excluded",
    "excuses",
    "needs",
    "traits_all",
    "traits_any",
    "traits_none",
    "circumstances_any",
    "circumstances_none",
    "findings_any",
    "findings_need",
    "properties_any",
    "cause_any",
];

/// A line of a rule file that decides something, turned into lines that decide otherwise.
fn mutants(line: &str) -> Vec<String> {
    let mut mutants = Vec::new();
    let key = line.split(" = ").next().unwrap_or_default();
    // A rule that `needs` keeps out of a file would stand there and never apply; another test finds that.
    if line.starts_with("needs = [\"substitute.") {
        return mutants;
    }
    if DECIDES.contains(&key) || GIVEN.contains(&key) {
        mutants.push(String::new());
    }
    if ENTRIES.iter().any(|entry| line.trim_start().starts_with(entry)) && line.ends_with("},") {
        mutants.push(String::new());
    }
    if WORDS.contains(&key) {
        mutants.extend(without_a_word(line));
    }
    for name in NUMBERS {
        let name = format!("{name} = ");
        for (at, _) in line.match_indices(&name) {
            let digits: String = line[at + name.len()..].chars().take_while(char::is_ascii_digit).collect();
            // `lasts` says how long a thing stays; it is data for people, and no vector counts it.
            let (Ok(number), false) = (digits.parse::<u64>(), line.contains("what = ")) else { continue };
            let end = at + name.len();
            mutants.push(format!("{}{}{}", &line[..end], number + 1, &line[end + digits.len()..]));
        }
    }
    let swaps = [
        ("ge = ", "gt = "),
        ("gt = ", "ge = "),
        ("lt = ", "ge = "),
        ("force = \"mandatory\"", "force = \"recommended\""),
        ("hours_elapsed", "eu_1182_hours"),
        ("eu_1182_hours", "hours_elapsed"),
        ("cal_days_incl_first", "cal_days_excl_first"),
        ("\"cal_days_excl_first", "\"cal_days_incl_first"),
        ("past_due = true", "past_due = false"),
        ("us-federal", "br-national"),
        ("br-national", "us-federal"),
    ];
    for (from, to) in swaps.into_iter().filter(|(from, _)| line.contains(from)) {
        mutants.push(line.replace(from, to));
    }
    mutants
}

/// The facts and expectations of each vector of a file, ready to be compared. Those that speak for other files, too, are
/// left out: with this file alone they always differ, and would seem to notice everything.
fn cases<'a>(
    (name, text): (&str, &str),
    reader: &Reader,
    vectors: &'a BTreeMap<String, File>,
) -> Vec<(&'a Vector, IncidentFacts)> {
    let file = &vectors[name];
    let rules = reader.rules(&[(name, text)]).unwrap();
    let cases = file.vector.iter().map(|vector| (vector, facts(file, vector)));
    cases.filter(|(vector, facts)| differences(name, &rules, vector, facts).is_empty()).collect()
}

/// A line with a plain list of words, each time without another of them.
fn without_a_word(line: &str) -> Vec<String> {
    let Some((key, list)) = line.split_once(" = [\"").filter(|(_, list)| list.ends_with("\"]")) else {
        return Vec::new();
    };
    let words: Vec<&str> = list.trim_end_matches("\"]").split("\", \"").collect();
    let all_but = |at: usize| {
        let rest: Vec<String> =
            words.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, word)| format!("\"{word}\"")).collect();
        format!("{key} = [{}]", rest.join(", "))
    };
    if words.len() < 2 { Vec::new() } else { (0..words.len()).map(all_but).collect() }
}

/// The lines of rules that are in no force yet: whatever they say, no vector can tell.
fn pending(lines: &[&str]) -> BTreeSet<usize> {
    let starts: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("[[")).collect();
    let mut silent = BTreeSet::new();
    for (n, start) in starts.iter().enumerate().filter(|(_, start)| lines[**start] == "[[rule]]") {
        let next_rule = starts[n + 1..].iter().find(|at| lines[**at] != "[[rule.citation]]");
        let span = *start..next_rule.copied().unwrap_or(lines.len());
        if lines[span.clone()].iter().any(|line| line.starts_with("pending = ")) {
            silent.extend(span.filter(|at| !lines[*at].starts_with("pending = ")));
        }
    }
    silent
}

/// The mutants of a text that `notices` does not notice.
fn unnoticed(name: &str, text: &str, notices: impl Fn(&str) -> bool) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let silent = pending(&lines);
    let mut unnoticed = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| !silent.contains(at)) {
        for mutant in mutants(line) {
            let mut changed = lines.clone();
            changed[at] = &mutant;
            if !notices(&changed.join("\n")) {
                unnoticed.push(format!("{name}, line {}: {line}  ->  {mutant}", at + 1));
            }
        }
    }
    unnoticed
}

#[test]
fn the_vectors_notice_when_a_line_that_decides_is_changed() {
    let vectors = vectors();
    let reader = Reader::new(SHARED).unwrap();
    let mut missed = Vec::new();
    for (name, text) in FILES {
        let cases = cases((name, text), &reader, &vectors);
        missed.extend(unnoticed(name, text, |changed| {
            // A change that the loader refuses is noticed too.
            let Ok(rules) = reader.rules(&[(name, changed)]) else { return true };
            cases.iter().any(|(vector, facts)| !differences(name, &rules, vector, facts).is_empty())
        }));
    }
    assert!(missed.is_empty(), "{} unnoticed\n{}", missed.len(), missed.join("\n"));
}

/// What is shared must be noticed by the vectors of some file that is like it.
#[test]
fn the_vectors_notice_when_a_shared_line_is_changed() {
    let vectors = vectors();
    for (shared, text) in SHARED {
        let like = format!("like = \"{}\"", shared.trim_end_matches(".toml"));
        let files: Vec<_> = FILES.iter().filter(|(_, text)| text.contains(&like)).collect();
        let reader = Reader::new(SHARED).unwrap();
        let cases: Vec<_> = files.iter().map(|(name, own)| cases((name, own), &reader, &vectors)).collect();
        let missed = unnoticed(shared, text, |changed| {
            let Ok(reader) = Reader::new(&[(shared, changed)]) else { return true };
            files.iter().zip(&cases).any(|((name, own), cases)| {
                let Ok(rules) = reader.rules(&[(name, own)]) else { return true };
                cases.iter().any(|(vector, facts)| !differences(name, &rules, vector, facts).is_empty())
            })
        });
        assert!(missed.is_empty(), "{}", missed.join("\n"));
    }
}
