//! The public notice that stands in for individual notices where those are not feasible.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::actor::ActorRef;
use super::clock::Millis;
use super::id::{AnnouncementId, IncidentId};
use super::locale::Locale;

/// Where an announcement stands. Withdrawing leaves a tombstone; nothing disappears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementState {
    /// Written, not public.
    Draft,
    /// Public.
    Published,
    /// Was public; its page says that it was withdrawn and why.
    Withdrawn,
}

impl AnnouncementState {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads [`AnnouncementState::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Published, Self::Withdrawn].into_iter().find(|s| s.as_str() == name)
    }
}

/// The words of an announcement in one language. Says nothing of any one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementText {
    /// Heading of the page.
    pub title: String,
    /// What happened and what it may mean.
    pub what_happened: String,
    /// What has been done and will be done.
    pub what_we_do: String,
    /// What people can do for protection.
    pub what_you_can_do: Vec<String>,
    /// What is offered.
    pub what_we_offer: String,
    /// Who announces it; the organisation of the incident's facts where the author gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Whom to ask, a line each; the contact of the incident's facts where the author gives none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<String>,
}

/// An announcement as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Identifier.
    pub id: AnnouncementId,
    /// The incident.
    pub incident: IncidentId,
    /// Last part of its public address; lower-case letters, digits and hyphens.
    pub slug: String,
    /// Where it stands.
    pub state: AnnouncementState,
    /// Locale shown when the reader's is not there.
    pub default_locale: Locale,
    /// The words per locale.
    pub texts: BTreeMap<Locale, AnnouncementText>,
    /// How many people it stands in for, at the time of the draft or of publishing.
    pub covers: i64,
    /// Why individual notice was not feasible: reason name to number of people.
    pub reasons: BTreeMap<String, i64>,
    /// Who wrote it.
    pub author: ActorRef,
    /// Who published it, never the author.
    pub publisher: Option<ActorRef>,
    /// When it was drafted.
    pub created_at: Millis,
    /// When it became public.
    pub published_at: Option<Millis>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Millis>,
    /// Why it was withdrawn, as the tombstone tells it.
    pub withdrawn_reason: Option<String>,
    /// Last change, for caches and the feed.
    pub updated_at: Millis,
}
