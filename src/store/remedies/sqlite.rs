//! The pools' statements for `SQLite`: lists travel as one blob of identifiers and a JSON list of numbers.

use std::fmt::Write as _;

use sqlx::SqliteConnection;

use super::{CodeRow, CodeStatements, Group, SealedCode, assigning, owners};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::queue::{blob, json, numbers};
use crate::store::seal::RefIndex;
use crate::store::traits::Result;

/// Most codes added by one statement.
const ROWS: usize = 1000;

/// `groups` of a JSON list.
macro_rules! groups {
    ($list:literal) => {
        concat!(
            "WITH groups (jurisdiction, locale) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(",
            $list,
            ")), "
        )
    };
}

/// People, `$1` in a list as long as `$2`, and whose codes they are told.
macro_rules! listed {
    ($blob:literal, $numbers:literal) => {
        concat!(
            "SELECT nth.key AS nth, COALESCE(w.ward_id, substr(",
            $blob,
            ", nth.key * 16 + 1, 16)) AS person FROM json_each(",
            $numbers,
            ") AS nth LEFT JOIN wards w ON w.guardian_id = substr(",
            $blob,
            ", nth.key * 16 + 1, 16)"
        )
    };
}

const ASSIGN_SEALED: &str = concat!("/* assign_codes */ ", groups!("$4"), owners!("$3"), assigning!("JOIN"));

const LACKING: &str = concat!(
    "/* lacking_codes */ ",
    groups!("$2"),
    owners!("$1"),
    "SELECT COUNT(*) FROM owners o WHERE NOT EXISTS (SELECT 1 FROM remedy_codes r WHERE r.person_id = o.person)"
);

const ASSIGN_LISTED: &str = concat!(
    "/* assign_codes */ WITH owners (person) AS MATERIALIZED (SELECT DISTINCT person FROM (",
    listed!("$3", "$4"),
    "))",
    assigning!("JOIN")
);

pub(in crate::store) const READ_CODES: &str = concat!(
    "/* read_codes */ WITH l AS MATERIALIZED (",
    listed!("$1", "$2"),
    ") SELECT l.nth, r.id, r.sealed FROM l CROSS JOIN remedy_codes r ON r.person_id = l.person"
);

pub(in crate::store) const MARK_SENT: &str = concat!(
    "/* mark_codes_sent */ UPDATE remedy_codes SET sent_at = $3 WHERE person_id IN (SELECT person FROM (",
    listed!("$1", "$2"),
    ")) AND sent_at IS NULL"
);

fn ids(people: &[PersonId]) -> Vec<u8> {
    blob(people.iter().map(|person| person.0.as_bytes()))
}

impl CodeStatements for SqliteConnection {
    async fn insert_codes(&mut self, incident: IncidentId, codes: &[SealedCode], now: Millis) -> Result<u64> {
        let mut added = 0;
        for codes in codes.chunks(ROWS) {
            let (mut keys, mut sealed, mut places) = (Vec::new(), Vec::new(), String::from("["));
            for code in codes {
                keys.extend_from_slice(code.id.0.as_bytes());
                keys.extend_from_slice(&code.index);
                let comma = if places.len() > 1 { "," } else { "" };
                let _ = write!(places, "{comma}[{},{}]", sealed.len() + 1, code.sealed.len());
                sealed.extend_from_slice(&code.sealed);
            }
            places.push(']');
            // `WHERE true` tells SQLite's parser that the `ON` belongs to the insert.
            let done = sqlx::query(
                "/* insert_codes */ INSERT INTO remedy_codes (id, incident_id, code_index, sealed, created_at) \
                 SELECT substr($2, key * 32 + 1, 16), $1, substr($2, key * 32 + 17, 16), \
                 substr($3, value ->> 0, value ->> 1), $5 FROM json_each($4) WHERE true ON CONFLICT (code_index) DO NOTHING",
            )
            .bind(incident.0)
            .bind(keys)
            .bind(sealed)
            .bind(places)
            .bind(now.0)
            .execute(&mut *self)
            .await?;
            added += done.rows_affected();
        }
        Ok(added)
    }

    async fn enter_wards(&mut self, guardians: &[(PersonId, RefIndex)]) -> Result<()> {
        sqlx::query(
            "/* enter_wards */ INSERT INTO wards (guardian_id, ward_id) \
             SELECT substr($1, nth.key * 16 + 1, 16), people.id FROM json_each($3) AS nth \
             CROSS JOIN people ON people.ref_index = substr($2, nth.key * 16 + 1, 16)",
        )
        .bind(blob(guardians.iter().map(|(guardian, _)| guardian.0.as_bytes())))
        .bind(blob(guardians.iter().map(|(_, index)| index)))
        .bind(numbers(guardians.len()))
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
        let done = sqlx::query(ASSIGN_SEALED)
            .bind(incident.0)
            .bind(now.0)
            .bind(campaign.0)
            .bind(json(groups))
            .execute(&mut *self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn lacking(&mut self, campaign: CampaignId, groups: &[Group]) -> Result<i64> {
        Ok(sqlx::query_scalar(LACKING).bind(campaign.0).bind(json(groups)).fetch_one(&mut *self).await?)
    }

    async fn assign_listed(&mut self, incident: IncidentId, people: &[PersonId], now: Millis) -> Result<u64> {
        let done = sqlx::query(ASSIGN_LISTED)
            .bind(incident.0)
            .bind(now.0)
            .bind(ids(people))
            .bind(numbers(people.len()))
            .execute(&mut *self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn read_codes(&mut self, people: &[PersonId]) -> Result<Vec<CodeRow>> {
        Ok(sqlx::query_as(READ_CODES).bind(ids(people)).bind(numbers(people.len())).fetch_all(&mut *self).await?)
    }

    async fn mark_sent(&mut self, people: &[PersonId], now: Millis) -> Result<u64> {
        let done = sqlx::query(MARK_SENT)
            .bind(ids(people))
            .bind(numbers(people.len()))
            .bind(now.0)
            .execute(&mut *self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn after_assigning(&mut self) -> Result<()> {
        // Its plans here do not depend on statistics.
        Ok(())
    }
}
