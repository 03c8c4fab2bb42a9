//! Regulator reports.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::rows::{json, to_json, word};
use super::traits::{ReportStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::report::{Report, ReportKind};

#[derive(Debug, FromRow)]
struct ReportRow {
    id: Uuid,
    incident_id: Uuid,
    jurisdiction: String,
    obligation: String,
    kind: String,
    document: String,
    late_reason: Option<String>,
    token: String,
    created_at: i64,
    submitted_at: Option<i64>,
    submitted_by: Option<String>,
    submission_reference: Option<String>,
}

impl TryFrom<ReportRow> for Report {
    type Error = StoreError;
    fn try_from(row: ReportRow) -> Result<Self> {
        Ok(Self {
            id: ReportId(row.id),
            incident: IncidentId(row.incident_id),
            jurisdiction: JurisdictionId::parse(&row.jurisdiction)
                .map_err(|e| StoreError::corrupt("reports", "jurisdiction", e.to_string()))?,
            obligation: row.obligation,
            kind: word("reports", "kind", ReportKind::from_name(&row.kind))?,
            document: json("reports", "document", &row.document)?,
            late_reason: row.late_reason,
            token: row.token,
            created_at: Millis(row.created_at),
            submitted_at: row.submitted_at.map(Millis),
            submitted_by: row.submitted_by.map(ActorRef),
            submission_reference: row.submission_reference,
        })
    }
}

#[async_trait]
impl ReportStore for SqlStore {
    async fn create_report(&self, report: &Report, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            sqlx::query(
                "/* create_report */ INSERT INTO reports \
                 (id, incident_id, jurisdiction, obligation, kind, document, late_reason, token, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(report.id.0)
            .bind(report.incident.0)
            .bind(report.jurisdiction.as_str())
            .bind(&report.obligation)
            .bind(report.kind.as_str())
            .bind(to_json(&report.document))
            .bind(&report.late_reason)
            .bind(&report.token)
            .bind(report.created_at.0)
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn report(&self, id: ReportId) -> Result<Report> {
        let row: Option<ReportRow> = reading!(self, conn => {
            sqlx::query_as("/* report */ SELECT * FROM reports WHERE id = $1").bind(id.0).fetch_optional(conn).await
        })?;
        row.ok_or(StoreError::NotFound("report"))?.try_into()
    }

    async fn report_by_token(&self, token: &str) -> Result<Report> {
        let row: Option<ReportRow> = reading!(self, conn => {
            sqlx::query_as("/* report_by_token */ SELECT * FROM reports WHERE token = $1")
                .bind(token)
                .fetch_optional(conn)
                .await
        })?;
        row.ok_or(StoreError::NotFound("report"))?.try_into()
    }

    async fn reports(&self, incident: IncidentId) -> Result<Vec<Report>> {
        let rows: Vec<ReportRow> = reading!(self, conn => {
            sqlx::query_as("/* reports */ SELECT * FROM reports WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(conn)
                .await
        })?;
        rows.into_iter().map(Report::try_from).collect()
    }

    async fn submit_report(
        &self,
        id: ReportId,
        reference: &str,
        late_reason: Option<&str>,
        actor: &ActorRef,
        at: Millis,
        audit: AuditEntry,
    ) -> Result<Report> {
        writing!(self, tx => {
            let row: Option<ReportRow> = sqlx::query_as(
                "/* submit_report */ UPDATE reports SET submitted_at = $2, submitted_by = $3, submission_reference = $4, \
                 late_reason = COALESCE($5, late_reason) WHERE id = $1 AND submitted_at IS NULL RETURNING *",
            )
            .bind(id.0)
            .bind(at.0)
            .bind(&actor.0)
            .bind(reference)
            .bind(late_reason)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let known: Option<i64> = sqlx::query_scalar("/* submit_report */ SELECT submitted_at FROM reports WHERE id = $1")
                    .bind(id.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                let at = Millis(known.ok_or(StoreError::NotFound("report"))?);
                return Err(StoreError::Conflict(format!(
                    "the report was recorded as submitted at {}; make a new one to report further",
                    at.to_rfc3339()
                )));
            };
            tx.append_audit(&audit).await?;
            Report::try_from(row)
        })
    }
}
