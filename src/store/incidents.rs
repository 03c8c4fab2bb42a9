//! Incidents, and which alert opened which.

use async_trait::async_trait;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{on_both_connections, reading, writing};
use super::error::StoreError;
use super::keys::KeyRows;
use super::queue::Untold as _;
use super::rows::{IncidentRow, page, to_json};
use super::seal::WrappedKey;
use super::traits::{IncidentStore, Page, Result};
use crate::domain::audit::AuditEntry;
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};

/// Steps with incidents inside an operation.
pub(in crate::store) trait IncidentRows {
    /// Reads an incident.
    fn read_incident(&mut self, id: IncidentId) -> impl Future<Output = Result<Incident>> + Send;
    /// Reads an incident and keeps every other writer of it waiting until the transaction ends. The first step of an
    /// operation that decides by what the incident is or has.
    fn lock_incident(&mut self, id: IncidentId) -> impl Future<Output = Result<Incident>> + Send;
    /// The same for what may only be done to a draft or open incident: `Conflict` when it has been closed or discarded by now,
    /// whatever the caller saw before. `rule` is what the text says after the state.
    fn lock_editable(&mut self, id: IncidentId, rule: &'static str) -> impl Future<Output = Result<Incident>> + Send;
    /// Replaces facts and state if the stored version is `expected`; `Conflict` if it is another.
    fn replace_facts(&mut self, incident: &Incident, expected: i64) -> impl Future<Output = Result<Incident>> + Send;
    /// Stores a new incident and its key.
    fn insert_incident(&mut self, incident: &Incident, key: &WrappedKey) -> impl Future<Output = Result<()>> + Send;
}

/// Refuses what may only be done to a draft or open incident.
pub(in crate::store) fn editable(state: IncidentState, rule: &str) -> Result<()> {
    if state.is_editable() {
        return Ok(());
    }
    Err(StoreError::Conflict(format!("the incident is {}; {rule}", state.as_str())))
}

on_both_connections!(IncidentRows {
    async fn read_incident(&mut self, id: IncidentId) -> Result<Incident> {
        let row: Option<IncidentRow> = sqlx::query_as(
            "/* read_incident */ SELECT id, state, facts, version, people, created_at, updated_at \
             FROM incidents WHERE id = $1",
        )
        .bind(id.0)
        .fetch_optional(&mut *self)
        .await?;
        row.ok_or(StoreError::NotFound("incident"))?.try_into()
    }

    async fn lock_incident(&mut self, id: IncidentId) -> Result<Incident> {
        // An update that changes nothing takes the row's lock on either database.
        let row: Option<IncidentRow> = sqlx::query_as(
            "/* lock_incident */ UPDATE incidents SET people = people WHERE id = $1 \
             RETURNING id, state, facts, version, people, created_at, updated_at",
        )
        .bind(id.0)
        .fetch_optional(&mut *self)
        .await?;
        row.ok_or(StoreError::NotFound("incident"))?.try_into()
    }

    async fn lock_editable(&mut self, id: IncidentId, rule: &'static str) -> Result<Incident> {
        let incident = self.lock_incident(id).await?;
        editable(incident.state, rule)?;
        Ok(incident)
    }

    async fn replace_facts(&mut self, incident: &Incident, expected: i64) -> Result<Incident> {
        let row: Option<IncidentRow> = sqlx::query_as(
            "/* replace_facts */ UPDATE incidents SET state = $2, facts = $3, version = version + 1, updated_at = $4 \
             WHERE id = $1 AND version = $5 \
             RETURNING id, state, facts, version, people, created_at, updated_at",
        )
        .bind(incident.id.0)
        .bind(incident.state.as_str())
        .bind(to_json(&incident.facts))
        .bind(incident.updated_at.0)
        .bind(expected)
        .fetch_optional(&mut *self)
        .await?;
        let Some(row) = row else {
            let stored = self.read_incident(incident.id).await?;
            return Err(StoreError::Conflict(format!(
                "the incident was amended meanwhile: version {} is stored, {expected} was expected; read it again",
                stored.version
            )));
        };
        row.try_into()
    }

    async fn insert_incident(&mut self, incident: &Incident, key: &WrappedKey) -> Result<()> {
        sqlx::query(
            "/* insert_incident */ INSERT INTO incidents (id, state, facts, version, people, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, 0, $5, $6)",
        )
        .bind(incident.id.0)
        .bind(incident.state.as_str())
        .bind(to_json(&incident.facts))
        .bind(incident.version)
        .bind(incident.created_at.0)
        .bind(incident.updated_at.0)
        .execute(&mut *self)
        .await?;
        self.insert_key(incident.id, key, incident.created_at).await
    }
});

#[async_trait]
impl IncidentStore for SqlStore {
    async fn create_incident(&self, incident: &Incident, audit: AuditEntry) -> Result<()> {
        let key = self.sealer.new_key(incident.id);
        writing!(self, tx => {
            tx.insert_incident(incident, &key).await?;
            tx.append_audit(&audit).await
        })
    }

    async fn incident(&self, id: IncidentId) -> Result<Incident> {
        reading!(self, conn => { conn.read_incident(id).await })
    }

    async fn incidents(&self, after: Option<IncidentId>, limit: u32) -> Result<Page<Incident>> {
        let after = after.map_or(uuid::Uuid::nil(), |id| id.0);
        let rows: Vec<IncidentRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* incidents */ SELECT id, state, facts, version, people, created_at, updated_at \
                 FROM incidents WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit) + 1)
            .fetch_all(conn)
            .await
        })?;
        page(rows, limit, Incident::try_from)
    }

    async fn amend_incident(&self, incident: &Incident, expected: i64, audit: AuditEntry) -> Result<Incident> {
        writing!(self, tx => {
            let amended = tx.replace_facts(incident, expected).await?;
            tx.append_audit(&audit).await?;
            Ok(amended)
        })
    }

    async fn move_incident(
        &self,
        id: IncidentId,
        from: IncidentState,
        to: IncidentState,
        audit: AuditEntry,
    ) -> Result<Incident> {
        writing!(self, tx => {
            let row: Option<IncidentRow> = sqlx::query_as(
                "/* move_incident */ UPDATE incidents SET state = $2, version = version + 1, updated_at = $3 \
                 WHERE id = $1 AND state = $4 \
                 RETURNING id, state, facts, version, people, created_at, updated_at",
            )
            .bind(id.0)
            .bind(to.as_str())
            .bind(audit.at.0)
            .bind(from.as_str())
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let stored = tx.read_incident(id).await?;
                return Err(StoreError::Conflict(format!(
                    "the incident is {}; only one that is {} can become {}",
                    stored.state.as_str(),
                    from.as_str(),
                    to.as_str()
                )));
            };
            if !to.is_editable() {
                // The row is locked by now: whoever proposes a campaign has done so before, or finds the incident ended.
                let alive: Option<String> = sqlx::query_scalar(
                    "/* move_incident */ SELECT state FROM campaigns \
                     WHERE incident_id = $1 AND state NOT IN ('completed', 'cancelled') LIMIT 1",
                )
                .bind(id.0)
                .fetch_optional(&mut *tx)
                .await?;
                if let Some(state) = alive {
                    return Err(StoreError::Conflict(format!(
                        "a campaign of the incident is {state}; complete or cancel it first"
                    )));
                }
                tx.nobody_is_being_left(id).await?;
            }
            tx.append_audit(&audit).await?;
            Incident::try_from(row)
        })
    }

    async fn incident_for_alert(
        &self,
        source: &str,
        key: &str,
        draft: &Incident,
        audit: AuditEntry,
    ) -> Result<(Incident, bool)> {
        let incident_key = self.sealer.new_key(draft.id);
        writing!(self, tx => {
            let known: Option<(uuid::Uuid, i64)> = sqlx::query_as(
                "/* incident_for_alert */ UPDATE alerts SET last_at = $3, times = times + 1 \
                 WHERE source = $1 AND alert_key = $2 RETURNING incident_id, times",
            )
            .bind(source)
            .bind(key)
            .bind(draft.created_at.0)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some((id, times)) = known {
                let id = IncidentId(id);
                let again = AuditEntry {
                    incident: Some(id),
                    action: String::from("alert.repeated"),
                    detail: serde_json::json!({ "source": source, "times": times }),
                    ..audit.clone()
                };
                let incident = tx.read_incident(id).await?;
                tx.append_audit(&again).await?;
                return Ok((incident, false));
            }
            tx.insert_incident(draft, &incident_key).await?;
            let entered = sqlx::query(
                "/* incident_for_alert */ INSERT INTO alerts (source, alert_key, incident_id, first_at, last_at) \
                 VALUES ($1, $2, $3, $4, $4) ON CONFLICT (source, alert_key) DO NOTHING",
            )
            .bind(source)
            .bind(key)
            .bind(draft.id.0)
            .bind(draft.created_at.0)
            .execute(&mut *tx)
            .await?;
            if entered.rows_affected() == 0 {
                // Somebody entered the same alert since the first statement: roll back, and find theirs next time.
                return Err(StoreError::Busy);
            }
            tx.append_audit(&audit).await?;
            Ok((Incident { people: 0, ..draft.clone() }, true))
        })
    }
}
