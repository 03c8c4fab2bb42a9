//! Remedy codes: what each affected person is offered to use once, e.g. to activate credit monitoring with. One pool per
//! incident.
//!
//! Owns how codes come in (text, one a line, or CSV with a column `code`), what may be looked at, and how what is unused
//! leaves the pool. Guarantees that memory does not grow with the file, that a line which is no code is reported by number and
//! reason and never by its value, that the same code twice is one code, and that every look at codes is in the audit chain,
//! as a number. Never gives codes to people: sealing a campaign does, in bulk, and the engine for whoever is completed later.
//!
//! *Unused* is a code that was never sent in an attempt: one that is nobody's, or whose person no attempt has tried to tell,
//! whatever became of it and by whatever channel. Whoever was tried to be told may have it, or was told that there is one.

mod decode;
mod import;

use std::sync::Arc;

use serde_json::{Value, json};

pub use self::decode::{Decoder, Format, HeaderError, Reject};
pub use self::import::{ImportError, Imported};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Clock, Millis};
use crate::domain::id::{IncidentId, PersonId, RemedyCodeId};
use crate::domain::remedy::{RemedyCode, RemedyCounts};
use crate::store::{Page, Store, StoreError, UnusedCode};

/// The pools of remedy codes of this installation.
#[derive(Clone)]
pub struct Remedies {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Remedies {
    /// Puts the feature together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// How many codes an incident has, and where they are.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn counts(&self, incident: IncidentId) -> Result<RemedyCounts, StoreError> {
        self.store.incident(incident).await?;
        self.store.remedy_counts(incident).await
    }

    /// Makes nobody's again the codes whose people no attempt has told and no campaign is still to tell. Returns how many.
    ///
    /// # Errors
    /// When there is no such incident, its key is destroyed, or storage fails.
    pub async fn release(&self, incident: IncidentId, actor: &ActorRef) -> Result<i64, StoreError> {
        self.store.release_codes(incident, self.clock.now(), actor).await
    }

    /// Takes what is nobody's out of the pool for good, to be given back to whoever sold it. Returns how many.
    ///
    /// # Errors
    /// As [`Remedies::release`].
    pub async fn give_back(&self, incident: IncidentId, actor: &ActorRef) -> Result<i64, StoreError> {
        self.store.return_codes(incident, self.clock.now(), actor).await
    }

    /// Notes that somebody is about to look at the codes that are nobody's; then [`Remedies::unused`] shows them.
    ///
    /// # Errors
    /// When there is no such incident, its key is destroyed, or storage fails.
    pub async fn begin_export(&self, incident: IncidentId, actor: &ActorRef) -> Result<(), StoreError> {
        let counts = self.counts(incident).await?;
        // What cannot be opened is not said to have been looked at.
        self.store.unused_codes(incident, None, 1).await?;
        let detail = json!({ "left": counts.left(), "returned": counts.returned });
        self.store.note(entry(incident, self.clock.now(), actor, "remedy_codes.exported", detail)).await
    }

    /// Codes that are nobody's, in order of identifier, after one.
    ///
    /// # Errors
    /// When the incident's key is destroyed, or storage fails.
    pub async fn unused(
        &self,
        incident: IncidentId,
        after: Option<RemedyCodeId>,
        limit: u32,
    ) -> Result<Page<UnusedCode>, StoreError> {
        self.store.unused_codes(incident, after, limit).await
    }

    /// A person's code, for whoever helps the person; of a guardian, the minor's. That it was looked at is in the audit chain.
    ///
    /// # Errors
    /// When there is no such person, the person has no code, the incident's key is destroyed, or storage fails.
    pub async fn of_person(
        &self,
        incident: IncidentId,
        person: PersonId,
        actor: &ActorRef,
    ) -> Result<RemedyCode, StoreError> {
        self.store.incident(incident).await?;
        let code = self.store.code_of(incident, person).await?;
        let detail = json!({ "person": person });
        self.store.note(entry(incident, self.clock.now(), actor, "remedy_codes.looked_up", detail)).await?;
        Ok(code)
    }
}

fn entry(incident: IncidentId, at: Millis, actor: &ActorRef, action: &str, detail: Value) -> AuditEntry {
    AuditEntry { incident: Some(incident), at, actor: actor.clone(), action: action.to_owned(), detail }
}
