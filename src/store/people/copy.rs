//! Rows on their way into PostgreSQL: the binary form of `COPY` (<https://www.postgresql.org/docs/current/sql-copy.html>),
//! which the server takes in without parsing statements or building arrays.

use super::plan::Row;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;

/// The statement that takes the rows. Its columns stand in the order in which [`Copy::row`] writes them.
pub(super) const STATEMENT: &str = "/* insert_people */ COPY people (id, incident_id, ref_index, content_hash, sealed, \
     reach, jurisdiction, locale, created_at, updated_at) FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 10;
/// Signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A piece of the data.
pub(super) struct Copy {
    bytes: Vec<u8>,
    incident: IncidentId,
    now: Millis,
}

impl Copy {
    /// Begins the data.
    pub(super) fn new(incident: IncidentId, now: Millis) -> Self {
        Self { bytes: HEAD.to_vec(), incident, now }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, row: &Row<'_>) {
        let now = self.now.0.to_be_bytes();
        self.bytes.extend_from_slice(&COLUMNS.to_be_bytes());
        self.value(row.id.0.as_bytes());
        let incident = self.incident.0;
        self.value(incident.as_bytes());
        self.value(&row.ref_index);
        self.value(&row.content_hash);
        self.value(row.sealed);
        self.value(row.reach.to_code().as_bytes());
        self.word(row.group.jurisdiction());
        self.word(row.group.locale());
        self.value(&now);
        self.value(&now);
    }

    /// Ends the data.
    pub(super) fn end(&mut self) {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    }

    /// What there is to send.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what has been sent.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    fn value(&mut self, value: &[u8]) {
        let length = i32::try_from(value.len()).expect("a value is far below PostgreSQL's gigabyte");
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Empty text is not known, which is NULL: a length of -1 without a value.
    fn word(&mut self, word: &str) {
        if word.is_empty() {
            self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        } else {
            self.value(word.as_bytes());
        }
    }
}
