//! `/v1/incidents/{id}/people`: imported, listed, counted.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::person_view::PersonView;
use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::require_type;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::{READ, WORK};
use crate::api::page::{PageArgs, PageOf};
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::id::IncidentId;
use crate::people::{Format, ImportError, ImportOutcome, Interruption};
use crate::store::PeopleGroup;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, import)).routes(routes!(summary))
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            ImportError::Header(_) => Self::new(Kind::InvalidFields, format!("{text} Nothing was stored.")),
            ImportError::NotEditable(_) => Self::new(Kind::OutOfOrder, text),
            ImportError::Incident(error) => error.into(),
            ImportError::Interrupted { outcome, why } => {
                let stored = format!(
                    "{text} So far {} lines were accepted and {} rejected.",
                    outcome.accepted, outcome.rejects.total
                );
                let is_final = why.is_final();
                match why {
                    Interruption::Upload => Self::new(Kind::Malformed, stored),
                    // The kind is the failure's own; its text speaks of a change that never began, which is not so here.
                    Interruption::Store(error) => {
                        let problem = Self::new(Self::from(error).kind(), stored);
                        if is_final { problem } else { problem.retry_after(5) }
                    }
                }
            }
        }
    }
}

/// What became of a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Import {
    /// Lines that were believed and stored.
    accepted: u64,
    /// People that were not there before.
    added: i64,
    /// Lines about people that were there and knew less.
    updated: i64,
    /// Lines that changed nothing.
    unchanged: i64,
    /// Lines that were not believed. All of them are counted here.
    rejected: u64,
    /// The first 1000 of them.
    rejects: Vec<Rejected>,
    /// Number of the last line of the file.
    lines: u64,
}

/// A line that was not believed. Its values are not repeated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Rejected {
    /// Number of its first line, from 1, header and blank lines counted.
    line: u64,
    /// The column at fault, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// Why.
    reason: String,
}

impl From<ImportOutcome> for Import {
    fn from(outcome: ImportOutcome) -> Self {
        let rejects = outcome.rejects.listed.into_iter();
        Self {
            accepted: outcome.accepted,
            added: outcome.counts.added,
            updated: outcome.counts.updated,
            unchanged: outcome.counts.unchanged,
            rejected: outcome.rejects.total,
            rejects: rejects
                .map(|r| Rejected { line: r.line, column: r.column, reason: r.reason.to_string() })
                .collect(),
            lines: outcome.through_line,
        }
    }
}

/// Import people
///
/// The body is a file, read and stored as it arrives, however long it is: `text/csv` (UTF-8, comma, a header line) or
/// `application/x-ndjson` (one JSON object a line). Columns: `ref` (required, unique in the incident), `name`, `email`,
/// `phone` (international form, or national form of the line's `country`), `push` (`fcm:TOKEN`, `fid:ID`,
/// `apns:TOKEN`, `ntfy:TOPIC` or `webpush:JSON`), `address_line1` to `address_line3`, `city`, `region`, `postcode`, `country`, `locale`,
/// `jurisdiction`, `birth_date` (`YYYY-MM-DD`), `guardian_name`, `guardian_email`, `guardian_phone`, `data` (categories,
/// `;` between), `consent` (channels, `;` between). Any other column is a field for the templates.
///
/// One bad cell rejects its whole line, so that nobody is half known; good lines are stored. Lines of the same `ref` are
/// one person: contact points add up, single values keep the first that was given. The same file sent again changes
/// nothing. If the upload breaks off, the database fails or the incident is closed on the way, the problem says up to which
/// line everything is stored; in the first two cases, send the file again.
#[utoipa::path(post, path = "/v1/incidents/{id}/people", tag = "people",
    extensions(("x-roles" = json!(WORK)), ("x-idempotency" = json!("natural")), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    request_body(description = "The file.", content(
        (String = "text/csv", example = json!("ref,name,email,locale\nC-1,Ana Ruiz,ana@example.org,es\n")),
        (String = "application/x-ndjson", example = json!("{\"ref\":\"C-1\",\"email\":\"ana@example.org\"}\n")))),
    responses((status = 200, description = "What became of the file.", body = Import)))]
async fn import(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Import>, Problem> {
    require_type(&headers, &["text/csv", "application/x-ndjson"])?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let format = Format::from_content_type(content_type)
        .ok_or_else(|| Problem::new(Kind::UnsupportedType, "Send text/csv or application/x-ndjson."))?;
    let outcome = state.people.import(id, format, body.into_data_stream(), actor.to_ref()).await?;
    let answer = Import::from(outcome);
    for (effect, rows) in [("added", answer.added), ("updated", answer.updated), ("unchanged", answer.unchanged)] {
        state.metrics.import_rows(effect, u64::try_from(rows).unwrap_or(0));
    }
    state.metrics.import_rows("rejected", answer.rejected);
    Ok(Json(answer))
}

/// List people
///
/// In order of identifier. Approvers and admins see personal data; for all other roles it is masked.
#[utoipa::path(get, path = "/v1/incidents/{id}/people", tag = "people", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), PageArgs),
    responses((status = 200, description = "A page of people.", body = PageOf<PersonView>)))]
async fn list(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(page): QueryArgs<PageArgs>,
) -> Result<Json<PageOf<PersonView>>, Problem> {
    let whole = actor.role.sees_people();
    let people = state.people.list(id, page.after()?, page.limit()?).await?;
    Ok(Json(PageOf::of(people, |person| person.id.0, |person| PersonView::of(&person, whole))))
}

/// Numbers of people by where they live and what they read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PeopleSummary)]
struct Summary {
    /// A group for each jurisdiction and locale.
    groups: Vec<Group>,
}

/// People who share jurisdiction and locale.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Group {
    /// Their jurisdiction, where it is known.
    jurisdiction: Option<String>,
    /// Their locale, where it is known.
    locale: Option<String>,
    /// How many there are.
    people: i64,
    /// How many of them have no contact point at all.
    without_contact: i64,
}

impl From<PeopleGroup> for Group {
    fn from(group: PeopleGroup) -> Self {
        Self {
            jurisdiction: group.jurisdiction.map(|id| id.to_string()),
            locale: group.locale.map(|locale| locale.to_string()),
            people: group.people,
            without_contact: group.without_contact,
        }
    }
}

/// Count people
///
/// By jurisdiction and locale. Holds nothing of any one person.
#[utoipa::path(get, path = "/v1/incidents/{id}/people/summary", tag = "people", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The numbers.", body = Summary)))]
async fn summary(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Summary>, Problem> {
    let groups = state.people.summary(id).await?;
    Ok(Json(Summary { groups: groups.into_iter().map(Group::from).collect() }))
}
