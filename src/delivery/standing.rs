//! Where a provider's account stands: noted as an alarm when it fails, and ended when it takes messages again.
//!
//! A lane only says what it has found; the noting goes on beside it, tries again while the database is away, and writes the
//! last word where several came meanwhile.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::engine::Shared;
use crate::domain::actor::ActorRef;
use crate::domain::alarm::{Alarm, Cause};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::AlarmId;
use crate::domain::outcome::Outcome;
use crate::providers::{Answer, Descriptor};
use crate::store::StoreError;

/// An alarm that nobody has seen for so long counts as over, and the next one is a new one, in milliseconds. Four times the
/// longest pause of a provider that is left alone.
const STILL_MS: i64 = 60 * 60_000;

/// How often a lane that takes messages says so again, in milliseconds: a worker that raised an alarm may have died of it.
const AFFIRM_MS: i64 = 5 * 60_000;

/// What another worker has found so recently is not contradicted, in milliseconds: its machine may be the one at fault. Longer
/// than any pause, after which it would have found it again.
const RECENT_MS: i64 = 20 * 60_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Found {
    /// Nothing yet.
    #[default]
    Nothing,
    /// It takes messages, at this time.
    Well(Millis),
    /// It refuses them all, with this code.
    Failing(Option<String>),
}

/// What one lane has found of its provider's account.
pub(super) struct Standing {
    found: watch::Sender<Found>,
    noting: JoinHandle<()>,
}

impl Standing {
    pub(super) fn new(shared: Arc<Shared>, provider: &Descriptor) -> Self {
        let (found, news) = watch::channel(Found::default());
        let noting = tokio::spawn(note_all(shared, provider.name.clone(), news));
        Self { found, noting }
    }

    /// Learns from an answer. `opened` is whether the provider is left alone because of it.
    pub(super) fn learn(&self, answer: &Answer, opened: bool, now: Millis) {
        match answer.outcome {
            Outcome::Misconfigured if opened => {
                self.found.send_replace(Found::Failing(answer.code.clone()));
            }
            Outcome::Accepted | Outcome::Delivered | Outcome::BadAddress | Outcome::Rejected => {
                self.found.send_if_modified(|found| {
                    let is_known = matches!(found, Found::Well(at) if now < at.plus(AFFIRM_MS));
                    if !is_known {
                        *found = Found::Well(now);
                    }
                    !is_known
                });
            }
            Outcome::Misconfigured | Outcome::Retry | Outcome::Throttled | Outcome::Unknown => {}
        }
    }

    /// Ends once the last word is written, or after a while.
    pub(super) async fn end(self, within: Duration) {
        drop(self.found);
        if tokio::time::timeout(within, self.noting).await.is_err() {
            tracing::warn!("where a provider's account stands could not be noted");
        }
    }
}

async fn note_all(shared: Arc<Shared>, provider: String, mut news: watch::Receiver<Found>) {
    let mut was_well = false;
    while news.changed().await.is_ok() {
        loop {
            let found = news.borrow_and_update().clone();
            match note(&shared, &provider, &found, was_well).await {
                Ok(()) => {
                    was_well = matches!(found, Found::Well(_));
                    break;
                }
                Err(error) => {
                    tracing::warn!(provider, %error, "where the provider's account stands cannot be noted; trying again");
                    tokio::time::sleep(Duration::from_millis(shared.settings.poll_ms)).await;
                }
            }
        }
    }
}

/// `was_well` is whether this worker has noted before that it takes messages, and nothing else since.
async fn note(shared: &Shared, provider: &str, found: &Found, was_well: bool) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let audit = |action: &str, code: Option<&str>| AuditEntry {
        incident: None,
        at: now,
        actor: ActorRef::engine(),
        action: action.to_owned(),
        detail: json!({ "cause": Cause::AccountFailure, "subject": provider, "code": code }),
    };
    match found {
        Found::Nothing => {}
        Found::Failing(code) => {
            let entry = audit("alarm.raised", code.as_deref());
            let alarm = Alarm {
                id: AlarmId::new(now, shared.entropy.ten()),
                cause: Cause::AccountFailure,
                subject: provider.to_owned(),
                code: code.clone(),
                raised_at: now,
                seen_at: now,
                ended_at: None,
            };
            if shared.store.raise_alarm(&alarm, now.plus(-STILL_MS), entry).await? {
                tracing::error!(provider, code = alarm.code, "the provider's account fails; responders are told");
            }
        }
        Found::Well(_) => {
            let seen_by = if was_well { now.plus(-RECENT_MS) } else { now };
            let entry = audit("alarm.ended", None);
            if shared.store.end_alarm(Cause::AccountFailure, provider, seen_by, entry).await? {
                tracing::info!(provider, "the provider's account works again");
            }
        }
    }
    Ok(())
}
