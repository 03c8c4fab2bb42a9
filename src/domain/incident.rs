//! An incident as a whole, and its life.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::facts::IncidentFacts;
use super::id::IncidentId;

/// Where an incident stands.
///
/// ```text
/// draft ──open──> open ──close──> closed
///   └──discard──> discarded         (an alert that turned out to be none)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Filed; facts are being gathered. Duties are shown, nothing is sent.
    Draft,
    /// Confirmed by a responder: people may be told and reports written.
    Open,
    /// Handled. Nothing changes any more but the evidence's retention.
    Closed,
    /// A draft that was no incident after all; kept with the reason.
    Discarded,
}

impl IncidentState {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Discarded => "discarded",
        }
    }

    /// Reads [`IncidentState::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Open, Self::Closed, Self::Discarded].into_iter().find(|s| s.as_str() == name)
    }

    /// Whether a person may move it from here to there.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Draft, Self::Open | Self::Discarded) | (Self::Open, Self::Closed))
    }

    /// Whether its facts may still be amended.
    #[must_use]
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Open)
    }
}

/// An incident as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Identifier.
    pub id: IncidentId,
    /// Where it stands.
    pub state: IncidentState,
    /// What is known.
    pub facts: IncidentFacts,
    /// Counts up with every amendment; the entity tag.
    pub version: i64,
    /// People imported so far.
    pub people: i64,
    /// When it was filed.
    pub created_at: Millis,
    /// When it was last amended.
    pub updated_at: Millis,
}
