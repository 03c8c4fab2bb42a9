//! An incident's key: seals its people and indexes them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::envelope::{Cipher, Place};
use super::{Secret, cipher, derive};
use crate::domain::id::PersonId;
use crate::domain::person::PersonRecord;
use crate::store::error::StoreError;
use crate::store::traits::Result;

/// What finds a person without storing the reference: HMAC-SHA256 cut to 16 bytes (RFC 2104, section 5), because the index
/// over it is what an import spends most on.
pub(in crate::store) type RefIndex = [u8; 16];

/// What stands for a person's record: a whole HMAC-SHA256, because the evidence of a sealed population rests on it.
pub(in crate::store) type ContentHash = [u8; 32];

/// The keys of one incident, all derived from the one random key that is stored wrapped.
pub struct IncidentKey {
    sealing: Cipher,
    indexing: Hmac<Sha256>,
}

impl IncidentKey {
    pub(super) fn new(key: &Secret) -> Self {
        let indexing = derive(key, "candour 1 index of people");
        Self {
            sealing: cipher(key, "candour 1 sealing of people"),
            indexing: Hmac::new_from_slice(indexing.as_slice()).expect("HMAC takes keys of any length"),
        }
    }

    /// What stands in the database for the organisation's reference of a person.
    pub(in crate::store) fn ref_index(&self, reference: &str) -> RefIndex {
        let whole = self.mac(&[b"ref", reference.as_bytes()]);
        *whole.first_chunk().expect("16 is less than 32")
    }

    /// What tells whether two records of a person are the same. `plain` is [`encode`]'s.
    pub(in crate::store) fn content_hash(&self, record: &PersonRecord, plain: &[u8]) -> ContentHash {
        let locale = record.locale.as_ref().map_or("", |l| l.as_str());
        let jurisdiction = record.jurisdiction.as_ref().map_or("", |j| j.as_str());
        self.mac(&[b"content", plain, locale.as_bytes(), jurisdiction.as_bytes()])
    }

    /// Each part goes in with its length, so that no two lists share an encoding.
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.indexing.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Seals a person's record. The nonce must be fresh; `plain` is [`encode`]'s.
    pub(in crate::store) fn seal_record(&self, person: PersonId, nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
        self.sealing.seal(&record_place(&person), nonce, plain)
    }

    /// Opens a person's record; locale and jurisdiction are in columns of their own.
    pub(in crate::store) fn open_record(&self, person: PersonId, sealed: &[u8]) -> Result<PersonRecord> {
        let corrupt = |reason: String| StoreError::corrupt("people", "sealed", reason);
        let plain = self.sealing.open(&record_place(&person), sealed).map_err(|e| corrupt(e.to_string()))?;
        // Where it fails is told, what it says there is not.
        serde_json::from_slice(&plain)
            .map_err(|e| corrupt(format!("no record of a person: {:?} error at byte {}", e.classify(), e.column())))
    }

    /// Seals bytes of another table that belong to the incident. The nonce must be fresh.
    pub(in crate::store) fn seal(&self, place: &Place<'_>, nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
        self.sealing.seal(place, nonce, plain)
    }

    /// Opens what [`IncidentKey::seal`] sealed.
    pub(in crate::store) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.sealing.open(place, sealed).map_err(|e| StoreError::corrupt(place.table, place.column, e.to_string()))
    }
}

impl std::fmt::Debug for IncidentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IncidentKey")
    }
}

/// The bytes of a record that are sealed and hashed. The same record always gives the same bytes.
pub(in crate::store) fn encode(record: &PersonRecord) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(record).expect("a record has only texts and lists, which JSON can say"))
}

fn record_place(person: &PersonId) -> Place<'_> {
    Place { table: "people", row: person.0.as_bytes(), column: "sealed" }
}
