//! Affected people: taken in by chunks, sealed before the transaction begins, opened as they are read.

mod plan;
mod postgres;
mod read;
mod sqlite;

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::FromRow;
use uuid::Uuid;

use self::plan::{GroupChange, Incoming, Plan};
use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{Again, Db, immediate, on_both_connections, once, ordinary};
use super::error::StoreError;
use super::keys::KeyRows;
use super::seal::{IncidentKey, RefIndex};
use super::traits::{ImportCounts, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::person::PersonRecord;

/// What the database knows of a person of the chunk.
#[derive(Debug, FromRow)]
struct KnownRow {
    id: Uuid,
    ref_index: Vec<u8>,
    content_hash: Vec<u8>,
    /// Absent when the chunk's record has the same hash: then there is nothing to merge and nothing to open.
    sealed: Option<Vec<u8>>,
    jurisdiction: Option<String>,
    locale: Option<String>,
}

impl SqlStore {
    /// The body of [`PeopleStore::import_people`](super::PeopleStore::import_people).
    ///
    /// Reading what is known, merging and sealing go before the transaction; the transaction then only writes, and
    /// begins again from the start when it finds that somebody else has written to one of these people meanwhile.
    async fn import(
        &self,
        incident: IncidentId,
        records: Vec<PersonRecord>,
        ids: Vec<PersonId>,
        now: Millis,
        actor: ActorRef,
    ) -> Result<ImportCounts> {
        if records.is_empty() {
            return Ok(ImportCounts::default());
        }
        if ids.len() < records.len() {
            return Err(StoreError::Conflict(format!("{} people came with {} identifiers", records.len(), ids.len())));
        }
        let key = self.incident_key(incident).await.map_err(erased_is_conflict)?;
        let incoming = Arc::new(
            blocking({
                let key = Arc::clone(&key);
                move || plan::incoming(&key, records, ids)
            })
            .await?,
        );
        let mut again = Again::new(self.sealer.entropy());
        loop {
            let plan = self.plan(incident, &key, &incoming).await?;
            let audit = AuditEntry {
                incident: Some(incident),
                at: now,
                actor: actor.clone(),
                action: String::from("people.imported"),
                detail: serde_json::json!({
                    "added": plan.counts.added, "updated": plan.counts.updated, "unchanged": plan.counts.unchanged,
                }),
            };
            let result: Result<()> = match &self.db {
                Db::Sqlite { write, .. } => once!(immediate(write), sqlx::SqliteConnection, tx => {
                    tx.count_people(incident, plan.counts.added).await?;
                    sqlite::write(tx, incident, &plan, now).await?;
                    tx.count_groups(incident, &plan.groups).await?;
                    tx.append_audit(&audit).await
                }),
                Db::Postgres { pool } => once!(ordinary(pool, self.patience), sqlx::PgConnection, tx => {
                    tx.count_people(incident, plan.counts.added).await?;
                    postgres::write(tx, incident, &plan, now).await?;
                    tx.count_groups(incident, &plan.groups).await?;
                    tx.append_audit(&audit).await
                }),
            };
            match result {
                Ok(()) => return Ok(plan.counts),
                Err(StoreError::Busy) if again.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Looks up what is known of the chunk's people and decides what to write.
    async fn plan(&self, incident: IncidentId, key: &Arc<IncidentKey>, incoming: &Arc<Vec<Incoming>>) -> Result<Plan> {
        let known = match &self.db {
            Db::Sqlite { read, .. } => sqlite::known(&mut *read.acquire().await?, incident, incoming).await?,
            Db::Postgres { pool } => postgres::known(&mut *pool.acquire().await?, incident, incoming).await?,
        };
        let known: HashMap<RefIndex, KnownRow> =
            known.into_iter().map(|row| Ok((exactly("ref_index", &row.ref_index)?, row))).collect::<Result<_>>()?;
        let (key, incoming, nonces) = (Arc::clone(key), Arc::clone(incoming), self.sealer.nonces(incoming.len()));
        blocking(move || plan::plan(&key, &incoming, known, nonces)).await?
    }
}

/// Runs work that keeps a core busy where it holds up nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StoreError::Unavailable(String::from("the process is being stopped")))
}

fn erased_is_conflict(error: StoreError) -> StoreError {
    match error {
        StoreError::Erased => StoreError::Conflict(String::from(
            "the incident's key has been destroyed; nobody can be added to it any more",
        )),
        other => other,
    }
}

fn exactly<const N: usize>(column: &'static str, bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::corrupt("people", column, format!("it does not have {N} bytes")))
}

/// Refuses a write that did not find what the plan had found. Busy, so that the import begins again.
fn as_planned(written: u64, planned: usize) -> Result<()> {
    if usize::try_from(written) == Ok(planned) { Ok(()) } else { Err(StoreError::Busy) }
}

/// Numbers that go with an import.
trait PeopleCounts {
    /// Adds to the incident's number of people, and with it keeps every other import of the incident waiting; refuses an
    /// incident whose key is destroyed.
    fn count_people(&mut self, incident: IncidentId, added: i64) -> impl Future<Output = Result<()>> + Send;
    /// Adds to the numbers per jurisdiction and locale.
    fn count_groups(&mut self, incident: IncidentId, groups: &[GroupChange])
    -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(PeopleCounts {
    async fn count_people(&mut self, incident: IncidentId, added: i64) -> Result<()> {
        sqlx::query("/* count_people */ UPDATE incidents SET people = people + $2 WHERE id = $1")
            .bind(incident.0)
            .bind(added)
            .execute(&mut *self)
            .await?;
        match self.wrapped_key(incident).await?.wrapped {
            Some(_) => Ok(()),
            None => Err(erased_is_conflict(StoreError::Erased)),
        }
    }

    async fn count_groups(&mut self, incident: IncidentId, groups: &[GroupChange]) -> Result<()> {
        for group in groups {
            let known = sqlx::query(
                "/* count_groups */ UPDATE people_groups SET people = people + $4, without_contact = without_contact + $5 \
                 WHERE incident_id = $1 AND jurisdiction = $2 AND locale = $3",
            )
            .bind(incident.0)
            .bind(&group.jurisdiction)
            .bind(&group.locale)
            .bind(group.people)
            .bind(group.without_contact)
            .execute(&mut *self)
            .await?;
            if known.rows_affected() == 0 {
                sqlx::query(
                    "/* count_groups */ INSERT INTO people_groups (incident_id, jurisdiction, locale, people, without_contact) \
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(incident.0)
                .bind(&group.jurisdiction)
                .bind(&group.locale)
                .bind(group.people)
                .bind(group.without_contact)
                .execute(&mut *self)
                .await?;
            }
        }
        Ok(())
    }
});
