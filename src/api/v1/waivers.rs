//! Decisions not to do what a duty asks for.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::reversal::{NewReversal, ReversalView};
use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::{APPROVE, READ, WORK};
use crate::api::problem::Problem;
use crate::domain::actor::ActorRef;
use crate::domain::id::{IncidentId, WaiverId};
use crate::domain::obligation::Force;
use crate::domain::waiver::Waiver;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, waive)).routes(routes!(reverse))
}

/// A decision to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWaiver {
    /// The obligation.
    #[schema(example = "eu-gdpr/notify-individuals")]
    obligation: String,
    /// Why it is not done; no personal data.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// A decision not to do what a duty asks for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Waiver)]
struct WaiverView {
    /// Identifier.
    id: WaiverId,
    /// The incident.
    incident: IncidentId,
    /// The obligation.
    obligation: String,
    /// Why it is not done.
    reason: String,
    /// How strongly it bound when this was decided. Once it binds more strongly, the decision lifts it no more.
    force: Force,
    /// Version of the rules that it was decided on.
    rules_version: String,
    /// Who decided.
    author: ActorRef,
    /// When.
    #[schema(format = DateTime)]
    decided_at: String,
    /// That it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reversed: Option<ReversalView>,
}

impl From<Waiver> for WaiverView {
    fn from(waiver: Waiver) -> Self {
        Self {
            id: waiver.id,
            incident: waiver.incident,
            obligation: waiver.obligation,
            reason: waiver.reason,
            force: waiver.force,
            rules_version: waiver.rules_version,
            author: waiver.author,
            decided_at: waiver.decided_at.to_rfc3339(),
            reversed: waiver.reversal.map(ReversalView::from),
        }
    }
}

/// Decisions of an incident.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Waivers {
    /// Oldest first, those that were taken back too.
    waivers: Vec<WaiverView>,
}

/// List an incident's decisions not to act
#[utoipa::path(get, path = "/v1/incidents/{id}/waivers", tag = "obligations", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The decisions.", body = Waivers)))]
async fn list(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Waivers>, Problem> {
    let waivers = state.incidents.waivers(id).await?;
    Ok(Json(Waivers { waivers: waivers.into_iter().map(WaiverView::from).collect() }))
}

/// Decide not to act
///
/// Not to do what an obligation asks for is a decision: it has a reason and an author, is in the audit chain and the
/// register, and shows as the obligation's state `waived`. It can be taken back.
#[utoipa::path(post, path = "/v1/incidents/{id}/waivers", tag = "obligations", extensions(("x-roles" = json!(APPROVE))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = NewWaiver,
    responses((status = 201, description = "The decision.", body = WaiverView)))]
async fn waive(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(new): JsonBody<NewWaiver>,
) -> Result<(StatusCode, Json<WaiverView>), Problem> {
    let waiver = state.incidents.waive(id, &new.obligation, &new.reason, &actor.to_ref()).await?;
    Ok((StatusCode::CREATED, Json(waiver.into())))
}

/// Take a decision not to act back
///
/// The obligation is to be done again.
#[utoipa::path(post, path = "/v1/waivers/{id}/reverse", tag = "obligations", extensions(("x-roles" = json!(WORK))),
    params(("id" = WaiverId, Path, description = "The decision.")), request_body = NewReversal,
    responses((status = 200, description = "The decision as it is now.", body = WaiverView)))]
async fn reverse(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<WaiverId>,
    JsonBody(new): JsonBody<NewReversal>,
) -> Result<Response, Problem> {
    let waiver = state.incidents.reverse_waiver(id, &new.reason, &actor.to_ref()).await?;
    Ok((Belongs(waiver.incident), Json(WaiverView::from(waiver))).into_response())
}
