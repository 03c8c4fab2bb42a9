//! The incidents' keys as rows.

use std::sync::Arc;

use super::SqlStore;
use super::db::{on_both_connections, reading};
use super::error::StoreError;
use super::seal::{IncidentKey, WrappedKey};
use super::traits::Result;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;

/// Steps with incident keys inside an operation.
pub(in crate::store) trait KeyRows {
    /// Reads an incident's wrapped key; `NotFound` when there is no such incident.
    fn wrapped_key(&mut self, incident: IncidentId) -> impl Future<Output = Result<WrappedKey>> + Send;
    /// Stores the key of a new incident.
    fn insert_key(
        &mut self,
        incident: IncidentId,
        key: &WrappedKey,
        now: Millis,
    ) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(KeyRows {
    async fn wrapped_key(&mut self, incident: IncidentId) -> Result<WrappedKey> {
        let row: Option<(String, Option<Vec<u8>>)> =
            sqlx::query_as("/* wrapped_key */ SELECT master_key, wrapped FROM incident_keys WHERE incident_id = $1")
                .bind(incident.0)
                .fetch_optional(&mut *self)
                .await?;
        let (master_key, wrapped) = row.ok_or(StoreError::NotFound("incident"))?;
        Ok(WrappedKey { master_key, wrapped })
    }

    async fn insert_key(&mut self, incident: IncidentId, key: &WrappedKey, now: Millis) -> Result<()> {
        sqlx::query(
            "/* insert_key */ INSERT INTO incident_keys (incident_id, master_key, wrapped, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(incident.0)
        .bind(&key.master_key)
        .bind(&key.wrapped)
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(())
    }
});

impl SqlStore {
    /// The key of an incident. `Erased` when it has been destroyed, also by another process: the row is read each time,
    /// only the unwrapping is remembered.
    pub(in crate::store) async fn incident_key(&self, incident: IncidentId) -> Result<Arc<IncidentKey>> {
        let stored = reading!(self, conn => { conn.wrapped_key(incident).await })?;
        self.sealer.incident_key(incident, &stored)
    }

    /// Opens the key of every incident that has one, and says how many there were: whether the master keys that were
    /// given are the right ones is known before the day it matters.
    ///
    /// # Errors
    /// `Corrupt` for the first that does not open.
    pub async fn check_keys(&self) -> Result<u64> {
        let rows: Vec<(uuid::Uuid, String, Vec<u8>)> = reading!(self, conn => {
            sqlx::query_as(
                "/* check_keys */ SELECT incident_id, master_key, wrapped FROM incident_keys WHERE wrapped IS NOT NULL",
            )
            .fetch_all(conn)
            .await
        })?;
        let mut opened = 0;
        for (incident, master_key, wrapped) in rows {
            self.sealer.incident_key(IncidentId(incident), &WrappedKey { master_key, wrapped: Some(wrapped) })?;
            opened += 1;
        }
        Ok(opened)
    }
}
