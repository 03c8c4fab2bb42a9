//! Reports to authorities: drafted, read as JSON, HTML and PDF, recorded as submitted.

use std::sync::Arc;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::{READ, WORK};
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::facts::Moment;
use crate::domain::history::Cause;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::report::{Report, ReportDocument, ReportKind};
use crate::render::pdf::{self, PdfError};
use crate::reports::ReportsError;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, draft)).routes(routes!(read)).routes(routes!(submitted))
}

impl From<ReportsError> for Problem {
    fn from(error: ReportsError) -> Self {
        match error {
            ReportsError::NotFound(thing) => Self::not_found(thing),
            ReportsError::Conflict(reason) => Self::new(Kind::OutOfOrder, sentence(&reason)),
            ReportsError::Invalid { field, reason } => {
                Self::field(field, reason, "Correct it as the reason says and send it again.")
            }
            ReportsError::Store(error) => error.into(),
        }
    }
}

impl From<PdfError> for Problem {
    fn from(error: PdfError) -> Self {
        match error {
            PdfError::NoFont { .. } => Self::new(Kind::NoFont, sentence(&error.to_string())),
            PdfError::Layout(_) | PdfError::Export(_) => Self::internal(&error),
            PdfError::NoAddress | PdfError::NarrowWindow => {
                let remedy = "Preview with a person who has a postal address, or choose another form.";
                Self::field("person", error.to_string(), remedy)
            }
        }
    }
}

/// A report as it was drafted, and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Report)]
struct ReportView {
    /// Identifier.
    id: ReportId,
    /// The incident.
    incident: IncidentId,
    /// The rule set.
    jurisdiction: JurisdictionId,
    /// The obligation it answers.
    obligation: String,
    /// Which of the authority's documents.
    kind: ReportKind,
    /// What it says, and what is still missing. Kept as it was when drafted.
    document: ReportDocument,
    /// Where whoever holds this address can read it without a key. Give it to the authority only.
    link: String,
    /// When it was drafted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    submitted_at: Option<String>,
    /// Who recorded that.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_by: Option<ActorRef>,
    /// The authority's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// Why it was late.
    #[serde(skip_serializing_if = "Option::is_none")]
    late_reason: Option<String>,
}

impl ReportView {
    fn new(report: Report, public_url: &str) -> Self {
        Self {
            id: report.id,
            incident: report.incident,
            jurisdiction: report.jurisdiction,
            obligation: report.obligation,
            kind: report.kind,
            document: report.document,
            link: format!("{public_url}/reports/{}", report.token),
            created_at: report.created_at.to_rfc3339(),
            submitted_at: report.submitted_at.map(Millis::to_rfc3339),
            submitted_by: report.submitted_by,
            reference: report.submission_reference,
            late_reason: report.late_reason,
        }
    }
}

/// Reports of an incident.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Reports {
    /// Oldest first.
    reports: Vec<ReportView>,
}

impl Reports {
    fn of(reports: Vec<Report>, state: &ApiState) -> Json<Self> {
        Json(Self { reports: reports.into_iter().map(|report| ReportView::new(report, &state.public_url)).collect() })
    }
}

/// Reports to draft.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// Only for the authorities of this jurisdiction; for all that are to get one otherwise.
    #[serde(default)]
    jurisdiction: Option<JurisdictionId>,
    /// Which of the authorities' documents.
    #[serde(default = "initial")]
    kind: ReportKind,
    /// Words for what an authority asks and the incident's body has no place for, by the field's key. Those of an
    /// earlier draft are kept; an empty text takes one back.
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

fn initial() -> ReportKind {
    ReportKind::Initial
}

/// That a report was submitted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// The authority's reference or, without one, how it was submitted.
    reference: String,
    /// When; now unless given.
    #[serde(default)]
    at: Option<Moment>,
    /// Why it was late; asked for when it was.
    #[serde(default)]
    late_reason: Option<String>,
}

/// List an incident's reports
#[utoipa::path(get, path = "/v1/incidents/{id}/reports", tag = "reports", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The reports.", body = Reports)))]
async fn list(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Reports>, Problem> {
    Ok(Reports::of(state.reports.list(id).await?, &state))
}

/// Draft reports
///
/// One per obligation to an authority, from the facts of now, with what is still missing field by field. A draft does
/// not change; draft again when facts have.
#[utoipa::path(post, path = "/v1/incidents/{id}/reports", tag = "reports", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = Draft,
    responses((status = 201, description = "The drafts.", body = Reports)))]
async fn draft(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(asked): JsonBody<Draft>,
) -> Result<(StatusCode, Json<Reports>), Problem> {
    let jurisdiction = asked.jurisdiction.as_ref();
    let drafted = state.reports.draft_with(id, jurisdiction, asked.kind, &asked.answers, &actor.to_ref()).await?;
    Ok((StatusCode::CREATED, Reports::of(drafted, &state)))
}

/// The three forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Html,
    Pdf,
}

/// Takes `ID`, `ID.json`, `ID.html` or `ID.pdf` apart.
fn named(name: &str) -> Option<(ReportId, Form)> {
    let (id, form) = match name.split_once('.') {
        None | Some((_, "json")) => (name.trim_end_matches(".json"), Form::Json),
        Some((id, "html")) => (id, Form::Html),
        Some((id, "pdf")) => (id, Form::Pdf),
        Some(_) => return None,
    };
    Some((id.parse().ok()?, form))
}

/// Read a report
///
/// As JSON; with `.html` or `.pdf` behind the identifier, the document as a page or as PDF/A.
#[utoipa::path(get, path = "/v1/reports/{report}", tag = "reports", extensions(("x-roles" = json!(READ))),
    params(("report" = String, Path, description = "The report's identifier; `.json`, `.html` or `.pdf` may follow.")),
    responses((status = 200, description = "The report.", content(
        (ReportView = "application/json"), (String = "text/html"), (Vec<u8> = "application/pdf")))))]
async fn read(State(state): State<ApiState>, PathArg(name): PathArg<String>) -> Result<Response, Problem> {
    let (id, form) = named(&name).ok_or_else(|| Problem::not_found("report"))?;
    let report = state.reports.get(id).await?;
    let (kind, body) = match form {
        Form::Json => return Ok(Json(ReportView::new(report, &state.public_url)).into_response()),
        Form::Html => {
            let html = pdf::report_html(&report.document).map_err(|error| Problem::internal(&error))?;
            ("text/html; charset=utf-8", html.into_bytes())
        }
        Form::Pdf => ("application/pdf", typeset(&state, &report.document).await?),
    };
    // The page brings its own style and loads nothing.
    let policy = (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    Ok(([(header::CONTENT_TYPE, kind), policy], body).into_response())
}

/// Sets a report as PDF, a few at a time: each takes a processor for a while.
async fn typeset(state: &ApiState, document: &ReportDocument) -> Result<Vec<u8>, Problem> {
    let _turn = state.typesetting.acquire().await.map_err(|error| Problem::internal(&error))?;
    let (document, fonts) = (document.clone(), Arc::clone(&state.fonts));
    let set = tokio::task::spawn_blocking(move || pdf::typeset_with(&document, &fonts)).await;
    Ok(set.map_err(|error| Problem::internal(&error))??)
}

/// Record a submission
///
/// That the report has gone to its authority: when, by whom, under which reference. After the deadline, the reason for
/// the delay is asked for.
#[utoipa::path(post, path = "/v1/reports/{id}/submitted", tag = "reports", extensions(("x-roles" = json!(WORK))),
    params(("id" = ReportId, Path, description = "The report.")), request_body = Submission,
    responses((status = 200, description = "The report as it is now.", body = ReportView)))]
async fn submitted(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<ReportId>,
    JsonBody(told): JsonBody<Submission>,
) -> Result<Response, Problem> {
    let at = told.at.as_ref().map_or_else(|| state.clock.now(), Moment::millis);
    let late_reason = told.late_reason.as_deref();
    let report = state.reports.submitted(id, &told.reference, at, late_reason, &actor.to_ref()).await?;
    state.incidents.note_done(report.incident, Cause::Reported, &actor.to_ref()).await;
    Ok((Belongs(report.incident), Json(ReportView::new(report, &state.public_url))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_stands_behind_the_identifier() {
        let id = "01920000-0000-7000-8000-000000000000";
        let form = |suffix: &str| named(&format!("{id}{suffix}")).map(|(_, form)| form);
        assert_eq!(form(""), Some(Form::Json));
        assert_eq!(form(".json"), Some(Form::Json));
        assert_eq!(form(".html"), Some(Form::Html));
        assert_eq!(form(".pdf"), Some(Form::Pdf));
        assert_eq!(form(".docx"), None);
        assert_eq!(named("nonsense.pdf"), None);
    }
}
