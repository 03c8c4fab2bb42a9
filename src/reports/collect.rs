//! From facts to a document: the authority's fields in its order, and what is still missing.

use std::collections::BTreeMap;

use super::values;
use super::words::Words;
use crate::domain::campaign::{Campaign, Counts};
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::obligation::{Obligation, ObligationState};
use crate::domain::report::{MissingField, ReportDocument, ReportField, ReportKind, ReportSection};
use crate::law::{Form, Inclusion, ReportOf, RuleSet, Rules};

/// Words given with a report, by the key of the field: what the incident's body has no place for.
pub type Answers = BTreeMap<String, String>;

/// How many people the incident's campaigns have told, of all jurisdictions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// A provider took or delivered a notice for them.
    pub told: i64,
    /// No contact point is left.
    pub unreachable: i64,
    /// No contact point is left, and a published announcement stands in.
    pub announced: i64,
}

impl Figures {
    /// The numbers of an incident's campaigns, oldest first; `None` before the first was started.
    ///
    /// Each campaign seals everyone, and leaves out those whom an earlier one has reached: the reached add up over the
    /// campaigns, while the newest knows who is unreachable now.
    #[must_use]
    pub fn of(campaigns: &[Campaign]) -> Option<Self> {
        let started: Vec<&Counts> = campaigns.iter().filter(|c| c.started_at.is_some()).map(|c| &c.counts).collect();
        let newest = started.last()?;
        Some(Self {
            told: started.iter().map(|counts| counts.reached).sum(),
            unreachable: newest.unreachable,
            announced: newest.announced,
        })
    }
}

/// Everything that a document is made of.
pub struct Material<'a> {
    /// What is known of the incident.
    pub facts: &'a IncidentFacts,
    /// The same as it is written in the API, for paths.
    pub body: &'a serde_json::Value,
    /// The obligation that the report answers.
    pub obligation: &'a Obligation,
    /// All rules, for the names of other jurisdictions.
    pub rules: &'a Rules,
    /// The rules that the obligation comes from.
    pub set: &'a RuleSet,
    /// What they say of its report.
    pub report: &'a ReportOf,
    /// Its form.
    pub form: &'a Form,
    /// Which document.
    pub kind: ReportKind,
    /// How many people were told, once a campaign was started.
    pub figures: Option<Figures>,
    /// What was given with the report.
    pub answers: &'a Answers,
    /// When the draft is made.
    pub now: Millis,
}

/// Makes the document. The same material makes the same document.
#[must_use]
pub fn collect(material: &Material<'_>) -> ReportDocument {
    let words = Words::of(&material.set.language);
    let late = material.obligation.state == ObligationState::Overdue;
    let mut missing = Vec::new();
    let mut sections = Vec::new();
    for section in &material.form.sections {
        let mut fields = Vec::new();
        for field in section.fields.iter().filter(|field| late || field.only_when == Inclusion::Always) {
            let value = values::of(material, field, words);
            if value.is_none() {
                missing.push(MissingField {
                    key: field.key.clone(),
                    label: field.label.clone(),
                    where_to_give: values::where_to_give(field),
                    required: field.required,
                });
            }
            fields.push(ReportField {
                key: field.key.clone(),
                label: field.label.clone(),
                value,
                required: field.required,
            });
        }
        if !fields.is_empty() {
            sections.push(ReportSection { heading: section.heading.clone(), fields });
        }
    }
    let deadline = &material.obligation.deadline;
    let there = material.set.country_of(&material.obligation.id);
    let country = there.or(material.facts.organisation.country.as_deref());
    ReportDocument {
        title: material.form.title.clone(),
        locale: material.set.language.to_string(),
        authority: material.form.addressee(material.set, country),
        citations: material.obligation.citation.iter().map(|citation| citation.text.clone()).collect(),
        rules_version: material.obligation.rules_version.clone(),
        deadline: deadline.at.clone(),
        deadline_kind: Some(deadline.kind),
        deadline_text: material.report.deadline_text.clone().unwrap_or_else(|| deadline.text.clone()),
        late,
        sections,
        missing,
        prepared_at: material.now.to_rfc3339(),
    }
}
