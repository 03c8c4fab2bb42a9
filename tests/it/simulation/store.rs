//! The store as one life of a host meets it: every call may be slow, refused, done without the answer coming through,
//! or done long after the caller has given up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use candour::domain::attempt::{ChannelPolicy, Claimed, Settlement};
use candour::domain::audit::AuditEntry;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, IncidentId, PersonId, WorkerId};
use candour::domain::outcome::Outcome;
use candour::domain::plan::Failing;
use candour::domain::queue::Queue;
use candour::domain::remedy::RemedyCode;
use candour::store::{
    ClaimRequest, Delay, DeliveryStore, Left, ProviderWord, ReapReport, ReceiptEffect, Result, SettleReport, Silence,
    SilenceReport, StoreError, Unanswered, UnansweredPage,
};
use uuid::Uuid;

use super::dice::Dice;
use super::model::{Back, Model, Policies, Receipt};
use super::pulse::Pulse;
use super::world::{Happening, World};

/// See the module.
pub(crate) struct FaultyStore {
    pub(crate) world: Arc<World>,
    pub(crate) pulse: Arc<Pulse>,
    dice: Mutex<Dice>,
}

/// What becomes of one call.
struct Fate {
    before_ms: i64,
    after_ms: i64,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Busy,
    Refused,
    ReadOnly,
    Lost,
    Belated(i64),
}

fn gone() -> StoreError {
    StoreError::Unavailable(String::from("the connection broke down"))
}

/// As a database says it that is for reading only for a while, e.g. between a failure and the standby's promotion.
fn read_only() -> StoreError {
    StoreError::Database(String::from("cannot execute UPDATE in a read-only transaction (25006)"))
}

/// The word for a result.
fn word<T>(result: &Result<T>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::StaleLease) => "stale lease",
        Err(StoreError::Conflict(_)) => "conflict",
        Err(_) => "error",
    }
}

impl FaultyStore {
    pub(crate) fn new(world: &Arc<World>, pulse: &Arc<Pulse>, dice: Dice) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), pulse: Arc::clone(pulse), dice: Mutex::new(dice) })
    }

    fn fate(&self) -> Fate {
        let (faults, time) = (&self.world.scenario.store, self.pulse.time());
        let dice = &mut *self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |dice: &mut Dice| {
            if !self.world.is_calm(time) && dice.chance(faults.stalls) {
                dice.between(1_000, 15_000)
            } else if dice.chance(faults.slow) {
                dice.between(1, 60)
            } else {
                0
            }
        };
        let (before_ms, after_ms) = (wait(dice), wait(dice));
        if self.world.is_calm(time) {
            return Fate { before_ms, after_ms, end: End::Well };
        }
        if self.world.scenario.outages.iter().any(|(from, to)| (*from..*to).contains(&time)) {
            let before_ms = if dice.chance(300) { 5_000 } else { 0 };
            let end = dice.of(&[End::Lost, End::ReadOnly, End::Refused, End::Refused, End::Refused]);
            return Fate { before_ms, after_ms, end };
        }
        let end = if dice.chance(faults.refused) {
            dice.of(&[End::Busy, End::ReadOnly, End::Refused])
        } else if dice.chance(faults.lost) {
            End::Lost
        } else if dice.chance(faults.belated) {
            End::Belated(dice.between(1, 8_000))
        } else {
            End::Well
        };
        Fate { before_ms, after_ms, end }
    }

    /// What passes between two steps of an operation that is not one transaction.
    async fn between_steps(&self) {
        let high = self.world.scenario.store.reaping_ms;
        let ms = self.dice.lock().unwrap_or_else(PoisonError::into_inner).between(0, high);
        self.wait(ms).await;
    }

    async fn wait(&self, ms: i64) {
        self.pulse.point().await;
        if ms > 0 {
            tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
            self.pulse.point().await;
        }
    }

    /// One transaction.
    pub(crate) async fn call<T, F>(&self, what: &'static str, id: Uuid, work: F) -> Result<T>
    where
        T: Send,
        F: FnOnce(&mut Model) -> Result<T> + Send + 'static,
    {
        let fate = self.fate();
        self.wait(fate.before_ms).await;
        let result = {
            let time = self.pulse.time();
            let events = &mut *self.world.events();
            match fate.end {
                End::Busy | End::Refused | End::ReadOnly => {
                    events.note(&self.pulse, what, id, 0, "refused");
                    return Err(match fate.end {
                        End::Busy => StoreError::Busy,
                        End::ReadOnly => read_only(),
                        _ => gone(),
                    });
                }
                End::Belated(ms) => {
                    events.note(&self.pulse, what, id, usize::try_from(ms).unwrap(), "belated");
                    let work = Box::new(move |model: &mut Model| drop(work(model)));
                    events.later(time + ms, Happening::Commit(what, work));
                    return Err(gone());
                }
                End::Well | End::Lost => {}
            }
            let result = work(&mut events.model);
            let end = if fate.end == End::Lost { "answer lost" } else { word(&result) };
            events.note(&self.pulse, what, id, 0, end);
            events.check(time);
            result
        };
        self.wait(fate.after_ms).await;
        if fate.end == End::Lost { Err(gone()) } else { result }
    }
}

#[async_trait]
impl DeliveryStore for FaultyStore {
    async fn register_worker(&self, worker: WorkerId, _name: &str, _now: Millis, expires_at: Millis) -> Result<()> {
        self.world.events().witness.hosts.insert(worker, self.pulse.host);
        self.call("register", worker.0, move |model| model.register(worker, expires_at.0)).await?;
        self.world.events().witness.leases.insert(worker, expires_at.0);
        Ok(())
    }

    async fn extend_lease(&self, worker: WorkerId, _now: Millis, expires_at: Millis) -> Result<()> {
        self.call("extend", worker.0, move |model| model.extend(worker, expires_at.0)).await?;
        self.world.events().witness.leases.insert(worker, expires_at.0);
        Ok(())
    }

    async fn retire_worker(&self, worker: WorkerId, _now: Millis) -> Result<()> {
        self.call("retire", worker.0, move |model| model.retire(worker)).await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        let id = request.attempts.first().map_or(request.campaign.0, |attempt| attempt.0);
        self.call("claim", id, move |model| model.claim(&request)).await
    }

    async fn settle(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: &[Settlement],
        _now: Millis,
    ) -> Result<SettleReport> {
        let id = settlements.first().map_or(campaign.0, |one| one.attempt.0);
        let settlements = settlements.to_vec();
        self.call("settle", id, move |model| model.settle(campaign, worker, &settlements)).await
    }

    async fn hand_back(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: Vec<AttemptId>,
        _now: Millis,
    ) -> Result<u32> {
        let id = attempts.first().map_or(campaign.0, |attempt| attempt.0);
        let attempts: Vec<_> = attempts.into_iter().map(|attempt| (attempt, Back::AsItWas)).collect();
        self.call("hand back", id, move |model| model.hand_back(campaign, worker, &attempts)).await
    }

    async fn put_off(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        slots: Vec<(AttemptId, Millis)>,
        delay: Delay,
        _now: Millis,
    ) -> Result<u32> {
        let id = slots.first().map_or(campaign.0, |(attempt, _)| attempt.0);
        let slot = match delay {
            Delay::Slot { round } => Some(round),
            Delay::Hour => None,
        };
        let slots: Vec<_> = slots.into_iter().map(|(attempt, due)| (attempt, Back::At { due, slot })).collect();
        self.call("put off", id, move |model| model.hand_back(campaign, worker, &slots)).await
    }

    async fn put_aside(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        queues: Vec<(AttemptId, Queue)>,
        _now: Millis,
    ) -> Result<u32> {
        let id = queues.first().map_or(campaign.0, |(attempt, _)| attempt.0);
        let queues: Vec<_> = queues.into_iter().map(|(attempt, queue)| (attempt, Back::Into(queue))).collect();
        self.call("put aside", id, move |model| model.hand_back(campaign, worker, &queues)).await
    }

    async fn destination_queues(&self, _: CampaignId) -> Result<Vec<String>> {
        // The configuration does not change in a run.
        Ok(Vec::new())
    }

    async fn unsort(&self, _: CampaignId, _: &str) -> Result<u64> {
        Err(not_here("unsort"))
    }

    async fn reap(
        &self,
        policies: &[(Channel, ChannelPolicy)],
        _asked: &BTreeMap<String, i64>,
        only: Option<WorkerId>,
        now: Millis,
        jitter: f64,
    ) -> Result<ReapReport> {
        let mut report = ReapReport::default();
        let ended = match only {
            Some(worker) => vec![worker],
            None => self.call("ended", Uuid::nil(), move |model| Ok(model.ended(now.0))).await?,
        };
        for worker in ended {
            let any = only.is_some();
            let fenced = self.call("fence", worker.0, move |model| Ok(model.fence(worker, now.0, any))).await?;
            if !fenced && !any {
                continue;
            }
            loop {
                self.between_steps().await;
                let policies: Policies = policies.to_vec();
                let step = move |model: &mut Model| model.reap_some(worker, &policies, now, jitter);
                let (unknown, repeats) = self.call("reap", worker.0, step).await?;
                report.unknown += unknown;
                report.repeats += repeats;
                if unknown == 0 {
                    break;
                }
            }
            self.between_steps().await;
            let removed = self.call("remove", worker.0, move |model| Ok(model.remove_reaped(worker))).await?;
            report.workers += u32::from(removed);
        }
        Ok(report)
    }

    async fn workers(&self) -> Result<Vec<(WorkerId, Millis)>> {
        let list = |model: &mut Model| Ok(model.workers.iter().map(|(id, end)| (*id, Millis(*end))).collect());
        self.call("workers", Uuid::nil(), list).await
    }

    async fn next_due(&self, _campaign: CampaignId, _queue: &Queue) -> Result<Option<Millis>> {
        Err(not_here("next_due"))
    }

    async fn complete_campaigns(&self, _now: Millis) -> Result<Vec<CampaignId>> {
        self.call("complete", Uuid::nil(), Model::complete).await
    }

    async fn campaigns_leaving(&self) -> Result<Vec<CampaignId>> {
        // No incident has a second campaign.
        Ok(Vec::new())
    }

    async fn leave_untold(&self, _: CampaignId, _: Millis) -> Result<Left> {
        Err(not_here("leave_untold"))
    }

    async fn apply_receipt(
        &self,
        provider: &str,
        key: &str,
        attempt: AttemptId,
        outcome: Option<Outcome>,
        _code: Option<&str>,
        policies: &[(Channel, ChannelPolicy)],
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect> {
        let receipt = Receipt { provider: provider.to_owned(), key: key.to_owned(), attempt, outcome };
        let policies: Policies = policies.to_vec();
        let take = move |model: &mut Model| model.take_receipt(&receipt, &policies, now, jitter);
        self.call("receipt", attempt.0, take).await
    }

    async fn give_codes(&self, _: IncidentId, _: &[PersonId], _: Millis) -> Result<BTreeMap<PersonId, RemedyCode>> {
        Err(not_here("give_codes"))
    }

    async fn unanswered(&self, _: &Unanswered) -> Result<UnansweredPage> {
        Err(not_here("unanswered"))
    }

    async fn apply_word(
        &self,
        _: &ProviderWord<'_>,
        _: &[(Channel, ChannelPolicy)],
        _: Millis,
        _: f64,
    ) -> Result<ReceiptEffect> {
        Err(not_here("apply_word"))
    }

    async fn watched_canaries(&self) -> Result<Vec<CampaignId>> {
        Ok(Vec::new())
    }

    async fn failing(&self, _: CampaignId) -> Result<Failing> {
        Ok(Failing::default())
    }

    async fn refill_canary(&self, _: CampaignId, _: u32) -> Result<bool> {
        Ok(false)
    }

    async fn end_canary(&self, _: CampaignId, _: AuditEntry) -> Result<bool> {
        Ok(false)
    }

    async fn note(&self, _: AuditEntry) -> Result<()> {
        Ok(())
    }

    async fn campaigns_awaiting_receipts(&self, _: Millis) -> Result<Vec<CampaignId>> {
        Ok(Vec::new())
    }

    async fn gives_receipts(&self, _: &str) -> Result<bool> {
        Ok(false)
    }

    async fn break_silence(&self, silence: &Silence) -> Result<SilenceReport> {
        Ok(SilenceReport { moved: 0, through: silence.after, full: false })
    }

    async fn attempt_by_reference(&self, _provider: &str, _reference: &str) -> Result<Option<AttemptId>> {
        Err(not_here("attempt_by_reference"))
    }

    async fn cover_by_announcement(&self, incident: IncidentId, _now: Millis) -> Result<i64> {
        self.call("cover", incident.0, |model| Ok(model.cover())).await
    }
}

/// What the engine has no business to ask for.
pub(crate) fn not_here(method: &str) -> StoreError {
    StoreError::Database(format!("the simulation has no {method}; the engine asks for more than it did"))
}
