//! `/v1/incidents/{id}/remedy-codes`: the pool of codes that people are offered: imported, counted, released, given back.

use std::fmt::Write as _;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::require_type;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::{APPROVE, READ, WORK};
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::id::{IncidentId, PersonId, RemedyCodeId};
use crate::domain::remedy::RemedyCounts;
use crate::remedies::{Format, ImportError, Remedies};
use crate::store::StoreError;

/// Codes that are read at once for an export.
const PAGE: u32 = 1000;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(counts, import))
        .routes(routes!(release))
        .routes(routes!(give_back))
        .routes(routes!(unused))
        .routes(routes!(of_person))
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            ImportError::Header(_) => Self::new(Kind::InvalidFields, format!("{text} Nothing was stored.")),
            ImportError::NotEditable(_) => Self::new(Kind::OutOfOrder, text),
            ImportError::Store(error) => error.into(),
            ImportError::Interrupted(done, why) => {
                if let Some(StoreError::Conflict(why)) = &why {
                    let (why, line, added) = (sentence(why), done.through_line, done.codes.added);
                    let told = format!("{why} Everything up to line {line} is stored; {added} codes were added.");
                    return Self::new(Kind::OutOfOrder, told);
                }
                let so_far = format!("{text} So far {} codes were added.", done.codes.added);
                match why {
                    None => Self::new(Kind::Malformed, format!("The upload broke off; {so_far}")),
                    Some(error) => Self::new(Self::from(error).kind(), so_far).retry_after(5),
                }
            }
        }
    }
}

/// How many codes there are, and where they are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RemedyPool {
    /// Codes that came in, each once.
    imported: i64,
    /// Of them, those that are somebody's.
    assigned: i64,
    /// Of those, those whose person an attempt has tried to tell, by whatever channel: they may be in use.
    sent: i64,
    /// Codes that can still be given out.
    left: i64,
    /// Codes that were taken out of the pool for good, unused.
    returned: i64,
}

impl From<RemedyCounts> for RemedyPool {
    fn from(counts: RemedyCounts) -> Self {
        let RemedyCounts { imported, assigned, sent, returned } = counts;
        Self { imported, assigned, sent, left: counts.left(), returned }
    }
}

/// What became of a file of codes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CodesImport {
    /// Codes that were not there before.
    added: i64,
    /// Codes that were there before, or came twice.
    known: i64,
    /// Lines that are no codes. All of them are counted here.
    rejected: u64,
    /// The first 1000 of them.
    rejects: Vec<RejectedCode>,
    /// Number of the last line of the file.
    lines: u64,
    /// How many there are now.
    pool: RemedyPool,
}

/// A line that is no code. What it says is not repeated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RejectedCode {
    /// Its number, from 1, header and blank lines counted.
    line: u64,
    /// Why.
    reason: String,
}

/// Import remedy codes
///
/// Codes that each person is offered to use once, e.g. to activate credit monitoring with. The body is a file, stored as it
/// arrives: `text/plain` with one code a line, or `text/csv` (UTF-8, comma) whose header names a column `code`; other columns
/// are not read. A code has at most 128 characters and no blanks. The same code twice is one code, so that the same file sent
/// again changes nothing. Codes are sealed at rest like people.
///
/// A notice whose texts use `{{person.remedy_code}}` makes its campaigns need them: each person who reads such a text is given
/// one when the campaign is sealed, and keeps it over all channels, repeats and further campaigns. A guardian is told the
/// minor's. The code is never in a subject line, a short text, a text or push message, or a call.
#[utoipa::path(post, path = "/v1/incidents/{id}/remedy-codes", tag = "remedy codes",
    extensions(("x-roles" = json!(WORK)), ("x-idempotency" = json!("natural")), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    request_body(description = "The file.", content(
        (String = "text/plain", example = json!("K7Q2-9XWD-11PA\n")), (String = "text/csv", example = json!("code,until\nK7Q2-9XWD-11PA,2027-12-31\n")))),
    responses((status = 200, description = "What became of the file.", body = CodesImport)))]
async fn import(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CodesImport>, Problem> {
    require_type(&headers, &["text/plain", "text/csv"])?;
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let format =
        if given.trim_start().to_ascii_lowercase().starts_with("text/csv") { Format::Csv } else { Format::Text };
    let done = state.remedies.import(id, format, body.into_data_stream(), &actor.to_ref()).await?;
    Ok(Json(CodesImport {
        added: done.codes.added,
        known: done.codes.known,
        rejected: done.rejected,
        rejects: done.rejects.into_iter().map(|r| RejectedCode { line: r.line, reason: r.reason }).collect(),
        lines: done.through_line,
        pool: state.remedies.counts(id).await?.into(),
    }))
}

/// Count remedy codes
#[utoipa::path(get, path = "/v1/incidents/{id}/remedy-codes", tag = "remedy codes", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The numbers.", body = RemedyPool)))]
async fn counts(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<RemedyPool>, Problem> {
    Ok(Json(state.remedies.counts(id).await?.into()))
}

/// Codes that were moved, and how many there are now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CodesMoved {
    /// How many.
    codes: i64,
    /// How many there are now.
    pool: RemedyPool,
}

async fn moved(state: &ApiState, id: IncidentId, codes: i64) -> Result<Response, Problem> {
    let pool = state.remedies.counts(id).await?.into();
    Ok((Belongs(id), Json(CodesMoved { codes, pool })).into_response())
}

/// Release unused remedy codes
///
/// Codes that were assigned and never sent in an attempt come back into the pool, e.g. after a campaign was cancelled. Whoever
/// a campaign tells or is still to tell keeps theirs; so does whoever was tried to be told, also in vain.
#[utoipa::path(post, path = "/v1/incidents/{id}/remedy-codes/release", tag = "remedy codes",
    extensions(("x-roles" = json!(WORK)), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "How many came back, and how many there are now.", body = CodesMoved)))]
async fn release(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    let codes = state.remedies.release(id, &actor.to_ref()).await?;
    moved(&state, id, codes).await
}

/// Take remedy codes out of the pool
///
/// For good: all that are left, to be given back to whoever sold them. `GET .../unused` lists them. Release first what was
/// assigned and never sent.
#[utoipa::path(post, path = "/v1/incidents/{id}/remedy-codes/return", tag = "remedy codes",
    extensions(("x-roles" = json!(APPROVE)), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "How many were taken out, and how many there are now.", body = CodesMoved)))]
async fn give_back(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    let codes = state.remedies.give_back(id, &actor.to_ref()).await?;
    moved(&state, id, codes).await
}

/// List unused remedy codes
///
/// Codes that are nobody's, with their state: `left` or `returned`. That they were looked at is in the audit chain.
#[utoipa::path(get, path = "/v1/incidents/{id}/remedy-codes/unused", tag = "remedy codes",
    extensions(("x-roles" = json!(APPROVE)), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "A CSV file with the columns `code` and `state`.",
        body = String, content_type = "text/csv")))]
async fn unused(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    state.remedies.begin_export(id, &actor.to_ref()).await?;
    let remedies = (*state.remedies).clone();
    let pages = stream::try_unfold(Some(Place::Head), move |place| {
        let remedies = remedies.clone();
        async move {
            match place {
                None => Ok::<_, StoreError>(None),
                Some(Place::Head) => Ok(Some((String::from("code,state\n"), Some(Place::After(None))))),
                Some(Place::After(after)) => lines(&remedies, id, after).await.map(Some),
            }
        }
    });
    let mut response = Body::from_stream(pages).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// How far an export is.
enum Place {
    Head,
    After(Option<RemedyCodeId>),
}

async fn lines(
    remedies: &Remedies,
    id: IncidentId,
    after: Option<RemedyCodeId>,
) -> Result<(String, Option<Place>), StoreError> {
    let page = remedies.unused(id, after, PAGE).await?;
    let mut text = String::new();
    for unused in &page.items {
        let state = if unused.returned_at.is_some() { "returned" } else { "left" };
        // A code has no line breaks; quoted, it may have anything else.
        let code = unused.code.expose().replace('"', "\"\"");
        let _ = writeln!(text, "\"{code}\",{state}");
    }
    let last = page.items.last().map(|unused| unused.id).filter(|_| page.more);
    Ok((text, last.map(|last| Place::After(Some(last)))))
}

/// A person's code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CodeOfPerson {
    /// The person.
    person: PersonId,
    /// The code; of a guardian, the minor's.
    remedy_code: String,
}

/// Look up a person's remedy code
///
/// For whoever helps a person who was told by a text message, a push message or a call, which never have the code in them, or
/// who lost it. That it was looked up is in the audit chain.
#[utoipa::path(get, path = "/v1/incidents/{id}/people/{person}/remedy-code", tag = "remedy codes",
    extensions(("x-roles" = json!(APPROVE))),
    params(("id" = IncidentId, Path, description = "The incident."), ("person" = PersonId, Path, description = "The person.")),
    responses((status = 200, description = "The code.", body = CodeOfPerson)))]
async fn of_person(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg((id, person)): PathArg<(IncidentId, PersonId)>,
) -> Result<Response, Problem> {
    let code = state.remedies.of_person(id, person, &actor.to_ref()).await?;
    let answer = CodeOfPerson { person, remedy_code: code.expose().to_owned() };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}
