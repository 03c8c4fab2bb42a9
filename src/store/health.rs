//! Health of the database.

use async_trait::async_trait;

use super::SqlStore;
use super::db::reading;
use super::traits::{HealthStore, Result};
use crate::domain::campaign::Counts;

#[async_trait]
impl HealthStore for SqlStore {
    async fn ping(&self) -> Result<()> {
        reading!(self, conn => {
            sqlx::query("/* ping */ SELECT id FROM workers LIMIT 1").fetch_optional(conn).await?;
            Ok(())
        })
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
