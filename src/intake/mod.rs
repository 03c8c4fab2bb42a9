//! Alert hooks: what a monitoring system raises opens a draft incident, once.
//!
//! Owns the sources' payloads, one file each, and the rule which alert belongs to which incident. Guarantees that one
//! alert opens one draft however often it fires, from however many senders at once, and that an alert which fires anew
//! after its incident was closed or discarded opens a new one. An alert that ends never closes anything: that a breach
//! is not visible any more does not undo it. Never opens an incident for good: a draft waits for a responder.
//!
//! Authenticity is the API's ordinary one: a key of the role `hook`, sent as `Authorization: Bearer`, checked in
//! constant time against its hash. Several keys may be valid at once, so rotating is: make a new one, change the
//! sender, revoke the old one.

pub mod alertmanager;

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::facts::{IncidentFacts, Moment, Organisation, Timeline};
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};
use crate::render::one_line;
use crate::store::{Store, StoreError};

/// Largest payload that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Alerts that are taken at the same time; what comes beyond is sent again by its source.
const AT_ONCE: usize = 32;

/// Longest title of a draft, in characters.
const MAX_TITLE: usize = 200;

/// What an alert is called that has no name.
const NAMELESS: &str = "Alert without a name";

/// Most incidents that one alert may have opened, one after the other. Only a guard against a loop without end.
const MAX_GENERATIONS: usize = 1000;

/// A source of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Prometheus Alertmanager, webhook payload version 4.
    Alertmanager,
}

impl Source {
    /// The name in the hook's address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
        }
    }

    /// Reads [`Source::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Alertmanager].into_iter().find(|source| source.as_str() == name)
    }
}

/// What every source's payload comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The same for every firing of the same alert, and for no other.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// When it was first noticed, with the source's offset.
    pub noticed: Option<Moment>,
    /// When the newest part of it began: decides whether it fired anew after its incident was closed.
    pub latest: Option<Millis>,
}

/// Why an alert is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// The body is not what the source sends.
    #[error("the body is not what {source_name} sends: {reason}")]
    Payload {
        /// The source.
        source_name: &'static str,
        /// What is wrong, without values.
        reason: String,
    },
    /// More alerts at once than are taken; the source will send again.
    #[error("too many alerts at once")]
    Overloaded,
    /// The database failed; the source will send again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The incident of an alert, and whether the alert opened it.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The incident.
    pub incident: Incident,
    /// Whether it is new.
    pub opened: bool,
}

/// The feature.
#[derive(Clone)]
pub struct Intake {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    turns: Arc<Semaphore>,
}

impl Intake {
    /// Puts the feature together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Takes a payload: finds the incident of its alert or opens one.
    ///
    /// # Errors
    /// When the payload is not the source's, or the database fails. Nothing is half done then.
    pub async fn take(&self, source: Source, body: &[u8]) -> Result<Taken, IntakeError> {
        // A storm of alerts must not take the database from those who work on the incident.
        let _turn = self.turns.try_acquire().map_err(|_| IntakeError::Overloaded)?;
        let alert = match source {
            Source::Alertmanager => alertmanager::read(body)?,
        };
        let now = self.clock.now();
        let mut key = alert.key.clone();
        for _ in 0..MAX_GENERATIONS {
            let draft = self.draft(&alert, now);
            let (incident, opened) =
                self.store.incident_for_alert(source.as_str(), &key, &draft, opening(source, &draft)).await?;
            if opened || !fired_anew(&alert, &incident) {
                tracing::info!(incident = %incident.id, opened, source = source.as_str(), "alert taken");
                return Ok(Taken { incident, opened });
            }
            // The next generation's key is made of the last one's incident, so that all senders come to the same one.
            key = format!("{}:after:{}", alert.key, incident.id);
        }
        Err(StoreError::Conflict(String::from("this alert has opened too many incidents")).into())
    }

    fn draft(&self, alert: &Alert, now: Millis) -> Incident {
        let facts = IncidentFacts {
            title: alert.title.clone(),
            organisation: Organisation::default(),
            timeline: Timeline { noticed: alert.noticed.clone(), ..Timeline::default() },
            scope: crate::domain::facts::Scope::default(),
            impact: crate::domain::facts::Impact::default(),
            remediation: crate::domain::facts::Remediation::default(),
            contact: crate::domain::facts::Contact::default(),
            holds: Vec::new(),
        };
        Incident {
            id: IncidentId::new(now, self.entropy.ten()),
            state: IncidentState::Draft,
            facts,
            version: 1,
            people: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

fn opening(source: Source, draft: &Incident) -> AuditEntry {
    AuditEntry {
        incident: Some(draft.id),
        at: draft.created_at,
        actor: ActorRef::hook(source.as_str()),
        action: String::from("incident.drafted"),
        detail: json!({ "source": source.as_str() }),
    }
}

/// Whether an alert began after its incident came to its end. The last change of an ended incident is its ending.
fn fired_anew(alert: &Alert, incident: &Incident) -> bool {
    let ended = matches!(incident.state, IncidentState::Closed | IncidentState::Discarded);
    ended && alert.latest.is_some_and(|latest| latest > incident.updated_at)
}

/// A title for people: on one line, without control characters, cut at a character.
fn title(text: &str) -> String {
    let line = one_line(text);
    if line.is_empty() {
        return String::from(NAMELESS);
    }
    if line.chars().count() <= MAX_TITLE {
        return line;
    }
    let cut: String = line.chars().take(MAX_TITLE - 1).collect();
    format!("{cut}…")
}
