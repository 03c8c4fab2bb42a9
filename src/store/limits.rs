//! Rates: the ones that people set, and the tokens that all workers draw from.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::queue::Slotted as _;
use super::rows::word;
use super::traits::{LimitStore, Result};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::limit::{Bucket, Grant, Limit, LimitKind, Slots};

#[derive(FromRow)]
struct LimitRow {
    kind: String,
    name: String,
    per_second: f64,
    updated_at: i64,
}

/// Makes the row if need be, and takes its lock either way.
const LOCK: &str = "/* take_tokens */ INSERT INTO limits AS l (kind, name, per_second, tokens, filled_at, updated_at) \
    VALUES ($1, $2, NULL, $3, $4, $4) ON CONFLICT (kind, name) DO UPDATE SET tokens = l.tokens \
    RETURNING per_second, tokens, filled_at";

#[async_trait]
impl LimitStore for SqlStore {
    async fn limits(&self) -> Result<Vec<Limit>> {
        let rows: Vec<LimitRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* limits */ SELECT kind, name, per_second, updated_at FROM limits WHERE per_second IS NOT NULL \
                 ORDER BY kind, name",
            )
            .fetch_all(conn)
            .await
        })?;
        let read = |row: LimitRow| {
            Ok(Limit {
                kind: word("limits", "kind", LimitKind::from_name(&row.kind))?,
                name: row.name,
                per_second: row.per_second,
                updated_at: Millis(row.updated_at),
            })
        };
        rows.into_iter().map(read).collect()
    }

    async fn set_limit(&self, limit: &Limit, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let was: Option<String> =
                sqlx::query_scalar("/* set_limit */ SELECT name FROM limits WHERE kind = $1 AND name = $2")
                    .bind(limit.kind.as_str())
                    .bind(&limit.name)
                    .fetch_optional(&mut *tx)
                    .await?;
            // Without a burst: whoever slows something down means now.
            sqlx::query(
                "/* set_limit */ INSERT INTO limits (kind, name, per_second, tokens, filled_at, updated_at) \
                 VALUES ($1, $2, $3, 0, $4, $4) ON CONFLICT (kind, name) DO UPDATE SET per_second = excluded.per_second, \
                 tokens = 0, filled_at = excluded.filled_at, updated_at = excluded.updated_at",
            )
            .bind(limit.kind.as_str())
            .bind(&limit.name)
            .bind(limit.per_second)
            .bind(limit.updated_at.0)
            .execute(&mut *tx)
            .await?;
            if limit.kind == LimitKind::Domain && was.is_some() {
                tx.void_slots(limit.updated_at).await?;
            }
            tx.append_audit(&audit).await
        })
    }

    async fn remove_limit(&self, kind: LimitKind, name: &str, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let done = sqlx::query(
                "/* remove_limit */ DELETE FROM limits WHERE kind = $1 AND name = $2 AND per_second IS NOT NULL",
            )
            .bind(kind.as_str())
            .bind(name)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::NotFound("limit"));
            }
            if kind == LimitKind::Domain {
                tx.void_slots(audit.at).await?;
            }
            tx.append_audit(&audit).await
        })
    }

    async fn take_tokens(
        &self,
        kind: LimitKind,
        name: &str,
        configured: f64,
        wanted: u32,
        now: Millis,
    ) -> Result<Grant> {
        writing!(self, tx => {
            let full = Bucket::full(configured, now);
            let (set, tokens, filled_at): (Option<f64>, f64, i64) = sqlx::query_as(LOCK)
                .bind(kind.as_str())
                .bind(name)
                .bind(full.tokens)
                .bind(now.0)
                .fetch_one(&mut *tx)
                .await?;
            let per_second = set.unwrap_or(configured);
            let mut bucket = Bucket { per_second, tokens, filled_at: Millis(filled_at) };
            let grant = bucket.take(wanted, now);
            sqlx::query("/* take_tokens */ UPDATE limits SET tokens = $3, filled_at = $4 WHERE kind = $1 AND name = $2")
                .bind(kind.as_str())
                .bind(name)
                .bind(bucket.tokens)
                .bind(bucket.filled_at.0)
                .execute(&mut *tx)
                .await?;
            Ok(grant)
        })
    }

    async fn take_slots(&self, domain: &str, number: u32, now: Millis) -> Result<Option<Slots>> {
        writing!(self, tx => {
            let row: Option<(Option<f64>, i64)> = sqlx::query_as(
                "/* take_slots */ UPDATE limits SET filled_at = filled_at WHERE kind = 'domain' AND name = $1 \
                 RETURNING per_second, filled_at",
            )
            .bind(domain)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((Some(per_second), free_at)) = row else { return Ok(None) };
            let slots = Slots::next(per_second, Millis(free_at), now);
            sqlx::query("/* take_slots */ UPDATE limits SET filled_at = $2 WHERE kind = 'domain' AND name = $1")
                .bind(domain)
                .bind(slots.nth(number).0)
                .execute(&mut *tx)
                .await?;
            Ok(Some(slots))
        })
    }

    async fn free_slots(&self, now: Millis) -> Result<u64> {
        self.free_some_slots(now).await
    }
}
