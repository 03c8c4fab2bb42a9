//! Notice versions.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{on_both_connections, reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::{json, to_json};
use super::traits::{NoticeStore, Result};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, NoticeId};
use crate::domain::notice::Notice;

#[derive(Debug, FromRow)]
struct NoticeRow {
    id: Uuid,
    incident_id: Uuid,
    version: i64,
    content: String,
    facts: String,
    hash: String,
    created_at: i64,
}

impl TryFrom<NoticeRow> for Notice {
    type Error = StoreError;
    fn try_from(row: NoticeRow) -> Result<Self> {
        Ok(Self {
            id: NoticeId(row.id),
            incident: IncidentId(row.incident_id),
            version: row.version,
            content: json("notices", "content", &row.content)?,
            facts: json("notices", "facts", &row.facts)?,
            hash: row.hash,
            created_at: Millis(row.created_at),
        })
    }
}

trait NoticeRows {
    fn newest_notice(&mut self, incident: IncidentId) -> impl Future<Output = Result<Option<Notice>>> + Send;
}

on_both_connections!(NoticeRows {
    async fn newest_notice(&mut self, incident: IncidentId) -> Result<Option<Notice>> {
        let row: Option<NoticeRow> = sqlx::query_as(
            "/* newest_notice */ SELECT id, incident_id, version, content, facts, hash, created_at FROM notices \
             WHERE incident_id = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(incident.0)
        .fetch_optional(&mut *self)
        .await?;
        row.map(Notice::try_from).transpose()
    }
});

#[async_trait]
impl NoticeStore for SqlStore {
    async fn put_notice(&self, notice: &Notice, expected: Option<i64>, audit: AuditEntry) -> Result<Notice> {
        writing!(self, tx => {
            tx.lock_editable(notice.incident, "only a draft or open incident can be changed").await?;
            let newest = tx.newest_notice(notice.incident).await?;
            let present = newest.as_ref().map_or(0, |newest| newest.version);
            if let Some(expected) = expected.filter(|expected| *expected != present) {
                return Err(StoreError::Conflict(format!(
                    "the notice was written anew meanwhile: version {present} is stored, {expected} was expected; read it again"
                )));
            }
            // Only the newest is compared: going back to earlier words must make them the newest again.
            let version = match newest {
                Some(newest) if newest.hash == notice.hash => return Ok(newest),
                _ => present + 1,
            };
            sqlx::query(
                "/* put_notice */ INSERT INTO notices (id, incident_id, version, content, facts, hash, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(notice.id.0)
            .bind(notice.incident.0)
            .bind(version)
            .bind(to_json(&notice.content))
            .bind(to_json(&notice.facts))
            .bind(&notice.hash)
            .bind(notice.created_at.0)
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await?;
            Ok(Notice { version, ..notice.clone() })
        })
    }

    async fn latest_notice(&self, incident: IncidentId) -> Result<Notice> {
        reading!(self, conn => { conn.newest_notice(incident).await })?.ok_or(StoreError::NotFound("notice"))
    }

    async fn notice(&self, id: NoticeId) -> Result<Notice> {
        let row: Option<NoticeRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* notice */ SELECT id, incident_id, version, content, facts, hash, created_at FROM notices WHERE id = $1",
            )
            .bind(id.0)
            .fetch_optional(conn)
            .await
        })?;
        row.ok_or(StoreError::NotFound("notice"))?.try_into()
    }
}
