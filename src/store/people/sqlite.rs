//! The import's statements for SQLite.

use std::fmt::Write as _;

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::as_planned;
use super::packed::{Packed, rows};
use super::plan::{Known, Plan};
use super::sealer::{SealedPeople, SealedPerson};
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::store::traits::Result;

/// Most people who are looked up by one statement.
const LOOKED_UP: usize = 1000;

#[derive(FromRow)]
struct KnownRow {
    place: i64,
    id: Uuid,
    content_hash: Vec<u8>,
    sealed: Option<Vec<u8>>,
    jurisdiction: Option<String>,
    locale: Option<String>,
}

impl From<KnownRow> for Known {
    fn from(row: KnownRow) -> Self {
        let KnownRow { place, id, content_hash, sealed, jurisdiction, locale } = row;
        let place = usize::try_from(place).expect("the place is a number that the statement was given");
        Self { place, id, content_hash, sealed, jurisdiction, locale }
    }
}

/// Reads which of these people, given with their places, are there already.
pub(super) async fn known<'a>(
    connection: &mut SqliteConnection,
    incident: IncidentId,
    people: impl Iterator<Item = (usize, &'a SealedPerson)>,
) -> Result<Vec<Known>> {
    let mut people = people.peekable();
    let mut known = Vec::new();
    while people.peek().is_some() {
        let (mut hashes, mut places) = (Vec::with_capacity(LOOKED_UP * 48), String::from("["));
        for (place, person) in people.by_ref().take(LOOKED_UP) {
            if !hashes.is_empty() {
                places.push(',');
            }
            let _ = write!(places, "{place}");
            hashes.extend_from_slice(&person.ref_index);
            hashes.extend_from_slice(&person.content_hash);
        }
        places.push(']');
        let rows: Vec<KnownRow> = sqlx::query_as(
            "/* known_people */ WITH i (place, ref_index, content_hash) AS MATERIALIZED \
             (SELECT value, substr($2, key * 48 + 1, 16), substr($2, key * 48 + 17, 32) FROM json_each($3)) \
             SELECT i.place, p.id, p.content_hash, p.jurisdiction, p.locale, \
             CASE WHEN p.content_hash <> i.content_hash THEN p.sealed END AS sealed \
             FROM i CROSS JOIN people p ON p.incident_id = $1 AND p.ref_index = i.ref_index",
        )
        .bind(incident.0)
        .bind(hashes)
        .bind(places)
        .fetch_all(&mut *connection)
        .await?;
        known.extend(rows.into_iter().map(Known::from));
    }
    Ok(known)
}

/// Writes the plan; `Busy` when what is there is no longer what the plan was made from.
pub(super) async fn write(tx: &mut SqliteConnection, people: &SealedPeople, plan: &Plan, now: Millis) -> Result<()> {
    let mut added = plan.added(people);
    while let Some(packed) = Packed::next(&mut added) {
        let rows = packed.rows;
        // `WHERE true` tells SQLite's parser that the `ON` belongs to the insert.
        let written = sqlx::query(concat!(
            "/* insert_people */ ",
            rows!(),
            "INSERT INTO people \
             (id, ref_index, content_hash, reach, jurisdiction, locale, sealed, incident_id, created_at, updated_at) \
             SELECT id, ref_index, content_hash, reach, jurisdiction, locale, sealed, $1, $2, $2 FROM r WHERE true \
             ON CONFLICT (ref_index) DO NOTHING",
        ))
        .bind(people.incident.0)
        .bind(now.0)
        .bind(packed.bytes)
        .bind(packed.places)
        .execute(&mut *tx)
        .await?;
        as_planned(written.rows_affected(), rows)?;
    }
    let mut updated = plan.updated();
    while let Some(packed) = Packed::next(&mut updated) {
        let rows = packed.rows;
        let written = sqlx::query(concat!(
            "/* update_people */ ",
            rows!(),
            "UPDATE people SET content_hash = r.content_hash, sealed = r.sealed, reach = r.reach, \
             jurisdiction = r.jurisdiction, locale = r.locale, updated_at = $2 FROM r \
             WHERE people.incident_id = $1 AND people.id = r.id AND people.content_hash = r.replaces",
        ))
        .bind(people.incident.0)
        .bind(now.0)
        .bind(packed.bytes)
        .bind(packed.places)
        .execute(&mut *tx)
        .await?;
        as_planned(written.rows_affected(), rows)?;
    }
    Ok(())
}
