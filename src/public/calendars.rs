//! `/calendars/{token}.ics`: deadlines for a calendar program that holds the address. Not indexed, not linked from
//! anywhere, kept by no cache but the program's own.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{PublicState, caching};
use crate::deadlines::{FeedError, Kind};

const CALENDAR: &str = "text/calendar; charset=utf-8";

/// The query: tasks in place of events where it says so.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KindArg {
    kind: Option<String>,
}

pub(super) async fn calendar(
    State(state): State<PublicState>,
    Path(name): Path<String>,
    Query(query): Query<KindArg>,
    asked: HeaderMap,
) -> Response {
    let kind = if query.kind.as_deref() == Some("task") { Kind::Task } else { Kind::Event };
    let token = name.strip_suffix(".ics").unwrap_or_default();
    let mut response = match state.deadlines.feed_calendar(token, kind).await {
        Ok(text) => {
            let tag = caching::tag(&text);
            let mut response = if caching::not_modified(&asked, &tag, None) {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                (StatusCode::OK, [(header::CONTENT_TYPE, CALENDAR)], text).into_response()
            };
            super::respond::set(response.headers_mut(), header::ETAG, &tag);
            response
        }
        Err(FeedError::Store(error)) => {
            tracing::error!(%error, "a calendar cannot be shown");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")], "Not now; try again in a minute.\n")
                .into_response()
        }
        // A program that stays subscribed to what is revoked shows people this status.
        Err(FeedError::Unknown | FeedError::BadName) => {
            (StatusCode::NOT_FOUND, "There is no such calendar.\n").into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
