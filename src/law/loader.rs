//! Reading rule files, and refusing what is not sound: a wrong rule must stop the start, not a notification.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::counting::Counting;
use super::error::LawError;
use super::evaluate::NAMES;
use super::lines::Lines;
use super::rule::{Applies, Rule, RuleSet, Status};
use super::template::expand;
use super::wording::names;
use crate::domain::facts::Timeline;
use crate::domain::obligation::{DeadlineKind, Duty, Force};

/// Elements that contents may name, with their meaning.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Elements(BTreeMap<String, String>);

/// Reads the list of elements.
///
/// # Errors
/// When it is no table of names and meanings.
pub(super) fn elements((file, text): (&str, &str)) -> Result<Elements, LawError> {
    parse(file, text)
}

/// Reads one rule file.
///
/// # Errors
/// What is wrong with it: a line for what cannot be read, a rule or form and its field for what does not fit together.
pub(super) fn rule_set(file: &str, text: &str, elements: &Elements, shared: &Shared) -> Result<RuleSet, LawError> {
    let set = read(file, text, shared)?;
    let lines = Lines::of(text, set.rules.len());
    let mut seen = Seen::default();
    for (place, rule) in set.rules.iter().enumerate() {
        check_rule(&set, rule, elements, &seen).map_err(|(field, reason)| LawError::Rule {
            file: file.to_owned(),
            line: lines.in_rule(place, field),
            rule: rule.id.clone(),
            field: field.to_owned(),
            reason,
        })?;
        seen.add(rule);
    }
    check_substitute(&set, elements).and_then(|()| check_set(&set)).map_err(|(field, reason)| LawError::Set {
        file: file.to_owned(),
        line: lines.of_field(field),
        field: field.to_owned(),
        reason,
    })?;
    check_forms(&set).map_err(|(form, field, reason)| {
        let line = lines.in_form(&form);
        LawError::Form { file: file.to_owned(), line, form, field, reason }
    })?;
    Ok(set)
}

/// The files that others are like, by name.
pub(super) type Shared = BTreeMap<String, Table>;

/// Reads the shared files.
///
/// # Errors
/// When one is no TOML.
pub(super) fn shared(files: &[(&str, &str)]) -> Result<Shared, LawError> {
    files.iter().map(|(file, text)| Ok((file.trim_end_matches(".toml").to_owned(), parse(file, text)?))).collect()
}

fn read(file: &str, text: &str, shared: &Shared) -> Result<RuleSet, LawError> {
    if !is_like_another(text) {
        return parse(file, text);
    }
    // What was filled in has no lines any more, so the path says where the flaw is.
    serde_path_to_error::deserialize(Value::Table(whole(file, text, shared)?)).map_err(|error| LawError::Set {
        file: file.to_owned(),
        line: None,
        field: error.path().to_string(),
        reason: error.inner().message().to_owned(),
    })
}

/// A rule file as a table, with what it shares with others filled in.
///
/// # Errors
/// When it is no TOML, or does not fit the shared file.
pub(super) fn whole(file: &str, text: &str, shared: &Shared) -> Result<Table, LawError> {
    let own: Table = parse(file, text)?;
    if !is_like_another(text) {
        return Ok(own);
    }
    let like = own.get("like").and_then(Value::as_str).unwrap_or_default();
    match shared.get(like) {
        Some(like) => expand(file, own, like).map_err(|error| match error {
            LawError::Set { file, field, reason, .. } => {
                LawError::Set { file, line: Lines::of(text, 0).of_field(&field), field, reason }
            }
            other => other,
        }),
        None => Err(LawError::Set {
            file: file.to_owned(),
            line: Lines::of(text, 0).of_field("like"),
            field: String::from("like"),
            reason: format!(
                "there is no shared file {like:?}; there is {}",
                shared.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            ),
        }),
    }
}

fn is_like_another(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("like = "))
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, LawError> {
    let at = |error: &toml::de::Error, field: String| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        LawError::Line { file: file.to_owned(), line, field, reason: error.message().to_owned() }
    };
    let reader = toml::Deserializer::parse(text).map_err(|error| at(&error, String::new()))?;
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let field = error.path().to_string();
        at(error.inner(), if field == "." { String::new() } else { field })
    })
}

type Flaw = (&'static str, String);

fn flaw<T>(field: &'static str, reason: impl Into<String>) -> Result<T, Flaw> {
    Err((field, reason.into()))
}

/// What the rules before a rule have taken.
#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    versions: Vec<(String, Date, Date, Option<String>)>,
}

impl Seen {
    fn add(&mut self, rule: &Rule) {
        let (from, until) = span(rule);
        self.ids.insert(rule.id.clone());
        self.versions.push((rule.id.clone(), from, until, rule.report.as_ref().map(|r| r.form.clone())));
    }
}

fn span(rule: &Rule) -> (Date, Date) {
    (rule.effective_from.unwrap_or(Date::MIN), rule.effective_until.unwrap_or(Date::MAX))
}

fn check_substitute(set: &RuleSet, elements: &Elements) -> Result<(), Flaw> {
    let Some(substitute) = &set.substitute else { return Ok(()) };
    if substitute.form.is_empty() {
        return flaw("substitute.form", "it says which form the public notice takes");
    }
    match substitute.form.iter().flat_map(|form| &form.elements).find(|name| !elements.0.contains_key(*name)) {
        Some(unknown) => flaw("substitute.form", format!("{unknown:?} is not in elements.toml")),
        None => Ok(()),
    }
}

fn check_set(set: &RuleSet) -> Result<(), Flaw> {
    if !is_dated(&set.rules_version) {
        return flaw("rules_version", "it is the day of the check and a number within it, like 2026-11-22.1");
    }
    if matches!(&set.applies, Applies::Organisations(of) if of.with_any.is_empty()) {
        return flaw("applies", "it names the organisations by a trait");
    }
    if set.rules.is_empty() {
        return flaw("rule", "a rule set has rules");
    }
    if !set.levels.is_sorted_by(|a, b| a.ge < b.ge) {
        return flaw("levels", "levels are listed from the smallest to the largest");
    }
    for rule in &set.rules {
        for other in &rule.not_before {
            if !set.rules.iter().any(|r| r.id == *other) {
                return flaw(
                    "not_before",
                    format!("rule {} waits for {other:?}, which is no rule of this file", rule.id),
                );
            }
        }
    }
    Ok(())
}

fn is_dated(version: &str) -> bool {
    version.split_once('.').is_some_and(|(day, number)| day.parse::<Date>().is_ok() && number.parse::<u32>().is_ok())
}

fn check_rule(set: &RuleSet, rule: &Rule, elements: &Elements, seen: &Seen) -> Result<(), Flaw> {
    if rule.id.is_empty() || !rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return flaw("id", "it is lower-case letters, digits and hyphens");
    }
    if rule.citation.is_empty() {
        return flaw("citation", "a rule says where it comes from: [[rule.citation]] with text, source and evidence");
    }
    if rule.citation.iter().any(|c| c.text.trim().is_empty() || c.source.trim().is_empty()) {
        return flaw("citation", "text and source are not empty");
    }
    if set.status == Status::Voluntary && rule.force == Force::Mandatory {
        return flaw("force", "in a voluntary rule set nothing is mandatory");
    }
    if let Some(other) = rule.only_with.as_ref().filter(|other| !seen.ids.contains(*other)) {
        return flaw("only_with", format!("{other:?} is no rule further up in this file"));
    }
    if rule.met_by.as_deref().is_some_and(|event| !Timeline::EVENTS.contains(&event)) {
        return flaw("met_by", format!("the timeline has these events: {}", Timeline::EVENTS.join(", ")));
    }
    for (field, names) in [("contents", &rule.contents), ("must_not_contain", &rule.must_not_contain)] {
        if let Some(unknown) = names.iter().find(|name| !elements.0.contains_key(*name)) {
            return flaw(field, format!("{unknown:?} is not in elements.toml"));
        }
    }
    if rule.when.substitute.is_some() && set.substitute.is_none() {
        return flaw("when.substitute", "the file has no table on substitute notice");
    }
    if rule.unless.because.is_some() {
        return flaw("unless", "what lifts a rule needs no because");
    }
    if rule.review_if.is_empty() == rule.review_if.because.is_some() {
        return flaw("review_if", "it has a ground and says in because what a person must decide");
    }
    check_words("because", &rule.because, &NAMES)?;
    check_words("to", &rule.to, &["authority"])?;
    check_versions(rule, seen)?;
    check_report(set, rule)?;
    check_term(rule)
}

fn check_words(field: &'static str, template: &str, known: &[&str]) -> Result<(), Flaw> {
    if template.trim().is_empty() {
        return flaw(field, "it is not empty");
    }
    let found = names(template).map_err(|reason| (field, reason.to_owned()))?;
    match found.iter().find(|name| !known.contains(name)) {
        Some(name) => flaw(field, format!("{{{name}}} is nothing; it may name {}", known.join(", "))),
        None => Ok(()),
    }
}

fn check_versions(rule: &Rule, seen: &Seen) -> Result<(), Flaw> {
    let (from, until) = span(rule);
    if from > until {
        return flaw("effective_until", "it is before effective_from");
    }
    for (id, other_from, other_until, form) in &seen.versions {
        if *id != rule.id {
            continue;
        }
        if from <= *other_until && *other_from <= until {
            return flaw("effective_from", "another version of this rule is in force on some of these days");
        }
        if *form != rule.report.as_ref().map(|r| r.form.clone()) {
            return flaw("report", "all versions of a rule use one form");
        }
    }
    Ok(())
}

fn check_report(set: &RuleSet, rule: &Rule) -> Result<(), Flaw> {
    match &rule.report {
        None if rule.duty.is_to_authority() && rule.force != Force::Review => {
            flaw("report", "a duty to an authority names the form of its report")
        }
        Some(_) if !rule.duty.is_to_authority() => flaw("report", "only a duty to an authority has a report"),
        Some(report) if set.form(&report.form).is_none() => {
            flaw("report", format!("there is no form {:?}", report.form))
        }
        Some(report) if report.kinds.is_empty() => flaw("report", "kinds says which documents the form is for"),
        _ => Ok(()),
    }
}

fn check_term(rule: &Rule) -> Result<(), Flaw> {
    let term = &rule.deadline;
    if term.text.trim().is_empty() {
        return flaw("deadline.text", "it says in words by when, also where there is no number");
    }
    if let Some(text) = &term.text_started {
        check_words("deadline.text_started", text, &["safe"])?;
    }
    match (term.kind, term.counting.unit()) {
        (_, None) if term.counting == Counting::WithEvent => {
            if term.amount.is_some() || term.unit.is_some() || term.starts.is_empty() {
                return flaw("deadline.starts", "what is due with an event names it in starts, and has no number");
            }
        }
        (DeadlineKind::None, None) => {
            if term.amount.is_some() || term.unit.is_some() || !term.starts.is_empty() || term.text_started.is_some() {
                return flaw("deadline", "without a number there is no amount, unit, clock event or text_started");
            }
        }
        (DeadlineKind::None, Some(_)) | (_, None) => {
            return flaw("deadline.counting", "kind none and counting none go together");
        }
        (_, unit) => {
            if term.amount.is_none_or(|amount| amount == 0) {
                return flaw("deadline.amount", "a deadline that is counted has an amount");
            }
            if term.unit != unit {
                return flaw("deadline.unit", "the unit is the one that the counting counts");
            }
            if term.starts.is_empty() {
                return flaw("deadline.starts", "a deadline that is counted names the event that starts it");
            }
            if (term.counting == Counting::BusinessDays) != term.calendar.is_some() {
                return flaw("deadline.calendar", "business days, and only they, are those of a calendar");
            }
        }
    }
    if rule.duty == Duty::KeepRecord && term.kind != DeadlineKind::None {
        return flaw("deadline", "a record is kept, not due");
    }
    Ok(())
}

fn check_forms(set: &RuleSet) -> Result<(), (String, String, String)> {
    for (at, form) in set.forms.iter().enumerate() {
        let wrong = |field: &str, reason: &str| Err((form.id.clone(), field.to_owned(), reason.to_owned()));
        if set.forms[..at].iter().any(|other| other.id == form.id) {
            return wrong("id", "another form has this name");
        }
        if !set.rules.iter().any(|rule| rule.report.as_ref().is_some_and(|report| report.form == form.id)) {
            return wrong("id", "no rule uses this form");
        }
        if let Err((_, reason)) = check_words("authority", &form.authority, &["authority"]) {
            return wrong("authority", &reason);
        }
        let mut keys = BTreeSet::new();
        for field in form.sections.iter().flat_map(|section| &section.fields) {
            if !keys.insert(&field.key) {
                return wrong(&field.key, "another field of the form has this key");
            }
            if field.label.trim().is_empty() {
                return wrong(&field.key, "a field has a label");
            }
        }
    }
    Ok(())
}
