//! The public notice that stands in for those whom no individual notice can reach.
//!
//! Owns drafting, publishing and withdrawing. Guarantees that what is published names nobody (its texts are filled from
//! the incident's facts alone, a text that needs a person's value is refused), that it was let out by another person
//! than its author, and that nothing published disappears: withdrawing leaves a page that says so. What was published
//! is frozen: later amendments of the incident do not change it.

mod draft;
mod slug;

use std::sync::Arc;

use serde_json::json;

pub use draft::NewAnnouncement;
pub use slug::is_slug;

use crate::domain::actor::Actor;
use crate::domain::announcement::Announcement;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::domain::text::is_stray;
use crate::render::{RenderError, Renderer};
use crate::store::{Store, StoreError};

/// Longest reason for a withdrawal, in characters.
const MAX_REASON: usize = 2000;

/// The feature.
#[derive(Clone)]
pub struct Announcements {
    store: Arc<dyn Store>,
    renderer: Arc<Renderer>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    has_address: bool,
}

/// Why an announcement is not drafted, published or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// The incident is not open.
    #[error("the incident is {}; a public notice is written and published while it is open", .0.as_str())]
    NotOpen(IncidentState),
    /// There are no texts to take over.
    #[error("the incident has no notice to take texts from; write its notice, or give `texts`")]
    NoTexts,
    /// A field does not fit.
    #[error("`{field}`: {reason}")]
    Field {
        /// Its path.
        field: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A text cannot be filled from the incident's facts alone.
    #[error("{0}; a public notice can use the incident's facts and nobody's own values")]
    Text(#[from] RenderError),
    /// Whoever wrote it may not let it out.
    #[error("who wrote an announcement cannot publish it; another approver must")]
    SecondPerson,
    /// Nobody could read it.
    #[error(
        "nobody outside could read it: its links would lead to the address that this service listens on; set http.public_url \
         in the configuration and start again"
    )]
    NoAddress,
    /// It is not the one that was seen.
    #[error("the announcement has been written anew since it was read")]
    Stale,
    /// Storage refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Announcements {
    /// Puts the feature together. `has_address` says whether links to this service lead to it.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        renderer: Arc<Renderer>,
        has_address: bool,
    ) -> Self {
        Self { store, renderer, clock, entropy, has_address }
    }

    /// The incident's newest announcement.
    ///
    /// # Errors
    /// When there is none or the database does not answer.
    pub async fn read(&self, incident: IncidentId) -> Result<Announcement, StoreError> {
        self.store.announcement(incident).await
    }

    /// Makes the incident's draft public and moves its unreachable people to announced. `seen` is the last change of
    /// the draft that the approver has read, where the caller knows it.
    ///
    /// # Errors
    /// When the author asks, nobody outside could read it, another draft was written since, it is no draft, the incident was closed, or the database does
    /// not answer.
    pub async fn publish(
        &self,
        incident: IncidentId,
        seen: Option<&str>,
        actor: &Actor,
    ) -> Result<Announcement, AnnouncementError> {
        let draft = self.store.announcement(incident).await?;
        if seen.is_some_and(|seen| seen != tag(&draft)) {
            return Err(AnnouncementError::Stale);
        }
        if actor.is(&draft.author) {
            return Err(AnnouncementError::SecondPerson);
        }
        if !self.has_address {
            return Err(AnnouncementError::NoAddress);
        }
        let now = self.clock.now();
        let actor = actor.to_ref();
        let entry = AuditEntry {
            incident: Some(incident),
            at: now,
            actor: actor.clone(),
            action: String::from("announcement.published"),
            detail: json!({ "announcement": draft.id, "slug": draft.slug, "text_hash": text_hash(&draft) }),
        };
        Ok(self.store.publish_announcement(draft.id, &actor, now, entry).await?)
    }

    /// Leaves a page that says that the announcement was withdrawn and why; its people are unreachable again.
    ///
    /// # Errors
    /// When no reason is given, it is not published, or the database does not answer.
    pub async fn withdraw(
        &self,
        incident: IncidentId,
        reason: &str,
        actor: &Actor,
    ) -> Result<Announcement, AnnouncementError> {
        let reason = reason.trim();
        let field = |reason| AnnouncementError::Field { field: String::from("reason"), reason };
        if reason.is_empty() {
            return Err(field("it is blank; readers are told why"));
        }
        if reason.chars().count() > MAX_REASON {
            return Err(field("it is longer than 2000 characters"));
        }
        if reason.chars().any(is_stray) {
            return Err(field("it holds a control character"));
        }
        let announcement = self.store.announcement(incident).await?;
        let now = self.clock.now();
        let entry = AuditEntry {
            incident: Some(incident),
            at: now,
            actor: actor.to_ref(),
            action: String::from("announcement.withdrawn"),
            detail: json!({ "announcement": announcement.id, "slug": announcement.slug }),
        };
        Ok(self.store.withdraw_announcement(announcement.id, reason, now, entry).await?)
    }
}

/// What an announcement's entity tag says: which one, and its last change.
#[must_use]
pub fn tag(announcement: &Announcement) -> String {
    format!("{}-{}", announcement.id, announcement.updated_at.0)
}

/// What stands for the words of an announcement in the audit chain: SHA-256, hex.
fn text_hash(announcement: &Announcement) -> String {
    let texts = serde_json::to_vec(&announcement.texts).expect("maps of texts always serialise");
    crate::domain::notice::hash(&[announcement.default_locale.as_str().as_bytes(), &texts])
}
