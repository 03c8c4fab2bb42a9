//! `/v1/incidents/{id}/announcement`: the public notice for those whom no individual notice can reach.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::announcements::{AnnouncementError, NewAnnouncement, tag};
use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::PathArg;
use crate::api::operation::{APPROVE, READ, WORK};
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::announcement::{Announcement, AnnouncementState, AnnouncementText};
use crate::domain::clock::Millis;
use crate::domain::id::{AnnouncementId, IncidentId};
use crate::domain::locale::Locale;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read, draft)).routes(routes!(publish)).routes(routes!(withdraw))
}

impl From<AnnouncementError> for Problem {
    fn from(error: AnnouncementError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            AnnouncementError::Store(error) => error.into(),
            AnnouncementError::NotOpen(_) | AnnouncementError::NoTexts | AnnouncementError::NoAddress => {
                Self::new(Kind::OutOfOrder, text)
            }
            AnnouncementError::Field { field, reason } => Self::field(field, reason, "Correct it and send it again."),
            AnnouncementError::Text(_) => Self::new(Kind::BadTemplate, text),
            AnnouncementError::SecondPerson => Self::new(Kind::SecondPerson, text),
            AnnouncementError::Stale => Self::new(Kind::Stale, text),
        }
    }
}

/// An announcement to draft. Everything may be left out.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct AnnouncementDraft {
    /// Locale shown when the reader's is not there; the notice's unless given.
    default_locale: Option<Locale>,
    /// The words per locale; those of the incident's newest notice unless given. They may use the incident's facts, as
    /// in `{{organisation.name}}`, and nobody's own values.
    #[schema(value_type = Option<BTreeMap<String, AnnouncementText>>)]
    texts: Option<BTreeMap<Locale, AnnouncementText>>,
}

/// Why an announcement is withdrawn.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    /// The reason, as readers are told it on the page.
    #[schema(example = "The number of people concerned was wrong; a corrected notice follows.", min_length = 1)]
    reason: String,
}

/// A public notice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Announcement)]
struct AnnouncementView {
    /// Identifier.
    id: AnnouncementId,
    /// The incident.
    incident: IncidentId,
    /// Where it stands.
    state: AnnouncementState,
    /// Last part of its public address, `/notices/{slug}`.
    slug: String,
    /// Its public address. Nothing is there before it is published.
    url: String,
    /// Locale shown when the reader's is not there.
    default_locale: Locale,
    /// The words per locale, filled.
    #[schema(value_type = BTreeMap<String, AnnouncementText>)]
    texts: BTreeMap<Locale, AnnouncementText>,
    /// How many people it stands in for.
    covers: i64,
    /// Why they could not be told individually, and how many for each reason.
    reasons: BTreeMap<String, i64>,
    /// Who wrote it.
    author: String,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    /// When it was drafted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it became public.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    published_at: Option<String>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    withdrawn_at: Option<String>,
    /// Why it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_reason: Option<String>,
}

type Tagged = ([(HeaderName, String); 1], Json<AnnouncementView>);

fn tagged(state: &ApiState, announcement: Announcement) -> Tagged {
    let etag = [(header::ETAG, format!("\"{}\"", tag(&announcement)))];
    let view = AnnouncementView {
        id: announcement.id,
        incident: announcement.incident,
        state: announcement.state,
        url: format!("{}/notices/{}", state.public_url, announcement.slug),
        slug: announcement.slug,
        default_locale: announcement.default_locale,
        texts: announcement.texts,
        covers: announcement.covers,
        reasons: announcement.reasons,
        author: announcement.author.0,
        publisher: announcement.publisher.map(|publisher| publisher.0),
        created_at: announcement.created_at.to_rfc3339(),
        published_at: announcement.published_at.map(Millis::to_rfc3339),
        withdrawn_at: announcement.withdrawn_at.map(Millis::to_rfc3339),
        withdrawn_reason: announcement.withdrawn_reason,
    };
    (etag, Json(view))
}

/// Draft the public notice
///
/// In place of an earlier draft. It says how many people could not be told individually, and why. Its words are those
/// of the incident's notice unless given; a text that needs a person's own value is refused with its name.
#[utoipa::path(post, path = "/v1/incidents/{id}/announcement", tag = "announcements",
    extensions(("x-roles" = json!(WORK))), params(("id" = IncidentId, Path, description = "The incident.")),
    request_body = AnnouncementDraft,
    responses((status = 201, description = "The draft.", body = AnnouncementView,
        headers(("ETag" = String, description = "Send it as `If-Match` when publishing.")))))]
async fn draft(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(new): JsonBody<AnnouncementDraft>,
) -> Result<(StatusCode, Tagged), Problem> {
    let new = NewAnnouncement { default_locale: new.default_locale, texts: new.texts };
    let drafted = state.announcements.draft(id, new, &actor).await?;
    Ok((StatusCode::CREATED, tagged(&state, drafted)))
}

/// Read the public notice
///
/// The newest of the incident, whatever its state.
#[utoipa::path(get, path = "/v1/incidents/{id}/announcement", tag = "announcements",
    extensions(("x-roles" = json!(READ))), params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The announcement.", body = AnnouncementView,
        headers(("ETag" = String, description = "Send it as `If-Match` when publishing.")))))]
async fn read(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Tagged, Problem> {
    let announcement = state.announcements.read(id).await?;
    Ok(tagged(&state, announcement))
}

/// Publish the public notice
///
/// By an approver who did not write it. With `If-Match`, only the draft that was read is published. The people whom
/// nothing else could reach are announced from then on. Refused while `http.public_url` is not configured and this service
/// listens to others than its own machine: the links would lead nowhere.
#[utoipa::path(post, path = "/v1/incidents/{id}/announcement/publish", tag = "announcements",
    extensions(("x-roles" = json!(APPROVE))),
    params(("id" = IncidentId, Path, description = "The incident."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the draft that was read.")),
    responses((status = 200, description = "It is public.", body = AnnouncementView)))]
async fn publish(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    headers: HeaderMap,
) -> Result<Tagged, Problem> {
    let seen = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).filter(|tag| tag.trim() != "*");
    let seen = seen.map(|tag| tag.trim().trim_matches('"'));
    let published = state.announcements.publish(id, seen, &actor).await?;
    Ok(tagged(&state, published))
}

/// Withdraw the public notice
///
/// Its page says from then on that it was withdrawn, when and why. The people it stood in for are unreachable again.
#[utoipa::path(post, path = "/v1/incidents/{id}/announcement/withdraw", tag = "announcements",
    extensions(("x-roles" = json!(APPROVE))), params(("id" = IncidentId, Path, description = "The incident.")),
    request_body = Withdrawal,
    responses((status = 200, description = "It is withdrawn.", body = AnnouncementView)))]
async fn withdraw(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(withdrawal): JsonBody<Withdrawal>,
) -> Result<Tagged, Problem> {
    let withdrawn = state.announcements.withdraw(id, &withdrawal.reason, &actor).await?;
    Ok(tagged(&state, withdrawn))
}
