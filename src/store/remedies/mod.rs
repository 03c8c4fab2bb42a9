//! Remedy codes: one pool per incident, one code per person, also across campaigns, channels and repeats.
//!
//! # Guarantees
//!
//! - **Nobody's code is another's.** A code has one person at most and a person one code at most; two unique indexes hold it.
//!   A guardian has none of their own: [`wards`](assign) says whose they are told.
//! - **A code stays a person's** once an attempt to tell the person is in the account (`sent_at`): whoever is told again, by
//!   another channel or by a later campaign, is told the same code, and it never goes back into the pool.
//! - **Counts are kept, not counted**: each statement that moves codes says how many, and `remedy_pools` adds it up in the same
//!   transaction.
//! - **Locks**: whoever gives codes out or takes them back holds the incident's row; codes and pool come after the campaign's
//!   row and before the tallies.

mod assign;
mod give;
mod pool;
mod postgres;
mod sqlite;

use std::collections::HashMap;

use uuid::Uuid;

pub(in crate::store) use self::assign::AssignCodes;
#[cfg(test)]
pub(in crate::store) use self::pool::RELEASE;
#[cfg(test)]
pub(in crate::store) use self::sqlite::{MARK_SENT, READ_CODES};
use super::seal::{IncidentKey, Place, RefIndex};
use super::traits::Result;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId, RemedyCodeId};
use crate::domain::remedy::RemedyCode;
use crate::store::error::StoreError;

/// A code to be stored.
struct SealedCode {
    id: RemedyCodeId,
    index: RefIndex,
    sealed: Vec<u8>,
}

/// A code as it is read for a place in a list of people.
#[derive(sqlx::FromRow)]
struct CodeRow {
    /// From 0.
    nth: i64,
    id: Uuid,
    sealed: Vec<u8>,
}

/// The codes of some people, not opened yet.
#[derive(Default)]
pub(in crate::store) struct SealedCodes(HashMap<PersonId, (RemedyCodeId, Vec<u8>)>);

impl SealedCodes {
    fn of(people: &[PersonId], rows: Vec<CodeRow>) -> Self {
        let codes = rows.into_iter().filter_map(|row| {
            let person = people.get(usize::try_from(row.nth).ok()?)?;
            Some((*person, (RemedyCodeId(row.id), row.sealed)))
        });
        Self(codes.collect())
    }

    /// The code of one of them.
    pub(in crate::store) fn open(&self, person: PersonId, key: &IncidentKey) -> Result<Option<RemedyCode>> {
        self.0.get(&person).map(|(id, sealed)| open(key, *id, sealed)).transpose()
    }
}

fn place(id: &RemedyCodeId) -> Place<'_> {
    Place { table: "remedy_codes", row: id.0.as_bytes(), column: "sealed" }
}

fn open(key: &IncidentKey, id: RemedyCodeId, sealed: &[u8]) -> Result<RemedyCode> {
    let plain = key.open(&place(&id), sealed)?;
    RemedyCode::from_bytes(&plain).map_err(|fault| StoreError::corrupt("remedy_codes", "sealed", fault.to_string()))
}

/// People who share jurisdiction and locale; empty text where one is not known.
type Group = (String, String);

/// The statements that each database has its own way of.
trait CodeStatements {
    /// Adds codes that are not there. Returns how many.
    async fn insert_codes(&mut self, incident: IncidentId, codes: &[SealedCode], now: Millis) -> Result<u64>;
    /// Enters whose guardians somebody is, by the index that finds the minor.
    async fn enter_wards(&mut self, guardians: &[(PersonId, RefIndex)]) -> Result<()>;
    /// Gives a code, as far as there are any left, to everybody without one whom a campaign of an incident is to tell and who
    /// is in one of the groups. Returns how many.
    async fn assign_sealed(
        &mut self,
        incident: IncidentId,
        campaign: CampaignId,
        groups: &[Group],
        now: Millis,
    ) -> Result<u64>;
    /// How many of them have none.
    async fn lacking(&mut self, campaign: CampaignId, groups: &[Group]) -> Result<i64>;
    /// Gives a code to each of these people who has none, as far as there are any left. Returns how many.
    async fn assign_listed(&mut self, incident: IncidentId, people: &[PersonId], now: Millis) -> Result<u64>;
    /// The codes of some people.
    async fn read_codes(&mut self, people: &[PersonId]) -> Result<Vec<CodeRow>>;
    /// Notes that these people were tried to be told. Returns of how many codes it is news.
    async fn mark_sent(&mut self, people: &[PersonId], now: Millis) -> Result<u64>;
    /// Refreshes what the planner knows of the tables.
    async fn after_assigning(&mut self) -> Result<()>;
}

/// Whom a campaign is to tell, who is in one of the `groups`: whose codes they are told, each once.
macro_rules! owners {
    ($campaign:literal) => {
        concat!(
            "owners (person) AS MATERIALIZED (SELECT DISTINCT COALESCE(w.ward_id, p.person_id) \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             JOIN groups g ON g.jurisdiction = COALESCE(people.jurisdiction, '') AND g.locale = COALESCE(people.locale, '') \
             LEFT JOIN wards w ON w.guardian_id = p.person_id WHERE p.campaign_id = ",
            $campaign,
            " AND p.state = 'pending') "
        )
    };
}

/// Gives codes to those of the `owners` who have none: the first of each to the first of the other. `$1` is the incident, `$2`
/// the time.
///
/// Neither database knows how many rows the two sides have. `$join` is the one it does not do by comparing each with each:
/// `SQLite` makes an index of its own for a `JOIN`, and none for a `FULL JOIN`; `PostgreSQL` takes the sides for a row each and
/// loops over them, but hashes or merges a `FULL JOIN`, and makes nothing else of it behind `MATERIALIZED`.
macro_rules! assigning {
    ($join:literal) => {
        concat!(
            ", needy (person, nth) AS MATERIALIZED (SELECT o.person, ROW_NUMBER() OVER (ORDER BY o.person) FROM owners o \
             WHERE NOT EXISTS (SELECT 1 FROM remedy_codes r WHERE r.person_id = o.person)), \
             free (id, nth) AS MATERIALIZED (SELECT f.id, ROW_NUMBER() OVER (ORDER BY f.id) FROM \
             (SELECT id FROM remedy_codes WHERE incident_id = $1 AND person_id IS NULL AND returned_at IS NULL \
              ORDER BY id LIMIT (SELECT COUNT(*) FROM needy)) AS f), \
             pairs (person, id) AS MATERIALIZED (SELECT needy.person, free.id FROM needy ",
            $join,
            " free ON free.nth = needy.nth) \
             UPDATE remedy_codes AS r SET person_id = pairs.person, assigned_at = $2 FROM pairs WHERE r.id = pairs.id"
        )
    };
}

use {assigning, owners};
