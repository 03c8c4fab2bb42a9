//! `/v1/calendar-feeds`: addresses at which calendar programs read deadlines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::PathArg;
use crate::api::operation::{READ, WORK};
use crate::api::problem::Problem;
use crate::deadlines::FeedError;
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{FeedId, IncidentId};
use crate::store::Feed;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(revoke))
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Store(error) => error.into(),
            FeedError::BadName => Self::field("name", error.to_string(), "Say whose calendar it is for."),
            FeedError::Unknown => Self::not_found("calendar feed"),
        }
    }
}

/// A feed to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFeed {
    /// Whose calendar it is for.
    #[schema(example = "Mei Tanaka's phone", min_length = 1, max_length = 100)]
    name: String,
    /// Only the deadlines of this incident; of all that are being handled otherwise.
    #[serde(default)]
    incident: Option<IncidentId>,
}

/// A feed, without its address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CalendarFeed)]
struct FeedView {
    /// Identifier.
    id: FeedId,
    /// Whose calendar it is for.
    name: String,
    /// The incident; absent where it is of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentId>,
    /// Who made it.
    created_by: ActorRef,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

impl From<Feed> for FeedView {
    fn from(feed: Feed) -> Self {
        Self {
            id: feed.id,
            name: feed.name,
            incident: feed.incident,
            created_by: feed.created_by,
            created_at: feed.created_at.to_rfc3339(),
            revoked_at: feed.revoked_at.map(Millis::to_rfc3339),
        }
    }
}

/// A feed that has just been made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MadeCalendarFeed)]
struct MadeView {
    /// The feed as it is listed.
    #[serde(flatten)]
    feed: FeedView,
    /// The address to subscribe to. Whoever has it can read the deadlines. Shown this once. With `?kind=task` behind it,
    /// deadlines are tasks and not events.
    address: String,
}

/// All feeds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CalendarFeeds {
    /// Oldest first, the revoked ones too.
    feeds: Vec<FeedView>,
}

/// List calendar feeds
///
/// Never shows an address.
#[utoipa::path(get, path = "/v1/calendar-feeds", tag = "deadlines", extensions(("x-roles" = json!(READ))),
    responses((status = 200, description = "All feeds.", body = CalendarFeeds)))]
async fn list(State(state): State<ApiState>) -> Result<Json<CalendarFeeds>, Problem> {
    let feeds = state.deadlines.feeds().await?;
    Ok(Json(CalendarFeeds { feeds: feeds.into_iter().map(FeedView::from).collect() }))
}

/// Make a calendar feed
///
/// An address that a calendar program subscribes to without a key: the address is the secret. It shows titles of incidents
/// and their duties, and nobody's personal data.
#[utoipa::path(post, path = "/v1/calendar-feeds", tag = "deadlines", extensions(("x-roles" = json!(WORK))),
    request_body = NewFeed, responses((status = 201, description = "The feed with its address.", body = MadeView)))]
async fn make(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    JsonBody(new): JsonBody<NewFeed>,
) -> Result<(StatusCode, Json<MadeView>), Problem> {
    let made = state.deadlines.make_feed(&new.name, new.incident, &actor.to_ref()).await?;
    Ok((StatusCode::CREATED, Json(MadeView { feed: made.feed.into(), address: made.address })))
}

/// Revoke a calendar feed
///
/// Its address leads nowhere from this moment on.
#[utoipa::path(post, path = "/v1/calendar-feeds/{id}/revoke", tag = "deadlines", extensions(("x-roles" = json!(WORK))),
    params(("id" = FeedId, Path, description = "The feed.")),
    responses((status = 200, description = "The feed as it is now.", body = FeedView)))]
async fn revoke(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<FeedId>,
) -> Result<Json<FeedView>, Problem> {
    Ok(Json(state.deadlines.revoke_feed(id, &actor.to_ref()).await?.into()))
}
