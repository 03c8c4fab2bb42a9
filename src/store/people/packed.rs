//! Rows on their way into SQLite: many in one binary parameter, and a list of numbers that says where each is and how its
//! parts are divided. `substr` takes them apart. Binding each value for itself, or writing all as JSON with the bytes in
//! hex, costs several times as much.
//!
//! A row is `id` (16 bytes), `ref_index` (16), `content_hash` (32), `replaces` (32), `reach` (7 characters), jurisdiction,
//! locale, sealed record; the last three have the lengths that its number says. The number holds, from the lowest bit: 20
//! bits of the row's place in the parameter, 30 of the sealed record's length, 6 of the jurisdiction's, 6 of the locale's.

use std::fmt::Write as _;

use super::plan::Row;

/// Most rows in one parameter.
const ROWS: usize = 1000;
/// Most bytes before a row in one parameter; its place has 20 bits.
const BYTES: usize = 1 << 20;

/// A common table expression `r` that takes the packed rows of parameters `$3` and `$4` apart again.
macro_rules! rows {
    () => {
        "WITH at (place, sealed, jurisdiction, locale) AS MATERIALIZED ( \
         SELECT (value & 1048575) + 1, value >> 20 & 1073741823, value >> 50 & 63, value >> 56 FROM json_each($4)), \
         r (id, ref_index, content_hash, replaces, reach, jurisdiction, locale, sealed) AS ( \
         SELECT substr($3, place, 16), substr($3, place + 16, 16), substr($3, place + 32, 32), substr($3, place + 64, 32), \
         CAST(substr($3, place + 96, 7) AS TEXT), \
         nullif(CAST(substr($3, place + 103, jurisdiction) AS TEXT), ''), \
         nullif(CAST(substr($3, place + 103 + jurisdiction, locale) AS TEXT), ''), \
         substr($3, place + 103 + jurisdiction + locale, sealed) FROM at) "
    };
}
pub(super) use rows;

/// Rows as two parameters.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    /// A JSON list with a number for each row.
    pub(super) places: String,
    pub(super) rows: usize,
}

impl Packed {
    /// Packs the next rows, as many as one statement takes; `None` when there are no more.
    pub(super) fn next<'a>(rows: &mut (impl ExactSizeIterator<Item = Row<'a>> + Clone)) -> Option<Self> {
        let count = rows.len().min(ROWS);
        let size: usize = rows.clone().take(count).map(|row| 160 + row.sealed.len()).sum();
        let mut packed =
            Self { bytes: Vec::with_capacity(size), places: String::with_capacity(count * 21 + 2), rows: 0 };
        while packed.rows < ROWS && packed.bytes.len() < BYTES {
            let Some(row) = rows.next() else { break };
            packed.push(&row);
        }
        packed.places.push(']');
        (packed.rows > 0).then_some(packed)
    }

    fn push(&mut self, row: &Row<'_>) {
        let (jurisdiction, locale) = (row.group.jurisdiction(), row.group.locale());
        let number = [(self.bytes.len(), 0), (row.sealed.len(), 20), (jurisdiction.len(), 50), (locale.len(), 56)]
            .into_iter()
            .fold(0, |number, (part, bits)| number | (part as u64) << bits);
        self.places.push(if self.rows == 0 { '[' } else { ',' });
        let _ = write!(self.places, "{number}");
        self.bytes.extend_from_slice(row.id.0.as_bytes());
        self.bytes.extend_from_slice(&row.ref_index);
        self.bytes.extend_from_slice(&row.content_hash);
        self.bytes.extend_from_slice(&row.replaces);
        self.bytes.extend_from_slice(row.reach.to_code().as_bytes());
        self.bytes.extend_from_slice(jurisdiction.as_bytes());
        self.bytes.extend_from_slice(locale.as_bytes());
        self.bytes.extend_from_slice(row.sealed);
        self.rows += 1;
    }
}
