//! One life of one process: its clock, and the points at which it can be stopped dead or frozen.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use candour::domain::clock::{Clock, Millis};
use tokio::sync::Notify;
use tokio::time::Instant;

/// When runs begin, as their clocks tell it.
pub(crate) const EPOCH: i64 = 1_800_000_000_000;

/// What a life meets when its steps have run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trip {
    /// Nothing.
    Never,
    /// It is gone at once.
    Crash,
    /// It stands still for so many milliseconds.
    Freeze(i64),
}

/// What everything that is given to one life's engine shares.
pub(crate) struct Pulse {
    /// The host, from 0.
    pub(crate) host: usize,
    reached: Mutex<(i64, Option<Instant>)>,
    offset: AtomicI64,
    drift_ppm: i64,
    steps: AtomicI64,
    trip: Trip,
    tripped: AtomicBool,
    dead: AtomicBool,
    woken: Notify,
    thawed: Notify,
}

impl Pulse {
    /// A life whose clock is wrong by `offset` milliseconds and so many millionths, and that meets `trip` after so many
    /// steps.
    pub(crate) fn new(host: usize, offset: i64, drift_ppm: i64, steps: i64, trip: Trip) -> Self {
        Self {
            host,
            reached: Mutex::new((0, None)),
            offset: AtomicI64::new(offset),
            drift_ppm,
            steps: AtomicI64::new(steps),
            trip,
            tripped: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            woken: Notify::new(),
            thawed: Notify::new(),
        }
    }

    /// Sets the time at which the present instant of the runtime is.
    pub(crate) fn set(&self, time: i64) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = (time, Some(Instant::now()));
    }

    /// The true time, in milliseconds since the run began. Only inside the life's runtime.
    pub(crate) fn time(&self) -> i64 {
        let (time, since) = *self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = since.map_or(0, |since| i64::try_from(since.elapsed().as_millis()).unwrap());
        time + passed
    }

    /// Sets the wall clock forward or back.
    pub(crate) fn step_clock(&self, by: i64) {
        self.offset.fetch_add(by, Ordering::SeqCst);
    }

    /// A point at which the process may die or stand still. A dead one never gets past it.
    pub(crate) async fn point(&self) {
        if self.trip != Trip::Never && self.steps.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.tripped.store(true, Ordering::SeqCst);
            self.dead.store(self.trip == Trip::Crash, Ordering::SeqCst);
            self.woken.notify_one();
            if self.trip != Trip::Crash {
                self.thawed.notified().await;
            }
        }
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the life has met its trip.
    pub(crate) async fn interrupted(&self) {
        self.woken.notified().await;
    }

    /// What the life has met, once.
    pub(crate) fn met(&self) -> Trip {
        if self.tripped.swap(false, Ordering::SeqCst) { self.trip } else { Trip::Never }
    }

    /// Lets go of what stood still at its point.
    pub(crate) fn thaw(&self) {
        self.thawed.notify_waiters();
    }
}

impl Clock for Pulse {
    fn now(&self) -> Millis {
        let time = self.time();
        Millis(EPOCH + time + time * self.drift_ppm / 1_000_000 + self.offset.load(Ordering::SeqCst))
    }
}
