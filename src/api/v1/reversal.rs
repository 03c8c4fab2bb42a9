//! That a decision, or a record, was taken back: as it is asked for, and as it is answered.

use serde::{Deserialize, Serialize};

use crate::domain::actor::ActorRef;
use crate::domain::waiver::Reversal;

/// Why something is taken back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReversal {
    /// Why; no personal data.
    #[schema(min_length = 1, max_length = 4000)]
    pub(super) reason: String,
}

/// That something was taken back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Reversal)]
pub(super) struct ReversalView {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// By whom.
    by: ActorRef,
    /// Why.
    reason: String,
}

impl From<Reversal> for ReversalView {
    fn from(reversal: Reversal) -> Self {
        Self { at: reversal.at.to_rfc3339(), by: reversal.by, reason: reversal.reason }
    }
}
