//! What can go wrong with reports, and whose turn it is.

use crate::store::StoreError;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportsError {
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The incident or the report is not in a state that allows it; the text says which would.
    #[error("{0}")]
    Conflict(String),
    /// Something given is not right; a late submission without its reason is `late_reason`.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which.
        field: String,
        /// Why, and what would be right.
        reason: String,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ReportsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::NotFound(what),
            StoreError::Conflict(why) => Self::Conflict(why),
            other => Self::Store(other),
        }
    }
}

pub(super) fn invalid(field: impl Into<String>, reason: impl Into<String>) -> ReportsError {
    ReportsError::Invalid { field: field.into(), reason: reason.into() }
}
