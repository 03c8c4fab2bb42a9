//! What must be done, by when and why: for an incident, or for facts that are stored nowhere.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::body::JsonBody;
use crate::api::extract::PathArg;
use crate::api::operation::READ;
use crate::api::problem::Problem;
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::obligation::Obligation;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(of_incident)).routes(routes!(of_facts))
}

/// What must be done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Obligations {
    /// When this was worked out; deadlines and states depend on it.
    #[schema(format = DateTime)]
    at: String,
    /// The earliest deadline first, those without one last.
    obligations: Vec<Obligation>,
}

/// List an incident's obligations
///
/// Each with its deadline, the reason it applies, its citation and the version of the rules that produced it.
#[utoipa::path(get, path = "/v1/incidents/{id}/obligations", tag = "obligations",
    extensions(("x-roles" = json!(READ))), params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The obligations as of now.", body = Obligations)))]
async fn of_incident(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<Obligations>, Problem> {
    let obligations = state.incidents.obligations(id).await?;
    Ok(Json(Obligations { at: state.clock.now().to_rfc3339(), obligations }))
}

/// Work out obligations
///
/// The same for facts in the body. Nothing is stored.
#[utoipa::path(post, path = "/v1/obligations", tag = "obligations",
    extensions(("x-roles" = json!(READ)), ("x-idempotency" = json!("natural"))), request_body = IncidentFacts,
    responses((status = 200, description = "The obligations as of now.", body = Obligations)))]
async fn of_facts(
    State(state): State<ApiState>,
    JsonBody(facts): JsonBody<IncidentFacts>,
) -> Result<Json<Obligations>, Problem> {
    let obligations = state.incidents.obligations_of(&facts)?;
    Ok(Json(Obligations { at: state.clock.now().to_rfc3339(), obligations }))
}
