//! `/v1/incidents`: filed, listed, read, amended, opened, closed, discarded.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::auth::Caller;
use crate::api::body::{self, JsonBody, MergePatch};
use crate::api::extract::{Belongs, IfMatch, PathArg, QueryArgs, etag, stale};
use crate::api::operation::{READ, WORK};
use crate::api::page::{PageArgs, PageOf};
use crate::api::problem::{Kind, Problem, sentence};
use crate::api::{ApiState, merge_patch};
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};
use crate::incidents::{Confirmation, IncidentError, Rehearsal, Requirement};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, file))
        .routes(routes!(read, amend))
        .routes(routes!(open))
        .routes(routes!(close))
        .routes(routes!(discard))
}

impl From<IncidentError> for Problem {
    fn from(error: IncidentError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            IncidentError::Store(error) => error.into(),
            IncidentError::Flawed(flaws) => {
                flaws.into_iter().fold(Self::new(Kind::InvalidFields, text), |p, f| p.with(f.field, f.reason, f.remedy))
            }
            IncidentError::Stale(current) => stale(current),
            IncidentError::Plan(error) => Self::field(error.field(), text, "Change it, or leave it out."),
            IncidentError::SecondPerson => Self::new(Kind::SecondPerson, text),
            IncidentError::Notice(error) => super::notices::template_problem(&error),
            IncidentError::Misfits(rehearsal) => misfits(&rehearsal, text),
            IncidentError::NoNotice => Self::new(Kind::NotFound, "The incident has no notice yet; write it with PUT."),
            IncidentError::NoticeFaults(requirements) => notice_faults(&requirements, text),
            IncidentError::Unconfirmed(asked) => unconfirmed(&asked, text),
            IncidentError::NoSuchElement { field, .. } => {
                Self::field(field, text, "Use the names in `to_confirm` of GET /v1/incidents/{id}/notice/check.")
            }
            IncidentError::NoSuchDuty(_) => {
                Self::field("obligation", text, "Use an id of GET /v1/incidents/{id}/obligations.")
            }
            IncidentError::MetByReport(_) => Self::field(
                "obligation",
                text,
                "Draft it with POST /v1/incidents/{id}/reports, and record with POST /v1/reports/{id}/submitted that it was \
                 submitted.",
            ),
            IncidentError::NotDoneYet => Self::field("done_at", text, "Give the time at which it was done."),
            IncidentError::BadAccount => Self::field("how", text, "Say how it was done, without personal data."),
            IncidentError::BadReason => Self::field("reason", text, "Say why, without personal data."),
            IncidentError::NoPeople => {
                Self::new(Kind::OutOfOrder, "The incident has no people yet; import them first.")
            }
            IncidentError::NoProvider
            | IncidentError::Done(_)
            | IncidentError::Frozen(_)
            | IncidentError::NotOpen(_)
            | IncidentError::OutOfOrder { .. }
            | IncidentError::CampaignAlive(_)
            | IncidentError::CampaignOutOfOrder { .. } => Self::new(Kind::OutOfOrder, text),
        }
    }
}

fn notice_faults(requirements: &[Requirement], text: String) -> Problem {
    let mut problem = Problem::new(Kind::NoticeFaults, text);
    for requirement in requirements {
        let citations: Vec<&str> = requirement.citation.iter().map(|citation| citation.text.as_str()).collect();
        let citations = citations.join("; ");
        for element in &requirement.missing {
            let reason = format!(
                "{} demands {element}, which neither facts nor texts give ({citations})",
                requirement.obligation
            );
            let remedy = "Give it and propose anew, or approve with `despite` and the reason.";
            problem = problem.with("notice", reason, remedy);
        }
        for element in &requirement.forbidden {
            let reason = format!("{} forbids {element}, which the texts have ({citations})", requirement.obligation);
            let remedy = "Take it out and propose anew, or approve with `despite` and the reason.";
            problem = problem.with("notice", reason, remedy);
        }
    }
    problem
}

fn unconfirmed(asked: &[Confirmation], text: String) -> Problem {
    asked.iter().fold(Problem::new(Kind::NotConfirmed, text), |problem, one| {
        let (field, verb) =
            if one.absent { ("confirmed_absent", "forbidden by") } else { ("confirmed", "demanded by") };
        let reason = format!("{} is {verb} {}: {}", one.element, one.obligations.join(", "), one.meaning);
        let remedy = "Read the preview. If it is right, name the element here; otherwise change the notice and propose \
                      anew, or approve with `despite` and the reason.";
        problem.with(field, reason, remedy)
    })
}

fn misfits(rehearsal: &Rehearsal, text: String) -> Problem {
    rehearsal.misfits.iter().fold(Problem::new(Kind::BadTemplate, text), |problem, misfit| {
        let examples: Vec<String> = misfit.examples.iter().map(ToString::to_string).collect();
        let reason =
            format!("{}; people concerned: {}, among them {}", misfit.reason, misfit.people, examples.join(", "));
        problem.with("notice", reason, "Import the missing values, or ask for the value with {{#if}} in the text.")
    })
}

/// An incident: its facts as they were filed, and where it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentView {
    /// Identifier.
    id: IncidentId,
    /// Where it stands.
    state: IncidentState,
    /// Counts up with every change; the `ETag` is made from it.
    version: i64,
    /// People imported so far.
    people: i64,
    /// When it was filed.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// What is known.
    #[serde(flatten)]
    facts: IncidentFacts,
}

impl From<Incident> for IncidentView {
    fn from(incident: Incident) -> Self {
        Self {
            id: incident.id,
            state: incident.state,
            version: incident.version,
            people: incident.people,
            created_at: incident.created_at.to_rfc3339(),
            updated_at: incident.updated_at.to_rfc3339(),
            facts: incident.facts,
        }
    }
}

/// An incident with its entity tag.
fn tagged(incident: Incident) -> Response {
    let tag = etag(incident.version);
    (Belongs(incident.id), [(header::ETAG, tag)], Json(IncidentView::from(incident))).into_response()
}

/// File an incident
///
/// It begins as a draft: duties are shown, nothing is sent. Everything but the title may follow later.
#[utoipa::path(post, path = "/v1/incidents", tag = "incidents", extensions(("x-roles" = json!(WORK))),
    request_body = IncidentFacts,
    responses((status = 201, description = "The incident.", body = IncidentView, headers(
        ("Location" = String, description = "Address of the incident."),
        ("ETag" = String, description = "For `If-Match`.")))))]
async fn file(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    JsonBody(facts): JsonBody<IncidentFacts>,
) -> Result<Response, Problem> {
    let incident = state.incidents.file(facts, &actor.to_ref()).await?;
    let location = format!("/v1/incidents/{}", incident.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(incident)).into_response())
}

/// List incidents
///
/// Oldest first.
#[utoipa::path(get, path = "/v1/incidents", tag = "incidents", extensions(("x-roles" = json!(READ))), params(PageArgs),
    responses((status = 200, description = "A page.", body = PageOf<IncidentView>)))]
async fn list(
    State(state): State<ApiState>,
    QueryArgs(page): QueryArgs<PageArgs>,
) -> Result<Json<PageOf<IncidentView>>, Problem> {
    let found = state.incidents.list(page.after()?, page.limit()?).await?;
    Ok(Json(PageOf::of(found, |incident| incident.id.0, IncidentView::from)))
}

/// Read an incident
#[utoipa::path(get, path = "/v1/incidents/{id}", tag = "incidents", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The incident.", body = IncidentView,
        headers(("ETag" = String, description = "For `If-Match`.")))))]
async fn read(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Response, Problem> {
    Ok(tagged(state.incidents.read(id).await?))
}

/// Amend an incident
///
/// A JSON merge patch (RFC 7396) over the facts: what it names is replaced, `null` takes away, lists are replaced whole.
/// Times keep the offset they are given with. Needs `If-Match`.
#[utoipa::path(patch, path = "/v1/incidents/{id}", tag = "incidents", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident."),
        ("If-Match" = String, Header, description = "The `ETag` of the version that was read.")),
    request_body(content = Object, content_type = "application/merge-patch+json",
        description = "Any part of the body that an incident is filed with."),
    responses((status = 200, description = "The incident as it is now.", body = IncidentView,
        headers(("ETag" = String, description = "For `If-Match`.")))))]
async fn amend(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    if_match: IfMatch,
    MergePatch(patch): MergePatch,
) -> Result<Response, Problem> {
    let current = state.incidents.read(id).await?;
    let expected = if_match.expect(current.version)?;
    let before = serde_json::to_value(&current.facts).map_err(|error| Problem::internal(&error))?;
    let facts = body::fit(merge_patch::apply(before, patch))?;
    Ok(tagged(state.incidents.amend(id, expected, facts, &actor.to_ref()).await?))
}

/// Open an incident
///
/// Confirms a draft: from now on people may be told and reports submitted.
#[utoipa::path(post, path = "/v1/incidents/{id}/open", tag = "incidents", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The incident as it is now.", body = IncidentView)))]
async fn open(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    Ok(tagged(state.incidents.open(id, &actor.to_ref()).await?))
}

/// Close an incident
///
/// Nothing changes any more. Refused while a campaign of it is neither complete nor cancelled, or one that was cancelled has
/// attempts under way or is leaving its people to a later one.
#[utoipa::path(post, path = "/v1/incidents/{id}/close", tag = "incidents", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The incident as it is now.", body = IncidentView)))]
async fn close(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    Ok(tagged(state.incidents.close(id, &actor.to_ref()).await?))
}

/// Why a draft is discarded.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Discard {
    /// For the audit chain; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Discard a draft
///
/// For alerts that turned out to be none. It stays readable, with the reason in its audit chain.
#[utoipa::path(post, path = "/v1/incidents/{id}/discard", tag = "incidents", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = Discard,
    responses((status = 200, description = "The incident as it is now.", body = IncidentView)))]
async fn discard(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(why): JsonBody<Discard>,
) -> Result<Response, Problem> {
    let reason = why.reason.trim();
    if reason.is_empty() || reason.chars().count() > 1000 {
        return Err(Problem::field("reason", "it is empty or longer than 1000 characters", "Say in a sentence why."));
    }
    Ok(tagged(state.incidents.discard(id, reason, &actor.to_ref()).await?))
}
