//! Decisions not to do what a duty asks for.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::word;
use super::traits::{Result, WaiverStore};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, WaiverId};
use crate::domain::obligation::Force;
use crate::domain::waiver::{Reversal, Waiver};

/// A row of `waivers`.
#[derive(Debug, FromRow)]
pub(in crate::store) struct WaiverRow {
    id: Uuid,
    incident_id: Uuid,
    obligation: String,
    reason: String,
    force: String,
    rules_version: String,
    author: String,
    decided_at: i64,
    reversed_at: Option<i64>,
    reversed_by: Option<String>,
    reversed_reason: Option<String>,
}

impl TryFrom<WaiverRow> for Waiver {
    type Error = StoreError;
    fn try_from(row: WaiverRow) -> Result<Self> {
        let reversal = row.reversed_at.map(|at| Reversal {
            at: Millis(at),
            by: ActorRef(row.reversed_by.unwrap_or_default()),
            reason: row.reversed_reason.unwrap_or_default(),
        });
        Ok(Self {
            id: WaiverId(row.id),
            incident: IncidentId(row.incident_id),
            obligation: row.obligation,
            reason: row.reason,
            force: word("waivers", "force", Force::from_name(&row.force))?,
            rules_version: row.rules_version,
            author: ActorRef(row.author),
            decided_at: Millis(row.decided_at),
            reversal,
        })
    }
}

#[async_trait]
impl WaiverStore for SqlStore {
    async fn waive(&self, waiver: &Waiver, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let incident = tx.lock_incident(waiver.incident).await?;
            if !incident.state.is_editable() {
                let state = incident.state.as_str();
                return Err(StoreError::Conflict(format!("the incident is {state}; nothing is decided on it any more")));
            }
            let done = sqlx::query(
                "/* waive */ INSERT INTO waivers \
                 (id, incident_id, obligation, reason, force, rules_version, author, decided_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(waiver.id.0)
            .bind(waiver.incident.0)
            .bind(&waiver.obligation)
            .bind(&waiver.reason)
            .bind(waiver.force.as_str())
            .bind(&waiver.rules_version)
            .bind(&waiver.author.0)
            .bind(waiver.decided_at.0)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::Conflict(format!(
                    "it has been decided before not to do {}; reverse that decision to decide anew",
                    waiver.obligation
                )));
            }
            tx.append_audit(&audit).await
        })
    }

    async fn reverse_waiver(&self, id: WaiverId, reversal: &Reversal, audit: AuditEntry) -> Result<Waiver> {
        writing!(self, tx => {
            let row: Option<WaiverRow> = sqlx::query_as(
                "/* reverse_waiver */ UPDATE waivers SET reversed_at = $2, reversed_by = $3, reversed_reason = $4 \
                 WHERE id = $1 AND reversed_at IS NULL RETURNING *",
            )
            .bind(id.0)
            .bind(reversal.at.0)
            .bind(&reversal.by.0)
            .bind(&reversal.reason)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let known: Option<Uuid> = sqlx::query_scalar("/* reverse_waiver */ SELECT id FROM waivers WHERE id = $1")
                    .bind(id.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                known.ok_or(StoreError::NotFound("waiver"))?;
                return Err(StoreError::Conflict(String::from("the decision has been reversed before")));
            };
            tx.append_audit(&audit).await?;
            Waiver::try_from(row)
        })
    }

    async fn waiver(&self, id: WaiverId) -> Result<Waiver> {
        let row: Option<WaiverRow> = reading!(self, conn => {
            sqlx::query_as("/* waiver */ SELECT * FROM waivers WHERE id = $1").bind(id.0).fetch_optional(conn).await
        })?;
        row.ok_or(StoreError::NotFound("waiver"))?.try_into()
    }

    async fn waivers(&self, incident: IncidentId) -> Result<Vec<Waiver>> {
        let rows: Vec<WaiverRow> = reading!(self, conn => {
            sqlx::query_as("/* waivers */ SELECT * FROM waivers WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(conn)
                .await
        })?;
        rows.into_iter().map(Waiver::try_from).collect()
    }
}
