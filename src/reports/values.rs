//! The values of a report's fields: taken from the facts, worked out, or given with the report.

use serde_json::Value;

use super::collect::Material;
use super::words::Words;
use crate::domain::facts::{Affected, Moment};
use crate::law::{Computed, Field, Source};

/// The value of a field, one entry a line; `None` where nobody has said it.
pub(super) fn of(material: &Material<'_>, field: &Field, words: &Words) -> Option<Vec<String>> {
    match &field.from {
        Source::Fact(path) => fact(material, path, words),
        Source::Computed(what) => computed(material, *what, words),
        Source::Answer => {
            let answer = material.answers.get(&field.key)?.trim();
            (!answer.is_empty()).then(|| vec![answer.to_owned()])
        }
    }
}

/// Where to give the value of a field that is missing.
pub(super) fn where_to_give(field: &Field) -> String {
    match &field.from {
        Source::Fact(path) => path.clone(),
        Source::Computed(what) => what.where_to_give().to_owned(),
        Source::Answer => format!("answers.{}", field.key),
    }
}

fn fact(material: &Material<'_>, path: &str, words: &Words) -> Option<Vec<String>> {
    // Facts leave out what is false, so an absent yes-or-no is a no.
    let yes = match path {
        "scope.ongoing" => Some(material.facts.scope.ongoing),
        "scope.approximate" => Some(material.facts.scope.approximate),
        _ => None,
    };
    if let Some(yes) = yes {
        return Some(vec![words.phrase(if yes { "yes" } else { "no" }, &[])]);
    }
    if let Some(event) = path.strip_prefix("timeline.") {
        return material.facts.timeline.event(event).map(|moment| vec![written(moment)]);
    }
    let pointer = format!("/{}", path.replace('.', "/"));
    let part = path.replace('.', "_");
    let texts: Vec<String> = match material.body.pointer(&pointer)? {
        Value::String(text) => vec![words.name(&part, text)],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(|text| words.name(&part, text)).collect(),
        _ => return None,
    };
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
    (!texts.is_empty()).then_some(texts)
}

fn computed(material: &Material<'_>, what: Computed, words: &Words) -> Option<Vec<String>> {
    let facts = material.facts;
    let own = |affected: &&Affected| material.set.counts(&affected.jurisdiction);
    // As long as nobody is listed, the number of people is not zero but unknown.
    let listed = || (!facts.scope.affected.is_empty()).then_some(facts.scope.affected.as_slice());
    let sum = |number: fn(&Affected) -> Option<u64>| -> Option<u64> {
        listed()?.iter().filter(own).map(number).try_fold(0, |sum: u64, n| Some(sum.saturating_add(n?)))
    };
    let told = |number: fn(&super::Figures) -> i64| material.figures.as_ref().map(number).map(|n| n.to_string());
    let line = match what {
        Computed::AffectedIndividuals => sum(|a| a.individuals)?.to_string(),
        Computed::AffectedRecords => sum(|a| a.records)?.to_string(),
        Computed::AffectedMinors => sum(|a| a.minors)?.to_string(),
        Computed::AffectedTotal => {
            let mut all = listed()?.iter().map(|a| a.individuals);
            all.try_fold(0, |sum: u64, n| Some(sum.saturating_add(n?)))?.to_string()
        }
        Computed::OtherJurisdictions => return listed().map(|affected| others(affected, material, words)),
        Computed::Level => match material.set.level(sum(|a| a.individuals)?) {
            Some(level) => level.name.clone(),
            None => words.phrase("no_level", &[]),
        },
        Computed::Period => period(material, words)?,
        Computed::Protection => {
            let protection = facts.scope.protection;
            let phrase = match (protection.unintelligible, protection.key_compromised) {
                (true, false) => "unintelligible",
                (true, true) => "key_compromised",
                (false, _) => "intelligible",
            };
            words.phrase(phrase, &[])
        }
        Computed::Contact => return contact(material),
        Computed::IndividualsTold => match &facts.timeline.individuals_notified {
            Some(at) => words.phrase("told", &[("at", &written(at))]),
            None => words.phrase("not_told", &[]),
        },
        Computed::PeopleTold => told(|f| f.told)?,
        Computed::PeopleUnreachable => told(|f| f.unreachable)?,
        Computed::PeopleAnnounced => told(|f| f.announced)?,
        Computed::ReportKind => words.name("report_kind", material.kind.as_str()),
    };
    Some(vec![line])
}

/// A time as it was given, with its offset.
fn written(moment: &Moment) -> String {
    moment.as_str().replacen(['T', 't'], " ", 1)
}

fn period(material: &Material<'_>, words: &Words) -> Option<String> {
    let timeline = &material.facts.timeline;
    match (timeline.occurred_from.as_ref().map(written), timeline.occurred_until.as_ref().map(written)) {
        (Some(from), Some(until)) => Some(words.phrase("from_until", &[("from", &from), ("until", &until)])),
        (Some(from), None) => Some(words.phrase("from", &[("from", &from)])),
        (None, Some(until)) => Some(words.phrase("until", &[("until", &until)])),
        (None, None) => None,
    }
}

/// Whom to ask; a name that cannot be reached is no contact.
fn contact(material: &Material<'_>) -> Option<Vec<String>> {
    let contact = &material.facts.contact;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let reach: Vec<String> = [&contact.email, &contact.phone, &contact.url].into_iter().filter_map(given).collect();
    if reach.is_empty() {
        return None;
    }
    let who: Vec<String> = [&contact.name, &contact.role].into_iter().filter_map(given).collect();
    let who = (!who.is_empty()).then(|| who.join(", "));
    Some(who.into_iter().chain(reach).collect())
}

fn others(affected: &[Affected], material: &Material<'_>, words: &Words) -> Vec<String> {
    let lines: Vec<String> = affected
        .iter()
        .filter(|a| !material.set.counts(&a.jurisdiction))
        .map(|a| {
            let number = a.individuals.map_or_else(|| words.phrase("unknown_number", &[]), |n| n.to_string());
            let name = material.rules.jurisdiction(&a.jurisdiction).map(|set| set.name.as_str());
            format!("{}: {number}", name.unwrap_or(a.jurisdiction.as_str()))
        })
        .collect();
    if lines.is_empty() { vec![words.phrase("no", &[])] } else { lines }
}
