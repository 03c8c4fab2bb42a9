//! By which ways the law lets people be told: one by one, or in public.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::PathArg;
use crate::api::operation::READ;
use crate::api::problem::Problem;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::incidents::SubstituteNotice;
use crate::law::routes::PersonRoutes;
use crate::law::substitute::Decision;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(ways)).routes(routes!(substitute_notice))
}

/// Where a public notice may stand in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SubstituteNotices {
    /// One for each residence that the incident names, in its order.
    jurisdictions: Vec<SubstituteNoticeView>,
}

/// What one jurisdiction says on it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SubstituteNotice)]
struct SubstituteNoticeView {
    /// The rule set.
    jurisdiction: JurisdictionId,
    /// What it says; absent where its rules know no substitute notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

impl From<SubstituteNotice> for SubstituteNoticeView {
    fn from(found: SubstituteNotice) -> Self {
        Self { jurisdiction: found.jurisdiction, decision: found.decision }
    }
}

/// See how a person may be told
///
/// For each channel whether the law lets it meet the duty, and why; to whom the notice goes, where the person is a minor;
/// what it must and must not say. The laws of the person's residence and those that follow the organisation hold together:
/// where they differ, the strictest. Says nothing that identifies the person.
#[utoipa::path(get, path = "/v1/incidents/{id}/people/{person}/ways", tag = "people", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), ("person" = PersonId, Path, description = "The person.")),
    responses((status = 200, description = "The ways.", body = PersonRoutes)))]
async fn ways(
    State(state): State<ApiState>,
    PathArg((id, person)): PathArg<(IncidentId, PersonId)>,
) -> Result<Json<PersonRoutes>, Problem> {
    Ok(Json(state.incidents.ways(id, person).await?))
}

/// See where a public notice may stand in
///
/// For each residence of the incident: whether a public notice may stand in for those who cannot be reached, or for
/// everybody there; in which form, how long it must stay, and to whom that must be shown. `open` names the facts that are
/// missing.
#[utoipa::path(get, path = "/v1/incidents/{id}/substitute-notice", tag = "incidents", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "What each says.", body = SubstituteNotices)))]
async fn substitute_notice(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<SubstituteNotices>, Problem> {
    let found = state.incidents.substitute_notices(id).await?;
    Ok(Json(SubstituteNotices { jurisdictions: found.into_iter().map(Into::into).collect() }))
}
