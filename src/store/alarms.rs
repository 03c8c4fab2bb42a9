//! Alarms: one of each cause and subject is open at a time; what is said of them is written down before it is said.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{on_both_connections, reading, writing};
use super::error::StoreError;
use super::rows::word;
use super::traits::{AlarmCallStore, AlarmStore, Page, ReminderSettlement, Result};
use crate::domain::actor::ActorRef;
use crate::domain::alarm::{Alarm, AlarmCall, Cause, Tidings};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::CampaignAction;
use crate::domain::clock::Millis;
use crate::domain::id::{AlarmCallId, AlarmId, CampaignId};
use crate::domain::reminder::ReminderState;

#[derive(FromRow)]
struct AlarmRow {
    id: Uuid,
    cause: String,
    subject: String,
    code: Option<String>,
    raised_at: i64,
    seen_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<AlarmRow> for Alarm {
    type Error = StoreError;
    fn try_from(row: AlarmRow) -> Result<Self> {
        Ok(Self {
            id: AlarmId(row.id),
            cause: word("alarms", "cause", Cause::from_name(&row.cause))?,
            subject: row.subject,
            code: row.code,
            raised_at: Millis(row.raised_at),
            seen_at: Millis(row.seen_at),
            ended_at: row.ended_at.map(Millis),
        })
    }
}

#[derive(FromRow)]
struct CallRow {
    call_id: Uuid,
    tidings: String,
    recipient: String,
    state: String,
    tries: i64,
    #[sqlx(flatten)]
    alarm: AlarmRow,
}

impl TryFrom<CallRow> for AlarmCall {
    type Error = StoreError;
    fn try_from(row: CallRow) -> Result<Self> {
        Ok(Self {
            id: AlarmCallId(row.call_id),
            alarm: row.alarm.try_into()?,
            tidings: word("alarm_calls", "tidings", Tidings::from_name(&row.tidings))?,
            recipient: row.recipient,
            state: word("alarm_calls", "state", ReminderState::from_name(&row.state))?,
            tries: row.tries,
        })
    }
}

/// Seen again, which is no news.
const SEEN: &str = "/* raise_alarm */ UPDATE alarms SET seen_at = $3, code = $4 \
    WHERE cause = $1 AND subject = $2 AND ended_at IS NULL AND seen_at >= $5";

/// Nothing was heard of it for so long that it counts as over since it was last seen.
const LAPSED: &str =
    "/* raise_alarm */ UPDATE alarms SET ended_at = seen_at WHERE cause = $1 AND subject = $2 AND ended_at IS NULL";

const RAISE: &str = "/* raise_alarm */ INSERT INTO alarms (id, cause, subject, code, raised_at, seen_at) \
    VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING";

/// Later than it was last seen, by whatever clock: an end that was found is no lapse.
const END: &str = "/* end_alarm */ UPDATE alarms SET ended_at = CASE WHEN $3 > seen_at THEN $3 ELSE seen_at + 1 END \
    WHERE cause = $1 AND subject = $2 AND ended_at IS NULL AND seen_at <= $4";

/// For so long after the end of an alarm it is said that it is over, in milliseconds.
const NEWS_MS: i64 = 24 * 3_600_000;

/// What may have to be said: alarms that are open, and those that ended well of which somebody knows only that they were raised.
const SAID_OF: &str = "/* write_alarm_calls */ SELECT a.* FROM alarms a WHERE a.ended_at IS NULL OR (a.ended_at > a.seen_at \
    AND a.ended_at > $1 AND EXISTS (SELECT 1 FROM alarm_calls r WHERE r.alarm_id = a.id AND r.tidings = 'raised' AND r.state = 'sent' \
    AND NOT EXISTS (SELECT 1 FROM alarm_calls e WHERE e.alarm_id = a.id AND e.tidings = 'ended' \
    AND e.recipient = r.recipient))) ORDER BY a.id";

/// To whoever it is news: that it is over, only to those who were told that it was raised.
const WRITE: &str = "/* write_alarm_calls */ INSERT INTO alarm_calls (id, alarm_id, tidings, recipient, state, due_at, created_at) \
    SELECT $1, $2, $3, $4, 'due', $5, $5 WHERE $3 = 'raised' OR EXISTS (SELECT 1 FROM alarm_calls r WHERE r.alarm_id = $2 \
    AND r.tidings = 'raised' AND r.recipient = $4 AND r.state = 'sent') ON CONFLICT DO NOTHING";

const CLAIM: &str = "/* claim_alarm_calls */ UPDATE alarm_calls SET state = 'sending', tries = tries + 1, due_at = $2 \
    WHERE state IN ('due', 'sending') AND due_at <= $1 AND id IN (SELECT id FROM alarm_calls \
    WHERE state IN ('due', 'sending') AND due_at <= $1 ORDER BY id LIMIT $3) RETURNING id";

const CLAIMED: &str = "/* claim_alarm_calls */ SELECT c.id AS call_id, c.tidings, c.recipient, c.state, c.tries, a.* \
    FROM alarm_calls c JOIN alarms a ON a.id = c.alarm_id WHERE c.id = $1";

/// The alarm that a pause is which nobody asked for.
pub(in crate::store) trait AlarmOfPause {
    /// Raises it when the engine pauses a campaign, and ends it when somebody does something about it.
    fn alarm_of_pause(
        &mut self,
        campaign: CampaignId,
        action: CampaignAction,
        actor: &ActorRef,
        audit: &AuditEntry,
    ) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(AlarmOfPause {
    async fn alarm_of_pause(
        &mut self,
        campaign: CampaignId,
        action: CampaignAction,
        actor: &ActorRef,
        audit: &AuditEntry,
    ) -> Result<()> {
        let (cause, subject, at) = (Cause::CampaignPaused.as_str(), campaign.to_string(), audit.at.0);
        if action != CampaignAction::Pause {
            sqlx::query(END).bind(cause).bind(subject).bind(at).bind(i64::MAX).execute(&mut *self).await?;
        } else if *actor == ActorRef::engine() {
            let [_, _, _, _, _, _, ten @ ..] = campaign.0.into_bytes();
            let reason = audit.detail.get("reason").and_then(|reason| reason.as_str());
            let raise = sqlx::query(RAISE).bind(AlarmId::new(audit.at, ten).0).bind(cause).bind(subject);
            raise.bind(reason).bind(at).execute(&mut *self).await?;
        }
        Ok(())
    }
});

#[async_trait]
impl AlarmStore for SqlStore {
    async fn raise_alarm(&self, alarm: &Alarm, still: Millis, audit: AuditEntry) -> Result<bool> {
        writing!(self, tx => {
            let seen = sqlx::query(SEEN)
                .bind(alarm.cause.as_str())
                .bind(&alarm.subject)
                .bind(alarm.seen_at.0)
                .bind(&alarm.code)
                .bind(still.0)
                .execute(&mut *tx)
                .await?;
            if seen.rows_affected() > 0 {
                return Ok(false);
            }
            sqlx::query(LAPSED).bind(alarm.cause.as_str()).bind(&alarm.subject).execute(&mut *tx).await?;
            let raised = sqlx::query(RAISE)
                .bind(alarm.id.0)
                .bind(alarm.cause.as_str())
                .bind(&alarm.subject)
                .bind(&alarm.code)
                .bind(alarm.raised_at.0)
                .execute(&mut *tx)
                .await?;
            if raised.rows_affected() == 0 {
                return Ok(false);
            }
            tx.append_audit(&audit).await?;
            Ok(true)
        })
    }

    async fn end_alarm(&self, cause: Cause, subject: &str, seen_by: Millis, audit: AuditEntry) -> Result<bool> {
        writing!(self, tx => {
            let end = sqlx::query(END).bind(cause.as_str()).bind(subject).bind(audit.at.0).bind(seen_by.0);
            let done = end.execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            tx.append_audit(&audit).await?;
            Ok(true)
        })
    }
}

#[async_trait]
impl AlarmCallStore for SqlStore {
    async fn open_alarms(&self) -> Result<Vec<Alarm>> {
        let rows: Vec<AlarmRow> = reading!(self, conn => {
            sqlx::query_as("/* open_alarms */ SELECT * FROM alarms WHERE ended_at IS NULL ORDER BY id").fetch_all(conn).await
        })?;
        rows.into_iter().map(Alarm::try_from).collect()
    }

    async fn alarms(&self, after: Option<AlarmId>, limit: u32) -> Result<Page<Alarm>> {
        let mut rows: Vec<AlarmRow> = reading!(self, conn => {
            sqlx::query_as("/* alarms */ SELECT * FROM alarms WHERE id > $1 ORDER BY id LIMIT $2")
                .bind(after.map_or(Uuid::nil(), |id| id.0))
                .bind(i64::from(limit) + 1)
                .fetch_all(conn)
                .await
        })?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(Alarm::try_from).collect::<Result<_>>()?, more })
    }

    async fn write_alarm_calls(
        &self,
        recipients: &[String],
        now: Millis,
        ids: &(dyn Fn() -> AlarmCallId + Send + Sync),
    ) -> Result<u64> {
        // Mostly there is nothing to say, and then nobody who writes has to wait.
        let rows: Vec<AlarmRow> = reading!(self, conn => {
            sqlx::query_as(SAID_OF).bind(now.plus(-NEWS_MS).0).fetch_all(conn).await
        })?;
        let alarms: Vec<Alarm> = rows.into_iter().map(Alarm::try_from).collect::<Result<_>>()?;
        if alarms.is_empty() || recipients.is_empty() {
            return Ok(0);
        }
        // Bookkeeping of what is going to be said; the saying leaves the audit entry.
        writing!(self, tx => {
            let mut written = 0;
            for alarm in &alarms {
                let tidings = if alarm.ended_at.is_some() { Tidings::Ended } else { Tidings::Raised };
                for recipient in recipients {
                    let done = sqlx::query(WRITE)
                        .bind(ids().0)
                        .bind(alarm.id.0)
                        .bind(tidings.as_str())
                        .bind(recipient)
                        .bind(now.0)
                        .execute(&mut *tx)
                        .await?;
                    written += done.rows_affected();
                }
            }
            Ok(written)
        })
    }

    async fn claim_alarm_calls(&self, now: Millis, until: Millis, limit: u32) -> Result<Vec<AlarmCall>> {
        let waiting: Option<Uuid> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* claim_alarm_calls */ SELECT id FROM alarm_calls WHERE state IN ('due', 'sending') AND due_at <= $1 LIMIT 1",
            )
            .bind(now.0)
            .fetch_optional(conn)
            .await
        })?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        let rows: Vec<CallRow> = writing!(self, tx => {
            let mut ids: Vec<Uuid> =
                sqlx::query_scalar(CLAIM).bind(now.0).bind(until.0).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
            ids.sort_unstable();
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.push(sqlx::query_as(CLAIMED).bind(id).fetch_one(&mut *tx).await?);
            }
            Ok(rows)
        })?;
        rows.into_iter().map(AlarmCall::try_from).collect()
    }

    async fn settle_alarm_call(
        &self,
        id: AlarmCallId,
        tries: i64,
        settlement: &ReminderSettlement,
        audit: Option<AuditEntry>,
    ) -> Result<bool> {
        let settled_at = (settlement.state != ReminderState::Due).then_some(settlement.at.0);
        writing!(self, tx => {
            let done = sqlx::query(
                "/* settle_alarm_call */ UPDATE alarm_calls SET state = $3, due_at = $4, code = $5, settled_at = $6 \
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
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            if let Some(audit) = &audit {
                tx.append_audit(audit).await?;
            }
            Ok(true)
        })
    }
}
