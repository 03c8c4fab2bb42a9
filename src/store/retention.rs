//! Destroying an incident's key, which erases its people everywhere.

use async_trait::async_trait;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{Db, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::traits::{Result, RetentionStore};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;

#[async_trait]
impl RetentionStore for SqlStore {
    async fn destroy_incident_key(&self, incident: IncidentId, now: Millis, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let stored = tx.lock_incident(incident).await?;
            if !matches!(stored.state, IncidentState::Closed | IncidentState::Discarded) {
                return Err(StoreError::Conflict(format!(
                    "the incident is {}; close or discard it before destroying its key",
                    stored.state.as_str()
                )));
            }
            // A campaign that could still go on would find people it cannot read.
            let under_way: Option<String> = sqlx::query_scalar(
                "/* destroy_incident_key */ SELECT state FROM campaigns \
                 WHERE incident_id = $1 AND state NOT IN ('completed', 'cancelled') LIMIT 1",
            )
            .bind(incident.0)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(state) = under_way {
                return Err(StoreError::Conflict(format!(
                    "a campaign of the incident is {state}; cancel it or let it complete before destroying the key"
                )));
            }
            let destroyed = sqlx::query(
                "/* destroy_incident_key */ UPDATE incident_keys SET wrapped = NULL, destroyed_at = $2 \
                 WHERE incident_id = $1 AND wrapped IS NOT NULL",
            )
            .bind(incident.0)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
            if destroyed.rows_affected() == 0 {
                return Err(StoreError::Conflict(String::from("the incident's key has been destroyed before")));
            }
            tx.append_audit(&audit).await
        })?;
        self.scrub().await;
        Ok(())
    }
}

impl SqlStore {
    /// Takes what was overwritten out of SQLite's log as well; the file itself is wiped as it is written
    /// (`secure_delete`). PostgreSQL keeps old rows until its vacuum, and both may have backups: there the wrapped key
    /// is as safe as the master key is.
    ///
    /// The key is destroyed by now, so that a log which somebody is still reading is no failure: SQLite starts it anew
    /// later by itself.
    async fn scrub(&self) {
        if let Db::Sqlite { write, .. } = &self.db {
            let done = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(write).await;
            if !matches!(done, Ok(0_i64)) {
                tracing::warn!("a destroyed key may stand in SQLite's log until it is next started anew");
            }
        }
    }
}
