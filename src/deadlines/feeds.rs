//! Addresses for calendar programs. Such a program sends no key, so the address itself is the secret: 256 random bits, of
//! which only a hash is kept, and which can be taken back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Deadlines;
use super::calendar::{Kind, calendar};
use super::docket::{Filter, Wanted};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::id::{FeedId, IncidentId};
use crate::store::{Feed, StoreError};

/// Bytes of the secret part.
const SECRET_BYTES: usize = 32;

/// At most so many characters in a feed's name.
const MAX_NAME: usize = 100;

/// Why there is no feed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The name does not fit.
    #[error("a feed's name has 1 to {MAX_NAME} characters and no control characters")]
    BadName,
    /// Not an address of ours, revoked, or with another secret. Which of these is not told.
    #[error("there is no such calendar")]
    Unknown,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A feed that has just been made.
pub struct MadeFeed {
    /// As it is stored.
    pub feed: Feed,
    /// Its address. It cannot be had again.
    pub address: String,
}

impl Deadlines {
    /// Makes an address at which a calendar program reads the deadlines of one incident, or of all.
    ///
    /// # Errors
    /// When the name does not fit, there is no such incident, or storage fails.
    pub async fn make_feed(
        &self,
        name: &str,
        incident: Option<IncidentId>,
        by: &ActorRef,
    ) -> Result<MadeFeed, FeedError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(FeedError::BadName);
        }
        let now = self.clock.now();
        let id = FeedId::new(now, self.entropy.ten());
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        self.entropy.fill(secret.as_mut());
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(&secret[..]));
        let feed = Feed {
            id,
            incident,
            name: name.to_owned(),
            hash: hash(&secret),
            created_by: by.clone(),
            created_at: now,
            revoked_at: None,
        };
        let audit = self.entry(&feed, by, "calendar_feed.made");
        self.store.create_feed(&feed, audit).await?;
        let address = format!("{}/calendars/{}_{}.ics", self.base, id.0.simple(), secret.as_str());
        Ok(MadeFeed { feed, address })
    }

    /// All feeds, oldest first, the revoked ones too.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn feeds(&self) -> Result<Vec<Feed>, FeedError> {
        Ok(self.store.feeds().await?)
    }

    /// Revokes a feed: its address leads nowhere from this moment on.
    ///
    /// # Errors
    /// When there is none, it was revoked before, or storage fails.
    pub async fn revoke_feed(&self, id: FeedId, by: &ActorRef) -> Result<Feed, FeedError> {
        let feed = self.store.feed(id).await?;
        let audit = self.entry(&feed, by, "calendar_feed.revoked");
        Ok(self.store.revoke_feed(id, self.clock.now(), audit).await?)
    }

    /// The calendar at an address, by the part of it that is secret.
    ///
    /// # Errors
    /// When there is none, or storage fails.
    pub async fn feed_calendar(&self, token: &str, kind: Kind) -> Result<String, FeedError> {
        let (id, secret) = parse(token).ok_or(FeedError::Unknown)?;
        let feed = match self.store.feed(id).await {
            Ok(feed) => feed,
            Err(StoreError::NotFound(_)) => return Err(FeedError::Unknown),
            Err(error) => return Err(error.into()),
        };
        let fits = bool::from(hash(secret).as_bytes().ct_eq(feed.hash.as_bytes()));
        if !fits || feed.revoked_at.is_some() {
            return Err(FeedError::Unknown);
        }
        Ok(self.calendar(feed.incident, kind).await?)
    }

    /// The calendar of one incident, or of all that are being handled.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn calendar(&self, incident: Option<IncidentId>, kind: Kind) -> Result<String, StoreError> {
        let entries = self.docket(&Filter { incident, jurisdiction: None, wanted: Wanted::All }).await?;
        let name = match (incident, entries.first()) {
            (None, _) => String::from("Breach deadlines"),
            (Some(_), Some(entry)) => format!("Breach deadlines: {}", entry.title),
            (Some(id), None) => format!("Breach deadlines: incident {id}"),
        };
        Ok(calendar(&name, &entries, kind, &self.base))
    }

    fn entry(&self, feed: &Feed, by: &ActorRef, action: &str) -> AuditEntry {
        AuditEntry {
            incident: feed.incident,
            at: self.clock.now(),
            actor: by.clone(),
            action: action.to_owned(),
            detail: json!({ "feed": feed.id, "name": feed.name }),
        }
    }
}

/// Takes the secret part of an address apart: identifier, underscore, secret.
fn parse(token: &str) -> Option<(FeedId, &str)> {
    let (id, secret) = token.split_once('_')?;
    let plain = id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !plain || secret.is_empty() || secret.len() > 128 {
        return None;
    }
    Some((id.parse().ok()?, secret))
}

/// The secret has 256 random bits, so one round of SHA-256 is as hard to turn back as the secret is to guess.
fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
