//! What an incident's duties were each time that something may have changed them.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{on_both_connections, reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::{json, to_json, word};
use super::traits::{HistoryStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::history::{Cause, Moment};
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;

#[derive(Debug, FromRow)]
struct MomentRow {
    seq: i64,
    at: i64,
    cause: String,
    actor: String,
    version: i64,
    fields: String,
    duties: String,
}

impl TryFrom<MomentRow> for (i64, Moment) {
    type Error = StoreError;
    fn try_from(row: MomentRow) -> Result<Self> {
        let moment = Moment {
            at: Millis(row.at),
            cause: word("obligation_history", "cause", Cause::from_name(&row.cause))?,
            actor: ActorRef(row.actor),
            version: row.version,
            fields: json("obligation_history", "fields", &row.fields)?,
            duties: json("obligation_history", "duties", &row.duties)?,
        };
        Ok((row.seq, moment))
    }
}

/// Appending to the history inside an operation.
pub(in crate::store) trait AppendMoment {
    /// Appends, as the entry after `known`; `false` when there is another by now.
    fn append_moment(
        &mut self,
        incident: IncidentId,
        known: i64,
        moment: &Moment,
    ) -> impl Future<Output = Result<bool>> + Send;
    /// Number of the last entry, 0 when there is none.
    fn last_moment(&mut self, incident: IncidentId) -> impl Future<Output = Result<i64>> + Send;
}

on_both_connections!(AppendMoment {
    async fn append_moment(&mut self, incident: IncidentId, known: i64, moment: &Moment) -> Result<bool> {
        let done = sqlx::query(
            "/* append_moment */ INSERT INTO obligation_history \
             (incident_id, seq, at, cause, actor, version, fields, duties) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(incident.0)
        .bind(known + 1)
        .bind(moment.at.0)
        .bind(moment.cause.as_str())
        .bind(&moment.actor.0)
        .bind(moment.version)
        .bind(to_json(&moment.fields))
        .bind(to_json(&moment.duties))
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn last_moment(&mut self, incident: IncidentId) -> Result<i64> {
        let last: Option<i64> = sqlx::query_scalar(
            "/* last_moment */ SELECT seq FROM obligation_history WHERE incident_id = $1 ORDER BY seq DESC LIMIT 1",
        )
        .bind(incident.0)
        .fetch_optional(&mut *self)
        .await?;
        Ok(last.unwrap_or(0))
    }
});

#[async_trait]
impl HistoryStore for SqlStore {
    async fn create_incident_noting(&self, incident: &Incident, audit: AuditEntry, moment: &Moment) -> Result<()> {
        let key = self.sealer.new_key(incident.id);
        writing!(self, tx => {
            tx.insert_incident(incident, &key).await?;
            tx.append_moment(incident.id, 0, moment).await?;
            tx.append_audit(&audit).await
        })
    }

    async fn amend_incident_noting(
        &self,
        incident: &Incident,
        expected: i64,
        audit: AuditEntry,
        moment: &Moment,
    ) -> Result<Incident> {
        writing!(self, tx => {
            let amended = tx.replace_facts(incident, expected).await?;
            let known = tx.last_moment(incident.id).await?;
            if !tx.append_moment(incident.id, known, moment).await? {
                // Somebody noted something else at the same time: begin again after it.
                return Err(StoreError::Busy);
            }
            tx.append_audit(&audit).await?;
            Ok(amended)
        })
    }

    async fn note_duties(&self, incident: IncidentId, known: i64, moment: &Moment) -> Result<bool> {
        // What it is worked out from is in the audit chain already.
        writing!(self, tx => { tx.append_moment(incident, known, moment).await })
    }

    async fn last_duties(&self, incident: IncidentId) -> Result<Option<(i64, Moment)>> {
        let row: Option<MomentRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* last_duties */ SELECT seq, at, cause, actor, version, fields, duties FROM obligation_history \
                 WHERE incident_id = $1 ORDER BY seq DESC LIMIT 1",
            )
            .bind(incident.0)
            .fetch_optional(conn)
            .await
        })?;
        row.map(<(i64, Moment)>::try_from).transpose()
    }

    async fn duty_history(&self, incident: IncidentId, from: i64, limit: u32) -> Result<Vec<(i64, Moment)>> {
        let rows: Vec<MomentRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* duty_history */ SELECT seq, at, cause, actor, version, fields, duties FROM obligation_history \
                 WHERE incident_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
            )
            .bind(incident.0)
            .bind(from)
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(<(i64, Moment)>::try_from).collect()
    }
}
