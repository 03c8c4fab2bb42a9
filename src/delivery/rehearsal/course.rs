//! How far a rehearsal is: noted by whoever plays it as it goes, and told to the real database every second, so that others see
//! it and can ask for its end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::id::RehearsalId;
use crate::domain::rehearsal::{Progress, Rehearsal, Stage};
use crate::store::Store;

/// How often to tell.
const PERIOD: Duration = Duration::from_secs(1);

/// The course of one rehearsal.
pub(super) struct Course {
    id: RehearsalId,
    progress: Mutex<Progress>,
}

impl Course {
    pub(super) fn of(rehearsal: &Rehearsal) -> Self {
        Self { id: rehearsal.id, progress: Mutex::new(rehearsal.progress) }
    }

    /// So many more are on the stage.
    pub(super) fn copied(&self, people: i64) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).done += people;
    }

    /// Of so many people, so many are told.
    pub(super) fn told(&self, people: i64, done: i64) {
        let progress = Progress { stage: Stage::Telling, people, done };
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how far it is, until it is to stop.
    pub(super) async fn tell(&self, store: &dyn Store, clock: &dyn Clock) {
        loop {
            tokio::time::sleep(PERIOD).await;
            match store.note_rehearsal(self.id, self.progress(), clock.now()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "how far a rehearsal is cannot be told; trying again"),
            }
        }
    }
}
