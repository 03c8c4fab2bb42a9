//! Whoever waits for a destination that no provider carries any more, because the configuration has changed since they were
//! put there, is sorted anew.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::engine::Shared;
use super::faults::or_go_on;
use crate::domain::channel::Channel;
use crate::domain::id::CampaignId;
use crate::domain::queue::Queue;
use crate::store::StoreError;

/// The campaigns that have been looked through since they began to run.
#[derive(Default)]
pub(super) struct Strays {
    known: BTreeSet<CampaignId>,
}

impl Strays {
    /// Looks through the campaigns that run and did not before.
    pub(super) async fn look(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let running: BTreeSet<CampaignId> = shared.running.borrow().iter().map(|campaign| campaign.id).collect();
        self.known.retain(|campaign| running.contains(campaign));
        for campaign in running {
            if self.known.contains(&campaign) {
                continue;
            }
            if or_go_on(sort_anew(shared, campaign).await, "sorting people anew", campaign)?.is_some() {
                self.known.insert(campaign);
            }
        }
        Ok(())
    }
}

async fn sort_anew(shared: &Shared, campaign: CampaignId) -> Result<(), StoreError> {
    for queue in shared.store.destination_queues(campaign).await? {
        if !is_served(shared, &queue) {
            let people = shared.store.unsort(campaign, &queue).await?;
            tracing::warn!(%campaign, queue, people, "no provider carries these any more; they are sorted anew");
            shared.changes.announce();
        }
    }
    Ok(())
}

fn is_served(shared: &Shared, queue: &str) -> bool {
    queue.split_once('/').is_some_and(|(channel, destination)| {
        Channel::from_str(channel).is_ok_and(|channel| shared.sorting.is_served(&Queue::to(channel, destination)))
    })
}
