//! The store in memory: what `store::queue` promises, said once more without SQL. One method is one transaction.

mod again;
mod alarms;
mod limits;
mod receipts;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use candour::domain::alarm::{Alarm, Cause};
use candour::domain::attempt::{
    ChannelPolicy, Claimed, Intent, NO_PROVIDER, NOBODY_CARRIES_IT, Next, Progress, Settlement, UnreachableReason,
};
use candour::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts, PersonState};
use candour::domain::cascade::Cascade;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use candour::domain::limit::LimitKind;
use candour::domain::outcome::Outcome;
use candour::domain::person::Person;
use candour::domain::queue::Queue;
use candour::store::{ClaimRequest, Result, SettleReport, StoreError};

pub(crate) use receipts::{Receipt, is_failure};

/// How attempts are resolved of which nobody knows.
pub(crate) type Policies = Vec<(Channel, ChannelPolicy)>;

/// Where a person stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) person: Person,
    pub(crate) progress: Progress,
    pub(crate) state: PersonState,
    pub(crate) due: i64,
    pub(crate) repeats: bool,
    /// In which round the person was given the slot of their destination's rate that they wait for.
    pub(crate) slot: Option<i64>,
    /// The destination in whose queue the person waits, once they have been sorted.
    pub(crate) destination: Option<Arc<str>>,
    /// Why the person cannot be reached.
    pub(crate) reason: Option<UnreachableReason>,
    pub(crate) attempt: Option<AttemptId>,
    pub(crate) worker: Option<WorkerId>,
}

impl Standing {
    /// Somebody who waits for the first attempt.
    pub(crate) fn new(person: Person, order: &[Channel]) -> Self {
        let cascade = Cascade::plan(order, person.record.reach(jiff::civil::date(2026, 11, 22)));
        let cascade_is_empty = cascade.is_empty();
        let state = if cascade_is_empty { PersonState::Unreachable } else { PersonState::Pending };
        let progress = Progress { cascade, place: 0, tries: 0 };
        let reason = cascade_is_empty.then_some(UnreachableReason::NoContact);
        let (due, repeats, slot) = (0, false, None);
        let (destination, attempt, worker) = (None, None, None);
        Self { person, progress, state, due, repeats, slot, destination, reason, attempt, worker }
    }

    /// Where the person waits.
    fn queue(&self) -> Option<Queue> {
        let channel = self.progress.cascade.step(self.progress.place)?.channel;
        Some(Queue { channel, destination: self.destination.clone() })
    }
}

/// What becomes of somebody whose attempt was not begun.
#[derive(Clone, Debug)]
pub(crate) enum Back {
    /// They wait where they were.
    AsItWas,
    /// They are due then, with a slot of their destination's rate that was taken in that round, or without.
    At { due: Millis, slot: Option<i64> },
    /// They wait for another provider.
    Into(Queue),
}

/// Who said what came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Answer,
    Reaper,
    Receipt,
}

/// An attempt: the intent, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) campaign: CampaignId,
    pub(crate) person: PersonId,
    pub(crate) worker: WorkerId,
    pub(crate) channel: Channel,
    pub(crate) provider: Arc<str>,
    pub(crate) place: u16,
    pub(crate) repeats: bool,
    pub(crate) outcome: Option<(Outcome, Said)>,
    pub(crate) receipt: Option<Outcome>,
}

/// A campaign and its people.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) campaign: Campaign,
    pub(crate) people: BTreeMap<PersonId, Standing>,
    /// Which round of slots it is in.
    pub(crate) slot_round: i64,
}

/// All that is stored.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) runs: BTreeMap<CampaignId, Run>,
    pub(crate) attempts: BTreeMap<AttemptId, Tried>,
    pub(crate) workers: BTreeMap<WorkerId, i64>,
    pub(crate) announced: bool,
    /// People whom somebody has taken as reached although nobody knows.
    pub(crate) taken_as_reached: BTreeSet<(CampaignId, PersonId)>,
    limits: BTreeMap<(LimitKind, String), limits::Rate>,
    /// Those that are open.
    alarms: BTreeMap<(Cause, String), Alarm>,
    /// Receipts that are known, by provider and key.
    receipts: BTreeSet<(String, String)>,
    /// Attempts that were withdrawn: they must never have been sent.
    pub(crate) withdrawn: BTreeSet<AttemptId>,
}

impl Model {
    /// Campaigns and their people, and nothing that has happened.
    pub(crate) fn new(runs: BTreeMap<CampaignId, Run>, announced: bool) -> Self {
        Self { runs, announced, ..Self::default() }
    }

    fn run(&mut self, campaign: CampaignId) -> Result<&mut Run> {
        self.runs.get_mut(&campaign).ok_or(StoreError::NotFound("campaign"))
    }

    /// Claims due people and writes the intents.
    pub(crate) fn claim(&mut self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        if self.workers.get(&request.worker).is_none_or(|end| *end <= request.now.0) {
            return Err(StoreError::StaleLease);
        }
        let run = self.runs.get_mut(&request.campaign).ok_or(StoreError::NotFound("campaign"))?;
        if run.campaign.state != CampaignState::Running {
            return Ok(Vec::new());
        }
        let mut due: Vec<(i64, PersonId)> = run
            .people
            .values()
            .filter(|p| p.state == PersonState::Pending && p.due <= request.now.0)
            .filter(|p| p.queue().as_ref() == Some(&request.queue))
            .map(|p| (p.due, p.person.id))
            .collect();
        due.sort_unstable();
        let limit = usize::try_from(request.limit).unwrap();
        let mut claimed = Vec::new();
        for ((_, person), attempt) in due.into_iter().take(limit).zip(&request.attempts) {
            let one = run.people.get_mut(&person).unwrap();
            one.state = PersonState::InFlight;
            one.progress.tries += 1;
            (one.attempt, one.worker) = (Some(*attempt), Some(request.worker));
            one.destination = None;
            let repeats = std::mem::take(&mut one.repeats);
            run.campaign.counts.shift(PersonState::Pending, PersonState::InFlight);
            run.campaign.repeated += i64::from(repeats);
            let tried = Tried {
                campaign: request.campaign,
                person,
                worker: request.worker,
                channel: request.queue.channel,
                provider: Arc::clone(&request.provider),
                place: one.progress.place,
                repeats,
                outcome: None,
                receipt: None,
            };
            assert!(self.attempts.insert(*attempt, tried).is_none(), "attempts have fresh identifiers");
            claimed.push(Claimed {
                attempt: *attempt,
                campaign: request.campaign,
                incident: run.campaign.incident,
                person: one.person.clone(),
                step: one.progress.cascade.step(one.progress.place).unwrap(),
                progress: one.progress.clone(),
                intent: Intent {
                    channel: request.queue.channel,
                    provider: Arc::clone(&request.provider),
                    place: one.progress.place,
                    tries: one.progress.tries,
                    // The model lists no attempts.
                    number: 1,
                    repeats,
                    at: request.now,
                },
                slot: (one.slot == Some(run.slot_round)).then_some(Millis(one.due)),
                slot_round: run.slot_round,
            });
        }
        Ok(claimed)
    }

    /// Whether the person is still in flight with that attempt and that worker.
    fn holds(&self, campaign: CampaignId, person: PersonId, attempt: AttemptId, worker: WorkerId) -> bool {
        self.runs.get(&campaign).and_then(|run| run.people.get(&person)).is_some_and(|one| {
            one.state == PersonState::InFlight && one.attempt == Some(attempt) && one.worker == Some(worker)
        })
    }

    /// Records outcomes; what comes too late is noted where nobody knew.
    pub(crate) fn settle(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: &[Settlement],
    ) -> Result<SettleReport> {
        let mut report = SettleReport::default();
        for one in settlements {
            if self.holds(campaign, one.person, one.attempt, worker) {
                let tried = self.attempts.get_mut(&one.attempt).unwrap();
                let told = (&one.intent.channel, &one.intent.provider, &one.intent.place, &one.intent.repeats);
                if &*one.intent.provider == NO_PROVIDER {
                    assert_eq!(one.code.as_deref(), Some(NOBODY_CARRIES_IT), "else somebody was asked");
                    tried.provider = Arc::clone(&one.intent.provider);
                }
                let known = (&tried.channel, &tried.provider, &tried.place, &tried.repeats);
                assert_eq!(known, told, "it is about that attempt");
                tried.outcome = Some((one.outcome, Said::Answer));
                self.go(campaign, one.person, one.next)?;
                report.applied += 1;
            } else {
                report.stale += 1;
                if let Some(tried) = self.attempts.get_mut(&one.attempt)
                    && tried.outcome.is_some_and(|(outcome, _)| outcome == Outcome::Unknown)
                    && one.outcome != Outcome::Unknown
                {
                    if tried.receipt.is_none_or(|said| said == one.outcome) {
                        report.late.push(one.attempt);
                    }
                    tried.receipt = tried.receipt.or(Some(one.outcome));
                }
            }
        }
        report.completed = report.applied > 0 && self.follow(campaign)?;
        Ok(report)
    }

    /// Withdraws intents that were not begun.
    pub(crate) fn hand_back(
        &mut self,
        campaign: CampaignId,
        worker: WorkerId,
        attempts: &[(AttemptId, Back)],
    ) -> Result<u32> {
        let mut back = 0;
        for (attempt, to) in attempts {
            let Some(tried) = self.attempts.get(attempt).cloned() else { continue };
            if tried.campaign != campaign || !self.holds(campaign, tried.person, *attempt, worker) {
                continue;
            }
            self.attempts.remove(attempt);
            self.withdrawn.insert(*attempt);
            let run = self.run(campaign)?;
            let round = run.slot_round;
            let one = run.people.get_mut(&tried.person).unwrap();
            (one.state, one.attempt, one.worker, one.repeats) = (PersonState::Pending, None, None, tried.repeats);
            one.progress.tries -= 1;
            match to {
                Back::AsItWas => {}
                // A rate has changed since the slot was taken: it is none, and they are due at once.
                Back::At { slot: Some(taken), .. } if *taken != round => (one.due, one.slot) = (0, None),
                Back::At { due, slot } => (one.due, one.slot) = (due.0, *slot),
                Back::Into(queue) => one.destination.clone_from(&queue.destination),
            }
            run.campaign.counts.shift(PersonState::InFlight, PersonState::Pending);
            run.campaign.repeated -= i64::from(tried.repeats);
            back += 1;
        }
        Ok(back)
    }

    /// Moves a person on from the attempt they are at.
    fn go(&mut self, campaign: CampaignId, person: PersonId, next: Next) -> Result<()> {
        let run = self.run(campaign)?;
        let one = run.people.get_mut(&person).unwrap();
        run.campaign.counts.shift(one.state, next.state());
        (one.state, one.worker, one.repeats, one.slot) = (next.state(), None, false, None);
        one.destination = None;
        one.reason = if let Next::Unreachable(reason) = next { Some(reason) } else { None };
        if let Next::Pending { place, tries, due_at, repeats, .. } = next {
            (one.progress.place, one.progress.tries, one.due, one.repeats) = (place, tries, due_at.0, repeats);
        }
        Ok(())
    }

    /// Completes a campaign in which nobody is pending or in flight; reopens one in which somebody is again. Returns
    /// whether it completed.
    fn follow(&mut self, campaign: CampaignId) -> Result<bool> {
        let campaign = &mut self.run(campaign)?.campaign;
        match (campaign.state, campaign.counts.is_settled()) {
            (CampaignState::Running, true) => campaign.state = CampaignState::Completed,
            (CampaignState::Completed, false) => campaign.state = CampaignState::Running,
            _ => return Ok(false),
        }
        Ok(campaign.state == CampaignState::Completed)
    }

    /// Completes what has come to its end without a settlement that said so.
    pub(crate) fn complete(&mut self) -> Result<Vec<CampaignId>> {
        let running = self.in_state(CampaignState::Running);
        let mut completed = Vec::new();
        for campaign in running {
            if self.follow(campaign)? {
                completed.push(campaign);
            }
        }
        Ok(completed)
    }

    /// Campaigns in a state.
    pub(crate) fn in_state(&self, state: CampaignState) -> Vec<CampaignId> {
        self.runs.values().map(|run| &run.campaign).filter(|c| c.state == state).map(|c| c.id).collect()
    }

    /// What a person does with a campaign.
    pub(crate) fn act(&mut self, campaign: CampaignId, action: CampaignAction) -> Result<Campaign> {
        let campaign = &mut self.run(campaign)?.campaign;
        let out_of_order = || StoreError::Conflict(format!("it is {}", campaign.state.as_str()));
        campaign.state = campaign.state.after(action).ok_or_else(out_of_order)?;
        Ok(campaign.clone())
    }

    /// Puts the announcement in the place of those who cannot be reached.
    pub(crate) fn cover(&mut self) -> i64 {
        let mut covered = 0;
        for run in self.runs.values_mut() {
            for one in run.people.values_mut().filter(|one| one.state == PersonState::Unreachable) {
                one.state = PersonState::Announced;
                run.campaign.counts.shift(PersonState::Unreachable, PersonState::Announced);
                covered += 1;
            }
        }
        covered
    }

    /// The counts of all campaigns.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for run in self.runs.values() {
            for state in PersonState::ALL {
                *counts.get_mut(state) += run.campaign.counts.get(state);
            }
        }
        counts
    }

    /// People whom a worker has in flight.
    pub(crate) fn in_flight(&self, worker: WorkerId) -> Vec<(CampaignId, PersonId)> {
        let of_run = |run: &Run| {
            let mine =
                run.people.values().filter(move |p| p.state == PersonState::InFlight && p.worker == Some(worker));
            mine.map(|p| (run.campaign.id, p.person.id)).collect::<Vec<_>>()
        };
        self.runs.values().flat_map(of_run).collect()
    }
}
