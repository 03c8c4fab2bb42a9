//! Where a lane's people come from: the urgent campaigns first, then the others in turn; as many as the rates allow.
//!
//! A rate is drawn on before people are claimed, so whoever is in the lane's queue need not wait for it. The rate of a
//! destination's domain is the exception: it shows only when the record is open, and whoever is over it is put off to a
//! slot of their own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::budget::allowance;
use super::codes::supply;
use super::engine::{Rates, Shared};
use super::lease::Lease;
use super::notices::NoticeFault;
use super::quiet::within_hours;
use super::returns;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::Claimed;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction, Priority};
use crate::domain::channel::Channel;
use crate::domain::clock::{Entropy, Millis};
use crate::domain::id::{AttemptId, CampaignId};
use crate::domain::limit::LimitKind;
use crate::domain::queue::Queue;
use crate::providers::Descriptor;
use crate::render::CompiledNotice;
use crate::store::{ClaimRequest, Delay, StoreError};

/// Somebody to be told, and what.
pub(super) type Work = (Arc<CompiledNotice>, Claimed);

/// A slot that is no further away than this is taken at once, in milliseconds: a domain's burst.
const SLOT_BURST_MS: i64 = 1000;

/// A slot that was missed by more than this is none any more, in milliseconds: whoever was held up meets the rate anew, so
/// that not all of them go out at once. Longer where the engine looks more rarely.
const SLOT_LAPSE_MS: i64 = 5000;

/// What came of looking for people.
pub(super) struct Found {
    /// Those found, all of one campaign.
    pub(super) work: Vec<Work>,
    /// Whether they go before those in the queue.
    pub(super) urgent: bool,
    /// When a rate allows more, in milliseconds, where one stood in the way.
    pub(super) wait_ms: Option<u64>,
}

/// Claims for one lane.
pub(super) struct Claims {
    shared: Arc<Shared>,
    lease: Arc<Lease>,
    descriptor: Descriptor,
    /// Tokens that were taken and not needed, and of which rate. Those of another rate are worth nothing.
    spare: HashMap<(LimitKind, String), (f64, u32)>,
    /// Where this lane looks, in order.
    queues: Vec<Queue>,
    /// Queues of campaigns that had nobody for this lane, by place in that order, and until when they are not asked again.
    resting: HashMap<(CampaignId, usize), Millis>,
    turn: usize,
}

impl Claims {
    pub(super) fn new(shared: Arc<Shared>, lease: Arc<Lease>, descriptor: Descriptor) -> Self {
        let queues = shared.sorting.looked_in(&descriptor);
        Self { shared, lease, descriptor, spare: HashMap::new(), queues, resting: HashMap::new(), turn: 0 }
    }

    /// Something has changed: every campaign may have people again.
    pub(super) fn wake(&mut self) {
        self.resting.clear();
    }

    /// Claims at most `limit` people of the first campaign that has any. A campaign of which nobody can be claimed, whatever the
    /// reason, holds up no other.
    pub(super) async fn next(&mut self, limit: u32, stop: &CancellationToken) -> Result<Found, StoreError> {
        let mut found = Found { work: Vec::new(), urgent: false, wait_ms: None };
        let rates = Arc::clone(&self.shared.rates.borrow());
        let (name, of_provider) = (self.descriptor.name.clone(), rates.of_provider(&self.descriptor));
        let mut left = self.allowance(LimitKind::Provider, &name, of_provider, limit, &mut found).await?;
        let looks: Vec<(Campaign, usize)> = self
            .in_turn()
            .into_iter()
            .flat_map(|campaign| (0..self.queues.len()).map(move |queue| (campaign.clone(), queue)))
            .collect();
        for (campaign, queue) in looks {
            if left == 0 {
                break;
            }
            let now = self.shared.clock.now();
            if self.resting.get(&(campaign.id, queue)).is_some_and(|until| now < *until) {
                continue;
            }
            match self.of_campaign(&campaign, queue, &rates, left, &mut found, stop).await {
                Ok(true) => {
                    left -= u32::try_from(found.work.len()).unwrap_or(u32::MAX).min(left);
                    break;
                }
                Ok(false) => {}
                Err(error @ (StoreError::StaleLease | StoreError::Busy | StoreError::Unavailable(_))) => {
                    self.keep(LimitKind::Provider, &name, of_provider, left);
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(campaign = %campaign.id, provider = %name, %error, "people of this campaign cannot be claimed; trying again");
                    self.rest(&campaign, queue);
                }
            }
        }
        self.keep(LimitKind::Provider, &name, of_provider, left);
        Ok(found)
    }

    /// Claims of one campaign. Returns whether it had somebody, who may all have been put off.
    async fn of_campaign(
        &mut self,
        campaign: &Campaign,
        queue: usize,
        rates: &Rates,
        limit: u32,
        found: &mut Found,
        stop: &CancellationToken,
    ) -> Result<bool, StoreError> {
        let name = campaign.id.to_string();
        let rate = rates.of(LimitKind::Campaign, &name);
        let allowed = self.allowance(LimitKind::Campaign, &name, rate, limit, found).await?;
        if allowed == 0 {
            return Ok(false);
        }
        let paid = match allowance(&self.shared, campaign, &self.descriptor).await? {
            None => allowed,
            Some(messages) => allowed.min(messages),
        };
        let claimed = if paid == 0 { Vec::new() } else { self.claim(campaign, queue, paid, stop).await? };
        if claimed.is_empty() {
            self.keep(LimitKind::Campaign, &name, rate, allowed);
            self.rest(campaign, queue);
            return Ok(false);
        }
        let quiet = self.shared.policy(self.descriptor.channel).quiet;
        let awake = if quiet.is_some() || self.descriptor.channel == Channel::Voice {
            within_hours(&self.shared, self.lease.worker, quiet, campaign, claimed).await
        } else {
            Some(claimed)
        };
        let Some(awake) = awake else {
            self.keep(LimitKind::Campaign, &name, rate, allowed);
            self.rest(campaign, queue);
            return Ok(false);
        };
        found.work = self.within_domains(rates, campaign, awake).await;
        found.urgent = campaign.priority == Priority::Urgent;
        // Whoever was put off has used up nothing, and there may be others behind them.
        let taken = u32::try_from(found.work.len()).unwrap_or(u32::MAX);
        self.keep(LimitKind::Campaign, &name, rate, allowed - taken.min(allowed));
        found.wait_ms = found.work.is_empty().then_some(0);
        Ok(true)
    }

    /// Leaves a campaign's queue alone for a moment.
    fn rest(&mut self, campaign: &Campaign, queue: usize) {
        let poll_ms = i64::try_from(self.shared.settings.poll_ms).unwrap_or(i64::MAX);
        self.resting.insert((campaign.id, queue), self.shared.clock.now().plus(poll_ms));
    }

    /// The running campaigns: the urgent ones first, each kind beginning with another one every time.
    fn in_turn(&mut self) -> Vec<Campaign> {
        self.turn = self.turn.wrapping_add(1);
        let running = Arc::clone(&self.shared.running.borrow());
        let (mut urgent, mut normal): (Vec<Campaign>, Vec<Campaign>) =
            running.iter().cloned().partition(|campaign| campaign.priority == Priority::Urgent);
        for kind in [&mut urgent, &mut normal] {
            let first = self.turn.checked_rem(kind.len()).unwrap_or(0);
            kind.rotate_left(first);
        }
        urgent.append(&mut normal);
        urgent
    }

    /// Draws on a rate, what was spared of it first. All that is wanted where there is none.
    async fn allowance(
        &mut self,
        kind: LimitKind,
        name: &str,
        rate: Option<f64>,
        wanted: u32,
        found: &mut Found,
    ) -> Result<u32, StoreError> {
        let spare = self.spare.remove(&(kind, name.to_owned()));
        let Some(rate) = rate else { return Ok(wanted) };
        let spare = spare.filter(|(of, _)| of.to_bits() == rate.to_bits()).map_or(0, |(_, tokens)| tokens);
        if spare >= wanted {
            self.keep(kind, name, Some(rate), spare - wanted);
            return Ok(wanted);
        }
        let now = self.shared.clock.now();
        let grant = self.shared.store.take_tokens(kind, name, rate, wanted - spare, now).await?;
        let allowed = spare + grant.tokens;
        if allowed == 0 {
            found.wait_ms = found.wait_ms.into_iter().chain(grant.wait_ms).min();
        }
        Ok(allowed)
    }

    fn keep(&mut self, kind: LimitKind, name: &str, rate: Option<f64>, tokens: u32) {
        if let Some(rate) = rate.filter(|_| tokens > 0) {
            self.spare.insert((kind, name.to_owned()), (rate, tokens));
        }
    }

    /// Claims people whom this lane carries. Whoever another provider carries is put aside for it.
    async fn claim(
        &self,
        campaign: &Campaign,
        queue: usize,
        limit: u32,
        stop: &CancellationToken,
    ) -> Result<Vec<Work>, StoreError> {
        loop {
            let claimed = self.claim_any(campaign, queue, limit, stop).await?;
            let found = claimed.len();
            let ours = self.put_aside(campaign, claimed).await;
            // Where all of them were others', there may be ours behind them.
            if !ours.is_empty() || found < limit as usize || stop.is_cancelled() {
                return Ok(ours);
            }
        }
    }

    async fn put_aside(&self, campaign: &Campaign, claimed: Vec<Work>) -> Vec<Work> {
        let shared = &self.shared;
        let (mut ours, mut aside) = (Vec::with_capacity(claimed.len()), Vec::new());
        for (notice, claimed) in claimed {
            match shared.sorting.elsewhere(&self.descriptor, &claimed) {
                None => ours.push((notice, claimed)),
                Some(queue) => aside.push((claimed.attempt, queue)),
            }
        }
        if !aside.is_empty() {
            let (worker, attempts) = (self.lease.worker, aside.iter().map(|(attempt, _)| *attempt).collect());
            match shared.store.put_aside(campaign.id, worker, aside, shared.clock.now()).await {
                Ok(_) => shared.changes.announce(),
                // The store is away: they are handed back once it is there again, and sorted anew.
                Err(_) => {
                    tokio::spawn(returns::hand_back(Arc::clone(shared), worker, campaign.id, attempts));
                }
            }
        }
        ours
    }

    async fn claim_any(
        &self,
        campaign: &Campaign,
        queue: usize,
        limit: u32,
        stop: &CancellationToken,
    ) -> Result<Vec<Work>, StoreError> {
        let shared = &self.shared;
        let notice = match shared.notices.of(campaign).await {
            Ok(notice) => notice,
            Err(NoticeFault::Store(error)) => return Err(error),
            Err(fault) => {
                pause(shared, campaign, &fault).await?;
                return Ok(Vec::new());
            }
        };
        let now = shared.clock.now();
        let worker = self.lease.worker;
        let attempts = fresh_attempts(limit, now, shared.entropy.as_ref());
        let (queue, provider) = (self.queues[queue].clone(), Arc::from(self.descriptor.name.as_str()));
        let offered = attempts.clone();
        let request = ClaimRequest { worker, campaign: campaign.id, queue, provider, limit, now, attempts };
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
        let claimed =
            if campaign.remedy_codes { supply(shared, worker, campaign, &notice, claimed).await } else { claimed };
        Ok(claimed.into_iter().map(|claimed| (Arc::clone(&notice), claimed)).collect())
    }

    /// Puts off whoever is over the rate of their address's domain.
    async fn within_domains(&self, rates: &Rates, campaign: &Campaign, work: Vec<Work>) -> Vec<Work> {
        if self.descriptor.channel != Channel::Email || !rates.any_domain() {
            return work;
        }
        let now = self.shared.clock.now();
        let lapse_ms =
            SLOT_LAPSE_MS.max(i64::try_from(self.shared.settings.poll_ms).unwrap_or(i64::MAX).saturating_mul(2));
        // All were claimed together.
        let Some(round) = work.first().map(|(_, claimed)| claimed.slot_round) else { return work };
        let (mut free, mut limited) = (Vec::with_capacity(work.len()), BTreeMap::<String, Vec<Work>>::new());
        for (notice, claimed) in work {
            match domain(&claimed).filter(|domain| rates.of(LimitKind::Domain, domain).is_some()) {
                Some(domain) if claimed.slot.is_none_or(|slot| slot.plus(lapse_ms) < now) => {
                    limited.entry(domain).or_default().push((notice, claimed));
                }
                _ => free.push((notice, claimed)),
            }
        }
        let (mut put_off, mut back) = (Vec::new(), Vec::new());
        for (domain, work) in limited {
            let number = u32::try_from(work.len()).unwrap_or(u32::MAX);
            let Ok(slots) = self.shared.store.take_slots(&domain, number, now).await else {
                back.extend(work.into_iter().map(|(_, claimed)| claimed.attempt));
                continue;
            };
            let Some(slots) = slots else {
                free.extend(work);
                continue;
            };
            for (nth, (notice, claimed)) in (0_u32..).zip(work) {
                let slot = slots.nth(nth);
                if slot.0 <= now.0 + SLOT_BURST_MS {
                    free.push((notice, claimed));
                } else {
                    put_off.push((claimed.attempt, slot));
                }
            }
        }
        let worker = self.lease.worker;
        let delay = Delay::Slot { round };
        if !put_off.is_empty()
            && self.shared.store.put_off(campaign.id, worker, put_off.clone(), delay, now).await.is_err()
        {
            back.extend(put_off.into_iter().map(|(attempt, _)| attempt));
        }
        if !back.is_empty() {
            // The store is away: they are handed back once it is there again, and meet the rate anew.
            tokio::spawn(returns::hand_back(Arc::clone(&self.shared), worker, campaign.id, back));
        }
        free
    }
}

/// Fresh identifiers, in order: rows whose identifiers ascend are written to the end of an index and not all over it.
fn fresh_attempts(count: u32, now: Millis, entropy: &dyn Entropy) -> Vec<AttemptId> {
    let mut random = vec![[0; 10]; count as usize];
    entropy.fill(random.as_flattened_mut());
    random.sort_unstable();
    random.into_iter().map(|ten| AttemptId::new(now, ten)).collect()
}

/// The domain that an email of this step goes to, in lower case and ASCII.
fn domain(claimed: &Claimed) -> Option<String> {
    let address = claimed.person.record.emails.get(usize::from(claimed.step.point))?;
    let (_, domain) = address.expose().rsplit_once('@')?;
    match url::Host::parse(domain).ok()? {
        url::Host::Domain(domain) => Some(domain),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

/// Stops a campaign that cannot go on as it was approved; a person must look.
pub(super) async fn pause(
    shared: &Shared,
    campaign: &Campaign,
    fault: &(dyn std::fmt::Display + Sync),
) -> Result<(), StoreError> {
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
