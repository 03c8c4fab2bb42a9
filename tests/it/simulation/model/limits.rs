//! Rates that people set, and what all workers draw from them.

use candour::domain::campaign::{CampaignState, PersonState};
use candour::domain::clock::Millis;
use candour::domain::limit::{Bucket, Grant, Limit, LimitKind, Slots};
use candour::store::{Result, StoreError};

use super::{Model, Standing};

/// A rate, where somebody has set one, and what is left of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    set: Option<f64>,
    tokens: f64,
    filled_at: Millis,
}

impl Model {
    /// The rates that people have set.
    pub(crate) fn list_limits(&self) -> Vec<Limit> {
        let set = self.limits.iter().filter_map(|((kind, name), rate)| Some((*kind, name, rate.set?)));
        set.map(|(kind, name, per_second)| Limit { kind, name: name.clone(), per_second, updated_at: Millis(0) })
            .collect()
    }

    /// Sets a rate, without a burst.
    pub(crate) fn set_limit(&mut self, limit: &Limit) {
        let rate = Rate { set: Some(limit.per_second), tokens: 0.0, filled_at: limit.updated_at };
        let was = self.limits.insert((limit.kind, limit.name.clone()), rate);
        if limit.kind == LimitKind::Domain && was.is_some() {
            self.void_slots(limit.updated_at);
        }
    }

    /// Takes a rate away.
    pub(crate) fn remove_limit(&mut self, kind: LimitKind, name: &str, now: Millis) -> Result<()> {
        let key = (kind, name.to_owned());
        if self.limits.get(&key).is_none_or(|rate| rate.set.is_none()) {
            return Err(StoreError::NotFound("limit"));
        }
        self.limits.remove(&key);
        if kind == LimitKind::Domain {
            self.void_slots(now);
        }
        Ok(())
    }

    /// Takes tokens.
    pub(crate) fn take_tokens(
        &mut self,
        kind: LimitKind,
        name: &str,
        configured: f64,
        wanted: u32,
        now: Millis,
    ) -> Grant {
        let full = Bucket::full(configured, now);
        let fresh = Rate { set: None, tokens: full.tokens, filled_at: now };
        let rate = self.limits.entry((kind, name.to_owned())).or_insert(fresh);
        let per_second = rate.set.unwrap_or(configured);
        let mut bucket = Bucket { per_second, tokens: rate.tokens, filled_at: rate.filled_at };
        let grant = bucket.take(wanted, now);
        (rate.tokens, rate.filled_at) = (bucket.tokens, bucket.filled_at);
        grant
    }

    /// Takes slots of a domain's rate, one after the other.
    pub(crate) fn take_slots(&mut self, domain: &str, number: u32, now: Millis) -> Option<Slots> {
        let rate = self.limits.get_mut(&(LimitKind::Domain, domain.to_owned()))?;
        let slots = Slots::next(rate.set?, rate.filled_at, now);
        rate.filled_at = slots.nth(number);
        Some(slots)
    }

    /// No slot is one any more.
    fn void_slots(&mut self, now: Millis) {
        for ((kind, _), rate) in &mut self.limits {
            if *kind == LimitKind::Domain {
                rate.filled_at = rate.filled_at.min(now);
            }
        }
        let under_way = [CampaignState::Running, CampaignState::Paused];
        for run in self.runs.values_mut().filter(|run| under_way.contains(&run.campaign.state)) {
            run.slot_round += 1;
        }
    }

    /// Whoever waits for a slot that is none any more is due now.
    pub(crate) fn free_slots(&mut self, now: Millis) -> u64 {
        let mut freed = 0;
        for run in self.runs.values_mut() {
            let round = run.slot_round;
            let waiting = |one: &&mut Standing| {
                one.state == PersonState::Pending && one.slot.is_some_and(|slot| slot != round) && one.due > now.0
            };
            for one in run.people.values_mut().filter(waiting) {
                (one.due, one.slot) = (now.0, None);
                freed += 1;
            }
        }
        freed
    }
}
