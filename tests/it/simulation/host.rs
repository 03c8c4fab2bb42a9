//! One host: a runtime of its own for each life of its process, driven turn by turn, so that it can be dropped or left
//! standing at any point.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use candour::delivery::{Engine, EngineDeps, EngineHandle, EngineSettings};
use candour::domain::id::AttemptId;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::cast;
use super::dice::{Chance, Dice};
use super::provider::FarProvider;
use super::pulse::{Pulse, Trip};
use super::scenario::away;
use super::store::FaultyStore;
use super::world::{Happening, World};

/// So many times a host that freezes lets others go on, so that everything of that instant is done.
const SAME_INSTANT: usize = 24;

/// See the module.
pub(crate) struct Host {
    number: usize,
    world: Arc<World>,
    dice: Dice,
    offset: i64,
    drift_ppm: i64,
    /// How far it has come.
    time: i64,
    life: Option<Life>,
    frozen: Option<Frozen>,
}

struct Life {
    runtime: Runtime,
    pulse: Arc<Pulse>,
    engine: Option<EngineHandle>,
    stopping: Option<(JoinHandle<()>, Option<i64>)>,
}

struct Frozen {
    until: i64,
    timers_know: bool,
}

/// A runtime that has its own time.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime without IO can be built")
}

impl Host {
    pub(crate) fn new(number: usize, world: &Arc<World>, mut dice: Dice) -> Self {
        let skew = world.scenario.skew;
        let offset = dice.between(-skew, skew + 1);
        let drift_ppm = if skew > 0 { dice.between(-500, 500) } else { 0 };
        Self { number, world: Arc::clone(world), dice, offset, drift_ppm, time: 0, life: None, frozen: None }
    }

    /// Starts the process.
    pub(crate) fn boot(&mut self, time: i64) {
        if self.life.is_some() {
            return;
        }
        self.time = self.time.max(time);
        let (scenario, dice) = (&self.world.scenario, &mut self.dice);
        let troubled = !self.world.is_calm(time);
        let trip = match () {
            () if troubled && dice.chance(scenario.crashing) => Trip::Crash,
            () if troubled && dice.chance(scenario.freezing) => {
                Trip::Freeze(dice.between(scenario.lease_ms / 2, 2 * scenario.lease_ms))
            }
            () => Trip::Never,
        };
        let high = dice.of(&[30, 200, 1_000]);
        let steps = dice.between(1, high);
        let pulse = Arc::new(Pulse::new(self.number, self.offset, self.drift_ppm, steps, trip));
        let runtime = runtime();
        let engine = {
            let _context = runtime.enter();
            pulse.set(self.time);
            let carriers = &scenario.carriers;
            let providers: Vec<_> =
                carriers.iter().map(|c| FarProvider::of(&self.world, &pulse, c, dice.split())).collect();
            let engine = Engine::new(EngineDeps {
                store: FaultyStore::new(&self.world, &pulse, dice.split()),
                metrics: cast::metrics(&providers),
                providers,
                renderer: Arc::clone(&cast::RENDERER),
                clock: cast::clock(&pulse),
                entropy: Arc::new(Chance::new(dice.split())),
                rules: Arc::clone(&cast::RULES),
                settings: EngineSettings {
                    worker_name: format!("host-{}", self.number),
                    lease_ms: scenario.lease_ms,
                    heartbeat_ms: scenario.heartbeat_ms.unsigned_abs(),
                    poll_ms: scenario.poll_ms.unsigned_abs(),
                    ask_after_ms: 1_000,
                    ask_until_ms: 10_000,
                    batch: scenario.batch,
                    policies: scenario.policies.clone(),
                    alone: scenario.alone,
                },
            });
            if self.number == 0 {
                *self.world.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.waker());
            }
            engine.start()
        };
        self.note("boot", "");
        self.world.events().witness.born(self.number);
        self.life = Some(Life { runtime, pulse, engine: Some(engine), stopping: None });
    }

    /// Kills the process. What the far side has is not undone.
    pub(crate) fn crash(&mut self, away_ms: i64) {
        let Some(life) = self.life.take() else { return };
        self.expose();
        self.note("crash", "");
        self.frozen = None;
        drop(life);
        self.world.events().later(self.time + away_ms, Happening::Boot(self.number));
    }

    /// Tells the process to stop, and starts it anew so long after it has; or not, where `away_ms` is `None`.
    pub(crate) fn stop(&mut self, away_ms: Option<i64>) {
        let Some(life) = self.life.as_mut() else { return };
        if let Some(engine) = life.engine.take() {
            life.stopping = Some((life.runtime.spawn(engine.stop()), away_ms));
            self.note("stop", "");
        } else if let Some((_, again)) = life.stopping.as_mut() {
            *again = away_ms.and(*again);
        }
    }

    /// Leaves the process standing; its timers know afterwards how long that was, or not.
    pub(crate) fn freeze(&mut self, span: i64, timers_know: bool) {
        let Some(life) = self.life.as_ref() else { return };
        if self.frozen.is_some() {
            return;
        }
        life.runtime.block_on(same_instant());
        self.expose();
        self.note("freeze", "");
        self.frozen = Some(Frozen { until: self.time + span, timers_know });
    }

    /// Sets its wall clock.
    pub(crate) fn step_clock(&mut self, by: i64) {
        self.offset += by;
        if let Some(life) = &self.life {
            life.pulse.step_clock(by);
        }
    }

    /// Ends a standstill early.
    pub(crate) fn thaw_by(&mut self, time: i64) {
        if let Some(frozen) = self.frozen.as_mut() {
            frozen.until = frozen.until.min(time);
        }
    }

    /// Runs until a time.
    pub(crate) fn turn(&mut self, until: i64) {
        let Some(life) = self.life.as_ref() else {
            self.time = until;
            return;
        };
        if let Some(frozen) = &self.frozen {
            if frozen.until > until {
                return;
            }
            let (timers_know, now) = (frozen.timers_know, frozen.until.max(self.time));
            let stood = Duration::from_millis((now - self.time).unsigned_abs());
            let pulse = &life.pulse;
            life.runtime.block_on(async {
                pulse.set(if timers_know { self.time } else { now });
                pulse.thaw();
                if timers_know {
                    tokio::time::advance(stood).await;
                }
            });
            (self.time, self.frozen) = (now, None);
            self.note("thaw", "");
        }
        let life = self.life.as_ref().expect("it lived a moment ago");
        let (pulse, span) = (&life.pulse, Duration::from_millis((until - self.time).max(0).unsigned_abs()));
        self.time = life.runtime.block_on(async {
            pulse.set(self.time);
            tokio::select! {
                biased;
                () = pulse.interrupted() => {}
                () = tokio::time::sleep(span) => {}
            }
            pulse.time()
        });
        match life.pulse.met() {
            Trip::Never => {}
            Trip::Crash => {
                let away_ms = away(&mut self.dice, self.world.scenario.lease_ms);
                self.crash(away_ms);
            }
            Trip::Freeze(span) => {
                let timers_know = self.dice.chance(500);
                self.freeze(span, timers_know);
            }
        }
        self.bury(until);
    }

    /// Takes down a process that has stopped.
    fn bury(&mut self, until: i64) {
        let done = |life: &Life| life.stopping.as_ref().is_some_and(|(task, _)| task.is_finished());
        if !self.life.as_ref().is_some_and(done) {
            return;
        }
        let again = self.life.take().and_then(|life| life.stopping).and_then(|(_, again)| again);
        self.note("stopped", "");
        if let Some(away_ms) = again {
            self.world.events().later(until + away_ms, Happening::Boot(self.number));
        }
    }

    /// Whether its process runs or stands.
    pub(crate) fn lives(&self) -> bool {
        self.life.is_some()
    }

    /// Writes down whom it has in flight: they may be told twice.
    fn expose(&self) {
        let events = &mut *self.world.events();
        let mine: BTreeSet<AttemptId> = events
            .model
            .attempts
            .iter()
            .filter(|(_, tried)| tried.outcome.is_none())
            .filter(|(_, tried)| events.witness.hosts.get(&tried.worker) == Some(&self.number))
            .map(|(id, _)| *id)
            .collect();
        events.witness.exposed.extend(mine);
    }

    fn note(&self, what: &'static str, result: &'static str) {
        self.world.events().note_at(self.time, self.number, what, uuid::Uuid::nil(), 0, result);
    }
}

async fn same_instant() {
    for _ in 0..SAME_INSTANT {
        tokio::task::yield_now().await;
    }
}
