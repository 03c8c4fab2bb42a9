//! The ways to reach a person.

use serde::{Deserialize, Serialize};

/// A way to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Electronic mail.
    Email,
    /// Text message to a phone.
    Sms,
    /// Message to an app or browser.
    Push,
    /// Letter by post.
    Letter,
    /// Spoken phone call.
    Voice,
}

impl Channel {
    /// All channels, in the order they are usually tried.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Push, Self::Letter, Self::Voice];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Letter => "letter",
            Self::Voice => "voice",
        }
    }
}

/// The text names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a channel is one of email, sms, push, letter, voice")]
pub struct UnknownChannel;

impl std::str::FromStr for Channel {
    type Err = UnknownChannel;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|c| c.as_str() == text).ok_or(UnknownChannel)
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
