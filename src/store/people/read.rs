//! Reading people, opened under their incident's key.

use std::collections::BTreeMap;

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::person::Person;
use crate::domain::reach::Reach;
use crate::store::SqlStore;
use crate::store::db::{Db, on_both_connections, reading};
use crate::store::error::StoreError;
use crate::store::incidents::IncidentRows;
use crate::store::keys::KeyRows;
use crate::store::people::{PeopleSealer, SealedPeople};
use crate::store::rows::{PersonRow, jurisdiction, locale, page, word};
use crate::store::traits::{ImportCounts, Page, PeopleGroup, PeopleStore, ReachGroup, Result};

/// Places in an import from which a part of its people is read.
const PROBES: u32 = 64;

/// Reading what people can be reached through.
trait ReachRows {
    /// Groups of so many people from an identifier on.
    fn reach_from(
        &mut self,
        incident: IncidentId,
        from: Uuid,
        at_most: i64,
    ) -> impl Future<Output = Result<Vec<(Option<String>, String, i64)>>> + Send;
    /// Identifiers evenly spread between the first and the last person.
    fn probes(&mut self, incident: IncidentId) -> impl Future<Output = Result<Vec<Uuid>>> + Send;
}

on_both_connections!(ReachRows {
    async fn reach_from(
        &mut self,
        incident: IncidentId,
        from: Uuid,
        at_most: i64,
    ) -> Result<Vec<(Option<String>, String, i64)>> {
        let rows = sqlx::query_as(
            "/* reach_from */ SELECT part.jurisdiction, part.reach, COUNT(*) FROM (SELECT jurisdiction, reach FROM people \
             WHERE incident_id = $1 AND id >= $2 ORDER BY id LIMIT $3) AS part GROUP BY part.jurisdiction, part.reach",
        )
        .bind(incident.0)
        .bind(from)
        .bind(at_most)
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn probes(&mut self, incident: IncidentId) -> Result<Vec<Uuid>> {
        let first: Option<Uuid> = sqlx::query_scalar(
            "/* probes */ SELECT id FROM people WHERE incident_id = $1 ORDER BY id LIMIT 1",
        )
        .bind(incident.0)
        .fetch_optional(&mut *self)
        .await?;
        let last: Option<Uuid> = sqlx::query_scalar(
            "/* probes */ SELECT id FROM people WHERE incident_id = $1 ORDER BY id DESC LIMIT 1",
        )
        .bind(incident.0)
        .fetch_optional(&mut *self)
        .await?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
        let (first, last) = (first.as_u128(), last.as_u128());
        let step = (last - first) / u128::from(PROBES);
        Ok((0..PROBES).map(|place| Uuid::from_u128(first + step * u128::from(place))).collect())
    }
});

#[async_trait]
impl PeopleStore for SqlStore {
    async fn people_sealer(&self, incident: IncidentId) -> Result<PeopleSealer> {
        self.sealer_of(incident).await
    }

    async fn import_sealed(&self, people: SealedPeople, now: Millis, actor: ActorRef) -> Result<ImportCounts> {
        self.import(people, now, actor).await
    }

    async fn people_grew(&self) -> Result<()> {
        // Until it is told, PostgreSQL takes the people of a new incident for few, and may read and sort all of them for each
        // page. SQLite's plans here do not depend on numbers.
        if let Db::Postgres { pool } = &self.db {
            sqlx::query("/* people_grew */ ANALYZE people").execute(pool).await?;
        }
        Ok(())
    }

    async fn people(&self, incident: IncidentId, after: Option<PersonId>, limit: u32) -> Result<Page<Person>> {
        let (stored, rows): (_, Vec<PersonRow>) = reading!(self, conn => {
            let stored = conn.wrapped_key(incident).await?;
            let rows = sqlx::query_as(
                "/* people */ SELECT id, sealed, jurisdiction, locale FROM people \
                 WHERE incident_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            )
            .bind(incident.0)
            .bind(after.map_or(Uuid::nil(), |id| id.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(conn)
            .await?;
            Ok::<_, StoreError>((stored, rows))
        })?;
        let key = self.sealer.incident_key(incident, &stored)?;
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

    async fn people_by_reach(&self, incident: IncidentId, at_most: u32) -> Result<(Vec<ReachGroup>, bool)> {
        let (rows, all) = reading!(self, conn => {
            let people = conn.read_incident(incident).await?.people;
            let mut rows: Vec<(Option<String>, String, i64)> = Vec::new();
            if people <= i64::from(at_most) {
                rows.extend(conn.reach_from(incident, Uuid::nil(), i64::MAX).await?);
                return Ok::<_, StoreError>((rows, true));
            }
            let each = i64::from(at_most / PROBES).max(1);
            for probe in conn.probes(incident).await? {
                rows.extend(conn.reach_from(incident, probe, each).await?);
            }
            Ok((rows, false))
        })?;
        let mut groups: BTreeMap<(Option<String>, String), i64> = BTreeMap::new();
        for (of, reach, people) in rows {
            *groups.entry((of, reach)).or_default() += people;
        }
        let groups = groups.into_iter().map(|((of, reach), people)| {
            let reach = word("people", "reach", Reach::from_code(&reach))?;
            Ok(ReachGroup { jurisdiction: jurisdiction(of)?, reach, people })
        });
        Ok((groups.collect::<Result<_>>()?, all))
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
