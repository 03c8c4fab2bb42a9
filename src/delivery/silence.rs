//! Whoever was accepted by a provider that sends receipts, and of whom none has come for too long, goes on to the next step.

use std::collections::HashMap;

use super::engine::Shared;
use super::faults::or_go_on;
use crate::domain::channel::Channel;
use crate::domain::id::{AttemptId, CampaignId};
use crate::store::{Silence, StoreError};

/// So many people go on in one transaction.
const STEP: u32 = 200;

/// How long after its end a campaign is still looked at beyond the wait for receipts, in milliseconds: longer than a process
/// is likely to be away.
const SLACK_MS: i64 = 7 * 86_400_000;

/// What has been looked at. A new life begins at the beginning, which finds nobody twice.
#[derive(Default)]
pub(super) struct Silences {
    through: HashMap<(CampaignId, Channel), AttemptId>,
    /// Providers that are known to send receipts.
    known: Vec<String>,
}

impl Silences {
    /// Looks once.
    pub(super) async fn look(&mut self, shared: &Shared, providers: &[(String, Channel)]) -> Result<(), StoreError> {
        let now = shared.clock.now();
        let waits = Channel::ALL.into_iter().filter_map(|channel| {
            let wait = shared.policy(channel).receipt_ms.filter(|wait| *wait > 0)?;
            Some((channel, wait))
        });
        let mut moved = 0;
        for (channel, wait) in waits {
            let providers = self.that_give_receipts(shared, providers, channel).await?;
            if providers.is_empty() {
                continue;
            }
            for campaign in shared.store.campaigns_awaiting_receipts(now.plus(-wait - SLACK_MS)).await? {
                let (before, limit, providers) = (now.plus(-wait), STEP, providers.clone());
                let after = self.through.get(&(campaign, channel)).copied().unwrap_or(AttemptId(uuid::Uuid::nil()));
                let silence = Silence { campaign, channel, providers, after, before, limit, now };
                let broken = self.break_all(shared, silence).await;
                moved += or_go_on(broken, "going on without receipts", campaign)?.unwrap_or(0);
            }
        }
        if moved > 0 {
            tracing::info!(people = moved, "nobody said that their message arrived; they go on to the next step");
            shared.wake.notify_one();
        }
        Ok(())
    }

    /// Breaks the silence of one campaign, step by step. Returns how many people go on.
    async fn break_all(&mut self, shared: &Shared, mut silence: Silence) -> Result<u32, StoreError> {
        let mut moved = 0;
        loop {
            let report = shared.store.break_silence(&silence).await?;
            silence.after = report.through.max(silence.after);
            self.through.insert((silence.campaign, silence.channel), silence.after);
            moved += report.moved;
            if !report.full {
                return Ok(moved);
            }
        }
    }

    async fn that_give_receipts(
        &mut self,
        shared: &Shared,
        providers: &[(String, Channel)],
        channel: Channel,
    ) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for (name, _) in providers.iter().filter(|(_, of)| *of == channel) {
            if !self.known.contains(name) && shared.store.gives_receipts(name).await? {
                self.known.push(name.clone());
            }
            if self.known.contains(name) {
                found.push(name.clone());
            }
        }
        Ok(found)
    }
}
