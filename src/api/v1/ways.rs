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
use crate::incidents::{SubstituteNotice, WaysOfPeople};
use crate::law::routes::PersonRoutes;
use crate::law::substitute::Decision;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(ways)).routes(routes!(ways_of_people)).routes(routes!(substitute_notice))
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

/// By which kind of way people are told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WaysOfPeople)]
struct WaysOfPeopleView {
    /// Whether everybody was looked at; else the numbers are of a part that is spread over all.
    all: bool,
    /// One for each residence.
    residences: Vec<ResidenceWays>,
}

/// Those of one residence. Guardians are not counted among the people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ResidenceWays {
    /// The residence; absent for those of whom it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<JurisdictionId>,
    /// A way that meets the duty reaches them; it is tried first.
    permitted: i64,
    /// Only a way reaches them that the law lets come beside another one. They are told by it, and the duty stays open.
    beside_only: i64,
    /// They have contact points, and the law forbids each.
    forbidden: i64,
    /// They have no contact point in a channel of the notice.
    no_contact: i64,
    /// Minors who get no message of their own, because the guardian is told in their place.
    guardian_instead: i64,
    /// Guardians who are told.
    guardians: i64,
}

impl From<WaysOfPeople> for ResidenceWays {
    fn from(ways: WaysOfPeople) -> Self {
        Self {
            jurisdiction: ways.jurisdiction,
            permitted: ways.permitted,
            beside_only: ways.beside_only,
            forbidden: ways.forbidden,
            no_contact: ways.no_contact,
            guardian_instead: ways.spared,
            guardians: ways.guardians,
        }
    }
}

/// See by which kind of way people will be told
///
/// How many people of each residence the channels of the notice reach in a way that meets the duty, only beside one, or not at
/// all; and how many guardians are told. A campaign that is proposed now uses these ways.
#[utoipa::path(get, path = "/v1/incidents/{id}/ways", tag = "people", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The numbers.", body = WaysOfPeopleView)))]
async fn ways_of_people(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<WaysOfPeopleView>, Problem> {
    let (found, all) = state.incidents.ways_of_people(id).await?;
    Ok(Json(WaysOfPeopleView { all, residences: found.into_iter().map(Into::into).collect() }))
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
