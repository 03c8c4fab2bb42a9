//! The document an authority gets.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::id::{IncidentId, ReportId};
use super::jurisdiction::JurisdictionId;
use super::obligation::DeadlineKind;

/// Which of an authority's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The first, with what is known.
    Initial,
    /// What became known later.
    Supplementary,
    /// The last, after handling.
    Final,
}

impl ReportKind {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Supplementary => "supplementary",
            Self::Final => "final",
        }
    }

    /// Reads [`ReportKind::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Initial, Self::Supplementary, Self::Final].into_iter().find(|k| k.as_str() == name)
    }
}

/// What a report says: one model from which JSON, HTML and PDF are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportDocument {
    /// Heading.
    pub title: String,
    /// Locale the labels are written in.
    pub locale: String,
    /// Name of the authority.
    pub authority: String,
    /// The law that asks for it, as cited in the rules.
    pub citations: Vec<String>,
    /// Version of the rules that shaped it.
    pub rules_version: String,
    /// When the duty falls due, RFC 3339 with offset, or `None` where the law gives no time or it does not run yet.
    pub deadline: Option<String>,
    /// What the deadline rests on; `None` in documents of versions that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_kind: Option<DeadlineKind>,
    /// The deadline in words.
    pub deadline_text: String,
    /// Whether that time has passed without a submission.
    pub late: bool,
    /// The fields, in the authority's order.
    pub sections: Vec<ReportSection>,
    /// What the authority asks for and the incident does not say yet.
    pub missing: Vec<MissingField>,
    /// When this draft was made, RFC 3339.
    pub prepared_at: String,
}

/// A group of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportSection {
    /// Heading.
    pub heading: String,
    /// The fields.
    pub fields: Vec<ReportField>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportField {
    /// Name in the rules, stable across languages.
    pub key: String,
    /// Label, in the report's language.
    pub label: String,
    /// The value as text; a list has one entry a line. `None` when it is missing.
    pub value: Option<Vec<String>>,
    /// Whether the authority insists on it.
    pub required: bool,
}

/// A field that the authority asks for and the incident does not say yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MissingField {
    /// Name in the rules.
    pub key: String,
    /// Label, in the report's language.
    pub label: String,
    /// Where to give it: path in the incident's body, or of the report.
    pub where_to_give: String,
    /// Whether the authority insists on it.
    pub required: bool,
}

/// That a document went to an authority. Which duty is met by which kind is for the rules to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The obligation it answers.
    pub obligation: String,
    /// Which document.
    pub kind: ReportKind,
    /// When it was submitted.
    pub at: Millis,
}

/// A report as it is stored. The document is kept as it was when made; a new draft makes a new report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Identifier.
    pub id: ReportId,
    /// The incident.
    pub incident: IncidentId,
    /// The rule set.
    pub jurisdiction: JurisdictionId,
    /// The obligation it answers, e.g. `us-ca/notify-attorney-general`.
    pub obligation: String,
    /// Which document.
    pub kind: ReportKind,
    /// The document.
    pub document: ReportDocument,
    /// Reason for lateness, where it was asked for.
    pub late_reason: Option<String>,
    /// Unguessable part of the address where the authority can read it without a key.
    pub token: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it was submitted.
    pub submitted_at: Option<Millis>,
    /// Who submitted it.
    pub submitted_by: Option<super::actor::ActorRef>,
    /// The authority's reference.
    pub submission_reference: Option<String>,
}

impl Report {
    /// That it was submitted, if it was.
    #[must_use]
    pub fn submission(&self) -> Option<Submission> {
        let at = self.submitted_at?;
        Some(Submission { obligation: self.obligation.clone(), kind: self.kind, at })
    }
}
