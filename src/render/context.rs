//! What templates see.
//!
//! | name | what |
//! |---|---|
//! | `incident` | the facts of the incident, as the API has them |
//! | `organisation`, `contact` | the same two parts of it, for short |
//! | `person` | `name`, `ref`, `data` (names of the categories), `remedy_code` and every further field of the import |
//! | `where_to_read` | the contact's page, else phone number, else email address |
//! | `lang`, `dir`, `occurred`, `discovered`, `words` | frames only: language, dates, headings, labels, phrases |
//! | `subject`, `greeting`, `body` | frames only: what the author wrote, filled and fit for the form |
//!
//! What is not known is absent, never empty: using it is an error that names it, and `{{#if}}` asks for it.

use std::collections::BTreeMap;

use handlebars::Context;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::RenderError;
use super::language::{Language, direction};
use super::words::{Headings, Labels, LetterWords, Words};
use crate::domain::facts::{Contact, IncidentFacts, Organisation};
use crate::domain::locale::Locale;
use crate::domain::person::PersonRecord;
use crate::domain::remedy::{REMEDY_CODE, RemedyCode};

/// What is the same for everybody, for texts and phrases.
#[derive(Serialize)]
struct Facts<'a> {
    incident: &'a IncidentFacts,
    organisation: &'a Organisation,
    contact: &'a Contact,
    #[serde(skip_serializing_if = "Option::is_none")]
    where_to_read: Option<&'a str>,
}

/// What is the same for everybody in one language, for frames.
#[derive(Serialize)]
struct Static<'a> {
    lang: &'a str,
    dir: &'static str,
    /// Language of the author's texts, where it is not the frame's.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_lang: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_dir: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discovered: Option<String>,
    words: FrameWords<'a>,
}

#[derive(Serialize)]
struct FrameWords<'a> {
    headings: &'a Headings,
    labels: &'a Labels,
    phrases: &'a BTreeMap<String, String>,
    letter: &'a LetterWords,
    voice: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Person<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data: Vec<&'a str>,
    #[serde(flatten)]
    fields: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy_code: Option<&'a str>,
}

/// The facts as texts see them. Refuses facts that no notice can do without.
pub(super) fn facts(facts: &IncidentFacts, template: &str, locale: &Locale) -> Result<Map<String, Value>, RenderError> {
    let missing = |name: &str| RenderError::Missing {
        template: template.to_owned(),
        locale: locale.clone(),
        name: name.to_owned(),
    };
    if present(facts.organisation.name.as_ref()).is_none() {
        return Err(missing("incident.organisation.name"));
    }
    let contact = &facts.contact;
    let where_to_read = [&contact.url, &contact.phone, &contact.email].into_iter().find_map(|v| present(v.as_ref()));
    if where_to_read.is_none() {
        return Err(missing("incident.contact.url, .phone or .email"));
    }
    Ok(object(&Facts { incident: facts, organisation: &facts.organisation, contact, where_to_read }))
}

/// What frames see beside the facts.
pub(super) fn frame(
    language: &Language,
    texts: &Locale,
    phrases: &BTreeMap<String, String>,
    voice: &BTreeMap<String, String>,
    facts: &IncidentFacts,
) -> Map<String, Value> {
    let words: &Words = &language.words;
    let same = texts.fallbacks().contains(&language.locale);
    let lang = if same { texts } else { &language.locale };
    object(&Static {
        lang: lang.as_str(),
        dir: direction(lang),
        body_lang: (!same).then_some(texts.as_str()),
        body_dir: (!same).then_some(direction(texts)),
        occurred: words.occurred(facts),
        discovered: words.discovered(facts),
        words: FrameWords { headings: &words.headings, labels: &words.labels, phrases, letter: &words.letter, voice },
    })
}

/// A person as templates see one. `scope` names the data concerned where the person's own are not known; the remedy code is
/// only for frames that may have one.
pub(super) fn person(record: &PersonRecord, words: &Words, scope: &[String], with_code: bool) -> Value {
    let own = record.fields.keys().filter(|name| *name != REMEDY_CODE);
    let fields = own.filter_map(|name| Some((name.as_str(), field(record, name)?)));
    let person = Person {
        name: name(record),
        reference: record.reference.expose(),
        data: data(record, words, scope),
        fields: fields.collect(),
        remedy_code: record.remedy_code.as_ref().filter(|_| with_code).map(RemedyCode::expose),
    };
    Value::Object(object(&person))
}

/// `person.name`.
pub(super) fn name(record: &PersonRecord) -> Option<String> {
    record.name.as_ref().map(|name| one_line(name.expose())).filter(|name| !name.is_empty())
}

/// `person.data`; empty where it is absent.
pub(super) fn data<'a>(record: &'a PersonRecord, words: &'a Words, scope: &'a [String]) -> Vec<&'a str> {
    if record.data.is_empty() {
        scope.iter().map(String::as_str).collect()
    } else {
        record.data.iter().map(|word| words.category(word)).collect()
    }
}

/// A further field of the person, or the remedy code.
pub(super) fn field<'a>(record: &'a PersonRecord, name: &str) -> Option<&'a str> {
    if name == REMEDY_CODE {
        return record.remedy_code.as_ref().map(RemedyCode::expose);
    }
    let value = record.fields.get(name).map(|value| value.expose().as_str())?;
    (!matches!(name, "name" | "ref" | "data") && !value.trim().is_empty()).then_some(value)
}

/// A root for a template: some parts put together.
pub(super) fn root(base: &Map<String, Value>, parts: impl IntoIterator<Item = (&'static str, Value)>) -> Context {
    let mut root = base.clone();
    root.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Context::from(Value::Object(root))
}

/// A text on one line: line breaks and runs of blanks become one blank, other control characters go.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()));
    }
    line
}

fn present(value: Option<&String>) -> Option<&str> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        _ => unreachable!("structs of texts always serialise to an object"),
    }
}
