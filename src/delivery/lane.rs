//! One provider's lane: claims people for it, keeps so many messages in the air as it may have, and no more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attempt::{self, Terms};
use super::breaker::{Breaker, Permit};
use super::claims::{Claims, Found, Work};
use super::engine::Shared;
use super::lease::Lease;
use super::pace::Pace;
use super::returns;
use super::standing::Standing;
use crate::domain::attempt::{ChannelPolicy, Claimed, NO_PROVIDER, Settlement};
use crate::domain::campaign::Campaign;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId};
use crate::providers::{Answer, Descriptor, Provider};
use crate::render::CompiledNotice;
use crate::store::StoreError;

type Claiming = JoinHandle<(Claims, Result<Found, StoreError>)>;

pub(super) struct Lane {
    shared: Arc<Shared>,
    provider: Arc<dyn Provider>,
    descriptor: Descriptor,
    policy: ChannelPolicy,
    lease: Arc<Lease>,
    outcomes: mpsc::Sender<(CampaignId, Settlement)>,
    breaker: Breaker,
    standing: Standing,
    pace: Pace,
    /// Away while it claims.
    claims: Option<Claims>,
    changes: Arc<Notify>,
    /// Whether something has changed that the claims do not know yet.
    woken: bool,
    queue: VecDeque<Work>,
    /// Nothing where no provider was asked.
    flying: JoinSet<Option<Answer>>,
    claiming: Option<Claiming>,
    /// What is being handed back.
    returning: TaskTracker,
    /// The running campaigns when the queue was last looked through for others.
    known: Arc<Vec<Campaign>>,
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
        let pace = Pace::new(shared.clock.now());
        let claims = Claims::new(Arc::clone(&shared), Arc::clone(&lease), descriptor.clone());
        let breaker = Breaker::new(policy.pause_ms);
        let standing = Standing::new(Arc::clone(&shared), &descriptor);
        let (queue, flying) = (VecDeque::new(), JoinSet::new());
        let changes = shared.changes.listen();
        Self {
            shared,
            provider,
            descriptor,
            policy,
            lease,
            outcomes,
            breaker,
            standing,
            pace,
            claims: Some(claims),
            changes,
            woken: false,
            queue,
            flying,
            claiming: None,
            returning: TaskTracker::new(),
            known: Arc::default(),
        }
    }

    /// Works until cancelled; then hands back what was not begun and finishes what is in the air.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut look_again_at = tokio::time::Instant::now();
        while !stop.is_cancelled() {
            let now = self.shared.clock.now();
            self.give_up_resting();
            self.give_up_waiting(now);
            let pause = self.launch(now);
            let rest = look_again_at.saturating_duration_since(tokio::time::Instant::now());
            if rest.is_zero() {
                self.refill(now, &stop);
            }
            let pause = pause.unwrap_or(self.shared.settings.poll_ms);
            let wait =
                if rest.is_zero() { Duration::from_millis(pause) } else { rest.min(Duration::from_millis(pause)) };
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
                    let rest = self.claimed(claimed);
                    look_again_at = tokio::time::Instant::now() + Duration::from_millis(rest);
                }
                () = self.changes.notified() => {
                    self.woken = true;
                    look_again_at = tokio::time::Instant::now();
                }
                Some(done) = self.flying.join_next() => {
                    self.ended(done);
                    while let Some(done) = self.flying.try_join_next() {
                        self.ended(done);
                    }
                }
                () = tokio::time::sleep(wait) => {}
            }
            if std::mem::take(&mut self.woken) {
                match self.claims.as_mut() {
                    Some(claims) => claims.wake(),
                    None => self.woken = true,
                }
            }
        }
        self.end().await;
    }

    fn ended(&mut self, done: Result<Option<Answer>, JoinError>) {
        self.pace.note(self.shared.clock.now());
        if let Ok(Some(answer)) = done {
            self.learn(&answer);
        }
    }

    /// Takes in what a claim gave. Returns how long there is nothing to look for, in milliseconds.
    fn claimed(&mut self, claimed: Result<(Claims, Result<Found, StoreError>), JoinError>) -> u64 {
        self.claiming = None;
        let Ok((claims, found)) = claimed else {
            // A claim that panicked is a defect; the lane goes on with a new one.
            let (shared, lease) = (Arc::clone(&self.shared), Arc::clone(&self.lease));
            self.claims = Some(Claims::new(shared, lease, self.descriptor.clone()));
            return self.shared.settings.poll_ms;
        };
        self.claims = Some(claims);
        let rest = self.take_in(found);
        if self.woken { 0 } else { rest }
    }

    /// Hands back whoever waits here for a campaign that was paused or cancelled since.
    fn give_up_resting(&mut self) {
        let running = Arc::clone(&self.shared.running.borrow());
        if Arc::ptr_eq(&self.known, &running) {
            return;
        }
        self.known = running;
        let resting = |claimed: &Claimed| self.known.iter().all(|running| running.id != claimed.campaign);
        if self.queue.iter().any(|(_, claimed)| resting(claimed)) {
            let (unbegun, queue) = self.queue.drain(..).partition(|(_, claimed)| resting(claimed));
            self.queue = queue;
            self.hand_back(unbegun);
        }
    }

    /// While the provider is left alone, whoever waits here is handed back: another provider of the channel may tell them.
    fn give_up_waiting(&mut self, now: Millis) {
        if matches!(self.breaker.permit(now), Permit::WaitUntil(_)) && !self.queue.is_empty() {
            let unbegun = std::mem::take(&mut self.queue);
            self.hand_back(unbegun);
        }
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

    /// Begins as many attempts as the provider and the lease allow. Returns how long to wait, in milliseconds, when one of
    /// them stands in the way.
    fn launch(&mut self, now: Millis) -> Option<u64> {
        while let Some((notice, claimed)) = self.queue.pop_front() {
            let permit = self.breaker.permit(now);
            let limit = match permit {
                Permit::Free => self.descriptor.concurrency.max(1),
                Permit::Probe => 1,
                Permit::WaitUntil(until) => {
                    self.queue.push_front((notice, claimed));
                    return u64::try_from(until.0 - now.0).ok();
                }
            };
            if self.flying.len() >= limit || !self.lease.may_begin(now, self.shared.settings.lease_ms) {
                self.queue.push_front((notice, claimed));
                return Some(self.shared.settings.poll_ms);
            }
            self.begin(notice, claimed, permit == Permit::Probe);
        }
        None
    }

    fn begin(&mut self, notice: Arc<CompiledNotice>, claimed: Claimed, probes: bool) {
        let shared = Arc::clone(&self.shared);
        let provider = Arc::clone(&self.provider);
        let outcomes = self.outcomes.clone();
        let policy = self.policy;
        let asked_ms = shared.asked.get(&self.descriptor.name).copied();
        self.flying.spawn(async move {
            let terms = Terms { provider: provider.as_ref(), policy, asked_ms, probes };
            let (clock, entropy) = (shared.clock.as_ref(), shared.entropy.as_ref());
            let (settlement, answer) = attempt::tell(&claimed, &notice, &terms, clock, entropy).await;
            let is_asked = *settlement.intent.provider != *NO_PROVIDER;
            shared.metrics.attempt(claimed.step.channel, &settlement.intent.provider, answer.outcome);
            // The settler outlives every lane, so this waits for room and never fails.
            let _ = outcomes.send((claimed.campaign, settlement)).await;
            (is_asked && !answer.of_a_stranger).then_some(answer)
        });
    }

    fn learn(&mut self, answer: &Answer) {
        let now = self.shared.clock.now();
        let opened = self.breaker.note(answer.outcome, answer.retry_after_ms, now);
        self.standing.learn(answer, opened, now);
        if opened {
            tracing::warn!(
                provider = %self.descriptor.name,
                outcome = %answer.outcome,
                code = answer.code.as_deref().unwrap_or(""),
                "the provider is left alone for a while; people wait for it or go to another one"
            );
        }
    }

    /// Claims the next people when fewer wait than one claim gives and the provider may be asked.
    fn refill(&mut self, now: Millis, stop: &CancellationToken) {
        let wanted = match self.breaker.permit(now) {
            Permit::Free => self.pace.batch(self.descriptor.concurrency.max(1), self.shared.settings.batch),
            Permit::Probe if self.flying.is_empty() && self.queue.is_empty() => 1,
            Permit::Probe | Permit::WaitUntil(_) => return,
        };
        // What is claimed has drawn on the rates. It must not pile up behind a slow provider, to go out all at once.
        let rates = Arc::clone(&self.shared.rates.borrow());
        if rates.hold(&self.descriptor)
            && (!self.queue.is_empty() || self.flying.len() >= self.descriptor.concurrency.max(1))
        {
            return;
        }
        if self.queue.len() >= wanted as usize
            || !self.lease.may_begin(now, self.shared.settings.lease_ms)
            || self.shared.running.borrow().is_empty()
        {
            return;
        }
        let Some(mut claims) = self.claims.take() else { return };
        let stop = stop.clone();
        self.claiming = Some(tokio::spawn(async move {
            let found = claims.next(wanted, &stop).await;
            (claims, found)
        }));
    }

    /// Returns how long there is nothing to look for, in milliseconds.
    fn take_in(&mut self, found: Result<Found, StoreError>) -> u64 {
        let poll_ms = self.shared.settings.poll_ms;
        match found {
            Ok(found) if found.work.is_empty() => found.wait_ms.unwrap_or(poll_ms).min(poll_ms),
            Ok(found) => {
                if found.urgent {
                    found.work.into_iter().rev().for_each(|work| self.queue.push_front(work));
                } else {
                    self.queue.extend(found.work);
                }
                self.known = Arc::default();
                0
            }
            // The lease's keeper notices as well, and ends this life.
            Err(StoreError::StaleLease) => poll_ms,
            Err(error) => {
                tracing::warn!(provider = %self.descriptor.name, %error, "people cannot be claimed; trying again");
                poll_ms
            }
        }
    }

    async fn end(mut self) {
        // While the database is away longer than a lease, a reaper is who comes next.
        let lease = Duration::from_millis(self.shared.settings.lease_ms.unsigned_abs());
        if let Some(claiming) = self.claiming.take()
            && let Ok(claimed) = tokio::time::timeout(lease, claiming).await
        {
            self.claimed(claimed);
        }
        let unbegun = std::mem::take(&mut self.queue);
        self.hand_back(unbegun);
        while self.flying.join_next().await.is_some() {}
        self.returning.close();
        let (returned, ()) = tokio::join!(tokio::time::timeout(lease, self.returning.wait()), self.standing.end(lease));
        if returned.is_err() {
            tracing::warn!("people could not be handed back; they will be listed as unknown");
        }
    }
}
