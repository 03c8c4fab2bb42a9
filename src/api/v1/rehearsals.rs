//! `/v1/incidents/{id}/rehearsal`: a whole campaign, played without one message leaving; begun, looked at, stopped.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::OptionalBody;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::{READ, WORK};
use crate::api::problem::{Kind, Problem, sentence};
use crate::delivery::RehearsalError;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::campaign::Counts;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId, RehearsalId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::rehearsal::{Ending, Mishaps, Played, Rehearsal, Rehearsed, Stage};
use crate::incidents::forecast::{DutyForecast, Forecast, Verdict};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(rehearse, look)).routes(routes!(stop))
}

impl From<RehearsalError> for Problem {
    fn from(error: RehearsalError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            RehearsalError::Busy => Self::new(Kind::Overloaded, text).retry_after(30),
            RehearsalError::NoPlace { .. } => Self::new(Kind::Unavailable, text).retry_after(60),
            RehearsalError::Store(error) => error.into(),
        }
    }
}

/// What to play. May be left out.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct RehearsalRequest {
    /// A campaign of the incident: its notice, to those whom it is still to tell. Otherwise the newest notice, over the facts of
    /// now, to everybody who was imported, also those who were told before.
    campaign: Option<CampaignId>,
    /// Which mishaps are played; none otherwise.
    mishaps: Mishaps,
}

/// The last rehearsal of an incident.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Rehearsal)]
struct RehearsalView {
    /// Its identifier.
    id: RehearsalId,
    /// How it stands.
    state: RehearsalState,
    /// What is being done.
    stage: Stage,
    /// How many people there are.
    people: i64,
    /// With how many of them this stage is done.
    done: i64,
    /// The campaign whose people they are; absent for everybody who was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignId>,
    /// Which mishaps are played.
    mishaps: Mishaps,
    /// Who asked for it.
    author: ActorRef,
    /// When it began.
    #[schema(format = DateTime)]
    began_at: String,
    /// When it ended, or was last heard of.
    #[schema(format = DateTime)]
    seen_at: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What came of it, once it is played.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<RehearsalResult>,
}

/// How a rehearsal stands.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RehearsalState {
    /// It is being played.
    Playing,
    /// Everybody was at an end.
    Played,
    /// Somebody stopped it.
    Stopped,
    /// It could not be played.
    Failed,
    /// Its process ended; ask for it again.
    Lost,
}

/// What came of a rehearsal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RehearsalResult {
    /// Where everybody ended.
    counts: Counts,
    /// Attempts by channel, provider and outcome.
    attempts: Vec<Played>,
    /// Why people were not reached.
    unreachable: Vec<Unreached>,
    /// People for whom a message could not be made: a text uses something that they lack. Each attempt counts as rejected.
    unmade: i64,
    /// The first 1000 of them.
    unmade_for: Vec<PersonId>,
    /// How long telling took here, in seconds, without waits between tries and quiet hours.
    seconds: f64,
    /// When the real providers would be done with as many attempts, at their rates and without waits, if they began now, held against
    /// the deadlines.
    forecast: RehearsedForecast,
}

/// A number of people who were not reached.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Unreached {
    /// Why.
    #[schema(value_type = String)]
    reason: UnreachableReason,
    /// How many.
    people: i64,
}

/// When it would be done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RehearsedForecast {
    /// By channel.
    channels: Vec<RehearsedChannel>,
    /// By obligation to tell individuals, the earliest deadline first.
    obligations: Vec<RehearsedDuty>,
}

/// A channel's part.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RehearsedChannel {
    /// The channel.
    channel: Channel,
    /// Attempts, repeats included.
    attempts: i64,
    /// Messages a second of all its providers together, as configured.
    per_second: f64,
    /// Whether a rate is assumed because none is configured.
    assumed: bool,
    /// Seconds for all of them; absent where nothing moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<i64>,
}

/// An obligation to tell individuals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RehearsedDuty {
    /// The obligation.
    obligation: String,
    /// Its rule set.
    jurisdiction: JurisdictionId,
    /// Its deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    deadline: Option<String>,
    /// When the last of its people would be told, if it began now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    met_at: Option<String>,
    /// When it has to be started at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    start_by: Option<String>,
    /// What comes of it.
    verdict: Verdict,
}

impl From<DutyForecast> for RehearsedDuty {
    fn from(duty: DutyForecast) -> Self {
        Self {
            obligation: duty.obligation,
            jurisdiction: duty.jurisdiction,
            deadline: duty.deadline.map(Millis::to_rfc3339),
            met_at: duty.met_at.map(Millis::to_rfc3339),
            start_by: duty.start_by.map(Millis::to_rfc3339),
            verdict: duty.verdict,
        }
    }
}

impl From<Forecast> for RehearsedForecast {
    fn from(forecast: Forecast) -> Self {
        let channels = forecast.channels.into_iter().map(|of| RehearsedChannel {
            channel: of.channel,
            attempts: of.people,
            per_second: of.per_second,
            assumed: of.assumed,
            seconds: of.seconds,
        });
        Self { channels: channels.collect(), obligations: forecast.duties.into_iter().map(Into::into).collect() }
    }
}

impl RehearsalResult {
    fn of(played: Rehearsed, forecast: Forecast) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "nobody rehearses for so many milliseconds")]
        let seconds = played.took_ms as f64 / 1000.0;
        Self {
            counts: played.counts,
            attempts: played.attempts,
            unreachable: played.reasons.into_iter().map(|(reason, people)| Unreached { reason, people }).collect(),
            unmade: played.unmade,
            unmade_for: played.unmade_for,
            seconds,
            forecast: forecast.into(),
        }
    }
}

async fn view(state: &ApiState, rehearsal: Rehearsal) -> Result<RehearsalView, Problem> {
    let is_played = rehearsal.is_played(state.clock.now());
    let (standing, problem, result) = match rehearsal.ending {
        None if is_played => (RehearsalState::Playing, None, None),
        None => (RehearsalState::Lost, Some(String::from("The process that played it ended; ask for it again.")), None),
        Some(Ending::Stopped) => (RehearsalState::Stopped, None, None),
        Some(Ending::Failed(why)) => (RehearsalState::Failed, Some(sentence(&why)), None),
        Some(Ending::Played(played)) => {
            let forecast = state.incidents.forecast_of(rehearsal.incident, &played.by_residence).await?;
            (RehearsalState::Played, None, Some(RehearsalResult::of(played, forecast)))
        }
    };
    Ok(RehearsalView {
        id: rehearsal.id,
        state: standing,
        stage: rehearsal.progress.stage,
        people: rehearsal.progress.people,
        done: rehearsal.progress.done,
        campaign: rehearsal.campaign,
        mishaps: rehearsal.mishaps,
        author: rehearsal.author,
        began_at: rehearsal.began_at.to_rfc3339(),
        seen_at: rehearsal.seen_at.to_rfc3339(),
        problem,
        result,
    })
}

/// Rehearse a campaign
///
/// Plays it through without one message leaving: the real people are told the real notice by the real engine, with sinks in the
/// place of the configured providers, on a copy that is sealed under a key of its own and thrown away. No campaign, count,
/// code or duty changes; the audit chain has that it was played. `mishaps` says how many messages fail in which way. Waits
/// between tries and quiet hours are left out. Works before a campaign is proposed and before it is approved.
///
/// It is begun, and played on by itself: look at it with GET. A process plays one at a time. It needs room for a copy of the
/// people in the directory for temporary files.
#[utoipa::path(post, path = "/v1/incidents/{id}/rehearsal", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = Option<RehearsalRequest>,
    responses((status = 202, description = "It has begun.", body = RehearsalView)))]
async fn rehearse(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    OptionalBody(asked): OptionalBody<RehearsalRequest>,
) -> Result<Response, Problem> {
    asked
        .mishaps
        .check()
        .map_err(|error| Problem::field(format!("mishaps.{}", error.field), error.reason, "Give another number."))?;
    let cast = state.incidents.cast(id, asked.campaign).await?;
    let begun = state.rehearsals.begin(cast, asked.mishaps, &actor.to_ref()).await?;
    Ok((StatusCode::ACCEPTED, Belongs(id), Json(view(&state, begun).await?)).into_response())
}

/// Look at a rehearsal
///
/// How far the last rehearsal of the incident is, and once it is played, what came of it.
#[utoipa::path(get, path = "/v1/incidents/{id}/rehearsal", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "How it stands.", body = RehearsalView)))]
async fn look(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<RehearsalView>, Problem> {
    let rehearsal = state.store.rehearsal(id).await?;
    Ok(Json(view(&state, rehearsal).await?))
}

/// Stop a rehearsal
///
/// It ends within seconds, whichever process plays it.
#[utoipa::path(post, path = "/v1/incidents/{id}/rehearsal/stop", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 202, description = "It is being stopped.", body = RehearsalView)))]
async fn stop(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Response, Problem> {
    state.rehearsals.stop(id, &actor.to_ref()).await?;
    let rehearsal = state.store.rehearsal(id).await?;
    Ok((StatusCode::ACCEPTED, Belongs(id), Json(view(&state, rehearsal).await?)).into_response())
}
