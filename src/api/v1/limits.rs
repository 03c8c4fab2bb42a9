//! `/v1/limits`: rates that people set while Candour runs.

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
use crate::api::problem::{Kind, Problem, sentence};
use crate::delivery::LimitError;
use crate::domain::limit::{Limit, LimitKind};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(set, remove))
}

impl From<LimitError> for Problem {
    fn from(error: LimitError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            LimitError::Store(error) => error.into(),
            LimitError::Rate | LimitError::DomainRate => {
                Self::field("per_second", text, "Give another rate, or delete the limit to have none.")
            }
            LimitError::NoSuchProvider { .. } | LimitError::NotADomain(_) | LimitError::NotACampaign(_) => {
                Self::new(Kind::BadAddress, text)
            }
        }
    }
}

/// A rate to set.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Rate {
    /// Attempts a second, of all workers together. 0 holds everything back.
    #[schema(example = 50.0, minimum = 0, maximum = 1_000_000)]
    per_second: f64,
}

/// A rate that somebody has set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Limit)]
struct LimitView {
    /// What it is about.
    kind: LimitKind,
    /// Which of them.
    name: String,
    /// Attempts a second, of all workers together.
    per_second: f64,
    /// When it was set.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Limit> for LimitView {
    fn from(limit: Limit) -> Self {
        Self {
            kind: limit.kind,
            name: limit.name,
            per_second: limit.per_second,
            updated_at: limit.updated_at.to_rfc3339(),
        }
    }
}

/// All rates that people have set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Limits)]
struct LimitsView {
    /// In order of kind and name.
    limits: Vec<LimitView>,
}

/// List limits
///
/// Those that people have set; a provider's configured rate is not among them.
#[utoipa::path(get, path = "/v1/limits", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    responses((status = 200, description = "The limits.", body = LimitsView)))]
async fn list(State(state): State<ApiState>) -> Result<Json<LimitsView>, Problem> {
    let limits = state.rates.list().await?;
    Ok(Json(LimitsView { limits: limits.into_iter().map(LimitView::from).collect() }))
}

/// Set a limit
///
/// On a provider (by its name in the configuration, in place of the rate given there), a domain of email addresses, or a
/// campaign (by its identifier). It holds for all workers together and at once. Whoever is over the rate of a domain is
/// put off to a slot of their own; a rate that changes gives whoever waits for a slot a new one.
#[utoipa::path(put, path = "/v1/limits/{kind}/{name}", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("kind" = LimitKind, Path, description = "What it is about."), ("name" = String, Path, description = "Which of them.")),
    request_body = Rate, responses((status = 200, description = "The limit as it is now.", body = LimitView)))]
async fn set(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg((kind, name)): PathArg<(LimitKind, String)>,
    JsonBody(rate): JsonBody<Rate>,
) -> Result<Json<LimitView>, Problem> {
    Ok(Json(state.rates.set(kind, &name, rate.per_second, &actor.to_ref()).await?.into()))
}

/// Remove a limit
///
/// What the configuration says holds again, or nothing.
#[utoipa::path(delete, path = "/v1/limits/{kind}/{name}", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("kind" = LimitKind, Path, description = "What it is about."), ("name" = String, Path, description = "Which of them.")),
    responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg((kind, name)): PathArg<(LimitKind, String)>,
) -> Result<StatusCode, Problem> {
    state.rates.remove(kind, &name, &actor.to_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
