//! What came of an attempt, in words that decide what happens next.

use serde::{Deserialize, Serialize};

/// What came of an attempt.
///
/// A provider's many codes become one of these through a table kept as data beside the provider; a code the table
/// does not know is a named case there, never a guess here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider took responsibility for the message.
    Accepted,
    /// The provider says that the person's mailbox, phone or device has it.
    Delivered,
    /// Not now; the same attempt may succeed later.
    Retry,
    /// Too fast for this provider; slow down. Does not count as a try.
    Throttled,
    /// This contact point is dead. Says nothing of the person's other contact points.
    BadAddress,
    /// This message will not be taken, by this provider, at this contact point.
    Rejected,
    /// The account is at fault (credentials, credit, policy): nobody is marked bad, the provider is stopped.
    Misconfigured,
    /// Nobody knows whether the message went out: the connection or the process died after the request may have left.
    Unknown,
}

impl Outcome {
    /// Every outcome, for series created at start and for the database's check.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::Delivered,
        Self::Retry,
        Self::Throttled,
        Self::BadAddress,
        Self::Rejected,
        Self::Misconfigured,
        Self::Unknown,
    ];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Retry => "retry",
            Self::Throttled => "throttled",
            Self::BadAddress => "bad_address",
            Self::Rejected => "rejected",
            Self::Misconfigured => "misconfigured",
            Self::Unknown => "unknown",
        }
    }
}

/// The text names no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown outcome")]
pub struct UnknownOutcome;

impl std::str::FromStr for Outcome {
    type Err = UnknownOutcome;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|o| o.as_str() == text).ok_or(UnknownOutcome)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
