//! Canaries: when those who were told first have been watched for long enough, the others are told, or the campaign pauses.
//!
//! Whoever nobody carries is no part of it: no message left, and others are told in their place.

use super::engine::Shared;
use super::faults::or_go_on;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction};
use crate::domain::id::CampaignId;
use crate::domain::plan::{Canary, CanaryStage, Failing};
use crate::store::StoreError;

/// Judges the canaries that are due.
pub(super) async fn judge(shared: &Shared) -> Result<(), StoreError> {
    for id in shared.store.watched_canaries().await? {
        or_go_on(judge_one(shared, id).await, "judging the canary", id)?;
    }
    Ok(())
}

async fn judge_one(shared: &Shared, id: CampaignId) -> Result<(), StoreError> {
    let campaign = shared.store.campaign(id).await?;
    let (Some(canary), CanaryStage::Watched(ended_at)) = (campaign.plan.canary, campaign.canary) else {
        return Ok(());
    };
    let found = shared.store.failing(id).await?;
    let is_short = campaign.counts.in_flight == 0 && found.attempts < i64::from(canary.people);
    if is_short && shared.store.refill_canary(id, canary.people).await? {
        tracing::info!(campaign = %id, "nobody carries some of the canary's messages; others are told in their place");
        shared.wake.notify_one();
        shared.changes.announce();
    } else if canary.is_failing(found) {
        // No need to watch to the end.
        pause(shared, &campaign, canary, found).await?;
    } else if campaign.counts.in_flight == 0
        && shared.clock.now() >= ended_at.plus(i64::from(canary.watch_minutes) * 60_000)
    {
        let audit = entry(shared, &campaign, "campaign.canary_passed", canary, found);
        if shared.store.end_canary(id, audit).await? {
            tracing::info!(campaign = %id, attempts = found.attempts, failed = found.failed, "the canary went well; the others are told");
            shared.wake.notify_one();
            shared.changes.announce();
        }
    }
    Ok(())
}

async fn pause(shared: &Shared, campaign: &Campaign, canary: Canary, found: Failing) -> Result<(), StoreError> {
    tracing::error!(
        campaign = %campaign.id, attempts = found.attempts, failed = found.failed, limit_percent = canary.failing_percent,
        "the campaign is paused: too many of its first attempts failed; look at them, then resume or cancel it"
    );
    let mut audit = entry(shared, campaign, "campaign.paused", canary, found);
    audit.detail["reason"] = "canary".into();
    match shared.store.act_on_campaign(campaign.id, CampaignAction::Pause, &ActorRef::engine(), audit).await {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn entry(shared: &Shared, campaign: &Campaign, action: &str, canary: Canary, found: Failing) -> AuditEntry {
    AuditEntry {
        incident: Some(campaign.incident),
        at: shared.clock.now(),
        actor: ActorRef::engine(),
        action: String::from(action),
        detail: serde_json::json!({
            "campaign": campaign.id, "canary": canary, "attempts": found.attempts, "failed": found.failed,
        }),
    }
}
