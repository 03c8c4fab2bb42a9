//! Rows as both databases give them, and their way into the domain's types.

use serde::de::DeserializeOwned;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::seal::IncidentKey;
use super::traits::{Page, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::ChainedEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::person::Person;

/// Reads a JSON column. The reason says where it fails, not what it says there.
pub(in crate::store) fn json<T: DeserializeOwned>(table: &'static str, column: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        StoreError::corrupt(table, column, format!("{:?} error at {}:{}", e.classify(), e.line(), e.column()))
    })
}

/// Writes a JSON column.
pub(in crate::store) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's types have only text keys, which JSON can say")
}

/// Reads a column with one of a few words.
pub(in crate::store) fn word<T>(table: &'static str, column: &'static str, found: Option<T>) -> Result<T> {
    found.ok_or_else(|| StoreError::corrupt(table, column, "an unknown word"))
}

/// Cuts a page out of rows of which one more than `limit` was asked for.
pub(in crate::store) fn page<R, T>(mut rows: Vec<R>, limit: u32, read: impl FnMut(R) -> Result<T>) -> Result<Page<T>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { items: rows.into_iter().map(read).collect::<Result<_>>()?, more })
}

/// A row of `incidents`.
#[derive(Debug, FromRow)]
pub(in crate::store) struct IncidentRow {
    id: Uuid,
    state: String,
    facts: String,
    version: i64,
    people: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;
    fn try_from(row: IncidentRow) -> Result<Self> {
        Ok(Self {
            id: IncidentId(row.id),
            state: word("incidents", "state", IncidentState::from_name(&row.state))?,
            facts: json("incidents", "facts", &row.facts)?,
            version: row.version,
            people: row.people,
            created_at: Millis(row.created_at),
            updated_at: Millis(row.updated_at),
        })
    }
}

/// What a person's row says once it is opened.
#[derive(Debug, FromRow)]
pub(in crate::store) struct PersonRow {
    pub(in crate::store) id: Uuid,
    pub(in crate::store) sealed: Vec<u8>,
    pub(in crate::store) jurisdiction: Option<String>,
    pub(in crate::store) locale: Option<String>,
}

impl PersonRow {
    /// Opens it under the incident's key.
    pub(in crate::store) fn open(self, key: &IncidentKey) -> Result<Person> {
        let id = PersonId(self.id);
        let mut record = key.open_record(id, &self.sealed)?;
        record.jurisdiction = jurisdiction(self.jurisdiction)?;
        record.locale = locale(self.locale)?;
        Ok(Person { id, record })
    }
}

/// Reads a jurisdiction's column; empty stands for none.
pub(in crate::store) fn jurisdiction(text: Option<String>) -> Result<Option<JurisdictionId>> {
    let text = text.filter(|text| !text.is_empty());
    text.map(JurisdictionId::try_from)
        .transpose()
        .map_err(|e| StoreError::corrupt("people", "jurisdiction", e.to_string()))
}

/// Reads a locale's column; empty stands for none.
pub(in crate::store) fn locale(text: Option<String>) -> Result<Option<Locale>> {
    let text = text.filter(|text| !text.is_empty());
    text.map(Locale::try_from).transpose().map_err(|e| StoreError::corrupt("people", "locale", e.to_string()))
}

/// A row of `audit`.
#[derive(Debug, FromRow)]
pub(in crate::store) struct AuditRow {
    seq: i64,
    at: i64,
    actor: String,
    action: String,
    detail: String,
    previous: String,
    hash: String,
}

impl From<AuditRow> for ChainedEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            seq: row.seq,
            at: Millis(row.at),
            actor: ActorRef(row.actor),
            action: row.action,
            detail: row.detail,
            previous: row.previous,
            hash: row.hash,
        }
    }
}
