//! One provider's lane: claims people for it, keeps so many messages in the air as it may have, and no more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attempt;
use super::breaker::{Breaker, Permit};
use super::engine::Shared;
use super::lease::Lease;
use super::limiter::Limiter;
use super::notices::NoticeFault;
use super::returns;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::{ChannelPolicy, Claimed, Settlement};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction};
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId};
use crate::providers::{Answer, Descriptor, Provider};
use crate::render::CompiledNotice;
use crate::store::{ClaimRequest, StoreError};

type Work = (Arc<CompiledNotice>, Claimed);
type Claiming = JoinHandle<Result<Vec<Work>, StoreError>>;

pub(super) struct Lane {
    shared: Arc<Shared>,
    provider: Arc<dyn Provider>,
    descriptor: Descriptor,
    policy: ChannelPolicy,
    lease: Arc<Lease>,
    outcomes: mpsc::Sender<(CampaignId, Settlement)>,
    breaker: Breaker,
    limiter: Limiter,
    queue: VecDeque<Work>,
    flying: JoinSet<Answer>,
    claiming: Option<Claiming>,
    /// What is being handed back.
    returning: TaskTracker,
    /// The running campaigns when the queue was last looked through for others.
    known: Arc<Vec<Campaign>>,
    turn: usize,
}

impl Lane {
    pub(super) fn new(
        shared: Arc<Shared>,
        provider: Arc<dyn Provider>,
        lease: Arc<Lease>,
        outcomes: mpsc::Sender<(CampaignId, Settlement)>,
    ) -> Self {
        let descriptor = provider.describe().clone();
        let policy = shared.policy(descriptor.channel);
        let limiter = Limiter::new(descriptor.rate, shared.clock.now());
        let breaker = Breaker::new(policy.pause_ms);
        let (queue, flying) = (VecDeque::new(), JoinSet::new());
        Self {
            shared,
            provider,
            descriptor,
            policy,
            lease,
            outcomes,
            breaker,
            limiter,
            queue,
            flying,
            claiming: None,
            returning: TaskTracker::new(),
            known: Arc::default(),
            turn: 0,
        }
    }

    /// Works until cancelled; then hands back what was not begun and finishes what is in the air.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut idle = false;
        while !stop.is_cancelled() {
            let now = self.shared.clock.now();
            self.give_up_resting();
            let pause = self.launch(now);
            if !idle {
                self.refill(now, &stop);
            }
            let wait = pause.unwrap_or(self.shared.settings.poll_ms);
            let claiming = async {
                match self.claiming.as_mut() {
                    Some(claiming) => claiming.await,
                    None => std::future::pending().await,
                }
            };
            // What is ready all the time comes last, so that the order holds up nobody.
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                claimed = claiming => {
                    self.claiming = None;
                    idle = !self.take_in(claimed.unwrap_or_else(|_| Ok(Vec::new())));
                }
                () = self.shared.wake.notified() => idle = false,
                Some(done) = self.flying.join_next() => {
                    if let Ok(answer) = done {
                        self.learn(&answer);
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(wait)) => idle = false,
            }
        }
        self.end().await;
    }

    /// Hands back whoever waits here for a campaign that was paused or cancelled since.
    fn give_up_resting(&mut self) {
        let running = Arc::clone(&self.shared.running.borrow());
        if Arc::ptr_eq(&self.known, &running) {
            return;
        }
        self.known = running;
        let resting = |campaign: CampaignId| self.known.iter().all(|running| running.id != campaign);
        let (unbegun, queue) = self.queue.drain(..).partition(|(_, claimed)| resting(claimed.campaign));
        self.queue = queue;
        self.hand_back(unbegun);
    }

    /// Hands back what was not begun.
    fn hand_back(&self, unbegun: VecDeque<Work>) {
        let mut batches: BTreeMap<CampaignId, Vec<AttemptId>> = BTreeMap::new();
        for (_, claimed) in unbegun {
            batches.entry(claimed.campaign).or_default().push(claimed.attempt);
        }
        for (campaign, attempts) in batches {
            self.returning.spawn(returns::hand_back(Arc::clone(&self.shared), self.lease.worker, campaign, attempts));
        }
    }

    /// Begins as many attempts as the provider, its rate and the lease allow. Returns how long to wait, in
    /// milliseconds, when it is one of these that stands in the way.
    fn launch(&mut self, now: Millis) -> Option<u64> {
        while let Some((notice, claimed)) = self.queue.pop_front() {
            let limit = match self.breaker.permit(now) {
                Permit::Free => self.descriptor.concurrency.max(1),
                Permit::Probe => 1,
                Permit::WaitUntil(until) => {
                    self.queue.push_front((notice, claimed));
                    return u64::try_from(until.0 - now.0).ok();
                }
            };
            let held_up = if self.flying.len() >= limit {
                Some(self.shared.settings.poll_ms)
            } else if self.lease.may_begin(now, self.shared.settings.lease_ms) {
                self.limiter.take(now).err()
            } else {
                Some(self.shared.settings.poll_ms)
            };
            if let Some(wait) = held_up {
                self.queue.push_front((notice, claimed));
                return Some(wait);
            }
            self.begin(notice, claimed);
        }
        None
    }

    fn begin(&mut self, notice: Arc<CompiledNotice>, claimed: Claimed) {
        let shared = Arc::clone(&self.shared);
        let provider = Arc::clone(&self.provider);
        let outcomes = self.outcomes.clone();
        let policy = self.policy;
        let name = self.descriptor.name.clone();
        self.flying.spawn(async move {
            let (settlement, answer) = attempt::tell(
                &claimed,
                &notice,
                provider.as_ref(),
                &policy,
                shared.clock.as_ref(),
                shared.entropy.as_ref(),
            )
            .await;
            shared.metrics.attempt(claimed.step.channel, &name, answer.outcome);
            // The settler outlives every lane, so this waits for room and never fails.
            let _ = outcomes.send((claimed.campaign, settlement)).await;
            answer
        });
    }

    fn learn(&mut self, answer: &Answer) {
        let now = self.shared.clock.now();
        if self.breaker.note(answer.outcome, answer.retry_after_ms, now) {
            tracing::warn!(
                provider = %self.descriptor.name,
                outcome = %answer.outcome,
                code = answer.code.as_deref().unwrap_or(""),
                "the provider is left alone for a while; nobody is marked unreachable because of it"
            );
        }
    }

    /// Claims the next people when the queue runs short and the provider may be asked.
    fn refill(&mut self, now: Millis, stop: &CancellationToken) {
        let wanted = match self.breaker.permit(now) {
            Permit::Free => self.descriptor.concurrency.max(1),
            Permit::Probe if self.flying.is_empty() && self.queue.is_empty() => 1,
            Permit::Probe | Permit::WaitUntil(_) => return,
        };
        if self.claiming.is_some()
            || self.queue.len() * 2 >= wanted
            || !self.lease.may_begin(now, self.shared.settings.lease_ms)
        {
            return;
        }
        let campaigns = Arc::clone(&self.shared.running.borrow());
        if campaigns.is_empty() {
            return;
        }
        self.turn = self.turn.wrapping_add(1);
        let limit = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.shared.settings.batch).max(1);
        let (shared, lease) = (Arc::clone(&self.shared), Arc::clone(&self.lease));
        let (descriptor, turn, stop) = (self.descriptor.clone(), self.turn, stop.clone());
        self.claiming = Some(tokio::spawn(async move {
            for place in 0..campaigns.len() {
                let campaign = &campaigns[(turn + place) % campaigns.len()];
                let work = claim(&shared, &lease, &descriptor, campaign, limit, &stop).await?;
                if !work.is_empty() {
                    return Ok(work);
                }
            }
            Ok(Vec::new())
        }));
    }

    /// Returns whether there was work.
    fn take_in(&mut self, claimed: Result<Vec<Work>, StoreError>) -> bool {
        match claimed {
            Ok(work) => {
                let found = !work.is_empty();
                self.queue.extend(work);
                self.known = Arc::default();
                found
            }
            // The lease's keeper notices as well, and ends this life.
            Err(StoreError::StaleLease) => false,
            Err(error) => {
                tracing::warn!(provider = %self.descriptor.name, %error, "people cannot be claimed; trying again");
                false
            }
        }
    }

    async fn end(mut self) {
        // While the database is away longer than a lease, a reaper is who comes next.
        let lease = Duration::from_millis(self.shared.settings.lease_ms.unsigned_abs());
        if let Some(claiming) = self.claiming.take()
            && let Ok(Ok(claimed)) = tokio::time::timeout(lease, claiming).await
        {
            self.take_in(claimed);
        }
        let unbegun = std::mem::take(&mut self.queue);
        self.hand_back(unbegun);
        while self.flying.join_next().await.is_some() {}
        self.returning.close();
        if tokio::time::timeout(lease, self.returning.wait()).await.is_err() {
            tracing::warn!("people could not be handed back; they will be listed as unknown");
        }
    }
}

async fn claim(
    shared: &Arc<Shared>,
    lease: &Lease,
    descriptor: &Descriptor,
    campaign: &Campaign,
    limit: u32,
    stop: &CancellationToken,
) -> Result<Vec<Work>, StoreError> {
    let notice = match shared.notices.of(campaign).await {
        Ok(notice) => notice,
        Err(NoticeFault::Store(error)) => return Err(error),
        Err(fault) => {
            pause(shared, campaign, &fault).await?;
            return Ok(Vec::new());
        }
    };
    let now = shared.clock.now();
    let attempts: Vec<AttemptId> = (0..limit).map(|_| AttemptId::new(now, shared.entropy.ten())).collect();
    let (channel, provider) = (descriptor.channel, Arc::from(descriptor.name.as_str()));
    let (worker, offered) = (lease.worker, attempts.clone());
    let request = ClaimRequest { worker, campaign: campaign.id, channel, provider, limit, now, attempts };
    let started = tokio::time::Instant::now();
    let claimed = match shared.store.claim(request).await {
        Ok(claimed) => claimed,
        Err(StoreError::StaleLease) => return Err(StoreError::StaleLease),
        Err(error) => {
            returns::undo_claim(shared, worker, campaign.id, offered, stop.clone()).await;
            return Err(error);
        }
    };
    shared.metrics.claim_seconds.observe(started.elapsed().as_secs_f64());
    Ok(claimed.into_iter().map(|claimed| (Arc::clone(&notice), claimed)).collect())
}

/// Stops a campaign whose notice is not what was approved; a person must look.
async fn pause(shared: &Shared, campaign: &Campaign, fault: &NoticeFault) -> Result<(), StoreError> {
    tracing::error!(campaign = %campaign.id, %fault, "the campaign is paused");
    let actor = ActorRef::engine();
    let audit = AuditEntry {
        incident: Some(campaign.incident),
        at: shared.clock.now(),
        actor: actor.clone(),
        action: String::from("campaign.paused"),
        detail: serde_json::json!({ "campaign": campaign.id, "reason": fault.to_string() }),
    };
    match shared.store.act_on_campaign(campaign.id, CampaignAction::Pause, &actor, audit).await {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
