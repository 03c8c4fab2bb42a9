//! Budgets: how many more messages a campaign may pay for.
//!
//! A text message is taken to have the most segments that the notice has in any of its languages, each of which costs.
//! What nobody was asked to send costs nothing. What was sent is counted by the tallies, what is in flight as if all of it were sent. Two workers that claim at the same
//! moment may each see the same rest, so that a campaign can end above its budget by one batch of each other worker.
//!
//! A campaign pauses only when nobody is left whom the rest pays for: who waits for what costs nothing, or less, is told.

use super::engine::Shared;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction};
use crate::domain::id::CampaignId;
use crate::domain::price::Price;
use crate::domain::spending::{self, Spent};
use crate::providers::Descriptor;
use crate::store::StoreError;

/// How many messages at a price the campaign may still send: `None` is as many as it likes. Pauses it when somebody waits for
/// this provider, the rest pays for nobody who waits, and nothing is in flight that might yet turn out free.
pub(super) async fn allowance(
    shared: &Shared,
    campaign: &Campaign,
    provider: &Descriptor,
) -> Result<Option<u32>, StoreError> {
    let (Some(budget), Some(price)) = (campaign.plan.budget, provider.price.filter(|price| price.micros > 0)) else {
        return Ok(None);
    };
    // A notice that cannot be had is told of when people are claimed.
    let segments = shared.notices.of(campaign).await.map_or(1, |notice| notice.most_segments());
    let each = |carrier: &Descriptor| carrier.price.map(|price| spending::each(carrier.channel, price, segments));
    let now = shared.store.campaign(campaign.id).await?;
    let tallies = shared.store.tallies(campaign.id).await?;
    let spent = spending::total(tallies.into_iter().map(|tally| Spent {
        outcome: tally.outcome,
        attempts: tally.attempts,
        each: shared.carriers.iter().find(|carrier| carrier.name == tally.provider).and_then(each),
    }));
    let spent = spent.iter().fold(0_u64, |all, price| all.saturating_add(price.micros));
    let prices = shared.carriers.iter().filter_map(each).filter(|price| price.currency == budget.currency);
    let dearest = prices.map(|price| price.micros).max().unwrap_or(0);
    let in_flight = dearest.saturating_mul(now.counts.in_flight.unsigned_abs());
    let rest = budget.micros.saturating_sub(spent).saturating_sub(in_flight);
    let left = rest / spending::each(provider.channel, price, segments).micros;
    if left == 0 && now.counts.in_flight == 0 && is_awaited(shared, campaign.id, provider).await? {
        for other in shared.carriers.iter().filter(|other| each(other).is_none_or(|price| price.micros <= rest)) {
            if is_awaited(shared, campaign.id, other).await? {
                return Ok(Some(0));
            }
        }
        pause(shared, campaign, budget, spent).await?;
    }
    Ok(Some(u32::try_from(left).unwrap_or(u32::MAX)))
}

/// Whether somebody of a campaign waits where a provider looks.
async fn is_awaited(shared: &Shared, campaign: CampaignId, provider: &Descriptor) -> Result<bool, StoreError> {
    for queue in shared.sorting.looked_in(provider) {
        if shared.store.next_due(campaign, &queue).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn pause(shared: &Shared, campaign: &Campaign, budget: Price, spent: u64) -> Result<(), StoreError> {
    let spent = Price { micros: spent, ..budget };
    tracing::error!(
        campaign = %campaign.id, %budget, %spent,
        "the campaign is paused: its budget pays for no further message; cancel it and propose another for those who are left"
    );
    let audit = AuditEntry {
        incident: Some(campaign.incident),
        at: shared.clock.now(),
        actor: ActorRef::engine(),
        action: String::from("campaign.paused"),
        detail: serde_json::json!({ "campaign": campaign.id, "reason": "budget", "budget": budget, "spent": spent }),
    };
    match shared.store.act_on_campaign(campaign.id, CampaignAction::Pause, &ActorRef::engine(), audit).await {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
