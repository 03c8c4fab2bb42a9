//! Renders every template set in every language with samples: what `candour check` runs, and what the tests run.
//!
//! The samples are the two ends: everything known of the incident and the person, and next to nothing.

use std::collections::BTreeMap;

use super::error::RenderError;
use super::notice::Rendered;
use super::registry::Renderer;
use crate::domain::channel::Channel;
use crate::domain::facts::{Contact, Impact, IncidentFacts, Moment, Organisation, Remediation, Scope, Timeline};
use crate::domain::letter::Speech;
use crate::domain::locale::Locale;
use crate::domain::notice::{NoticeContent, NoticeTexts};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;
use crate::domain::vocabulary::DataCategory;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many renderings were tried.
    pub rendered: usize,
    /// What is wrong.
    pub errors: Vec<RenderError>,
}

/// Renders every template set in every language for every channel, with each sample.
#[must_use]
pub fn check(renderer: &Renderer) -> Findings {
    let mut findings = Findings::default();
    for set in renderer.sets() {
        for locale in renderer.locales() {
            for facts in [full_facts(), bare_facts()] {
                check_notice(renderer, &content(set, locale), &facts, &mut findings);
            }
        }
    }
    findings
}

fn check_notice(renderer: &Renderer, content: &NoticeContent, facts: &IncidentFacts, findings: &mut Findings) {
    let notice = match renderer.compile(content, facts) {
        Ok(notice) => notice,
        Err(error) => return findings.errors.push(error),
    };
    for channel in Channel::ALL {
        for person in [full_person(), bare_person()] {
            findings.rendered += 1;
            match notice.render(channel, &person) {
                Ok(message) => findings.errors.extend(flaw(&message, &content.template)),
                Err(error) => findings.errors.push(error),
            }
        }
    }
}

/// What no rendering may have: parts that are empty, or braces that nobody filled.
fn flaw(message: &Rendered, set: &str) -> Option<RenderError> {
    let parts = match message {
        Rendered::Email { subject, text, html, .. } => vec![subject, text, html],
        Rendered::Sms { text, .. } => vec![text],
        Rendered::Push { title, text, .. } => vec![title, text],
        Rendered::Letter(letter) => vec![&letter.title],
        Rendered::Voice(script) => {
            let Speech { locale: _, greeting, message, choices, offer, machine, farewell } = &script.speech;
            vec![greeting, message, choices, offer, machine, farewell]
        }
    };
    let unfilled = match message {
        Rendered::Letter(letter) => letter.blocks.expose().iter().any(|block| format!("{block:?}").contains("{{")),
        _ => parts.iter().any(|part| part.expose().contains("{{")),
    };
    let reason = if parts.iter().any(|part| part.expose().trim().is_empty()) {
        "a part of the message is empty"
    } else if unfilled {
        "an expression is left unfilled"
    } else {
        return None;
    };
    let (template, locale) = (format!("notices/{set}"), message.locale().clone());
    Some(RenderError::Template { template, locale, reason: reason.to_owned() })
}

fn content(set: &str, locale: &Locale) -> NoticeContent {
    let texts = NoticeTexts {
        subject: None,
        what_happened: String::from("First paragraph.\n\nSecond paragraph, {{incident.organisation.name}}."),
        what_we_do: String::from("Done and planned."),
        what_you_can_do: vec![
            String::from("One step."),
            String::from("Another step{{#if person.name}}, {{person.name}}{{/if}}."),
        ],
        what_we_offer: String::from("An offer."),
        short: None,
    };
    NoticeContent {
        template: set.to_owned(),
        default_locale: locale.clone(),
        texts: BTreeMap::from([(locale.clone(), texts)]),
        variants: Vec::new(),
        cascade: Channel::ALL.to_vec(),
    }
}

fn full_facts() -> IncidentFacts {
    let mut facts = bare_facts();
    facts.timeline.occurred_from = Moment::parse("2026-11-14T09:00:00+08:00").ok();
    facts.timeline.occurred_until = Moment::parse("2026-11-16T21:00:00+08:00").ok();
    facts.timeline.discovered = Moment::parse("2026-11-20T22:10:00+08:00").ok();
    facts.scope.data = DataCategory::ALL.to_vec();
    facts.contact = Contact {
        name: Some(String::from("Data protection office")),
        role: Some(String::from("dpo")),
        email: Some(String::from("privacy@example.org")),
        phone: Some(String::from("+41 44 668 18 00")),
        url: Some(String::from("https://example.org/incident")),
    };
    facts
}

fn bare_facts() -> IncidentFacts {
    IncidentFacts {
        title: String::from("Sample incident"),
        organisation: Organisation { name: Some(String::from("Example Library")), ..Organisation::default() },
        timeline: Timeline::default(),
        scope: Scope::default(),
        impact: Impact::default(),
        remediation: Remediation::default(),
        contact: Contact { email: Some(String::from("privacy@example.org")), ..Contact::default() },
        holds: Vec::new(),
    }
}

fn full_person() -> PersonRecord {
    PersonRecord {
        name: Some(Pii::new(String::from("Kim Sample"))),
        data: vec![String::from("name"), String::from("health"), String::from("loyalty card")],
        ..bare_person()
    }
}

fn bare_person() -> PersonRecord {
    PersonRecord { reference: Pii::new(String::from("R-1")), ..PersonRecord::default() }
}
