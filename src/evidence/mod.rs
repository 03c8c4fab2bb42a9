//! What proves afterwards who was told what, when, and that the record of it was not changed.
//!
//! Owns the summary of an incident's evidence and the verification of the audit chains. Guarantees that both hold no
//! personal data. Never changes anything.

mod approvals;
mod bundle;
mod chain;

use std::sync::Arc;

pub use approvals::Approval;
pub use bundle::{Bundle, CampaignEvidence};
pub use chain::{AuditPage, ChainReport};

use crate::domain::clock::Clock;
use crate::store::Store;

/// The feature.
#[derive(Clone)]
pub struct Evidence {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Evidence {
    /// Puts the feature together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}
