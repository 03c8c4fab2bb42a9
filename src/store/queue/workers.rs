//! Workers and their leases. Who is there at all is in the installation's chain; extensions are not changes of note.

use serde_json::json;
use uuid::Uuid;

use super::statements::engine;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::WorkerId;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{reading, writing};
use crate::store::error::StoreError;
use crate::store::traits::Result;

fn entry(worker: WorkerId, action: &str, detail: serde_json::Value, now: Millis) -> AuditEntry {
    AuditEntry { incident: None, at: now, actor: engine(worker), action: action.to_owned(), detail }
}

impl SqlStore {
    pub(super) async fn enter_worker(&self, worker: WorkerId, name: &str, now: Millis, end: Millis) -> Result<()> {
        writing!(self, tx => {
            sqlx::query(
                "/* enter_worker */ INSERT INTO workers (id, name, started_at, expires_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(worker.0)
            .bind(name)
            .bind(now.0)
            .bind(end.0)
            .execute(&mut *tx)
            .await
            .map_err(|e| StoreError::from(e).or_conflict("a worker with this identifier is there already"))?;
            let detail = json!({ "worker": worker, "name": name });
            tx.append_audit(&entry(worker, "worker.registered", detail, now)).await
        })
    }

    /// A lease that has ended but was not reaped can be extended: nobody has taken anything from the worker. The reaper
    /// begins by setting the end to 0, which is never extended.
    pub(super) async fn extend_worker(&self, worker: WorkerId, end: Millis) -> Result<()> {
        writing!(self, tx => {
            let done =
                sqlx::query("/* extend_worker */ UPDATE workers SET expires_at = $2 WHERE id = $1 AND expires_at > 0")
                    .bind(worker.0)
                    .bind(end.0)
                    .execute(&mut *tx)
                    .await?;
            if done.rows_affected() == 0 { Err(StoreError::StaleLease) } else { Ok(()) }
        })
    }

    /// Retiring a worker that has been reaped is fine: it is gone as it should be.
    pub(super) async fn remove_worker(&self, worker: WorkerId, now: Millis) -> Result<()> {
        writing!(self, tx => {
            let busy: Option<Uuid> = sqlx::query_scalar(
                "/* remove_worker */ SELECT person_id FROM campaign_people WHERE attempt_id > $2 AND state = 'in_flight' \
                 AND worker_id = $1 LIMIT 1",
            )
            .bind(worker.0)
            .bind(Uuid::nil())
            .fetch_optional(&mut *tx)
            .await?;
            if busy.is_some() {
                return Err(StoreError::Conflict(String::from(
                    "the worker still has people in flight; settle them or hand them back first",
                )));
            }
            let done = sqlx::query(
                "/* remove_worker */ DELETE FROM workers WHERE id = $1 AND NOT EXISTS \
                 (SELECT 1 FROM campaign_people WHERE attempt_id > $2 AND state = 'in_flight' AND worker_id = $1)",
            )
            .bind(worker.0)
            .bind(Uuid::nil())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(());
            }
            tx.append_audit(&entry(worker, "worker.retired", json!({ "worker": worker }), now)).await
        })
    }

    pub(super) async fn list_workers(&self) -> Result<Vec<(WorkerId, Millis)>> {
        let rows: Vec<(Uuid, i64)> = reading!(self, conn => {
            sqlx::query_as("/* list_workers */ SELECT id, expires_at FROM workers ORDER BY id").fetch_all(conn).await
        })?;
        Ok(rows.into_iter().map(|(id, end)| (WorkerId(id), Millis(end))).collect())
    }
}
