//! Public notices. Publishing and withdrawing move the people they stand in for.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::cover::Cover;
use super::db::{on_both_connections, reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::{json, to_json, word};
use super::traits::{AnnouncementStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::announcement::{Announcement, AnnouncementState};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{AnnouncementId, IncidentId};
use crate::domain::locale::Locale;

/// What is said of an incident that has ended.
const WHILE_OPEN: &str = "a public notice is written and published while it is open";

#[derive(Debug, FromRow)]
struct AnnouncementRow {
    id: Uuid,
    incident_id: Uuid,
    slug: String,
    state: String,
    default_locale: String,
    texts: String,
    covers: i64,
    reasons: String,
    author: String,
    publisher: Option<String>,
    created_at: i64,
    published_at: Option<i64>,
    withdrawn_at: Option<i64>,
    withdrawn_reason: Option<String>,
    updated_at: i64,
}

impl TryFrom<AnnouncementRow> for Announcement {
    type Error = StoreError;
    fn try_from(row: AnnouncementRow) -> Result<Self> {
        let table = "announcements";
        Ok(Self {
            id: AnnouncementId(row.id),
            incident: IncidentId(row.incident_id),
            slug: row.slug,
            state: word(table, "state", AnnouncementState::from_name(&row.state))?,
            default_locale: Locale::parse(&row.default_locale)
                .map_err(|e| StoreError::corrupt(table, "default_locale", e.to_string()))?,
            texts: json(table, "texts", &row.texts)?,
            covers: row.covers,
            reasons: json::<BTreeMap<String, i64>>(table, "reasons", &row.reasons)?,
            author: ActorRef(row.author),
            publisher: row.publisher.map(ActorRef),
            created_at: Millis(row.created_at),
            published_at: row.published_at.map(Millis),
            withdrawn_at: row.withdrawn_at.map(Millis),
            withdrawn_reason: row.withdrawn_reason,
            updated_at: Millis(row.updated_at),
        })
    }
}

trait AnnouncementRows {
    fn read_announcement(&mut self, id: AnnouncementId) -> impl Future<Output = Result<Announcement>> + Send;
}

on_both_connections!(AnnouncementRows {
    async fn read_announcement(&mut self, id: AnnouncementId) -> Result<Announcement> {
        let row: Option<AnnouncementRow> = sqlx::query_as("/* read_announcement */ SELECT * FROM announcements WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&mut *self)
            .await?;
        row.ok_or(StoreError::NotFound("announcement"))?.try_into()
    }
});

#[async_trait]
impl AnnouncementStore for SqlStore {
    async fn put_announcement(&self, announcement: &Announcement, audit: AuditEntry) -> Result<Announcement> {
        writing!(self, tx => {
            tx.lock_editable(announcement.incident, WHILE_OPEN).await?;
            let published: Option<String> = sqlx::query_scalar(
                "/* put_announcement */ SELECT slug FROM announcements WHERE incident_id = $1 AND state = 'published'",
            )
            .bind(announcement.incident.0)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(slug) = published {
                return Err(StoreError::Conflict(format!(
                    "the announcement {slug} of the incident is published; withdraw it before writing another"
                )));
            }
            sqlx::query("/* put_announcement */ DELETE FROM announcements WHERE incident_id = $1 AND state = 'draft'")
                .bind(announcement.incident.0)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "/* put_announcement */ INSERT INTO announcements (id, incident_id, slug, state, default_locale, texts, \
                 covers, reasons, author, created_at, updated_at) \
                 VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(announcement.id.0)
            .bind(announcement.incident.0)
            .bind(&announcement.slug)
            .bind(announcement.default_locale.as_str())
            .bind(to_json(&announcement.texts))
            .bind(announcement.covers)
            .bind(to_json(&announcement.reasons))
            .bind(&announcement.author.0)
            .bind(announcement.created_at.0)
            .bind(announcement.updated_at.0)
            .execute(&mut *tx)
            .await
            .map_err(|e| StoreError::from(e).or_conflict("the slug is taken; choose another"))?;
            tx.append_audit(&audit).await?;
            tx.read_announcement(announcement.id).await
        })
    }

    async fn public_announcement(&self, slug: &str) -> Result<Announcement> {
        let row: Option<AnnouncementRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* public_announcement */ SELECT * FROM announcements WHERE slug = $1 AND state IN ('published', 'withdrawn')",
            )
            .bind(slug)
            .fetch_optional(conn)
            .await
        })?;
        row.ok_or(StoreError::NotFound("announcement"))?.try_into()
    }

    async fn announcement(&self, incident: IncidentId) -> Result<Announcement> {
        let row: Option<AnnouncementRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* announcement */ SELECT * FROM announcements WHERE incident_id = $1 ORDER BY id DESC LIMIT 1",
            )
            .bind(incident.0)
            .fetch_optional(conn)
            .await
        })?;
        row.ok_or(StoreError::NotFound("announcement"))?.try_into()
    }

    async fn public_announcements(&self, limit: u32) -> Result<Vec<Announcement>> {
        let rows: Vec<AnnouncementRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* public_announcements */ SELECT * FROM announcements WHERE state IN ('published', 'withdrawn') \
                 ORDER BY published_at DESC, id DESC LIMIT $1",
            )
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Announcement::try_from).collect()
    }

    async fn publish_announcement(
        &self,
        id: AnnouncementId,
        actor: &ActorRef,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement> {
        writing!(self, tx => {
            let incident = tx.read_announcement(id).await?.incident;
            tx.lock_editable(incident, WHILE_OPEN).await?;
            let changed = sqlx::query(
                "/* publish_announcement */ UPDATE announcements \
                 SET state = 'published', publisher = $2, published_at = $3, updated_at = $3 WHERE id = $1 AND state = 'draft'",
            )
            .bind(id.0)
            .bind(&actor.0)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() == 0 {
                let stored = tx.read_announcement(id).await?;
                return Err(StoreError::Conflict(format!(
                    "the announcement is {}; only a draft can be published",
                    stored.state.as_str()
                )));
            }
            if tx.cover(incident).await? > 0 {
                let covers = tx.announced_people(incident).await?;
                sqlx::query("/* publish_announcement */ UPDATE announcements SET covers = $2 WHERE id = $1")
                    .bind(id.0)
                    .bind(covers)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.append_audit(&audit).await?;
            tx.read_announcement(id).await
        })
    }

    async fn withdraw_announcement(
        &self,
        id: AnnouncementId,
        reason: &str,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement> {
        writing!(self, tx => {
            let incident = tx.read_announcement(id).await?.incident;
            tx.lock_incident(incident).await?;
            let changed = sqlx::query(
                "/* withdraw_announcement */ UPDATE announcements \
                 SET state = 'withdrawn', withdrawn_at = $2, withdrawn_reason = $3, updated_at = $2 \
                 WHERE id = $1 AND state = 'published'",
            )
            .bind(id.0)
            .bind(now.0)
            .bind(reason)
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() == 0 {
                let stored = tx.read_announcement(id).await?;
                return Err(StoreError::Conflict(format!(
                    "the announcement is {}; only a published one can be withdrawn",
                    stored.state.as_str()
                )));
            }
            tx.uncover(incident).await?;
            tx.append_audit(&audit).await?;
            tx.read_announcement(id).await
        })
    }
}
