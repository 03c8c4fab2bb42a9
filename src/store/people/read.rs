//! Reading people, opened under their incident's key.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::person::{Person, Reach};
use crate::store::SqlStore;
use crate::store::db::reading;
use crate::store::error::StoreError;
use crate::store::people::{PeopleSealer, SealedPeople};
use crate::store::rows::{PersonRow, jurisdiction, locale, page, word};
use crate::store::traits::{ImportCounts, Page, PeopleGroup, PeopleStore, ReachGroup, Result};

#[async_trait]
impl PeopleStore for SqlStore {
    async fn people_sealer(&self, incident: IncidentId) -> Result<PeopleSealer> {
        self.sealer_of(incident).await
    }

    async fn import_sealed(&self, people: SealedPeople, now: Millis, actor: ActorRef) -> Result<ImportCounts> {
        self.import(people, now, actor).await
    }

    async fn people(&self, incident: IncidentId, after: Option<PersonId>, limit: u32) -> Result<Page<Person>> {
        let key = self.incident_key(incident).await?;
        let rows: Vec<PersonRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* people */ SELECT id, sealed, jurisdiction, locale FROM people \
                 WHERE incident_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            )
            .bind(incident.0)
            .bind(after.map_or(Uuid::nil(), |id| id.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(conn)
            .await
        })?;
        page(rows, limit, |row| row.open(&key))
    }

    async fn person(&self, incident: IncidentId, id: PersonId) -> Result<Person> {
        let key = self.incident_key(incident).await?;
        let row: Option<PersonRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* person */ SELECT id, sealed, jurisdiction, locale FROM people WHERE id = $2 AND incident_id = $1",
            )
            .bind(incident.0)
            .bind(id.0)
            .fetch_optional(conn)
            .await
        })?;
        row.ok_or(StoreError::NotFound("person"))?.open(&key)
    }

    async fn person_by_ref(&self, incident: IncidentId, reference: &str) -> Result<Person> {
        let key = self.incident_key(incident).await?;
        let index = key.ref_index(reference);
        let row: Option<PersonRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* person_by_ref */ SELECT id, sealed, jurisdiction, locale FROM people \
                 WHERE incident_id = $1 AND ref_index = $2",
            )
            .bind(incident.0)
            .bind(index.as_slice())
            .fetch_optional(conn)
            .await
        })?;
        row.ok_or(StoreError::NotFound("person"))?.open(&key)
    }

    async fn people_by_reach(&self, incident: IncidentId) -> Result<Vec<ReachGroup>> {
        let rows: Vec<(Option<String>, String, i64)> = reading!(self, conn => {
            sqlx::query_as(
                "/* people_by_reach */ SELECT jurisdiction, reach, COUNT(*) FROM people WHERE incident_id = $1 \
                 GROUP BY jurisdiction, reach ORDER BY jurisdiction, reach",
            )
            .bind(incident.0)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter()
            .map(|(of, reach, people)| {
                let reach = word("people", "reach", Reach::from_code(&reach))?;
                Ok(ReachGroup { jurisdiction: jurisdiction(of)?, reach, people })
            })
            .collect()
    }

    async fn people_summary(&self, incident: IncidentId) -> Result<Vec<PeopleGroup>> {
        let rows: Vec<(String, String, i64, i64)> = reading!(self, conn => {
            sqlx::query_as(
                "/* people_summary */ SELECT jurisdiction, locale, people, without_contact FROM people_groups \
                 WHERE incident_id = $1 AND people > 0 ORDER BY jurisdiction, locale",
            )
            .bind(incident.0)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter()
            .map(|(of, reads, people, without_contact)| {
                Ok(PeopleGroup {
                    jurisdiction: jurisdiction(Some(of))?,
                    locale: locale(Some(reads))?,
                    people,
                    without_contact,
                })
            })
            .collect()
    }
}
