//! The audit chains as rows: every change appends its entry in its own transaction.

use async_trait::async_trait;
use uuid::Uuid;

use super::SqlStore;
use super::db::{on_both_connections, reading};
use super::rows::AuditRow;
use super::traits::{AuditStore, Result};
use crate::domain::audit::{self, AuditEntry, ChainedEntry, GENESIS};
use crate::domain::id::IncidentId;

/// Appending to a chain inside an operation.
pub(in crate::store) trait AppendAudit {
    /// Appends an entry to its chain. The chain's head stays locked until the transaction ends, so append last.
    fn append_audit(&mut self, entry: &AuditEntry) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(AppendAudit {
    async fn append_audit(&mut self, entry: &AuditEntry) -> Result<()> {
        let chain = chain_id(entry.incident);
        // Makes the head if need be, and takes its lock either way.
        let (seq, previous): (i64, String) = sqlx::query_as(
            "/* append_audit */ INSERT INTO audit_heads AS head (chain, seq, hash) VALUES ($1, 1, $2) \
             ON CONFLICT (chain) DO UPDATE SET seq = head.seq + 1 RETURNING seq, hash",
        )
        .bind(chain)
        .bind(GENESIS)
        .fetch_one(&mut *self)
        .await?;
        let detail = entry.detail.to_string();
        let hash = audit::hash(entry.incident, seq, entry.at, &entry.actor, &entry.action, &detail, &previous);
        sqlx::query(
            "/* append_audit */ INSERT INTO audit (chain, seq, at, actor, action, detail, previous, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(chain)
        .bind(seq)
        .bind(entry.at.0)
        .bind(&entry.actor.0)
        .bind(&entry.action)
        .bind(&detail)
        .bind(&previous)
        .bind(&hash)
        .execute(&mut *self)
        .await?;
        sqlx::query("/* append_audit */ UPDATE audit_heads SET hash = $2 WHERE chain = $1")
            .bind(chain)
            .bind(&hash)
            .execute(&mut *self)
            .await?;
        Ok(())
    }
});

/// The installation's own chain has the nil identifier, which no incident can have.
fn chain_id(incident: Option<IncidentId>) -> Uuid {
    incident.map_or(Uuid::nil(), |id| id.0)
}

#[async_trait]
impl AuditStore for SqlStore {
    async fn audit(&self, incident: Option<IncidentId>, after: i64, limit: u32) -> Result<Vec<ChainedEntry>> {
        let rows: Vec<AuditRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* audit */ SELECT seq, at, actor, action, detail, previous, hash FROM audit \
                 WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            )
            .bind(chain_id(incident))
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
        })?;
        Ok(rows.into_iter().map(ChainedEntry::from).collect())
    }

    async fn audit_head(&self, incident: Option<IncidentId>) -> Result<Option<(i64, String)>> {
        let head: Option<(i64, String)> = reading!(self, conn => {
            sqlx::query_as("/* audit_head */ SELECT seq, hash FROM audit_heads WHERE chain = $1")
                .bind(chain_id(incident))
                .fetch_optional(conn)
                .await
        })?;
        Ok(head)
    }
}
