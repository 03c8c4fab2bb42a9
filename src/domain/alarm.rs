//! Alarms: what stops the telling of people and only people can mend.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::id::{AlarmCallId, AlarmId};
use super::reminder::ReminderState;

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlarmCause)]
pub enum Cause {
    /// A provider refuses everything because of the account: credentials, credit, permission, a sender that is not verified.
    AccountFailure,
    /// A campaign has paused by itself: its canary failed, its budget is spent, remedy codes ran out.
    CampaignPaused,
}

impl Cause {
    const ALL: [Self; 2] = [Self::AccountFailure, Self::CampaignPaused];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountFailure => "account_failure",
            Self::CampaignPaused => "campaign_paused",
        }
    }

    /// Reads [`Cause::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name)
    }
}

/// One thing that is wrong, from when it was found until it is well again. Of one cause and subject one alarm is open at a
/// time, however many workers find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Identifier.
    pub id: AlarmId,
    /// What it is about.
    pub cause: Cause,
    /// Which one: the provider's name, or the campaign's identifier.
    pub subject: String,
    /// Why: the provider's code (`535 5.7.8`), or the reason of the pause (`budget`).
    pub code: Option<String>,
    /// When it was found first.
    pub raised_at: Millis,
    /// When it was found last.
    pub seen_at: Millis,
    /// When it was well again; that of `seen_at` if nothing was heard of it for long and it was then found anew.
    pub ended_at: Option<Millis>,
}

/// What a call says of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tidings {
    /// It was raised.
    Raised,
    /// It is over.
    Ended,
}

impl Tidings {
    /// The name, as the database spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ended => "ended",
        }
    }

    /// Reads [`Tidings::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Raised, Self::Ended].into_iter().find(|tidings| tidings.as_str() == name)
    }
}

/// What one recipient is told of an alarm. Its states are those of a reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmCall {
    /// Identifier, the same for every try.
    pub id: AlarmCallId,
    /// The alarm, as it stands now.
    pub alarm: Alarm,
    /// What is said of it.
    pub tidings: Tidings,
    /// Channel and a hash of the address.
    pub recipient: String,
    /// Where it stands.
    pub state: ReminderState,
    /// How often it was claimed.
    pub tries: i64,
}
