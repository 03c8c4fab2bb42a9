//! Sealing: envelope encryption of everything that could identify somebody.
//!
//! A master key, which the operator keeps, wraps one random key per incident; the incident's key seals its people and
//! indexes them. Destroying the wrapped key therefore erases the people wherever this was the last copy of it: from the database
//! and from backups made afterwards, not from those made before, which have it beside the people. Ciphertext is bound to its
//! table, row and column, so that a value moved elsewhere does not open. This room makes and holds keys; it never
//! writes them anywhere but wrapped.

mod envelope;
mod incident;
mod master;
mod xchacha;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use self::envelope::Cipher;
pub(in crate::store) use self::envelope::Place;
pub use self::incident::IncidentKey;
pub(in crate::store) use self::incident::{ContentHash, RefIndex, decode, encode};
pub use self::master::{MasterKey, MasterKeyError, MasterKeys};
use super::error::StoreError;
use super::traits::Result;
use crate::domain::clock::Entropy;
use crate::domain::id::IncidentId;

/// A 32-byte key that is wiped when it goes.
pub(in crate::store) type Secret = Zeroizing<[u8; 32]>;

/// So many unwrapped keys are kept; more than a machine works on at once, and unwrapping again is cheap.
const CACHED_KEYS: usize = 256;

/// An incident's key as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct WrappedKey {
    /// Fingerprint of the master key that wraps it.
    pub(in crate::store) master_key: String,
    /// The wrapped key; `None` once it is destroyed.
    pub(in crate::store) wrapped: Option<Vec<u8>>,
}

/// An unwrapped key beside the wrapped bytes it came from, which say whether it is still the one in the database.
type Unwrapped = (Vec<u8>, Arc<IncidentKey>);

/// Makes, wraps and unwraps keys, and seals what belongs to no incident.
pub struct Sealer {
    keys: MasterKeys,
    entropy: Arc<dyn Entropy>,
    cache: Mutex<HashMap<IncidentId, Unwrapped>>,
}

impl Sealer {
    /// A sealer of an installation.
    #[must_use]
    pub fn new(keys: MasterKeys, entropy: Arc<dyn Entropy>) -> Self {
        Self { keys, entropy, cache: Mutex::default() }
    }

    /// Where nonces and jitter come from.
    pub(in crate::store) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// The same, for work that outlives a call.
    pub(in crate::store) fn shared_entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }

    /// Makes the key of a new incident.
    pub(in crate::store) fn new_key(&self, incident: IncidentId) -> WrappedKey {
        let mut key = Secret::default();
        self.entropy.fill(key.as_mut_slice());
        let place = wrapping_place(&incident);
        let wrapped = self.keys.current.wrapping().seal(&place, self.nonce(), key.as_slice());
        WrappedKey { master_key: self.keys.current.id().to_owned(), wrapped: Some(wrapped) }
    }

    /// The key of an incident, from memory if it is still the one that is stored. `Erased` when it has been destroyed.
    pub(in crate::store) fn incident_key(&self, incident: IncidentId, stored: &WrappedKey) -> Result<Arc<IncidentKey>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(wrapped) = &stored.wrapped else {
            cache.remove(&incident);
            return Err(StoreError::Erased);
        };
        if let Some((from, key)) = cache.get(&incident)
            && from == wrapped
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.unwrap_key(incident, &stored.master_key, wrapped)?);
        if cache.len() >= CACHED_KEYS {
            cache.clear();
        }
        cache.insert(incident, (wrapped.clone(), Arc::clone(&key)));
        Ok(key)
    }

    fn unwrap_key(&self, incident: IncidentId, master_key: &str, wrapped: &[u8]) -> Result<IncidentKey> {
        let corrupt = |reason: String| StoreError::corrupt("incident_keys", "wrapped", reason);
        let master = self.keys.find(master_key).ok_or_else(|| {
            corrupt(format!("it is wrapped by master key {master_key}, which was not given; give it as a previous one"))
        })?;
        let plain = master.wrapping().open(&wrapping_place(&incident), wrapped).map_err(|e| corrupt(e.to_string()))?;
        let key: [u8; 32] =
            plain.as_slice().try_into().map_err(|_| corrupt(String::from("it does not have 32 bytes")))?;
        Ok(IncidentKey::new(&Secret::new(key)))
    }

    /// Seals bytes that belong to no incident under the installation's key.
    pub(in crate::store) fn seal_own(&self, place: &Place<'_>, plain: &[u8]) -> Vec<u8> {
        self.keys.current.installation().seal(place, self.nonce(), plain)
    }

    /// Opens what [`Sealer::seal_own`] sealed, also under a previous master key.
    pub(in crate::store) fn open_own(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let opened = self.keys.all().find_map(|master| master.installation().open(place, sealed).ok());
        opened.ok_or_else(|| {
            StoreError::corrupt(place.table, place.column, "it opens under none of the master keys that were given")
        })
    }

    /// A fresh nonce. 24 random bytes do not repeat under one key before the end of days.
    pub(in crate::store) fn nonce(&self) -> [u8; 24] {
        let mut nonce = [0; 24];
        self.entropy.fill(&mut nonce);
        nonce
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn wrapping_place(incident: &IncidentId) -> Place<'_> {
    Place { table: "incident_keys", row: incident.0.as_bytes(), column: "wrapped" }
}

/// Derives a key for one purpose from another key (HKDF-SHA256, RFC 5869).
fn derive(from: &Secret, purpose: &str) -> Secret {
    let mut key = Secret::default();
    hkdf::Hkdf::<sha2::Sha256>::new(None, from.as_slice())
        .expand(purpose.as_bytes(), key.as_mut_slice())
        .expect("32 bytes are far below what HKDF can give");
    key
}

/// A cipher for one purpose.
fn cipher(from: &Secret, purpose: &str) -> Cipher {
    Cipher::new(&derive(from, purpose))
}

#[cfg(test)]
mod tests;
