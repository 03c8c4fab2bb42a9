//! `/v1/incidents/{id}/rehearsal`: a whole campaign, played without one message leaving.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::OptionalBody;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::WORK;
use crate::api::problem::{Kind, Problem, sentence};
use crate::delivery::{RehearsalError, Rehearsed};
use crate::domain::attempt::UnreachableReason;
use crate::domain::campaign::Counts;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::outcome::Outcome;
use crate::domain::rehearsal::Mishaps;
use crate::incidents::forecast::{DutyForecast, Forecast, Verdict};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(rehearse))
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

/// What came of a rehearsal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Rehearsal {
    /// Where everybody ended.
    counts: Counts,
    /// Attempts by channel, provider and outcome.
    attempts: Vec<RehearsedAttempts>,
    /// Why people were not reached.
    unreachable: Vec<Unreached>,
    /// People for whom a message could not be made: a text uses something that they lack. Each attempt counts as rejected.
    unmade: i64,
    /// The first 1000 of them.
    unmade_for: Vec<PersonId>,
    /// How long telling took here, in seconds, without waits between tries and quiet hours.
    seconds: f64,
    /// When the real providers would be done with as many attempts, at their rates and without waits, held against the deadlines.
    forecast: RehearsedForecast,
}

/// A number of attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RehearsedAttempts {
    /// Through which channel.
    channel: Channel,
    /// In the place of which provider.
    provider: String,
    /// What came of them.
    outcome: Outcome,
    /// How many.
    attempts: i64,
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

impl Rehearsal {
    fn of(played: Rehearsed, forecast: Forecast) -> Self {
        let attempts = played.tallies.into_iter().map(|tally| RehearsedAttempts {
            channel: tally.channel,
            provider: tally.provider,
            outcome: tally.outcome,
            attempts: tally.attempts,
        });
        #[expect(clippy::cast_precision_loss, reason = "nobody rehearses for so many milliseconds")]
        let seconds = played.took_ms as f64 / 1000.0;
        Self {
            counts: played.counts,
            attempts: attempts.collect(),
            unreachable: played.reasons.into_iter().map(|(reason, people)| Unreached { reason, people }).collect(),
            unmade: played.unmade,
            unmade_for: played.unmade_for,
            seconds,
            forecast: forecast.into(),
        }
    }
}

/// Rehearse a campaign
///
/// Plays it through without one message leaving: the real people are told the real notice by the real engine, with sinks in the
/// place of the configured providers, on a copy that is sealed under a key of its own and thrown away. No campaign, count,
/// code or duty changes; the audit chain has that it was played. `mishaps` says how many messages fail in which way. Waits
/// between tries and quiet hours are left out. Works before a campaign is proposed and before it is approved.
///
/// It answers when it has come to its end, which with many people takes its time; send an `Idempotency-Key` to find the
/// answer after a broken connection. One is played at a time. It needs room for a copy of the people in the directory for
/// temporary files.
#[utoipa::path(post, path = "/v1/incidents/{id}/rehearsal", tag = "campaigns",
    extensions(("x-roles" = json!(WORK)), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = Option<RehearsalRequest>,
    responses((status = 200, description = "What came of it.", body = Rehearsal)))]
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
    let played = state.rehearsals.play(cast, asked.mishaps, &actor.to_ref()).await?;
    let forecast = state.incidents.forecast_of(id, &played.attempts).await?;
    Ok((Belongs(id), Json(Rehearsal::of(played, forecast))).into_response())
}
