//! The people whom an incident touched: taking them in from files, and listing them.
//!
//! Owns the import formats (CSV and NDJSON, see [`column::Column`] for the columns), what a line must be to be believed,
//! and the answer that says what became of each line. Guarantees that memory does not grow with the file, that a line
//! which is not believed is reported by number, column and reason and never by its value, and that the same file sent
//! again changes nothing. Never half-reads a line: one bad cell rejects it whole, because a person told through the
//! wrong half of a record is worse than a line that somebody corrects and sends again.

pub mod column;
mod country;
mod csv;
mod decode;
mod import;
mod limits;
mod ndjson;
mod phone;
mod pipeline;
mod reject;
mod row;

use std::sync::Arc;

pub use import::{Format, ImportError, ImportOutcome, Interruption};
pub use limits::ImportLimits;
pub use reject::{HeaderError, Reason, Reject, Rejects};

use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::person::Person;
use crate::store::{Page, PeopleGroup, Store, StoreError};

/// Says whether rules exist for a jurisdiction.
pub type KnownJurisdictions = Arc<dyn Fn(&JurisdictionId) -> bool + Send + Sync>;

/// The feature.
#[derive(Clone)]
pub struct People {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    known: KnownJurisdictions,
    limits: ImportLimits,
}

impl People {
    /// Puts the feature together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        known: KnownJurisdictions,
        limits: ImportLimits,
    ) -> Self {
        Self { store, clock, entropy, known, limits }
    }

    /// Lists an incident's people in order of identifier. Whoever calls decides what of it may be seen.
    ///
    /// # Errors
    /// When the incident does not exist, its key is destroyed, or the database does not answer.
    pub async fn list(
        &self,
        incident: IncidentId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Page<Person>, StoreError> {
        self.store.people(incident, after, limit).await
    }

    /// How many people there are per jurisdiction and locale, and how many of them have no contact point.
    ///
    /// # Errors
    /// When the incident does not exist or the database does not answer.
    pub async fn summary(&self, incident: IncidentId) -> Result<Vec<PeopleGroup>, StoreError> {
        self.store.incident(incident).await?;
        self.store.people_summary(incident).await
    }
}
