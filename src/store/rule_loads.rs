//! That rule sets were loaded, with the incidents whose duties are others since.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::history::AppendMoment;
use super::rows::{json, to_json};
use super::traits::{NotedMoment, Result, RuleLoadStore};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::rule_load::RuleLoad;

const OVERTAKEN: &str = "something was noted meanwhile";

#[derive(Debug, FromRow)]
struct LoadRow {
    seq: i64,
    at: i64,
    sets: String,
    changed: String,
    incidents: String,
}

impl TryFrom<LoadRow> for RuleLoad {
    type Error = StoreError;
    fn try_from(row: LoadRow) -> Result<Self> {
        Ok(Self {
            seq: row.seq,
            at: Millis(row.at),
            sets: json("rule_loads", "sets", &row.sets)?,
            changed: json("rule_loads", "changed", &row.changed)?,
            incidents: json("rule_loads", "incidents", &row.incidents)?,
        })
    }
}

#[async_trait]
impl RuleLoadStore for SqlStore {
    async fn record_rule_load(&self, load: &RuleLoad, moments: &[NotedMoment], audit: AuditEntry) -> Result<bool> {
        let done: Result<()> = writing!(self, tx => {
            let written = sqlx::query(
                "/* record_rule_load */ INSERT INTO rule_loads (seq, at, sets, changed, incidents) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            )
            .bind(load.seq)
            .bind(load.at.0)
            .bind(to_json(&load.sets))
            .bind(to_json(&load.changed))
            .bind(to_json(&load.incidents))
            .execute(&mut *tx)
            .await?;
            if written.rows_affected() == 0 {
                return Err(StoreError::Conflict(OVERTAKEN.to_owned()));
            }
            for noted in moments {
                if !tx.append_moment(noted.incident, noted.known, &noted.moment).await? {
                    return Err(StoreError::Conflict(OVERTAKEN.to_owned()));
                }
            }
            tx.append_audit(&audit).await
        });
        match done {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn rule_loads(&self, before: Option<i64>, limit: u32) -> Result<Vec<RuleLoad>> {
        let rows: Vec<LoadRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* rule_loads */ SELECT seq, at, sets, changed, incidents FROM rule_loads \
                 WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            )
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(RuleLoad::try_from).collect()
    }
}
