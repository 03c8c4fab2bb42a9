//! One approved fan-out of one notice version to one sealed population, and where each of its people stands.

use serde::{Deserialize, Serialize};

use super::actor::ActorRef;
use super::clock::Millis;
use super::id::{CampaignId, IncidentId, NoticeId};
use super::plan::{CanaryStage, Plan};

/// Where a campaign stands.
///
/// ```text
/// proposed ─approve─> approved ─start─> running <─pause/resume─> paused
///                                          │  ▲
///                        nobody pending or │  │ a receipt shows that somebody
///                        in flight         ▼  │ must be told again
///                                       completed
/// any but completed ─cancel─> cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// The population is sealed; waits for a second person's approval.
    Proposed,
    /// Approved; waits to be started.
    Approved,
    /// People are being told.
    Running,
    /// Nobody new is told; what is in flight is finished.
    Paused,
    /// Nobody is pending or in flight.
    Completed,
    /// Ended by a person before it was complete; whoever was pending stays pending and is not told by it.
    Cancelled,
}

/// What a person asks of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CampaignAction {
    /// Let it be sent, as another person than the author.
    Approve,
    /// Begin to tell people.
    Start,
    /// Tell nobody new.
    Pause,
    /// Go on.
    Resume,
    /// End it.
    Cancel,
}

impl CampaignState {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`CampaignState::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Proposed, Self::Approved, Self::Running, Self::Paused, Self::Completed, Self::Cancelled]
            .into_iter()
            .find(|s| s.as_str() == name)
    }

    /// The state an action leads to, or `None` when it is out of order.
    #[must_use]
    pub const fn after(self, action: CampaignAction) -> Option<Self> {
        match (self, action) {
            (Self::Proposed, CampaignAction::Approve) => Some(Self::Approved),
            (Self::Approved, CampaignAction::Start) | (Self::Paused, CampaignAction::Resume) => Some(Self::Running),
            (Self::Running, CampaignAction::Pause) => Some(Self::Paused),
            (Self::Proposed | Self::Approved | Self::Running | Self::Paused, CampaignAction::Cancel) => {
                Some(Self::Cancelled)
            }
            _ => None,
        }
    }
}

impl CampaignAction {
    /// The word in the path and in audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// The states it is allowed in, for messages that name the remedy.
    #[must_use]
    pub const fn allowed_in(self) -> &'static str {
        match self {
            Self::Approve => "proposed",
            Self::Start => "approved",
            Self::Pause => "running",
            Self::Resume => "paused",
            Self::Cancel => "proposed, approved, running or paused",
        }
    }
}

/// Where one person of a sealed campaign stands: always in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// Waits for the first or the next attempt.
    Pending,
    /// An attempt is durably intended and has no outcome yet.
    InFlight,
    /// A provider accepted or delivered a notice.
    Reached,
    /// Nobody knows whether the last attempt went out, and the channel's policy says not to repeat it unasked.
    Unknown,
    /// No contact point is left.
    Unreachable,
    /// No contact point is left, and a published announcement stands in.
    Announced,
    /// Not told by this campaign, because another of the incident has or is to, or because the law has a guardian told in the
    /// person's place; or a guardian whom no law asks to be told.
    Suppressed,
}

impl PersonState {
    /// All states, in the order of [`Counts`].
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::InFlight,
        Self::Reached,
        Self::Unknown,
        Self::Unreachable,
        Self::Announced,
        Self::Suppressed,
    ];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InFlight => "in_flight",
            Self::Reached => "reached",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Announced => "announced",
            Self::Suppressed => "suppressed",
        }
    }

    /// Reads [`PersonState::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

/// How many people of a campaign are in each state. Kept exactly as the work goes; the sum is the sealed number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    /// See [`PersonState::Pending`].
    pub pending: i64,
    /// See [`PersonState::InFlight`].
    pub in_flight: i64,
    /// See [`PersonState::Reached`].
    pub reached: i64,
    /// See [`PersonState::Unknown`].
    pub unknown: i64,
    /// See [`PersonState::Unreachable`].
    pub unreachable: i64,
    /// See [`PersonState::Announced`].
    pub announced: i64,
    /// See [`PersonState::Suppressed`].
    pub suppressed: i64,
}

impl Counts {
    /// The number of one state.
    #[must_use]
    pub const fn get(&self, state: PersonState) -> i64 {
        match state {
            PersonState::Pending => self.pending,
            PersonState::InFlight => self.in_flight,
            PersonState::Reached => self.reached,
            PersonState::Unknown => self.unknown,
            PersonState::Unreachable => self.unreachable,
            PersonState::Announced => self.announced,
            PersonState::Suppressed => self.suppressed,
        }
    }

    /// The same, to change it. Deltas are counts too, and may be negative.
    pub const fn get_mut(&mut self, state: PersonState) -> &mut i64 {
        match state {
            PersonState::Pending => &mut self.pending,
            PersonState::InFlight => &mut self.in_flight,
            PersonState::Reached => &mut self.reached,
            PersonState::Unknown => &mut self.unknown,
            PersonState::Unreachable => &mut self.unreachable,
            PersonState::Announced => &mut self.announced,
            PersonState::Suppressed => &mut self.suppressed,
        }
    }

    /// Notes that one person went from one state to another.
    pub const fn shift(&mut self, from: PersonState, to: PersonState) {
        *self.get_mut(from) -= 1;
        *self.get_mut(to) += 1;
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> i64 {
        PersonState::ALL.iter().map(|s| self.get(*s)).sum()
    }

    /// Whether nobody is pending or in flight.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.pending == 0 && self.in_flight == 0
    }
}

/// Which campaigns go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Its people are told before those of any other.
    Urgent,
    /// In turn with the others.
    #[default]
    Normal,
}

impl Priority {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Normal => "normal",
        }
    }

    /// Reads [`Priority::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Urgent, Self::Normal].into_iter().find(|p| p.as_str() == name)
    }
}

/// A campaign as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Identifier.
    pub id: CampaignId,
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// The notice version it sends.
    pub notice: NoticeId,
    /// SHA-256 of that version, hex: what was approved is what is sent.
    pub notice_hash: String,
    /// Where it stands.
    pub state: CampaignState,
    /// How many people were sealed.
    pub sealed: i64,
    /// SHA-256 over the sealed population in order of identifier, hex.
    pub population_hash: String,
    /// Where the people stand.
    pub counts: Counts,
    /// Attempts repeated after an unknown outcome: the people who may have got two.
    pub repeated: i64,
    /// Whether it goes before others.
    pub priority: Priority,
    /// What holds it back.
    pub plan: Plan,
    /// How far its canary is.
    pub canary: CanaryStage,
    /// Whether what it tells has remedy codes in it.
    pub remedy_codes: bool,
    /// Who sealed and proposed it.
    pub author: ActorRef,
    /// Who approved it, never the author.
    pub approver: Option<ActorRef>,
    /// When it was sealed.
    pub created_at: Millis,
    /// When it was started first.
    pub started_at: Option<Millis>,
    /// When nobody was pending or in flight any more.
    pub completed_at: Option<Millis>,
}
