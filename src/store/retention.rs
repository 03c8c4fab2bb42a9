//! Destroying an incident's key, which erases its people from this database.

use async_trait::async_trait;
use sqlx::PgPool;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{Db, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::lent::{Lent, within};
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
    /// Takes what was overwritten out of the database's own files. SQLite's file is wiped as it is written (`secure_delete`),
    /// its log is started anew here. PostgreSQL keeps old rows, and an ordinary vacuum leaves their bytes in the page: the
    /// table, one small row an incident, is written to a new file. Backups, log archives and standbys that lag are out of
    /// reach: there the wrapped key stays, as safe as the master key is.
    ///
    /// The key is destroyed by now, so that it is no failure when somebody is still reading: SQLite starts its log anew later
    /// by itself, PostgreSQL's next `VACUUM FULL` does it.
    async fn scrub(&self) {
        let scrubbed = match &self.db {
            Db::Sqlite { write, .. } => {
                let done = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(write).await;
                matches!(done, Ok(0_i64))
            }
            Db::Postgres { pool } => matches!(within(self.patience, rewrite_keys(pool)).await, Ok(Ok(()))),
        };
        if !scrubbed {
            tracing::warn!("a destroyed key may stand in the files of the database until they are next written anew");
        }
    }
}

/// Whoever wants the table meanwhile waits behind this, and this behind a dump that is being made: not for long. The
/// connection is not given back, so that its setting goes with it.
async fn rewrite_keys(pool: &PgPool) -> sqlx::Result<()> {
    let mut connection = Lent::of(pool).await?;
    sqlx::query("/* scrub */ SET lock_timeout = '1s'").execute(&mut *connection).await?;
    sqlx::query("/* scrub */ VACUUM FULL incident_keys").execute(&mut *connection).await?;
    Ok(())
}
