//! `/v1/hooks/{source}`: alerts of monitoring systems.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::body::{read, require_type};
use crate::api::extract::PathArg;
use crate::api::operation::ALERT;
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::intake::{IntakeError, MAX_BODY, Source, Taken};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(take))
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            IntakeError::Payload { .. } => Self::new(Kind::Malformed, text),
            // 503 and not 429: senders of alerts repeat after the one and drop after the other.
            IntakeError::Overloaded => Self::new(Kind::Overloaded, text).retry_after(1),
            IntakeError::Store(error) => error.into(),
        }
    }
}

/// The incident of an alert.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertTaken {
    /// The incident.
    incident: IncidentId,
    /// Where it stands. An alert that ends never changes it.
    state: IncidentState,
    /// Whether this alert opened it.
    opened: bool,
}

impl From<Taken> for AlertTaken {
    fn from(taken: Taken) -> Self {
        Self { incident: taken.incident.id, state: taken.incident.state, opened: taken.opened }
    }
}

/// Raise an alert
///
/// For machines. `source` is `alertmanager`: Prometheus Alertmanager with a webhook receiver whose
/// `http_config.authorization.credentials` is a key of the role `hook`. One alert group opens one draft incident and
/// only one, however often it fires; one that fires anew after its incident was closed or discarded opens another.
/// Unknown fields of the payload are ignored.
#[utoipa::path(post, path = "/v1/hooks/{source}", tag = "hooks",
    extensions(("x-roles" = json!(ALERT)), ("x-idempotency" = json!("natural"))),
    params(("source" = String, Path, description = "The kind of sender.", example = "alertmanager")),
    request_body(description = "What the sender sends.", content_type = "application/json", content = serde_json::Value),
    responses(
        (status = 201, description = "The alert opened a draft.", body = AlertTaken),
        (status = 200, description = "The alert was known.", body = AlertTaken)))]
async fn take(
    State(state): State<ApiState>,
    PathArg(source): PathArg<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<AlertTaken>), Problem> {
    let source = Source::from_name(&source)
        .ok_or_else(|| Problem::new(Kind::NotFound, "There is no hook for this source; there is: alertmanager."))?;
    require_type(&headers, &["application/json"])?;
    let bytes = read(headers.get(header::CONTENT_LENGTH).cloned(), body, MAX_BODY).await?;
    let taken = state.intake.take(source, &bytes).await?;
    let status = if taken.opened { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(taken.into())))
}
