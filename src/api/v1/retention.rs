//! `/v1/incidents/{id}/erase`: the end of an incident's personal data.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::extract::PathArg;
use crate::api::operation::ADMIN;
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::id::IncidentId;
use crate::retention::EraseError;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(erase))
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::StillHandled(_) => Self::new(Kind::OutOfOrder, sentence(&error.to_string())),
            EraseError::Store(error) => error.into(),
        }
    }
}

/// An incident whose people were erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Erased {
    /// The incident.
    incident: IncidentId,
    /// True: names, contact points and fields of its people cannot be read from this database any more, by anyone.
    erased: bool,
}

/// Erase an incident's people
///
/// Destroys the key that their data is sealed under, in this database and so in every backup that is made from now on. Cannot
/// be undone. A backup from before has the key still, wrapped by the master key: who restores it erases again, and where the
/// erasure is to hold for backups, those are destroyed. Only for an incident that is closed or discarded. Counts, hashes and the audit chain stay and still verify.
#[utoipa::path(post, path = "/v1/incidents/{id}/erase", tag = "retention", extensions(("x-roles" = json!(ADMIN))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "They are erased.", body = Erased)))]
async fn erase(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<Erased>, Problem> {
    state.retention.erase(id, &actor).await?;
    Ok(Json(Erased { incident: id, erased: true }))
}
