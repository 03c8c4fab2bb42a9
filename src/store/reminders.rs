//! Reminders: written down before anything is sent, claimed by one sender at a time.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::rows::word;
use super::traits::{ReminderSettlement, ReminderStore, Result};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, ReminderId};
use crate::domain::reminder::{Mark, Reminder, ReminderState};

#[derive(Debug, FromRow)]
struct ReminderRow {
    id: Uuid,
    incident_id: Uuid,
    obligation: String,
    mark: String,
    deadline_at: i64,
    recipient: String,
    state: String,
    tries: i64,
    due_at: i64,
    code: Option<String>,
    created_at: i64,
    settled_at: Option<i64>,
}

impl TryFrom<ReminderRow> for Reminder {
    type Error = StoreError;
    fn try_from(row: ReminderRow) -> Result<Self> {
        Ok(Self {
            id: ReminderId(row.id),
            incident: IncidentId(row.incident_id),
            obligation: row.obligation,
            mark: word("reminders", "mark", Mark::from_name(&row.mark))?,
            deadline: Millis(row.deadline_at),
            recipient: row.recipient,
            state: word("reminders", "state", ReminderState::from_name(&row.state))?,
            tries: row.tries,
            due_at: Millis(row.due_at),
            code: row.code,
            created_at: Millis(row.created_at),
            settled_at: row.settled_at.map(Millis),
        })
    }
}

/// The condition stands outside, too: a row that somebody claims between the two is looked at again, by this one.
const CLAIM: &str = "/* claim_reminders */ UPDATE reminders SET state = 'sending', tries = tries + 1, due_at = $2 \
    WHERE state IN ('due', 'sending') AND due_at <= $1 AND id IN (SELECT id FROM reminders \
    WHERE state IN ('due', 'sending') AND due_at <= $1 \
    ORDER BY incident_id, mark, deadline_at, recipient, id LIMIT $3) RETURNING *";

#[async_trait]
impl ReminderStore for SqlStore {
    async fn write_reminders(&self, reminders: &[Reminder]) -> Result<u64> {
        // Bookkeeping of what is going to be said; the saying leaves the audit entry.
        writing!(self, tx => {
            let mut written = 0;
            for reminder in reminders {
                let done = sqlx::query(
                    "/* write_reminders */ INSERT INTO reminders (id, incident_id, obligation, mark, deadline_at, recipient, \
                     state, tries, due_at, code, created_at, settled_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, NULL, $9, $10) ON CONFLICT DO NOTHING",
                )
                .bind(reminder.id.0)
                .bind(reminder.incident.0)
                .bind(&reminder.obligation)
                .bind(reminder.mark.as_str())
                .bind(reminder.deadline.0)
                .bind(&reminder.recipient)
                .bind(reminder.state.as_str())
                .bind(reminder.due_at.0)
                .bind(reminder.created_at.0)
                .bind(reminder.settled_at.map(|at| at.0))
                .execute(&mut *tx)
                .await?;
                written += done.rows_affected();
            }
            Ok(written)
        })
    }

    async fn claim_reminders(&self, now: Millis, until: Millis, limit: u32) -> Result<Vec<Reminder>> {
        // Mostly there are none, and then nobody who writes has to wait.
        let waiting: Option<Uuid> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* claim_reminders */ SELECT id FROM reminders WHERE state IN ('due', 'sending') AND due_at <= $1 LIMIT 1",
            )
            .bind(now.0)
            .fetch_optional(conn)
            .await
        })?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        let rows: Vec<ReminderRow> = writing!(self, tx => {
            let rows = sqlx::query_as(CLAIM).bind(now.0).bind(until.0).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
            Ok(rows)
        })?;
        let mut claimed: Vec<Reminder> = rows.into_iter().map(Reminder::try_from).collect::<Result<_>>()?;
        claimed.sort_by(|a, b| {
            let key = |r: &Reminder| (r.incident, r.mark, r.deadline);
            key(a).cmp(&key(b)).then_with(|| a.recipient.cmp(&b.recipient)).then(a.id.cmp(&b.id))
        });
        Ok(claimed)
    }

    async fn settle_reminders(
        &self,
        claimed: &[(ReminderId, i64)],
        settlement: &ReminderSettlement,
        audit: Option<AuditEntry>,
    ) -> Result<u64> {
        let settled_at = (settlement.state != ReminderState::Due).then_some(settlement.at.0);
        writing!(self, tx => {
            let mut settled = 0;
            for (id, tries) in claimed {
                let done = sqlx::query(
                    "/* settle_reminders */ UPDATE reminders SET state = $3, due_at = $4, code = $5, settled_at = $6 \
                     WHERE id = $1 AND tries = $2 AND state = 'sending'",
                )
                .bind(id.0)
                .bind(tries)
                .bind(settlement.state.as_str())
                .bind(settlement.due_at.0)
                .bind(&settlement.code)
                .bind(settled_at)
                .execute(&mut *tx)
                .await?;
                settled += done.rows_affected();
            }
            if settled > 0 && let Some(audit) = &audit {
                tx.append_audit(audit).await?;
            }
            Ok(settled)
        })
    }

    async fn reminders(&self, incident: IncidentId) -> Result<Vec<Reminder>> {
        let rows: Vec<ReminderRow> = reading!(self, conn => {
            sqlx::query_as("/* reminders */ SELECT * FROM reminders WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(conn)
                .await
        })?;
        rows.into_iter().map(Reminder::try_from).collect()
    }
}
