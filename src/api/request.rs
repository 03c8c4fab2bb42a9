//! What every request gets, outermost: an identifier, a span and one line in the log, headers that keep browsers and
//! caches from guessing, and its identifier in every problem. Never logs bodies, queries or addresses of callers.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::ApiState;
use super::problem::Problem;
use crate::domain::id::RequestId;

/// Response header with the request's identifier.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps a request.
pub async fn observe(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new(state.clock.now(), state.entropy.ten());
    request.extensions_mut().insert(id);
    let method = known(request.method());
    // The pattern and not the path: identifiers and tokens in paths stay out of the log.
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", |path| path.as_str()).to_owned();
    let quiet = matches!(route.as_str(), "/healthz" | "/readyz" | "/metrics");
    let private = route.starts_with("/v1");
    let span = tracing::info_span!("request", %id, method, route);
    let began = tokio::time::Instant::now();

    let response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    state.metrics.request(method, &route, status);
    span.in_scope(|| {
        if quiet {
            tracing::debug!(status, millis, "request answered");
        } else {
            tracing::info!(status, millis, "request answered");
        }
    });
    finish(response, id, private)
}

/// The name of a method that HTTP itself knows, else `OTHER`. A caller without a key may make one up, of any length and each
/// time another: neither the log nor the metrics are theirs to fill.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}

fn finish(mut response: Response, id: RequestId, private: bool) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let kept = std::mem::take(response.headers_mut());
        response = problem.respond(Some(format!("urn:uuid:{id}")));
        for name in [header::ALLOW] {
            if let Some(value) = kept.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if private || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
