//! Remedy codes of claimed people. They come with the claim, given out when the population was sealed; only whose record was
//! completed since, so that they read another text, may lack one.

use std::sync::Arc;

use super::claims::pause;
use super::engine::Shared;
use super::returns;
use crate::domain::attempt::Claimed;
use crate::domain::campaign::Campaign;
use crate::domain::id::{PersonId, WorkerId};
use crate::render::CompiledNotice;

/// Gives a code to whoever is to be told one and has none. When the pool has no more, the campaign is paused and they are handed
/// back: nobody is told without.
pub(super) async fn supply(
    shared: &Arc<Shared>,
    worker: WorkerId,
    campaign: &Campaign,
    notice: &CompiledNotice,
    mut claimed: Vec<Claimed>,
) -> Vec<Claimed> {
    let lacks = |one: &Claimed| {
        let record = &one.person.record;
        record.remedy_code.is_none() && notice.has_remedy_code(record.jurisdiction.as_ref(), record.locale.as_ref())
    };
    let lacking: Vec<PersonId> = claimed.iter().filter(|one| lacks(one)).map(|one| one.person.id).collect();
    if lacking.is_empty() {
        return claimed;
    }
    let given = shared.store.give_codes(campaign.incident, &lacking, shared.clock.now()).await;
    let is_answered = given.is_ok();
    let mut codes = given.unwrap_or_else(|error| {
        tracing::warn!(campaign = %campaign.id, %error, "remedy codes cannot be given out; trying again");
        std::collections::BTreeMap::new()
    });
    for one in claimed.iter_mut().filter(|one| one.person.record.remedy_code.is_none()) {
        one.person.record.remedy_code = codes.remove(&one.person.id);
    }
    let (without, with): (Vec<Claimed>, Vec<Claimed>) = claimed.into_iter().partition(lacks);
    if without.is_empty() {
        return with;
    }
    if is_answered {
        let reason = format!(
            "{} people need a remedy code and the pool has none left; POST more to /v1/incidents/{}/remedy-codes, then \
             resume the campaign",
            without.len(),
            campaign.incident
        );
        if let Err(error) = pause(shared, campaign, &reason).await {
            tracing::warn!(campaign = %campaign.id, %error, "the campaign cannot be paused; trying again");
        }
    }
    let attempts = without.into_iter().map(|one| one.attempt).collect();
    tokio::spawn(returns::hand_back(Arc::clone(shared), worker, campaign.id, attempts));
    with
}
