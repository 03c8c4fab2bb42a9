//! The import's statements for PostgreSQL: `COPY` for what is new, arrays through `UNNEST` for what is looked up or changed.

use sqlx::postgres::PgConnection;
use sqlx::{Error, FromRow};
use uuid::Uuid;

use super::as_planned;
use super::copy::{self, Copy};
use super::plan::{Known, Plan, Row};
use super::sealer::{SealedPeople, SealedPerson};
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::store::error::StoreError;
use crate::store::traits::Result;

/// So many bytes of new rows are sent at a time.
const PIECE: usize = 64 * 1024;
/// Most people who are looked up by one statement: for many more the planner would rather read the whole table.
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

/// Reads which of these people, given with their places, are there already.
pub(super) async fn known<'a>(
    connection: &mut PgConnection,
    incident: IncidentId,
    people: impl Iterator<Item = (usize, &'a SealedPerson)>,
) -> Result<Vec<Known>> {
    let people: Vec<(usize, &SealedPerson)> = people.collect();
    let mut known = Vec::new();
    for people in people.chunks(LOOKED_UP) {
        known.extend(look_up(&mut *connection, incident, people).await?);
    }
    Ok(known)
}

async fn look_up(
    connection: &mut PgConnection,
    incident: IncidentId,
    people: &[(usize, &SealedPerson)],
) -> Result<impl Iterator<Item = Known>> {
    let rows: Vec<KnownRow> = sqlx::query_as(
        "/* known_people */ SELECT i.place, p.id, p.content_hash, p.jurisdiction, p.locale, \
         CASE WHEN p.content_hash <> i.content_hash THEN p.sealed END AS sealed \
         FROM UNNEST($2::bytea[], $3::bytea[]) WITH ORDINALITY AS i (ref_index, content_hash, place) \
         JOIN people p ON p.incident_id = $1 AND p.ref_index = i.ref_index",
    )
    .bind(incident.0)
    .bind(people.iter().map(|(_, person)| person.ref_index.as_slice()).collect::<Vec<_>>())
    .bind(people.iter().map(|(_, person)| person.content_hash.as_slice()).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| {
        let KnownRow { place, id, content_hash, sealed, jurisdiction, locale } = row;
        // The server counts from 1.
        let place = usize::try_from(place - 1).expect("a place in a list is not negative");
        Known { place: people[place].0, id, content_hash, sealed, jurisdiction, locale }
    }))
}

/// Writes the plan; `Busy` when what is there is no longer what the plan was made from.
pub(super) async fn write(tx: &mut PgConnection, people: &SealedPeople, plan: &Plan, now: Millis) -> Result<()> {
    let (added, updated) = (plan.added(people), plan.updated());
    if added.len() > 0 {
        let rows = added.len();
        as_planned(insert(tx, people.incident, added, now).await.map_err(known_after_all)?, rows)?;
    }
    if updated.len() > 0 {
        update(tx, people.incident, updated.collect(), now).await?;
    }
    Ok(())
}

async fn insert<'a>(
    tx: &mut PgConnection,
    incident: IncidentId,
    rows: impl Iterator<Item = Row<'a>>,
    now: Millis,
) -> sqlx::Result<u64> {
    let mut into = tx.copy_in_raw(copy::STATEMENT).await?;
    let mut data = Copy::new(incident, now);
    for row in rows {
        data.row(&row);
        if data.bytes().len() >= PIECE {
            into.send(data.bytes()).await?;
            data.clear();
        }
    }
    data.end();
    into.send(data.bytes()).await?;
    into.finish().await
}

/// A person who was to be added is there: the plan is out of date.
fn known_after_all(error: Error) -> StoreError {
    match error {
        Error::Database(error) if error.is_unique_violation() => StoreError::Busy,
        other => StoreError::from(other),
    }
}

async fn update(tx: &mut PgConnection, incident: IncidentId, rows: Vec<Row<'_>>, now: Millis) -> Result<()> {
    let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    let written = sqlx::query(
        "/* update_people */ UPDATE people p SET content_hash = i.content_hash, sealed = i.sealed, reach = i.reach, \
         jurisdiction = i.jurisdiction, locale = i.locale, updated_at = $2 \
         FROM UNNEST($3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::text[]) \
         AS i (id, replaces, content_hash, sealed, reach, jurisdiction, locale) \
         WHERE p.incident_id = $1 AND p.id = i.id AND p.content_hash = i.replaces",
    )
    .bind(incident.0)
    .bind(now.0)
    .bind(rows.iter().map(|row| row.id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.replaces.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.content_hash.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sealed).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reach.to_code()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| word(row.group.jurisdiction())).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| word(row.group.locale())).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    as_planned(written.rows_affected(), rows.len())
}
