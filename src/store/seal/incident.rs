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

    /// The same for the guardian of whom the reference names: nobody's reference can lead to it.
    pub(in crate::store) fn guardian_index(&self, reference: &str) -> RefIndex {
        let whole = self.mac(&[b"guardian", reference.as_bytes()]);
        *whole.first_chunk().expect("16 is less than 32")
    }

    /// What tells whether two remedy codes are one.
    pub(in crate::store) fn code_index(&self, code: &str) -> RefIndex {
        let whole = self.mac(&[b"remedy code", code.as_bytes()]);
        *whole.first_chunk().expect("16 is less than 32")
    }

    /// What tells whether two records of a person are the same. `plain` is [`encode`]'s; empty text stands for what is not
    /// known.
    pub(in crate::store) fn content_hash(&self, plain: &[u8], locale: &str, jurisdiction: &str) -> ContentHash {
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

    /// Seals a person's record, behind what `into` holds already. The nonce must be fresh; `plain` is [`encode`]'s.
    pub(in crate::store) fn seal_record(&self, person: PersonId, nonce: [u8; 24], plain: &[u8], into: &mut Vec<u8>) {
        self.sealing.seal_into(&record_place(&person), nonce, plain, into);
    }

    /// Opens a person's record; locale and jurisdiction are in columns of their own.
    pub(in crate::store) fn open_record(&self, person: PersonId, sealed: &[u8]) -> Result<PersonRecord> {
        let plain = self
            .sealing
            .open(&record_place(&person), sealed)
            .map_err(|e| StoreError::corrupt("people", "sealed", e.to_string()))?;
        decode(&plain)
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

/// Writes the bytes of a record that are sealed and hashed behind what `into` holds already. The same record always gives
/// the same bytes. Locale and jurisdiction are not among them.
pub(in crate::store) fn encode(record: &PersonRecord, into: &mut Vec<u8>) {
    serde_json::to_writer(into, record).expect("a record has only texts and lists, which JSON can say");
}

/// Reads [`encode`]'s bytes back.
pub(in crate::store) fn decode(plain: &[u8]) -> Result<PersonRecord> {
    // Where it fails is told, what it says there is not.
    serde_json::from_slice(plain).map_err(|e| {
        let reason = format!("no record of a person: {:?} error at byte {}", e.classify(), e.column());
        StoreError::corrupt("people", "sealed", reason)
    })
}

fn record_place(person: &PersonId) -> Place<'_> {
    Place { table: "people", row: person.0.as_bytes(), column: "sealed" }
}
