//! The import's statements for PostgreSQL: arrays through `UNNEST`.

use sqlx::PgConnection;

use super::plan::{Incoming, Plan, Row};
use super::{KnownRow, as_planned};
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::store::traits::Result;

/// Reads which of the chunk's people are there already.
pub(super) async fn known(
    connection: &mut PgConnection,
    incident: IncidentId,
    incoming: &[Incoming],
) -> Result<Vec<KnownRow>> {
    let refs: Vec<&[u8]> = incoming.iter().map(|person| person.ref_index.as_slice()).collect();
    let hashes: Vec<&[u8]> = incoming.iter().map(|person| person.content_hash.as_slice()).collect();
    Ok(sqlx::query_as(
        "/* known_people */ SELECT p.id, p.ref_index, p.content_hash, p.jurisdiction, p.locale, \
         CASE WHEN p.content_hash <> i.content_hash THEN p.sealed END AS sealed \
         FROM UNNEST($2::bytea[], $3::bytea[]) AS i (ref_index, content_hash) \
         JOIN people p ON p.incident_id = $1 AND p.ref_index = i.ref_index",
    )
    .bind(incident.0)
    .bind(refs)
    .bind(hashes)
    .fetch_all(connection)
    .await?)
}

/// Writes the plan; `Busy` when what is there is no longer what the plan was made from.
pub(super) async fn write(tx: &mut PgConnection, incident: IncidentId, plan: &Plan, now: Millis) -> Result<()> {
    if !plan.added.is_empty() {
        insert(tx, incident, &plan.added, now).await?;
    }
    if !plan.updated.is_empty() {
        update(tx, &plan.updated, now).await?;
    }
    Ok(())
}

async fn insert(tx: &mut PgConnection, incident: IncidentId, rows: &[Row], now: Millis) -> Result<()> {
    let written = sqlx::query(
        "/* insert_people */ INSERT INTO people \
         (id, incident_id, ref_index, content_hash, sealed, reach, jurisdiction, locale, created_at, updated_at) \
         SELECT i.id, $1, i.ref_index, i.content_hash, i.sealed, i.reach, i.jurisdiction, i.locale, $2, $2 \
         FROM UNNEST($3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::text[]) \
         AS i (id, ref_index, content_hash, sealed, reach, jurisdiction, locale) \
         ON CONFLICT (ref_index) DO NOTHING",
    )
    .bind(incident.0)
    .bind(now.0)
    .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.ref_index.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.content_hash.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sealed.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reach.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.jurisdiction.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.locale.as_deref()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    as_planned(written.rows_affected(), rows.len())
}

async fn update(tx: &mut PgConnection, rows: &[Row], now: Millis) -> Result<()> {
    let written = sqlx::query(
        "/* update_people */ UPDATE people p SET content_hash = i.content_hash, sealed = i.sealed, reach = i.reach, \
         jurisdiction = i.jurisdiction, locale = i.locale, updated_at = $1 \
         FROM UNNEST($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::text[]) \
         AS i (id, replaces, content_hash, sealed, reach, jurisdiction, locale) \
         WHERE p.id = i.id AND p.content_hash = i.replaces",
    )
    .bind(now.0)
    .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.replaces.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.content_hash.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sealed.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.reach.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.jurisdiction.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.locale.as_deref()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    as_planned(written.rows_affected(), rows.len())
}
