//! What telling everybody costs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::PathArg;
use crate::api::operation::READ;
use crate::api::problem::Problem;
use crate::domain::channel::Channel;
use crate::domain::id::IncidentId;
use crate::domain::price::Price;
use crate::incidents::ChannelCost;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(cost))
}

/// What telling everybody costs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Cost {
    /// Whether everybody was looked at; else the numbers are scaled from a part that is spread over all.
    all: bool,
    /// One for each channel of the notice, in its order.
    channels: Vec<CostOfChannel>,
}

/// What the messages of a channel cost. Prices are those of the configuration; amounts are a decimal and the code of a currency.
/// One is absent where a provider that counts for it has no price, or they are of different currencies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CostOfChannel {
    /// The channel.
    channel: Channel,
    /// People who are told by it first. Whose number or address is of a country that no provider carries is told by the
    /// next, as far as the residence names the country.
    first: i64,
    /// Messages, if every contact point in it had to be tried once; none where no provider is configured.
    at_most: i64,
    /// What one message costs, of a text each segment; absent where it is not the same for everybody and by every provider
    /// that may carry theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// Segments that a text takes, over all people; absent for other channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<f64>,
    /// What those told first cost, each by the dearest provider that may carry theirs. A number is taken to be of the country
    /// that its person lives in. Where the residence does not name one, every provider of the channel may carry it; where it is
    /// a union, every one that carries some country of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_first: Option<String>,
    /// What they cost, each by the cheapest of these providers: it comes to something between the two. Texts count with the
    /// segments that all people's take on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_first_least: Option<String>,
    /// What it costs at most: every contact point tried once, by the dearest provider of the channel wherever the person
    /// lives, and a text in the most segments that the notice has in any language. What is sent again because nobody knows
    /// whether it arrived comes on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_at_most: Option<String>,
}

impl From<ChannelCost> for CostOfChannel {
    fn from(cost: ChannelCost) -> Self {
        let said = |price: Option<Price>| price.map(|price| price.to_string());
        Self {
            channel: cost.channel,
            first: cost.first,
            at_most: cost.at_most,
            price: said(cost.price),
            segments: cost.segments,
            cost_first: said(cost.cost_first),
            cost_first_least: said(cost.cost_first_least),
            cost_at_most: said(cost.cost_at_most),
        }
    }
}

/// See what telling everybody costs
///
/// From the people and their contact points, the channels of the notice and the prices in the configuration: before a campaign
/// is proposed. A text message counts with the segments that it takes. Where several providers may carry somebody's messages, which
/// does is not known beforehand: what it costs is a range. What a campaign has cost so far is `spent` in the campaign.
#[utoipa::path(get, path = "/v1/incidents/{id}/cost", tag = "campaigns", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The cost.", body = Cost)))]
async fn cost(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Json<Cost>, Problem> {
    let (channels, all) = state.incidents.cost_of_telling(id).await?;
    Ok(Json(Cost { all, channels: channels.into_iter().map(Into::into).collect() }))
}
