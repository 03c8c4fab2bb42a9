//! What both layouts show: the document with its frame in words, cleaned of what cannot be shown.

use std::collections::BTreeSet;

use serde::Serialize;

use super::labels::Labels;
use crate::domain::locale::Locale;
use crate::domain::obligation::DeadlineKind;
use crate::domain::report::{MissingField, ReportDocument, ReportField, ReportSection};

/// One report, ready to be laid out.
#[derive(Debug, Serialize)]
pub(super) struct View {
    /// The whole tag, for the web page.
    pub(super) locale: String,
    /// Language alone, as the typesetter wants it.
    language: String,
    /// Country alone; for Chinese it chooses the form of characters.
    region: Option<String>,
    title: String,
    labels: &'static Labels,
    facts: Vec<Fact>,
    late: bool,
    sections: Vec<Section>,
    missing: Vec<Missing>,
    /// Families to fall back to, for the typesetter.
    pub(super) faces: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Fact {
    label: &'static str,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Section {
    heading: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    label: String,
    stated: bool,
    values: Vec<String>,
    need: &'static str,
}

#[derive(Debug, Serialize)]
struct Missing {
    label: String,
    where_to_give: String,
    need: &'static str,
}

impl View {
    pub(super) fn of(document: &ReportDocument) -> Self {
        let (nearest, labels) = Labels::nearest(&document.locale);
        let locale =
            Locale::parse(&document.locale).map_or_else(|_| String::from(nearest), |l| String::from(l.as_str()));
        let (language, region) = language_and_region(&locale);
        Self {
            language,
            region,
            locale,
            title: clean(&document.title),
            labels,
            facts: facts(document, labels),
            late: document.late,
            sections: document.sections.iter().map(|s| section(s, labels)).collect(),
            missing: document.missing.iter().map(|m| missing(m, labels)).collect(),
            faces: Vec::new(),
        }
    }
}

/// Every character that a layout may have to show.
pub(super) fn characters(view: &impl Serialize) -> BTreeSet<char> {
    // The serialised view has every text there is, its own keys included, which are plain Latin.
    let value = serde_json::to_value(view).expect("strings, numbers, booleans and lists always become JSON");
    let mut found = BTreeSet::new();
    collect(&value, &mut found);
    found
}

fn collect(value: &serde_json::Value, found: &mut BTreeSet<char>) {
    match value {
        serde_json::Value::String(text) => found.extend(text.chars().filter(|c| is_drawn(*c))),
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect(v, found)),
        serde_json::Value::Object(members) => members.values().for_each(|v| collect(v, found)),
        _ => {}
    }
}

fn facts(document: &ReportDocument, labels: &'static Labels) -> Vec<Fact> {
    let deadline = by_when(document, labels).into_iter().chain(lines(&document.deadline_text)).collect();
    let fact = |label: &'static String, values| Fact { label: label.as_str(), values };
    let mut facts = vec![fact(&labels.authority, lines(&document.authority))];
    if !document.citations.is_empty() {
        facts.push(fact(&labels.legal_basis, document.citations.iter().flat_map(|c| lines(c)).collect()));
    }
    facts.push(fact(&labels.deadline, deadline));
    facts.push(fact(&labels.prepared, vec![readable_time(&document.prepared_at)]));
    facts.push(fact(&labels.rules_version, lines(&document.rules_version)));
    facts
}

/// The time, or why there is none; nothing where the document does not tell.
fn by_when(document: &ReportDocument, labels: &'static Labels) -> Option<String> {
    match (&document.deadline, document.deadline_kind) {
        (Some(at), _) => Some(readable_time(at)),
        (None, Some(DeadlineKind::None)) => Some(labels.deadline_none.clone()),
        (None, Some(DeadlineKind::Statutory | DeadlineKind::Guidance)) => Some(labels.deadline_not_running.clone()),
        (None, None) => None,
    }
}

fn section(section: &ReportSection, labels: &'static Labels) -> Section {
    Section { heading: clean(&section.heading), fields: section.fields.iter().map(|f| field(f, labels)).collect() }
}

fn field(field: &ReportField, labels: &'static Labels) -> Field {
    let values: Vec<_> = field.value.iter().flatten().flat_map(|v| lines(v)).collect();
    Field { label: clean(&field.label), stated: !values.is_empty(), values, need: need(field.required, labels) }
}

fn missing(item: &MissingField, labels: &'static Labels) -> Missing {
    Missing { label: clean(&item.label), where_to_give: clean(&item.where_to_give), need: need(item.required, labels) }
}

fn need(required: bool, labels: &'static Labels) -> &'static str {
    if required { &labels.required } else { &labels.optional }
}

/// `2026-12-10T23:59:59.123-08:00` as `2026-12-10 23:59:59 -08:00`: the order of ISO 8601, which no reader of the six
/// languages mistakes, and the offset kept. Anything else is left as it is.
pub(super) fn readable_time(text: &str) -> String {
    if text.parse::<jiff::Timestamp>().is_err() || text.len() < 20 || !text.is_ascii() {
        return clean(text);
    }
    let (seconds, rest) = text.split_at(19);
    let offset = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = if matches!(offset, "Z" | "z") { "UTC" } else { offset };
    format!("{} {offset}", seconds.replacen(['T', 't'], " ", 1))
}

/// The lines of a text that are not blank, each cleaned.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(clean).filter(|line| !line.trim().is_empty()).collect()
}

/// The text without characters that have no shape and no business in a document: controls, which PDF/A forbids, and
/// noncharacters.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c })
        .filter(|c| !c.is_control() && !matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'))
        .collect()
}

/// Whether a character needs a glyph: blanks and the invisible ones (joiners, direction marks, variation selectors) do not.
fn is_drawn(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Language and country of a tag. Chinese without a country gets the one whose character forms its script has.
pub(super) fn language_and_region(tag: &str) -> (String, Option<String>) {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or("en").to_owned();
    let region = parts.clone().find(|p| p.len() == 2).map(str::to_owned);
    let region = region.or_else(|| match (language.as_str(), parts.any(|p| p == "Hant")) {
        ("zh", true) => Some(String::from("TW")),
        ("zh", false) => Some(String::from("CN")),
        _ => None,
    });
    (language, region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable_and_keep_their_offset() {
        assert_eq!(readable_time("2026-12-10T23:59:59-08:00"), "2026-12-10 23:59:59 -08:00");
        assert_eq!(readable_time("2026-12-10T23:59:59.5Z"), "2026-12-10 23:59:59 UTC");
        assert_eq!(readable_time("without undue delay"), "without undue delay");
    }

    #[test]
    fn controls_go_and_lines_part() {
        assert_eq!(lines("one\u{7}\r\n\n two\tparts\u{feff}"), ["one", " two parts"]);
    }

    #[test]
    fn chinese_gets_the_country_of_its_script() {
        let of = |tag| language_and_region(tag).1.unwrap_or_default();
        assert_eq!([of("zh-Hans"), of("zh-Hant"), of("zh-Hant-HK"), of("zh"), of("de")], ["CN", "TW", "HK", "CN", ""]);
    }
}
