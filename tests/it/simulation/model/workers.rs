//! Workers, their leases, and reaping: fenced first, then people in steps, the worker's row last.

use candour::domain::attempt::{Next, next};
use candour::domain::clock::Millis;
use candour::domain::id::{CampaignId, PersonId, WorkerId};
use candour::domain::outcome::Outcome;
use candour::store::{Result, StoreError};

use super::{Model, Policies, Said};

/// So many people are taken in one step, so that something can come in between.
const STEP: usize = 3;

impl Model {
    /// Enters a worker.
    pub(crate) fn register(&mut self, worker: WorkerId, end: i64) -> Result<()> {
        if self.workers.insert(worker, end).is_some() {
            return Err(StoreError::Conflict(String::from("a worker with this identifier is there already")));
        }
        Ok(())
    }

    /// Extends a lease, unless it was ended by a reaper.
    pub(crate) fn extend(&mut self, worker: WorkerId, end: i64) -> Result<()> {
        let known = self.workers.get_mut(&worker).filter(|known| **known > 0).ok_or(StoreError::StaleLease)?;
        *known = end;
        Ok(())
    }

    /// Removes a worker that has nobody in flight.
    pub(crate) fn retire(&mut self, worker: WorkerId) -> Result<()> {
        if !self.in_flight(worker).is_empty() {
            return Err(StoreError::Conflict(String::from("the worker still has people in flight")));
        }
        self.workers.remove(&worker);
        Ok(())
    }

    /// Workers whose lease ended before `now`.
    pub(crate) fn ended(&self, now: i64) -> Vec<WorkerId> {
        self.workers.iter().filter(|(_, end)| **end < now).map(|(worker, _)| *worker).collect()
    }

    /// Ends a lease for good; says whether it did.
    pub(crate) fn fence(&mut self, worker: WorkerId, now: i64, in_any_case: bool) -> bool {
        match self.workers.get_mut(&worker) {
            Some(end) if *end < now || in_any_case => {
                *end = 0;
                true
            }
            _ => false,
        }
    }

    /// Whether nothing that a worker claimed is its own any more.
    pub(crate) fn is_fenced(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_none_or(|end| *end == 0)
    }

    /// Takes some of the people whom a worker has in flight. Returns how many, and how many will be told again.
    pub(crate) fn reap_some(
        &mut self,
        worker: WorkerId,
        policies: &Policies,
        now: Millis,
        jitter: f64,
    ) -> Result<(u32, u32)> {
        let held = self.in_flight(worker);
        let Some((campaign, _)) = held.first().copied() else { return Ok((0, 0)) };
        let (mut unknown, mut repeats) = (0, 0);
        for (_, person) in held.into_iter().filter(|(of, _)| *of == campaign).take(STEP) {
            let attempt = self.runs[&campaign].people[&person].attempt.unwrap();
            self.attempts.get_mut(&attempt).unwrap().outcome = Some((Outcome::Unknown, Said::Reaper));
            let to = self.after(campaign, person, Outcome::Unknown, policies, now, jitter);
            unknown += 1;
            repeats += u32::from(matches!(to, Next::Pending { repeats: true, .. }));
            self.go(campaign, person, to)?;
        }
        self.follow(campaign)?;
        Ok((unknown, repeats))
    }

    /// Removes a worker's row once nobody is in flight with it; says whether it did.
    pub(crate) fn remove_reaped(&mut self, worker: WorkerId) -> bool {
        self.in_flight(worker).is_empty() && self.workers.remove(&worker).is_some()
    }

    /// Where a person goes after an outcome of the last attempt.
    pub(super) fn after(
        &self,
        campaign: CampaignId,
        person: PersonId,
        outcome: Outcome,
        policies: &Policies,
        now: Millis,
        jitter: f64,
    ) -> Next {
        let one = &self.runs[&campaign].people[&person];
        let channel = self.attempts[&one.attempt.unwrap()].channel;
        let policy = policies.iter().find(|(named, _)| *named == channel).unwrap().1;
        next(&one.progress, outcome, None, &policy, now, jitter)
    }
}
