//! Issues, checks, lists and revokes API keys.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::domain::actor::{Actor, ActorRef, Role};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::KeyId;
use crate::store::{AccessStore, ApiKey, StoreError};

/// What a key begins with, so that scanners for leaked secrets can find one.
const PREFIX: &str = "cnd_";

/// Bytes of the secret part.
const SECRET_BYTES: usize = 32;

/// At most so many characters in a key's name.
const MAX_NAME: usize = 100;

/// Why a key is refused or was not made.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Not a key, unknown, or with another secret. Which of these is not told.
    #[error("the API key is not valid")]
    Invalid,
    /// It was valid once.
    #[error("the API key has been revoked")]
    Revoked,
    /// The name does not fit.
    #[error("a key's name has 1 to {MAX_NAME} characters and no control characters")]
    BadName,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key that has just been made.
#[derive(Clone)]
pub struct IssuedKey {
    /// As it is stored.
    pub key: ApiKey,
    /// The text that its owner sends. It cannot be had again.
    pub secret: String,
}

impl std::fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedKey").field("key", &self.key.id).finish_non_exhaustive()
    }
}

/// The keys of this installation.
pub struct Access {
    store: Arc<dyn AccessStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Access {
    /// Over a store.
    #[must_use]
    pub fn new(store: Arc<dyn AccessStore>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy }
    }

    /// Makes a key. `by` is who asked for it; the command line is [`ActorRef::operator`].
    ///
    /// # Errors
    /// When the name does not fit, or storage fails.
    pub async fn issue(&self, name: &str, role: Role, by: &ActorRef) -> Result<IssuedKey, AccessError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(AccessError::BadName);
        }
        let now = self.clock.now();
        let id = KeyId::new(now, self.entropy.ten());
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        self.entropy.fill(secret.as_mut());
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(&secret[..]));
        let shown = format!("{PREFIX}{}_{}", id.0.simple(), secret.as_str());
        let key = ApiKey { id, name: name.to_owned(), role, hash: hash(&secret), created_at: now, revoked_at: None };
        let audit = AuditEntry {
            incident: None,
            at: now,
            actor: by.clone(),
            action: String::from("key.issued"),
            detail: json!({ "key": id, "name": key.name, "role": role }),
        };
        self.store.create_key(&key, audit).await?;
        Ok(IssuedKey { key, secret: shown })
    }

    /// Who shows this key.
    ///
    /// # Errors
    /// When it is no valid key, was revoked, or storage fails.
    pub async fn authenticate(&self, shown: &str) -> Result<Actor, AccessError> {
        let (id, secret) = parse(shown).ok_or(AccessError::Invalid)?;
        let key = match self.store.key(id).await {
            Ok(key) => key,
            Err(StoreError::NotFound(_)) => return Err(AccessError::Invalid),
            Err(error) => return Err(error.into()),
        };
        if !bool::from(hash(secret).as_bytes().ct_eq(key.hash.as_bytes())) {
            return Err(AccessError::Invalid);
        }
        if key.revoked_at.is_some() {
            return Err(AccessError::Revoked);
        }
        Ok(Actor { key: key.id, name: key.name, role: key.role })
    }

    /// All keys, oldest first, the revoked ones too.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self) -> Result<Vec<ApiKey>, AccessError> {
        Ok(self.store.keys().await?)
    }

    /// Revokes a key; it is refused from this moment on.
    ///
    /// # Errors
    /// When there is none, it was revoked before, or storage fails.
    pub async fn revoke(&self, id: KeyId, by: &ActorRef) -> Result<ApiKey, AccessError> {
        let now = self.clock.now();
        let audit = AuditEntry {
            incident: None,
            at: now,
            actor: by.clone(),
            action: String::from("key.revoked"),
            detail: json!({ "key": id }),
        };
        Ok(self.store.revoke_key(id, now, audit).await?)
    }
}

/// Takes a key apart into its identifier and its secret.
fn parse(shown: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = shown.strip_prefix(PREFIX)?.split_once('_')?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart() {
        let id = "019ab6f000007000800000000000abcd";
        let shown = format!("cnd_{id}_se_cr-et");
        let (found, secret) = parse(&shown).expect("is a key");
        assert_eq!((found.0.simple().to_string().as_str(), secret), (id, "se_cr-et"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in
            ["", "cnd_", "cnd_x_y", "cnd_019ab6f000007000800000000000abcd_", "abc_019ab6f000007000800000000000abcd_s"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
