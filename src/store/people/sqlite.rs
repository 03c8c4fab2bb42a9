//! The import's statements for SQLite: one JSON parameter, blobs in hex.

use sqlx::SqliteConnection;

use super::plan::{Incoming, Plan, Row};
use super::{KnownRow, as_planned};
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::store::traits::Result;

/// Reads which of the chunk's people are there already.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    incident: IncidentId,
    incoming: &[Incoming],
) -> Result<Vec<KnownRow>> {
    let mut list = List::new(incoming.len() * 110);
    for person in incoming {
        list.row(|row| {
            row.blob(&person.ref_index);
            row.blob(&person.content_hash);
        });
    }
    Ok(sqlx::query_as(
        "/* known_people */ WITH i (ref_index, content_hash) AS MATERIALIZED \
         (SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each($2)) \
         SELECT p.id, p.ref_index, p.content_hash, p.jurisdiction, p.locale, \
         CASE WHEN p.content_hash <> i.content_hash THEN p.sealed END AS sealed \
         FROM i CROSS JOIN people p ON p.incident_id = $1 AND p.ref_index = i.ref_index",
    )
    .bind(incident.0)
    .bind(list.end())
    .fetch_all(connection)
    .await?)
}

/// Writes the plan; `Busy` when what is there is no longer what the plan was made from.
pub(super) async fn write(tx: &mut SqliteConnection, incident: IncidentId, plan: &Plan, now: Millis) -> Result<()> {
    if !plan.added.is_empty() {
        insert(tx, incident, &plan.added, now).await?;
    }
    if !plan.updated.is_empty() {
        update(tx, &plan.updated, now).await?;
    }
    Ok(())
}

async fn insert(tx: &mut SqliteConnection, incident: IncidentId, rows: &[Row], now: Millis) -> Result<()> {
    // `WHERE true` tells SQLite's parser that the `ON` belongs to the insert.
    let written = sqlx::query(
        "/* insert_people */ INSERT INTO people \
         (id, ref_index, content_hash, sealed, reach, jurisdiction, locale, incident_id, created_at, updated_at) \
         SELECT unhex(value ->> 0), unhex(value ->> 2), unhex(value ->> 3), unhex(value ->> 4), value ->> 5, \
         value ->> 6, value ->> 7, $1, $2, $2 FROM json_each($3) WHERE true \
         ON CONFLICT (ref_index) DO NOTHING",
    )
    .bind(incident.0)
    .bind(now.0)
    .bind(list(rows))
    .execute(tx)
    .await?;
    as_planned(written.rows_affected(), rows.len())
}

async fn update(tx: &mut SqliteConnection, rows: &[Row], now: Millis) -> Result<()> {
    let written = sqlx::query(
        "/* update_people */ UPDATE people SET content_hash = unhex(i.value ->> 3), sealed = unhex(i.value ->> 4), \
         reach = i.value ->> 5, jurisdiction = i.value ->> 6, locale = i.value ->> 7, updated_at = $1 \
         FROM json_each($2) AS i \
         WHERE people.id = unhex(i.value ->> 0) AND people.content_hash = unhex(i.value ->> 1)",
    )
    .bind(now.0)
    .bind(list(rows))
    .execute(tx)
    .await?;
    as_planned(written.rows_affected(), rows.len())
}

/// `[[id, replaces, ref_index, content_hash, sealed, reach, jurisdiction, locale], ...]`, numbered from 0 by the
/// statements, except that `replaces` comes second.
fn list(rows: &[Row]) -> String {
    let size = rows.iter().map(|row| 310 + row.sealed.len() * 2).sum();
    let mut list = List::new(size);
    for row in rows {
        list.row(|columns| {
            columns.blob(row.id.as_bytes());
            columns.blob(&row.replaces);
            columns.blob(&row.ref_index);
            columns.blob(&row.content_hash);
            columns.blob(&row.sealed);
            columns.word(Some(&row.reach));
            columns.word(row.jurisdiction.as_deref());
            columns.word(row.locale.as_deref());
        });
    }
    list.end()
}

/// A JSON list of lists, written without an intermediate tree.
struct List(String);

impl List {
    fn new(size: usize) -> Self {
        let mut text = String::with_capacity(size);
        text.push('[');
        Self(text)
    }

    fn row(&mut self, columns: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push('[');
        columns(self);
        self.0.push(']');
    }

    fn blob(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.separate();
        self.0.push('"');
        for byte in bytes {
            self.0.push(char::from(DIGITS[usize::from(byte >> 4)]));
            self.0.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        self.0.push('"');
    }

    /// A word of letters, digits and hyphens only: a code, a language tag, a jurisdiction. It needs no escapes.
    fn word(&mut self, word: Option<&str>) {
        self.separate();
        match word {
            None => self.0.push_str("null"),
            Some(word) => {
                self.0.push('"');
                self.0.push_str(word);
                self.0.push('"');
            }
        }
    }

    fn separate(&mut self) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
    }

    fn end(mut self) -> String {
        self.0.push(']');
        self.0
    }
}
