//! The pools' statements for `PostgreSQL`: lists travel as arrays.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{CodeRow, CodeStatements, Group, SealedCode, assigning, owners};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::seal::RefIndex;
use crate::store::traits::Result;

const ASSIGN_SEALED: &str = concat!(
    "/* assign_codes */ WITH groups (jurisdiction, locale) AS MATERIALIZED (SELECT * FROM UNNEST($4::text[], $5::text[])), ",
    owners!("$3"),
    assigning!("FULL JOIN")
);

const LACKING: &str = concat!(
    "/* lacking_codes */ WITH groups (jurisdiction, locale) AS MATERIALIZED \
     (SELECT * FROM UNNEST($2::text[], $3::text[])), ",
    owners!("$1"),
    "SELECT COUNT(*) FROM owners o WHERE NOT EXISTS (SELECT 1 FROM remedy_codes r WHERE r.person_id = o.person)"
);

const ASSIGN_LISTED: &str = concat!(
    "/* assign_codes */ WITH owners (person) AS MATERIALIZED (SELECT DISTINCT COALESCE(w.ward_id, l.person) \
     FROM UNNEST($3::uuid[]) AS l (person) LEFT JOIN wards w ON w.guardian_id = l.person)",
    assigning!("FULL JOIN")
);

fn ids(people: &[PersonId]) -> Vec<Uuid> {
    people.iter().map(|person| person.0).collect()
}

fn columns(groups: &[Group]) -> (Vec<&str>, Vec<&str>) {
    groups.iter().map(|(jurisdiction, locale)| (jurisdiction.as_str(), locale.as_str())).unzip()
}

impl CodeStatements for PgConnection {
    async fn insert_codes(&mut self, incident: IncidentId, codes: &[SealedCode], now: Millis) -> Result<u64> {
        let done = sqlx::query(
            "/* insert_codes */ INSERT INTO remedy_codes (id, incident_id, code_index, sealed, created_at) \
             SELECT c.id, $1, c.code_index, c.sealed, $2 FROM UNNEST($3::uuid[], $4::bytea[], $5::bytea[]) \
             AS c (id, code_index, sealed) ON CONFLICT (code_index) DO NOTHING",
        )
        .bind(incident.0)
        .bind(now.0)
        .bind(codes.iter().map(|code| code.id.0).collect::<Vec<_>>())
        .bind(codes.iter().map(|code| code.index.as_slice()).collect::<Vec<_>>())
        .bind(codes.iter().map(|code| code.sealed.as_slice()).collect::<Vec<_>>())
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }

    async fn enter_wards(&mut self, guardians: &[(PersonId, RefIndex)]) -> Result<()> {
        sqlx::query(
            "/* enter_wards */ INSERT INTO wards (guardian_id, ward_id) SELECT g.guardian, people.id \
             FROM UNNEST($1::uuid[], $2::bytea[]) AS g (guardian, ward_index) \
             JOIN people ON people.ref_index = g.ward_index",
        )
        .bind(guardians.iter().map(|(guardian, _)| guardian.0).collect::<Vec<_>>())
        .bind(guardians.iter().map(|(_, index)| index.as_slice()).collect::<Vec<_>>())
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    async fn assign_sealed(
        &mut self,
        incident: IncidentId,
        campaign: CampaignId,
        groups: &[Group],
        now: Millis,
    ) -> Result<u64> {
        let (jurisdictions, locales) = columns(groups);
        let done = sqlx::query(ASSIGN_SEALED)
            .bind(incident.0)
            .bind(now.0)
            .bind(campaign.0)
            .bind(jurisdictions)
            .bind(locales)
            .execute(&mut *self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn lacking(&mut self, campaign: CampaignId, groups: &[Group]) -> Result<i64> {
        let (jurisdictions, locales) = columns(groups);
        Ok(sqlx::query_scalar(LACKING).bind(campaign.0).bind(jurisdictions).bind(locales).fetch_one(&mut *self).await?)
    }

    async fn assign_listed(&mut self, incident: IncidentId, people: &[PersonId], now: Millis) -> Result<u64> {
        let done =
            sqlx::query(ASSIGN_LISTED).bind(incident.0).bind(now.0).bind(ids(people)).execute(&mut *self).await?;
        Ok(done.rows_affected())
    }

    async fn read_codes(&mut self, people: &[PersonId]) -> Result<Vec<CodeRow>> {
        let rows = sqlx::query_as(
            "/* read_codes */ SELECT l.nth - 1 AS nth, r.id, r.sealed \
             FROM UNNEST($1::uuid[]) WITH ORDINALITY AS l (person, nth) LEFT JOIN wards w ON w.guardian_id = l.person \
             JOIN remedy_codes r ON r.person_id = COALESCE(w.ward_id, l.person)",
        )
        .bind(ids(people))
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn mark_sent(&mut self, people: &[PersonId], now: Millis) -> Result<u64> {
        let done = sqlx::query(
            "/* mark_codes_sent */ UPDATE remedy_codes r SET sent_at = $2 \
             FROM UNNEST($1::uuid[]) AS l (person) LEFT JOIN wards w ON w.guardian_id = l.person \
             WHERE r.person_id = COALESCE(w.ward_id, l.person) AND r.sent_at IS NULL",
        )
        .bind(ids(people))
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }

    async fn after_assigning(&mut self) -> Result<()> {
        // Without it the planner may read all codes for each claim.
        sqlx::query("/* after_assigning */ ANALYZE remedy_codes, wards").execute(&mut *self).await?;
        Ok(())
    }
}
