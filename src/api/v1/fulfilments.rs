//! Records that duties were done.

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
use crate::api::operation::{READ, WORK};
use crate::api::problem::Problem;
use crate::domain::actor::ActorRef;
use crate::domain::facts::Moment;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::id::{FulfilmentId, IncidentId};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, fulfil)).routes(routes!(reverse))
}

/// A duty that was done.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFulfilment {
    /// The obligation.
    #[schema(example = "us-ca/substitute-notice")]
    obligation: String,
    /// When it was done; not in the future.
    done_at: Moment,
    /// How it was done; no personal data.
    #[schema(min_length = 1, max_length = 4000)]
    how: String,
}

/// The record that a duty was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Fulfilment)]
pub(super) struct FulfilmentView {
    /// Identifier.
    id: FulfilmentId,
    /// The incident.
    incident: IncidentId,
    /// The obligation.
    obligation: String,
    /// How it was done.
    how: String,
    /// When it was done.
    #[schema(format = DateTime)]
    done_at: String,
    /// Version of the rules that asked for it.
    rules_version: String,
    /// Who recorded it.
    author: ActorRef,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
    /// That the record was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reversed: Option<ReversalView>,
}

impl From<Fulfilment> for FulfilmentView {
    fn from(fulfilment: Fulfilment) -> Self {
        Self {
            id: fulfilment.id,
            incident: fulfilment.incident,
            obligation: fulfilment.obligation,
            how: fulfilment.how,
            done_at: fulfilment.done_at.to_rfc3339(),
            rules_version: fulfilment.rules_version,
            author: fulfilment.author,
            recorded_at: fulfilment.recorded_at.to_rfc3339(),
            reversed: fulfilment.reversal.map(ReversalView::from),
        }
    }
}

/// Duties of an incident that were recorded as done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Fulfilments {
    /// Oldest first, those that were taken back too.
    fulfilments: Vec<FulfilmentView>,
}

/// List the duties that were recorded as done
#[utoipa::path(get, path = "/v1/incidents/{id}/fulfilments", tag = "obligations", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The records.", body = Fulfilments)))]
async fn list(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Fulfilments>, Problem> {
    let fulfilments = state.incidents.fulfilments(id).await?;
    Ok(Json(Fulfilments { fulfilments: fulfilments.into_iter().map(FulfilmentView::from).collect() }))
}

/// Record that a duty was done
///
/// For what no document to an authority and no event of the timeline shows: a public notice, a call to credit bureaus, a
/// letter to whoever owns the data. The obligation's state is `met` from then on. What is done by a report is recorded with
/// that report. It can be taken back, and is taken on closed incidents, too.
#[utoipa::path(post, path = "/v1/incidents/{id}/fulfilments", tag = "obligations",
    extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = NewFulfilment,
    responses((status = 201, description = "The record.", body = FulfilmentView)))]
async fn fulfil(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(new): JsonBody<NewFulfilment>,
) -> Result<(StatusCode, Json<FulfilmentView>), Problem> {
    let done_at = new.done_at.millis();
    let fulfilment = state.incidents.fulfil(id, &new.obligation, done_at, &new.how, &actor.to_ref()).await?;
    Ok((StatusCode::CREATED, Json(fulfilment.into())))
}

/// Take a record back that was made in error
///
/// The obligation is to be done still.
#[utoipa::path(post, path = "/v1/fulfilments/{id}/reverse", tag = "obligations", extensions(("x-roles" = json!(WORK))),
    params(("id" = FulfilmentId, Path, description = "The record.")), request_body = NewReversal,
    responses((status = 200, description = "The record as it is now.", body = FulfilmentView)))]
async fn reverse(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<FulfilmentId>,
    JsonBody(new): JsonBody<NewReversal>,
) -> Result<Response, Problem> {
    let fulfilment = state.incidents.reverse_fulfilment(id, &new.reason, &actor.to_ref()).await?;
    Ok((Belongs(fulfilment.incident), Json(FulfilmentView::from(fulfilment))).into_response())
}
