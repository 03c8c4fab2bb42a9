//! What is wrong with facts that parse: checked all at once, each with its field and the remedy.

use std::collections::BTreeSet;

use crate::domain::contact::EmailAddress;
use crate::domain::facts::{Affected, Contact, IncidentFacts, Timeline};
use crate::law::Rules;

/// Longest title, in characters.
const MAX_TITLE: usize = 200;
/// Longest other text, in characters.
const MAX_TEXT: usize = 10_000;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Path of the field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Flaw {
    fn new(field: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into(), remedy: remedy.into() }
    }
}

/// Everything that is wrong with the facts; empty when they are sound.
pub(super) fn find(facts: &IncidentFacts, rules: &Rules) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if facts.title.trim().is_empty() {
        flaws.push(Flaw::new("title", "it is empty", "Give the incident a short name."));
    }
    if facts.title.chars().count() > MAX_TITLE || facts.title.chars().any(char::is_control) {
        flaws.push(Flaw::new(
            "title",
            format!("it is longer than {MAX_TITLE} characters or has line breaks"),
            "Shorten it.",
        ));
    }
    if let Some(country) = &facts.organisation.country
        && !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()))
    {
        flaws.push(Flaw::new("organisation.country", "it is not a country code", "Use ISO 3166-1 alpha-2, like DE."));
    }
    for (index, country) in facts.scope.countries.iter().enumerate() {
        if !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase())) {
            let at = format!("scope.countries[{index}]");
            flaws.push(Flaw::new(at, "it is not a country code", "Use ISO 3166-1 alpha-2, like DE."));
        }
    }
    for (index, hold) in facts.holds.iter().enumerate() {
        let at = |name: &str| format!("holds[{index}].{name}");
        if rules.jurisdiction(&hold.jurisdiction).is_none() {
            let what = format!("there are no rules for {}", hold.jurisdiction);
            flaws.push(Flaw::new(at("jurisdiction"), what, "GET /v1/jurisdictions lists those that have rules."));
        }
        if hold.until.millis() < hold.asked.millis() {
            flaws.push(Flaw::new(at("until"), "it is before asked", "Check both times and their offsets."));
        }
    }
    timeline(&facts.timeline, &mut flaws);
    affected(&facts.scope.affected, rules, &mut flaws);
    contact(&facts.contact, &mut flaws);
    lengths(facts, &mut flaws);
    flaws
}

fn timeline(timeline: &Timeline, flaws: &mut Vec<Flaw>) {
    if let (Some(from), Some(until)) = (&timeline.occurred_from, &timeline.occurred_until)
        && until.millis() < from.millis()
    {
        flaws.push(Flaw::new(
            "timeline.occurred_until",
            "it is before timeline.occurred_from",
            "Check both times and their offsets.",
        ));
    }
}

fn affected(affected: &[Affected], rules: &Rules, flaws: &mut Vec<Flaw>) {
    let mut seen = BTreeSet::new();
    for (index, group) in affected.iter().enumerate() {
        let at = |name: &str| format!("scope.affected[{index}].{name}");
        let id = &group.jurisdiction;
        if rules.residence(id).is_none() {
            let known: Vec<&str> =
                rules.residences().map(crate::domain::jurisdiction::JurisdictionId::as_str).collect();
            let remedy = format!("Use one that has rules: {}.", known.join(", "));
            flaws.push(Flaw::new(at("jurisdiction"), rules.why_nobody_lives_in(id), remedy));
        }
        if !seen.insert(id) {
            flaws.push(Flaw::new(
                at("jurisdiction"),
                format!("{id} is listed twice"),
                "Add the numbers up in one entry.",
            ));
        }
        if let Some(all) = group.individuals {
            for (name, part) in [("minors", group.minors), ("uncontactable", group.uncontactable)] {
                if part.is_some_and(|part| part > all) {
                    flaws.push(Flaw::new(at(name), "it is more than the individuals", "Check both numbers."));
                }
            }
        }
        for (name, number) in [("individuals", group.individuals), ("records", group.records)] {
            if number.is_some_and(|number| number > i64::MAX as u64) {
                flaws.push(Flaw::new(at(name), "it is out of range", "Check the number."));
            }
        }
    }
}

fn contact(contact: &Contact, flaws: &mut Vec<Flaw>) {
    if let Some(email) = &contact.email
        && let Err(error) = EmailAddress::parse(email)
    {
        flaws.push(Flaw::new("contact.email", error.to_string(), "Correct it; people will write to it."));
    }
    let web = |url: &str| url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if contact.url.as_ref().is_some_and(|url| !web(url)) {
        flaws.push(Flaw::new(
            "contact.url",
            "it is not a web address",
            "Give it in full, like https://example.org/incident.",
        ));
    }
}

fn lengths(facts: &IncidentFacts, flaws: &mut Vec<Flaw>) {
    let remediation = &facts.remediation;
    let lists = [
        ("remediation.taken", &remediation.taken),
        ("remediation.planned", &remediation.planned),
        ("remediation.advice", &remediation.advice),
        ("remediation.offered", &remediation.offered),
    ];
    let entries = lists.into_iter().flat_map(|(name, list)| {
        list.iter().enumerate().map(move |(index, text)| (format!("{name}[{index}]"), text.as_str()))
    });
    let single = [
        ("organisation.name", &facts.organisation.name),
        ("impact.description", &facts.impact.description),
        ("contact.name", &facts.contact.name),
        ("contact.role", &facts.contact.role),
        ("contact.phone", &facts.contact.phone),
    ];
    let single = single.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?)));
    for (field, text) in entries.chain(single) {
        if text.trim().is_empty() {
            flaws.push(Flaw::new(field, "it is empty", "Leave it out, or say something."));
        } else if text.chars().count() > MAX_TEXT {
            flaws.push(Flaw::new(field, format!("it is longer than {MAX_TEXT} characters"), "Shorten it."));
        }
    }
}
