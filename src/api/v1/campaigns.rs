//! Campaigns: proposed, approved by another, started, paused, resumed, cancelled; their state, attempts and progress.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::campaign_view::{AttemptView, CampaignBrief, CampaignFull, ProgressView};
use super::progress_stream;
use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::{JsonBody, OptionalBody};
use crate::api::extract::{Belongs, PathArg, QueryArgs};
use crate::api::operation::{APPROVE, READ, WORK};
use crate::api::page::{PageArgs, PageOf};
use crate::api::problem::Problem;
use crate::domain::actor::Actor;
use crate::domain::campaign::{CampaignAction, Priority};
use crate::domain::id::{CampaignId, IncidentId};
use crate::domain::plan::Plan;
use crate::incidents::{self, IncidentError};
use crate::store::Again;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, propose))
        .routes(routes!(read))
        .routes(routes!(approve))
        .routes(routes!(start))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(accept_unknown))
        .routes(routes!(attempts))
        .routes(routes!(progress))
}

/// Campaigns of an incident.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Campaigns {
    /// Oldest first.
    campaigns: Vec<CampaignBrief>,
}

/// List an incident's campaigns
#[utoipa::path(get, path = "/v1/incidents/{id}/campaigns", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The campaigns.", body = Campaigns)))]
async fn list(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Campaigns>, Problem> {
    let found = state.incidents.campaigns(id).await?;
    Ok(Json(Campaigns { campaigns: found.into_iter().map(|(c, p)| CampaignBrief::new(c, p)).collect() }))
}

/// How a campaign is to be sent. May be left out.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Proposal {
    /// `urgent`: its people are told before those of any other campaign.
    priority: Priority,
    /// What holds it back, approved with it.
    plan: Plan,
}

/// Propose a campaign
///
/// Seals the people of now and proposes to send them the notice as it reads now. The notice is tried for every one of
/// them first: what a text uses and somebody lacks refuses the proposal and names it. With many people this takes its
/// time; send an `Idempotency-Key` to find the answer after a broken connection.
#[utoipa::path(post, path = "/v1/incidents/{id}/campaigns", tag = "campaigns",
    extensions(("x-roles" = json!(WORK)), ("x-streamed" = json!("true"))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = Option<Proposal>,
    responses((status = 201, description = "The proposed campaign.", body = CampaignFull,
        headers(("Location" = String, description = "Address of the campaign.")))))]
async fn propose(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    OptionalBody(proposal): OptionalBody<Proposal>,
) -> Result<Response, Problem> {
    let campaign = state.incidents.propose(id, proposal.priority, proposal.plan, &actor).await?;
    let location = format!("/v1/campaigns/{}", campaign.id);
    let view = state.incidents.campaign(campaign.id).await?;
    Ok((StatusCode::CREATED, Belongs(id), [(header::LOCATION, location)], Json(CampaignFull::from(view)))
        .into_response())
}

/// Read a campaign
///
/// Its state, exact counts, speed, time left, attempts by channel, provider and outcome, and what they have cost.
#[utoipa::path(get, path = "/v1/campaigns/{id}", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign.", body = CampaignFull)))]
async fn read(State(state): State<ApiState>, PathArg(id): PathArg<CampaignId>) -> Result<Json<CampaignFull>, Problem> {
    Ok(Json(state.incidents.campaign(id).await?.into()))
}

async fn act(state: &ApiState, id: CampaignId, action: CampaignAction, actor: &Actor) -> Result<Response, Problem> {
    let campaign = state.incidents.act(id, action, actor).await?;
    let view = state.incidents.campaign(campaign.id).await?;
    Ok((Belongs(campaign.incident), Json(CampaignFull::from(view))).into_response())
}

/// An approval. May be left out.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Approval {
    /// Why it is approved although the notice lacks what a law demands, has what it forbids, or something is not confirmed;
    /// no personal data.
    #[schema(min_length = 1, max_length = 4000)]
    despite: Option<String>,
    /// Elements that you have read and found in the notice, of those that only a reader can tell (`to_confirm` of
    /// `GET .../notice/check`).
    #[schema(example = json!(["likely_consequences", "plain_language"]))]
    confirmed: BTreeSet<String>,
    /// Elements that a law forbids and that you have found not to be in the notice.
    confirmed_absent: BTreeSet<String>,
}

/// Approve a campaign
///
/// Needs another key than the one that proposed it. What is approved is what `notice_hash` and `population_hash` stand for.
/// What the laws ask of the notice and only a reader can tell is confirmed by name. Refused while something is not confirmed,
/// or the notice surely lacks what a law demands or has what it forbids (`GET .../notice/check`), unless `despite` says why.
/// All of it goes into the audit chain and the evidence.
#[utoipa::path(post, path = "/v1/campaigns/{id}/approve", tag = "campaigns", extensions(("x-roles" = json!(APPROVE))),
    params(("id" = CampaignId, Path, description = "The campaign.")), request_body(content = Option<Approval>),
    responses((status = 200, description = "The campaign as it is now.", body = CampaignFull)))]
async fn approve(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
    OptionalBody(approval): OptionalBody<Approval>,
) -> Result<Response, Problem> {
    let Approval { despite: reason, confirmed, confirmed_absent } = approval;
    let approval = incidents::Approval { despite: reason, confirmed, confirmed_absent };
    let campaign = state.incidents.approve(id, &approval, &actor).await.map_err(despite)?;
    let view = state.incidents.campaign(campaign.id).await?;
    Ok((Belongs(campaign.incident), Json(CampaignFull::from(view))).into_response())
}

/// The reason of an approval has another name than other reasons.
fn despite(error: IncidentError) -> Problem {
    match error {
        IncidentError::BadReason => Problem::field("despite", error.to_string(), "Say why, or leave it out."),
        other => other.into(),
    }
}

/// Start a campaign
///
/// From now on people are told. Needs an approved campaign.
#[utoipa::path(post, path = "/v1/campaigns/{id}/start", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign as it is now.", body = CampaignFull)))]
async fn start(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
) -> Result<Response, Problem> {
    act(&state, id, CampaignAction::Start, &actor).await
}

/// A class of people whom a campaign did not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetryClass)]
enum Class {
    /// Every address turned out dead. Whoever has got another since, by an import, is tried there first; the others begin at the
    /// first step of their cascade.
    BadAddress,
    /// The last contact point refused the message. They are tried there again.
    Rejected,
    /// The last contact point could not be reached in the tries allowed. They are tried there again.
    GaveUp,
    /// Nobody knows whether they were told. They are tried there again, and may get a second message.
    Unknown,
}

/// Whom to tell again.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Retry {
    /// Those of these classes.
    #[schema(min_items = 1)]
    classes: Vec<Class>,
    /// Why, for the audit chain. No personal data.
    #[schema(example = "the relay was misconfigured until 14:00")]
    reason: String,
}

/// Why something is taken as done.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Because {
    /// Why, for the audit chain. No personal data.
    #[schema(example = "the provider's own list shows all of them as delivered")]
    reason: String,
}

/// People of a campaign who were moved, and the campaign as it is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Moved {
    /// How many.
    people: i64,
    /// The campaign.
    campaign: CampaignFull,
}

/// Tell people again
///
/// Those whom the campaign has given up on, of the chosen classes; a completed campaign runs again. Whoever never had a
/// contact point is not among them: import one and propose a further campaign. Neither is whom another campaign of the
/// incident has reached or is to tell. With many people this takes its time; send an `Idempotency-Key` to find the answer
/// after a broken connection.
#[utoipa::path(post, path = "/v1/campaigns/{id}/retry", tag = "campaigns",
    extensions(("x-roles" = json!(APPROVE)), ("x-streamed" = json!(true))),
    params(("id" = CampaignId, Path, description = "The campaign.")), request_body = Retry,
    responses((status = 200, description = "How many, and the campaign as it is now.", body = Moved)))]
async fn retry(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
    JsonBody(retry): JsonBody<Retry>,
) -> Result<Response, Problem> {
    if retry.classes.is_empty() {
        return Err(Problem::field("classes", "nobody is meant", "Name at least one class."));
    }
    given(&retry.reason)?;
    let has = |class| retry.classes.contains(&class);
    let whom = Again {
        bad_address: has(Class::BadAddress),
        rejected: has(Class::Rejected),
        gave_up: has(Class::GaveUp),
        unknown: has(Class::Unknown),
    };
    let (campaign, people) = state.incidents.tell_again(id, whom, &retry.reason, &actor).await?;
    moved(&state, campaign.incident, id, people).await
}

/// Take the unknown as reached
///
/// For people of whom nobody knows whether they were told, when a person has found out that they were, e.g. from the
/// provider's own records; also in a campaign that was cancelled.
#[utoipa::path(post, path = "/v1/campaigns/{id}/accept-unknown", tag = "campaigns",
    extensions(("x-roles" = json!(APPROVE)), ("x-streamed" = json!(true))), params(("id" = CampaignId, Path, description = "The campaign.")),
    request_body = Because,
    responses((status = 200, description = "How many, and the campaign as it is now.", body = Moved)))]
async fn accept_unknown(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
    JsonBody(because): JsonBody<Because>,
) -> Result<Response, Problem> {
    given(&because.reason)?;
    let (campaign, people) = state.incidents.take_unknown_as_reached(id, &because.reason, &actor).await?;
    moved(&state, campaign.incident, id, people).await
}

fn given(reason: &str) -> Result<(), Problem> {
    if (1..=500).contains(&reason.trim().chars().count()) {
        return Ok(());
    }
    Err(Problem::field("reason", "it is empty or longer than 500 characters", "Say in a sentence why."))
}

async fn moved(state: &ApiState, incident: IncidentId, id: CampaignId, people: i64) -> Result<Response, Problem> {
    let campaign = CampaignFull::from(state.incidents.campaign(id).await?);
    Ok((Belongs(incident), Json(Moved { people, campaign })).into_response())
}

/// Pause a campaign
///
/// Nobody new is told; what is in flight is finished.
#[utoipa::path(post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign as it is now.", body = CampaignFull)))]
async fn pause(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
) -> Result<Response, Problem> {
    act(&state, id, CampaignAction::Pause, &actor).await
}

/// Resume a campaign
#[utoipa::path(post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign as it is now.", body = CampaignFull)))]
async fn resume(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
) -> Result<Response, Problem> {
    act(&state, id, CampaignAction::Resume, &actor).await
}

/// Cancel a campaign
///
/// Ends it for good. Whoever is pending is not told by it. Those whom a later campaign of the incident had left to it as
/// `suppressed` become pending there, also if that one was completed, which runs again then: cancel it too, if they are not to
/// be told. Where there is none, another campaign can be proposed, which tells them.
#[utoipa::path(post, path = "/v1/campaigns/{id}/cancel", tag = "campaigns", extensions(("x-roles" = json!(WORK))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign as it is now.", body = CampaignFull)))]
async fn cancel(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<CampaignId>,
) -> Result<Response, Problem> {
    act(&state, id, CampaignAction::Cancel, &actor).await
}

/// List a campaign's attempts
///
/// In the order they were made. No personal data.
#[utoipa::path(get, path = "/v1/campaigns/{id}/attempts", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    params(("id" = CampaignId, Path, description = "The campaign."), PageArgs),
    responses((status = 200, description = "A page.", body = PageOf<AttemptView>)))]
async fn attempts(
    State(state): State<ApiState>,
    PathArg(id): PathArg<CampaignId>,
    QueryArgs(page): QueryArgs<PageArgs>,
) -> Result<Json<PageOf<AttemptView>>, Problem> {
    let found = state.incidents.attempts(id, page.after()?, page.limit()?).await?;
    Ok(Json(PageOf::of(found, |attempt| attempt.id.0, AttemptView::from)))
}

/// Follow a campaign's progress
///
/// With `Accept: text/event-stream`, a `progress` event whenever something has changed, at most two a second, until the
/// campaign is completed or cancelled (the last event is `end`); otherwise the progress of now as JSON.
#[utoipa::path(get, path = "/v1/campaigns/{id}/progress", tag = "campaigns",
    extensions(("x-roles" = json!(READ)), ("x-streamed" = json!("true"))),
    params(("id" = CampaignId, Path, description = "The campaign.")),
    responses((status = 200, description = "The progress.", content(
        (ProgressView = "application/json"), (ProgressView = "text/event-stream")))))]
async fn progress(
    State(state): State<ApiState>,
    PathArg(id): PathArg<CampaignId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = state.incidents.progress(id).await?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if accepted.contains("text/event-stream") {
        return Ok(progress_stream::follow(state, now).into_response());
    }
    Ok(Json(ProgressView::from(now)).into_response())
}
