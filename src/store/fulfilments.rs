//! Records that duties were done.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::traits::{FulfilmentStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::id::{FulfilmentId, IncidentId};
use crate::domain::waiver::Reversal;

/// A row of `fulfilments`.
#[derive(Debug, FromRow)]
pub(in crate::store) struct FulfilmentRow {
    id: Uuid,
    incident_id: Uuid,
    obligation: String,
    how: String,
    done_at: i64,
    rules_version: String,
    author: String,
    recorded_at: i64,
    reversed_at: Option<i64>,
    reversed_by: Option<String>,
    reversed_reason: Option<String>,
}

impl From<FulfilmentRow> for Fulfilment {
    fn from(row: FulfilmentRow) -> Self {
        let reversal = row.reversed_at.map(|at| Reversal {
            at: Millis(at),
            by: ActorRef(row.reversed_by.unwrap_or_default()),
            reason: row.reversed_reason.unwrap_or_default(),
        });
        Self {
            id: FulfilmentId(row.id),
            incident: IncidentId(row.incident_id),
            obligation: row.obligation,
            how: row.how,
            done_at: Millis(row.done_at),
            rules_version: row.rules_version,
            author: ActorRef(row.author),
            recorded_at: Millis(row.recorded_at),
            reversal,
        }
    }
}

#[async_trait]
impl FulfilmentStore for SqlStore {
    async fn fulfil(&self, fulfilment: &Fulfilment, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let done = sqlx::query(
                "/* fulfil */ INSERT INTO fulfilments \
                 (id, incident_id, obligation, how, done_at, rules_version, author, recorded_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(fulfilment.id.0)
            .bind(fulfilment.incident.0)
            .bind(&fulfilment.obligation)
            .bind(&fulfilment.how)
            .bind(fulfilment.done_at.0)
            .bind(&fulfilment.rules_version)
            .bind(&fulfilment.author.0)
            .bind(fulfilment.recorded_at.0)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::Conflict(format!(
                    "{} has been recorded as done before; reverse that record to correct it",
                    fulfilment.obligation
                )));
            }
            tx.append_audit(&audit).await
        })
    }

    async fn reverse_fulfilment(&self, id: FulfilmentId, reversal: &Reversal, audit: AuditEntry) -> Result<Fulfilment> {
        writing!(self, tx => {
            let row: Option<FulfilmentRow> = sqlx::query_as(
                "/* reverse_fulfilment */ UPDATE fulfilments \
                 SET reversed_at = $2, reversed_by = $3, reversed_reason = $4 \
                 WHERE id = $1 AND reversed_at IS NULL RETURNING *",
            )
            .bind(id.0)
            .bind(reversal.at.0)
            .bind(&reversal.by.0)
            .bind(&reversal.reason)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let known: Option<Uuid> =
                    sqlx::query_scalar("/* reverse_fulfilment */ SELECT id FROM fulfilments WHERE id = $1")
                        .bind(id.0)
                        .fetch_optional(&mut *tx)
                        .await?;
                known.ok_or(StoreError::NotFound("fulfilment"))?;
                return Err(StoreError::Conflict(String::from("the record has been reversed before")));
            };
            tx.append_audit(&audit).await?;
            Ok(row.into())
        })
    }

    async fn fulfilment(&self, id: FulfilmentId) -> Result<Fulfilment> {
        let row: Option<FulfilmentRow> = reading!(self, conn => {
            sqlx::query_as("/* fulfilment */ SELECT * FROM fulfilments WHERE id = $1").bind(id.0).fetch_optional(conn).await
        })?;
        Ok(row.ok_or(StoreError::NotFound("fulfilment"))?.into())
    }

    async fn fulfilments(&self, incident: IncidentId) -> Result<Vec<Fulfilment>> {
        let rows: Vec<FulfilmentRow> = reading!(self, conn => {
            sqlx::query_as("/* fulfilments */ SELECT * FROM fulfilments WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().map(Fulfilment::from).collect())
    }
}
