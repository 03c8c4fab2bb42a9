//! Affected people: encoded and merged by chunks, sealed away from the database, written in one transaction a chunk, opened
//! as they are read.

mod blocks;
mod chunk;
mod copy;
mod groups;
mod packed;
mod plan;
mod postgres;
mod read;
mod sealer;
mod sqlite;

use std::sync::Arc;

pub use self::chunk::PeopleChunk;
use self::groups::GroupChange;
use self::plan::{Known, Plan};
use self::sealer::SealedPerson;
pub use self::sealer::{PeopleSealer, SealedPeople};
use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{Again, Db, immediate, on_both_connections, once, ordinary};
use super::error::StoreError;
use super::incidents::editable;
use super::keys::KeyRows;
use super::queue::Residing as _;
use super::rows::word;
use super::traits::{ImportCounts, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;

/// So many people of a chunk are looked up to see whether it is likely that some are known.
const SAMPLE: usize = 64;

impl SqlStore {
    /// The body of [`PeopleStore::people_sealer`](super::PeopleStore::people_sealer).
    async fn sealer_of(&self, incident: IncidentId) -> Result<PeopleSealer> {
        let key = self.incident_key(incident).await.map_err(erased_is_conflict)?;
        Ok(PeopleSealer::new(incident, key, self.sealer.shared_entropy()))
    }

    /// The body of [`PeopleStore::import_sealed`](super::PeopleStore::import_sealed).
    ///
    /// When a sample of the chunk is not known, all of it is written as new: looking up each of millions of people who are
    /// not there costs as much as writing them. The transaction finds whoever is there after all, leaves nothing, and is
    /// planned again, then with everybody looked up. Reading and merging what is known goes before the transaction, which
    /// then only writes, and begins again when it finds that somebody else has written to one of these people meanwhile.
    async fn import(&self, people: SealedPeople, now: Millis, actor: ActorRef) -> Result<ImportCounts> {
        if people.people.is_empty() {
            return Ok(ImportCounts::default());
        }
        let people = Arc::new(people);
        let mut again = Again::new(self.sealer.entropy());
        let mut looked_up = self.some_known(&people).await?;
        loop {
            let plan = if looked_up { self.plan(&people).await? } else { Plan::all_new(&people) };
            match self.write(&people, &plan, now, &actor).await {
                Ok(()) => return Ok(plan.counts),
                Err(StoreError::Busy) if !looked_up => looked_up = true,
                Err(StoreError::Busy) if again.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether any of a sample of these people is there already.
    async fn some_known(&self, people: &SealedPeople) -> Result<bool> {
        let step = people.people.len().div_ceil(SAMPLE);
        let sample = people.people.iter().enumerate().step_by(step);
        Ok(!self.known(people.incident, sample).await?.is_empty())
    }

    /// Looks up what is known of the chunk's people and decides what to write.
    async fn plan(&self, people: &Arc<SealedPeople>) -> Result<Plan> {
        let known = self.known(people.incident, people.people.iter().enumerate()).await?;
        let (people, entropy) = (Arc::clone(people), self.sealer.shared_entropy());
        tokio::task::spawn_blocking(move || Plan::beside(&people, known, entropy.as_ref()))
            .await
            .map_err(|_| StoreError::Unavailable(String::from("the process is being stopped")))?
    }

    async fn known(
        &self,
        incident: IncidentId,
        people: impl Iterator<Item = (usize, &SealedPerson)>,
    ) -> Result<Vec<Known>> {
        match &self.db {
            Db::Sqlite { read, .. } => sqlite::known(&mut *read.acquire().await?, incident, people).await,
            Db::Postgres { pool } => postgres::known(&mut *pool.acquire().await?, incident, people).await,
        }
    }

    /// The one transaction of a chunk.
    async fn write(&self, people: &SealedPeople, plan: &Plan, now: Millis, actor: &ActorRef) -> Result<()> {
        let incident = people.incident;
        let audit = AuditEntry {
            incident: Some(incident),
            at: now,
            actor: actor.clone(),
            action: String::from("people.imported"),
            detail: serde_json::json!({
                "added": plan.counts.added, "updated": plan.counts.updated, "unchanged": plan.counts.unchanged,
            }),
        };
        match &self.db {
            Db::Sqlite { write, .. } => once!(immediate(write), sqlx::SqliteConnection, tx => {
                tx.count_people(incident, plan.counts.added).await?;
                sqlite::write(tx, people, plan, now).await?;
                tx.count_groups(incident, &plan.groups).await?;
                tx.relocate(incident, &plan.relocated).await?;
                tx.append_audit(&audit).await
            }),
            Db::Postgres { pool } => once!(ordinary(pool, self.patience), sqlx::PgConnection, tx => {
                tx.count_people(incident, plan.counts.added).await?;
                postgres::write(tx, people, plan, now).await?;
                tx.count_groups(incident, &plan.groups).await?;
                tx.relocate(incident, &plan.relocated).await?;
                tx.append_audit(&audit).await
            }),
        }
    }
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
    /// incident that has ended or whose key is destroyed.
    fn count_people(&mut self, incident: IncidentId, added: i64) -> impl Future<Output = Result<()>> + Send;
    /// Adds to the numbers per jurisdiction and locale.
    fn count_groups(&mut self, incident: IncidentId, groups: &[GroupChange])
    -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(PeopleCounts {
    async fn count_people(&mut self, incident: IncidentId, added: i64) -> Result<()> {
        let state: Option<String> = sqlx::query_scalar(
            "/* count_people */ UPDATE incidents SET people = people + $2 WHERE id = $1 RETURNING state",
        )
        .bind(incident.0)
        .bind(added)
        .fetch_optional(&mut *self)
        .await?;
        if self.wrapped_key(incident).await?.wrapped.is_none() {
            return Err(erased_is_conflict(StoreError::Erased));
        }
        let state = state.ok_or(StoreError::NotFound("incident"))?;
        let state = word("incidents", "state", IncidentState::from_name(&state))?;
        // A file may take hours; the incident may have ended since its first line.
        editable(state, "people can be imported while it is draft or open")
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
