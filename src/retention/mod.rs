//! How long personal data lives, and how it ends: by destroying the key it is sealed under.
//!
//! Owns the decision to erase an incident's people. Guarantees that erasing leaves the evidence: counts, hashes and the
//! audit chain still verify. Never deletes rows: without their key they are noise. A backup from before has the key still,
//! wrapped by the master key; what becomes of backups is the operator's to decide (`runbooks/restore-from-backup.md`).

use std::sync::Arc;

use serde_json::json;

use crate::domain::actor::Actor;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Clock;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::store::{Store, StoreError};

/// The feature.
#[derive(Clone)]
pub struct Retention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// Why nothing is erased.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EraseError {
    /// The incident is still being handled.
    #[error("the incident is {}; close or discard it first, erasing cannot be undone", .0.as_str())]
    StillHandled(IncidentState),
    /// Storage refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Retention {
    /// Puts the feature together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Destroys an incident's key: names, contact points and fields of its people cannot be read from this database any more,
    /// by anyone.
    ///
    /// # Errors
    /// When the incident is still being handled, was erased before, or the database does not answer.
    pub async fn erase(&self, incident: IncidentId, actor: &Actor) -> Result<(), EraseError> {
        let found = self.store.incident(incident).await?;
        if found.state.is_editable() {
            return Err(EraseError::StillHandled(found.state));
        }
        let now = self.clock.now();
        let entry = AuditEntry {
            incident: Some(incident),
            at: now,
            actor: actor.to_ref(),
            action: String::from("people.erased"),
            detail: json!({ "people": found.people }),
        };
        self.store.destroy_incident_key(incident, now, entry).await?;
        tracing::info!(%incident, "the people of an incident were erased");
        Ok(())
    }
}
