//! What all hosts of a run share: the store's model, the far side of the providers, what is still to happen, the record.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candour::domain::campaign::{CampaignState, Counts, PersonState};
use candour::domain::clock::Millis;
use candour::domain::id::AttemptId;
use candour::domain::limit::Limit;
use uuid::Uuid;

use super::model::{Model, Receipt, Run};
use super::pulse::{EPOCH, Pulse};
use super::scenario::{Limited, Scenario};
use super::trace::{Note, Trace};
use super::witness::Witness;

/// A change of the store that its caller has given up on.
pub(crate) type Belated = Box<dyn FnOnce(&mut Model) + Send>;

/// Wakes an engine.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// What is to happen at a time, whatever the hosts do.
pub(crate) enum Happening {
    /// The far side takes a message that was under way.
    Take(AttemptId),
    /// A provider posts a receipt.
    Receipt(Receipt),
    /// A change lands in the store that its caller has given up on.
    Commit(&'static str, Belated),
    /// A host starts.
    Boot(usize),
}

/// Everything that changes.
pub(crate) struct Events {
    pub(crate) model: Model,
    pub(crate) witness: Witness,
    pub(crate) trace: Trace,
    /// What must never be, and was.
    pub(crate) violations: Vec<String>,
    later: BTreeMap<(i64, u64), Happening>,
    sequence: u64,
}

/// See the module.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    /// Decides which contact points are dead, and what the far side says later.
    pub(crate) contacts: u64,
    /// Wakes the engine that lives beside the API.
    pub(crate) wake: Mutex<Option<Wake>>,
    events: Mutex<Events>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) fn new(scenario: Scenario, runs: Vec<Run>, contacts: u64) -> Arc<Self> {
        let runs = runs.into_iter().map(|run| (run.campaign.id, run)).collect();
        let mut model = Model::new(runs, scenario.announced);
        for Limited { kind, name, per_second, .. } in scenario.limits.iter().filter(|limit| !limit.changes) {
            let updated_at = Millis(EPOCH);
            model.set_limit(&Limit { kind: *kind, name: name.clone(), per_second: *per_second, updated_at });
        }
        let events = Events {
            model,
            witness: Witness::default(),
            trace: Trace::default(),
            violations: Vec::new(),
            later: BTreeMap::new(),
            sequence: 0,
        };
        Arc::new(Self { scenario, contacts, wake: Mutex::new(None), events: Mutex::new(events) })
    }

    /// All of it. Never held over an await.
    pub(crate) fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a step of the simulation itself has failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.events.is_poisoned()
    }

    /// Whether the troubles have ended.
    pub(crate) fn is_calm(&self, time: i64) -> bool {
        time >= self.scenario.calm_at
    }
}

impl Events {
    /// Plans something.
    pub(crate) fn later(&mut self, at: i64, what: Happening) {
        self.sequence += 1;
        self.later.insert((at, self.sequence), what);
    }

    /// The next thing that is due by a time.
    pub(crate) fn due(&mut self, time: i64) -> Option<Happening> {
        let (at, _) = *self.later.keys().next()?;
        (at <= time).then(|| self.later.pop_first().unwrap().1)
    }

    /// When something is to happen next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.later.keys().next().map(|(at, _)| *at)
    }

    /// Writes down what happened.
    pub(crate) fn note(&mut self, pulse: &Pulse, what: &'static str, id: Uuid, number: usize, result: &'static str) {
        self.note_at(pulse.time(), pulse.host, what, id, number, result);
    }

    /// The same, where no host runs.
    pub(crate) fn note_at(
        &mut self,
        at: i64,
        host: usize,
        what: &'static str,
        id: Uuid,
        number: usize,
        result: &'static str,
    ) {
        self.trace.add(Note { at, host, what, id, number: i64::try_from(number).unwrap(), result });
    }

    /// Writes down what must never be.
    pub(crate) fn violated(&mut self, what: String) {
        self.violations.push(what);
    }

    /// After every change of the store: each person is in one state, and the counts say in which.
    pub(crate) fn check(&mut self, time: i64) {
        let mut broken = Vec::new();
        for run in self.model.runs.values() {
            let mut counts = Counts::default();
            for one in run.people.values() {
                *counts.get_mut(one.state) += 1;
                let in_flight = one.state == PersonState::InFlight;
                if in_flight != one.worker.is_some() || (in_flight && one.attempt.is_none()) {
                    broken.push(format!("{} is {} with {:?}", one.person.id, one.state.as_str(), one.worker));
                }
            }
            if counts != run.campaign.counts || counts.total() != run.campaign.sealed {
                broken.push(format!("counts {:?} of people that are {counts:?}", run.campaign.counts));
            }
            if run.campaign.state == CampaignState::Completed && !counts.is_settled() {
                broken.push(format!("campaign {} is complete with {counts:?}", run.campaign.id));
            }
        }
        self.violations.append(&mut broken);
        self.witness.follow(&self.model, time);
    }
}
