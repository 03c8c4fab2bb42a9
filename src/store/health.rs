//! Health of the database.

use async_trait::async_trait;
use sqlx::{PgConnection, SqliteConnection};

use super::SqlStore;
use super::db::reading;
use super::error::StoreError;
use super::traits::{HealthStore, Result};
use crate::domain::campaign::Counts;

/// What a session says of itself.
trait Session {
    /// Whether it may write.
    fn takes_writes(&mut self) -> impl Future<Output = sqlx::Result<bool>> + Send;
}

impl Session for SqliteConnection {
    async fn takes_writes(&mut self) -> sqlx::Result<bool> {
        // Reading connections never do, and the one that writes may be busy for long.
        Ok(true)
    }
}

impl Session for PgConnection {
    async fn takes_writes(&mut self) -> sqlx::Result<bool> {
        sqlx::query_scalar("/* takes_writes */ SELECT current_setting('transaction_read_only') = 'off'")
            .fetch_one(self)
            .await
    }
}

#[async_trait]
impl HealthStore for SqlStore {
    async fn ping(&self) -> Result<()> {
        let takes_writes = reading!(self, conn => {
            sqlx::query("/* ping */ SELECT id FROM workers LIMIT 1").fetch_optional(&mut *conn).await?;
            conn.takes_writes().await
        })?;
        if takes_writes { Ok(()) } else { Err(StoreError::Unavailable(String::from("it is read-only"))) }
    }

    async fn campaign_counts(&self) -> Result<Counts> {
        let (pending, in_flight, reached, unknown, unreachable, announced, suppressed): (
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
        ) = reading!(self, conn => {
            // One row a campaign, so the sum is quick. PostgreSQL adds bigints up to a numeric, hence the casts.
            sqlx::query_as(
                "/* campaign_counts */ SELECT \
                 COALESCE(CAST(SUM(pending) AS BIGINT), 0), COALESCE(CAST(SUM(in_flight) AS BIGINT), 0), \
                 COALESCE(CAST(SUM(reached) AS BIGINT), 0), COALESCE(CAST(SUM(unknown) AS BIGINT), 0), \
                 COALESCE(CAST(SUM(unreachable) AS BIGINT), 0), COALESCE(CAST(SUM(announced) AS BIGINT), 0), \
                 COALESCE(CAST(SUM(suppressed) AS BIGINT), 0) FROM campaigns",
            )
            .fetch_one(conn)
            .await
        })?;
        Ok(Counts { pending, in_flight, reached, unknown, unreachable, announced, suppressed })
    }
}
