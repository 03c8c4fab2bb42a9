//! For whoever operates the service: alive, ready, metrics. No key is needed; they say nothing of any incident.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::operation::PUBLIC;
use super::problem::{Kind, Problem};

/// A database that takes longer than this to answer is not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics))
}

/// Alive
///
/// Answers as long as the process can answer at all.
#[utoipa::path(get, path = "/healthz", tag = "operations", extensions(("x-roles" = json!(PUBLIC))),
    responses((status = 200, description = "Alive.", body = String, content_type = "text/plain")))]
async fn alive() -> &'static str {
    "ok"
}

/// Ready
///
/// Answers 200 when the database answers, takes writes, and the process is not shutting down. Says so when the mailbox for bounces
/// cannot be read.
#[utoipa::path(get, path = "/readyz", tag = "operations", extensions(("x-roles" = json!(PUBLIC))),
    responses((status = 200, description = "Ready.", body = String, content_type = "text/plain")))]
async fn ready(State(state): State<ApiState>) -> Result<&'static str, Problem> {
    if state.shutdown.is_cancelled() {
        return Err(Problem::new(Kind::Unavailable, "The process is shutting down."));
    }
    if state.metrics.heartbeat_written.get() == 0 {
        return Err(Problem::new(Kind::Unavailable, "The database takes no writes; the log says why.").retry_after(5));
    }
    match tokio::time::timeout(READY_WITHIN, state.store.ping()).await {
        Ok(answer) => answer.map(|()| readiness(&state)).map_err(Problem::from),
        Err(_) => Err(Problem::new(Kind::Unavailable, "The database does not answer in time.").retry_after(5)),
    }
}

/// The process is ready all the same: it is people who have to be told, and bounces wait where they are.
fn readiness(state: &ApiState) -> &'static str {
    match state.metrics.bounce_mailbox_faulty.get() {
        0 => "ready",
        _ => "ready, but the mailbox for bounces cannot be read; the log says why",
    }
}

/// Metrics
///
/// For Prometheus to scrape.
#[utoipa::path(get, path = "/metrics", tag = "operations", extensions(("x-roles" = json!(PUBLIC))),
    responses((status = 200, description = "OpenMetrics text.", body = String, content_type = "text/plain")))]
async fn metrics(State(state): State<ApiState>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    (StatusCode::OK, kind, state.metrics.encode()).into_response()
}
