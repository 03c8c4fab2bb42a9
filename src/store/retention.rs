//! Destroying an incident's key, which erases its people from this database.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{PgConnection, PgPool};

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

/// How often it is looked whether somebody still sees a destroyed key: for longer than the ten seconds after which a standby
/// says anew what is read there.
const LOOKS: u32 = 48;
/// The time between two looks.
const GAP: Duration = Duration::from_millis(250);

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
    /// table, one small row an incident, is written to a new file, once nobody may see the old rows any more: until then they
    /// would be written there, too. Backups, log archives and standbys that lag are out of reach: there the wrapped key stays,
    /// as safe as the master key is.
    ///
    /// The key is destroyed by now, so that it is no failure when somebody is still reading: SQLite starts its log anew later
    /// by itself, PostgreSQL's next `VACUUM FULL` does it.
    async fn scrub(&self) {
        let scrubbed = match &self.db {
            Db::Sqlite { write, .. } => {
                let done = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(write).await;
                matches!(done, Ok(0_i64))
            }
            Db::Postgres { pool } => matches!(within(self.patience, rewrite_keys(pool)).await, Ok(Ok(true))),
        };
        if !scrubbed {
            tracing::warn!("a destroyed key may stand in the files of the database until they are next written anew");
        }
    }
}

/// Whoever wants the table meanwhile waits behind this, and this behind a dump that is being made: not for long. The
/// connection is not given back, so that its setting goes with it. `false` when old rows would have been kept.
async fn rewrite_keys(pool: &PgPool) -> sqlx::Result<bool> {
    let mut connection = Lent::of(pool).await?;
    if !nobody_sees_before(&mut connection).await? {
        return Ok(false);
    }
    sqlx::query("/* scrub */ SET lock_timeout = '1s'").execute(&mut *connection).await?;
    sqlx::query("/* scrub */ VACUUM FULL incident_keys").execute(&mut *connection).await?;
    Ok(true)
}

/// Waits until nobody may see what has been changed by now as it was before: no transaction that was open then, prepared ones
/// included, no snapshot of this database, no standby that has its reads respected. An ordinary vacuum is no reader.
async fn nobody_sees_before(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let now: String = sqlx::query_scalar("/* scrub */ SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text")
        .fetch_one(&mut *connection)
        .await?;
    for _ in 0..LOOKS {
        let is_over: bool = sqlx::query_scalar(
            "/* scrub */ SELECT NOT EXISTS (SELECT 1 FROM ( \
                 SELECT pg_snapshot_xmin(pg_current_snapshot())::xid AS horizon \
                 UNION ALL SELECT backend_xmin FROM pg_stat_activity \
                 WHERE (datid IS NULL OR datname = current_database()) \
                     AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum) \
                 UNION ALL SELECT xmin FROM pg_replication_slots \
             ) AS held WHERE age(horizon) > age($1::text::xid))",
        )
        .bind(&now)
        .fetch_one(&mut *connection)
        .await?;
        if is_over {
            return Ok(true);
        }
        tokio::time::sleep(GAP).await;
    }
    Ok(false)
}
