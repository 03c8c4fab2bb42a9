//! `/v1/incidents/{id}/forecast`: when individuals will have been told, and whether that is in time.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::PathArg;
use crate::api::operation::READ;
use crate::api::problem::Problem;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::Force;
use crate::incidents::forecast::{Basis, ChannelForecast, DutyForecast, Fix, Forecast, LeftOut, Verdict};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// A forecast.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Forecast)]
struct ForecastView {
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// What it rests on.
    basis: Basis,
    /// What it leaves out, so that telling may take longer.
    left_out: &'static [LeftOut],
    /// Whether everybody was looked at; else (beyond 200,000 people) how they spread over channels is taken from a part.
    exact: bool,
    /// People who are to be told through a channel.
    people: i64,
    /// People without any.
    unreachable: i64,
    /// By channel.
    channels: Vec<ChannelForecast>,
    /// By obligation to tell individuals, the earliest deadline first.
    obligations: Vec<DutyView>,
}

/// One obligation to tell individuals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ObligationForecast)]
struct DutyView {
    /// The obligation.
    obligation: String,
    /// Its rule set.
    jurisdiction: JurisdictionId,
    /// How strongly it binds.
    force: Force,
    /// Its deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    deadline: Option<String>,
    /// People whom its law is about and lets be told through a channel; whoever's residence is not known is counted
    /// everywhere.
    people: i64,
    /// People whom its law is about, without any.
    unreachable: i64,
    /// When the last of them is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    met_at: Option<String>,
    /// The earliest that this is likely to be, where a campaign runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    met_at_earliest: Option<String>,
    /// The latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    met_at_latest: Option<String>,
    /// When it has to be started at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    start_by: Option<String>,
    /// What comes of it.
    verdict: Verdict,
    /// What would fix it.
    fixes: Vec<Fix>,
}

impl From<DutyForecast> for DutyView {
    fn from(duty: DutyForecast) -> Self {
        Self {
            obligation: duty.obligation,
            jurisdiction: duty.jurisdiction,
            force: duty.force,
            deadline: duty.deadline.map(Millis::to_rfc3339),
            people: duty.people,
            unreachable: duty.unreachable,
            met_at: duty.met_at.map(Millis::to_rfc3339),
            met_at_earliest: duty.met_between.map(|(least, _)| least.to_rfc3339()),
            met_at_latest: duty.met_between.map(|(_, most)| most.to_rfc3339()),
            start_by: duty.start_by.map(Millis::to_rfc3339),
            verdict: duty.verdict,
            fixes: duty.fixes,
        }
    }
}

impl From<Forecast> for ForecastView {
    fn from(forecast: Forecast) -> Self {
        Self {
            at: forecast.at.to_rfc3339(),
            basis: forecast.basis,
            left_out: LeftOut::of(forecast.basis),
            exact: forecast.exact,
            people: forecast.people,
            unreachable: forecast.unreachable,
            channels: forecast.channels,
            obligations: forecast.duties.into_iter().map(DutyView::from).collect(),
        }
    }
}

/// Forecast when individuals will have been told
///
/// From what is seen of a campaign that runs; else from the providers' rates, as if all who were imported (before that: the
/// numbers in the facts) were told from now on. Counts each person's first try through the first channel they have that some
/// provider carries; tries that fail come on top, and so do quiet hours (`left_out`). Where a provider has no configured rate, a
/// second for each message in the air is assumed and said to be. A number is taken to be of the country that its person lives
/// in; whose residence names none, or a union of several, is taken to wait for the slowest provider that may carry theirs.
#[utoipa::path(get, path = "/v1/incidents/{id}/forecast", tag = "obligations",
    extensions(("x-roles" = json!(READ))), params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The forecast.", body = ForecastView)))]
async fn read(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<ForecastView>, Problem> {
    Ok(Json(state.incidents.forecast(id).await?.into()))
}
