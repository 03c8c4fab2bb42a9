//! Calendar feeds.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::traits::{Feed, FeedStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{FeedId, IncidentId};

#[derive(Debug, FromRow)]
struct FeedRow {
    id: Uuid,
    incident_id: Option<Uuid>,
    name: String,
    hash: String,
    created_by: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl From<FeedRow> for Feed {
    fn from(row: FeedRow) -> Self {
        Self {
            id: FeedId(row.id),
            incident: row.incident_id.map(IncidentId),
            name: row.name,
            hash: row.hash,
            created_by: ActorRef(row.created_by),
            created_at: Millis(row.created_at),
            revoked_at: row.revoked_at.map(Millis),
        }
    }
}

#[async_trait]
impl FeedStore for SqlStore {
    async fn create_feed(&self, feed: &Feed, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            if let Some(incident) = feed.incident {
                tx.read_incident(incident).await?;
            }
            sqlx::query(
                "/* create_feed */ INSERT INTO calendar_feeds \
                 (id, incident_id, name, hash, created_by, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, NULL)",
            )
            .bind(feed.id.0)
            .bind(feed.incident.map(|incident| incident.0))
            .bind(&feed.name)
            .bind(&feed.hash)
            .bind(&feed.created_by.0)
            .bind(feed.created_at.0)
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn feed(&self, id: FeedId) -> Result<Feed> {
        let row: Option<FeedRow> = reading!(self, conn => {
            sqlx::query_as("/* feed */ SELECT * FROM calendar_feeds WHERE id = $1").bind(id.0).fetch_optional(conn).await
        })?;
        row.map(Feed::from).ok_or(StoreError::NotFound("calendar feed"))
    }

    async fn feeds(&self) -> Result<Vec<Feed>> {
        let rows: Vec<FeedRow> = reading!(self, conn => {
            sqlx::query_as("/* feeds */ SELECT * FROM calendar_feeds ORDER BY id").fetch_all(conn).await
        })?;
        Ok(rows.into_iter().map(Feed::from).collect())
    }

    async fn revoke_feed(&self, id: FeedId, now: Millis, audit: AuditEntry) -> Result<Feed> {
        writing!(self, tx => {
            let row: Option<FeedRow> = sqlx::query_as(
                "/* revoke_feed */ UPDATE calendar_feeds SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING *",
            )
            .bind(id.0)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let known: Option<Uuid> = sqlx::query_scalar("/* revoke_feed */ SELECT id FROM calendar_feeds WHERE id = $1")
                    .bind(id.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                known.ok_or(StoreError::NotFound("calendar feed"))?;
                return Err(StoreError::Conflict(String::from("the calendar feed has been revoked before")));
            };
            tx.append_audit(&audit).await?;
            Ok(Feed::from(row))
        })
    }
}
