//! [`DeliveryStore`]: each method in the file that is named for it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use uuid::Uuid;

use super::hand_back::{Return, Slots};
use super::reap::Resolution;
use super::receipts::Receipt;
use crate::domain::attempt::{ChannelPolicy, Claimed, Settlement};
use crate::domain::audit::AuditEntry;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::domain::plan::Failing;
use crate::domain::queue::Queue;
use crate::domain::remedy::RemedyCode;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{reading, writing};
use crate::store::traits::{
    ClaimRequest, Delay, DeliveryStore, Left, ProviderWord, ReapReport, ReceiptEffect, Result, SettleReport, Silence,
    SilenceReport, Unanswered, UnansweredPage,
};

#[async_trait]
impl DeliveryStore for SqlStore {
    async fn register_worker(&self, worker: WorkerId, name: &str, now: Millis, expires_at: Millis) -> Result<()> {
        self.enter_worker(worker, name, now, expires_at).await
    }

    async fn extend_lease(&self, worker: WorkerId, _now: Millis, expires_at: Millis) -> Result<()> {
        self.extend_worker(worker, expires_at).await
    }

    async fn retire_worker(&self, worker: WorkerId, now: Millis) -> Result<()> {
        self.remove_worker(worker, now).await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        self.claim_due(&request).await
    }

    async fn give_codes(
        &self,
        incident: IncidentId,
        people: &[PersonId],
        now: Millis,
    ) -> Result<BTreeMap<PersonId, RemedyCode>> {
        self.give(incident, people, now).await
    }

    async fn settle(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: &[Settlement],
        now: Millis,
    ) -> Result<SettleReport> {
        self.settle_batch(campaign, worker, settlements, now).await
    }

    async fn hand_back(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: Vec<AttemptId>,
        now: Millis,
    ) -> Result<u32> {
        let back = attempts.into_iter().map(Return::as_it_was).collect();
        self.give_back_claimed(campaign, worker, back, now, Slots::Kept).await
    }

    async fn put_off(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        until: Vec<(AttemptId, Millis)>,
        delay: Delay,
        now: Millis,
    ) -> Result<u32> {
        let back = until.into_iter().map(|(attempt, at)| Return::due(attempt, at)).collect();
        let slots = match delay {
            Delay::Slot { round } => Slots::Given { round },
            Delay::Hour => Slots::Lost,
        };
        self.give_back_claimed(campaign, worker, back, now, slots).await
    }

    async fn put_aside(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        queues: Vec<(AttemptId, Queue)>,
        now: Millis,
    ) -> Result<u32> {
        let back = queues.into_iter().map(|(attempt, queue)| Return::into(attempt, queue)).collect();
        self.give_back_claimed(campaign, worker, back, now, Slots::Kept).await
    }

    async fn destination_queues(&self, campaign: CampaignId) -> Result<Vec<String>> {
        self.list_sorted(campaign).await
    }

    async fn unsort(&self, campaign: CampaignId, queue: &str) -> Result<u64> {
        self.empty_queue(campaign, queue).await
    }

    async fn reap(
        &self,
        policies: &[(Channel, ChannelPolicy)],
        asked: &BTreeMap<String, i64>,
        only: Option<WorkerId>,
        now: Millis,
        jitter: f64,
    ) -> Result<ReapReport> {
        self.reap_workers(&Resolution { policies, now, jitter }, asked, only).await
    }

    async fn workers(&self) -> Result<Vec<(WorkerId, Millis)>> {
        self.list_workers().await
    }

    async fn next_due(&self, campaign: CampaignId, queue: &Queue) -> Result<Option<Millis>> {
        let due: Option<i64> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* next_due */ SELECT due_at FROM campaign_people \
                 WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' \
                 AND EXISTS (SELECT 1 FROM campaigns WHERE id = $1 AND state = 'running') ORDER BY due_at LIMIT 1",
            )
            .bind(campaign.0)
            .bind(queue.to_string())
            .fetch_optional(conn)
            .await
        })?;
        Ok(due.map(Millis))
    }

    async fn complete_campaigns(&self, now: Millis) -> Result<Vec<CampaignId>> {
        self.complete_settled(now).await
    }

    async fn campaigns_leaving(&self) -> Result<Vec<CampaignId>> {
        self.list_leaving().await
    }

    async fn leave_untold(&self, campaign: CampaignId, now: Millis) -> Result<Left> {
        self.leave_some(campaign, now).await
    }

    async fn apply_receipt(
        &self,
        provider: &str,
        key: &str,
        attempt: AttemptId,
        outcome: Option<Outcome>,
        code: Option<&str>,
        policies: &[(Channel, ChannelPolicy)],
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect> {
        let receipt = Receipt { provider, key, attempt, outcome, code, asked: false, reference: None };
        self.take_receipt(&receipt, &Resolution { policies, now, jitter }).await
    }

    async fn unanswered(&self, which: &Unanswered) -> Result<UnansweredPage> {
        self.list_unanswered(which).await
    }

    async fn apply_word(
        &self,
        word: &ProviderWord<'_>,
        policies: &[(Channel, ChannelPolicy)],
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect> {
        self.take_word(word, &Resolution { policies, now, jitter }).await
    }

    async fn watched_canaries(&self) -> Result<Vec<CampaignId>> {
        self.list_watched().await
    }

    async fn failing(&self, campaign: CampaignId) -> Result<Failing> {
        self.count_failing(campaign).await
    }

    async fn refill_canary(&self, campaign: CampaignId, people: u32) -> Result<bool> {
        self.refill(campaign, people).await
    }

    async fn end_canary(&self, campaign: CampaignId, audit: AuditEntry) -> Result<bool> {
        self.release(campaign, &audit).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        writing!(self, tx => { tx.append_audit(&entry).await })
    }

    async fn campaigns_awaiting_receipts(&self, ended_after: Millis) -> Result<Vec<CampaignId>> {
        self.list_awaiting(ended_after).await
    }

    async fn gives_receipts(&self, provider: &str) -> Result<bool> {
        self.has_delivered(provider).await
    }

    async fn break_silence(&self, silence: &Silence) -> Result<SilenceReport> {
        self.move_silent(silence).await
    }

    async fn attempt_by_reference(&self, provider: &str, reference: &str) -> Result<Option<AttemptId>> {
        let attempt: Option<Uuid> = reading!(self, conn => {
            // The conditions of the index, word by word, so that it is used.
            sqlx::query_scalar(
                "/* attempt_by_reference */ SELECT id FROM attempts \
                 WHERE provider = $1 AND reference = $2 AND channel = 'sms' AND reference IS NOT NULL \
                 ORDER BY settled_at DESC LIMIT 1",
            )
            .bind(provider)
            .bind(reference)
            .fetch_optional(conn)
            .await
        })?;
        Ok(attempt.map(AttemptId))
    }

    async fn cover_by_announcement(&self, incident: IncidentId, now: Millis) -> Result<i64> {
        self.cover_unreachable(incident, now).await
    }
}
