//! API keys and what was answered under an `Idempotency-Key`.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::answer::{self, AnswerRow};
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::rows::word;
use super::traits::{AccessStore, ApiKey, IdempotencyClaim, Result, StoredAnswer};
use crate::domain::actor::Actor;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, KeyId};

/// After this long without an answer a claim counts as left behind by a process that died, in milliseconds.
const CLAIM_LASTS: i64 = 600_000;

#[derive(Debug, FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    role: String,
    hash: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreError;
    fn try_from(row: KeyRow) -> Result<Self> {
        Ok(Self {
            id: KeyId(row.id),
            name: row.name,
            role: word("api_keys", "role", row.role.parse().ok())?,
            hash: row.hash,
            created_at: Millis(row.created_at),
            revoked_at: row.revoked_at.map(Millis),
        })
    }
}

#[derive(Debug, FromRow)]
struct ClaimRow {
    request_hash: String,
    incident_id: Option<Uuid>,
    answer: Option<Vec<u8>>,
}

#[async_trait]
impl AccessStore for SqlStore {
    async fn create_key(&self, key: &ApiKey, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            sqlx::query(
                "/* create_key */ INSERT INTO api_keys (id, name, role, hash, created_at, revoked_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(key.id.0)
            .bind(&key.name)
            .bind(key.role.as_str())
            .bind(&key.hash)
            .bind(key.created_at.0)
            .bind(key.revoked_at.map(|at| at.0))
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn key(&self, id: KeyId) -> Result<ApiKey> {
        let row: Option<KeyRow> = reading!(self, conn => {
            sqlx::query_as("/* key */ SELECT * FROM api_keys WHERE id = $1").bind(id.0).fetch_optional(conn).await
        })?;
        row.ok_or(StoreError::NotFound("key"))?.try_into()
    }

    async fn keys(&self) -> Result<Vec<ApiKey>> {
        let rows: Vec<KeyRow> = reading!(self, conn => {
            sqlx::query_as("/* keys */ SELECT * FROM api_keys ORDER BY id").fetch_all(conn).await
        })?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    async fn revoke_key(&self, id: KeyId, now: Millis, audit: AuditEntry) -> Result<ApiKey> {
        writing!(self, tx => {
            let row: Option<KeyRow> = sqlx::query_as(
                "/* revoke_key */ UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING *",
            )
            .bind(id.0)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else {
                let known: Option<Uuid> = sqlx::query_scalar("/* revoke_key */ SELECT id FROM api_keys WHERE id = $1")
                    .bind(id.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                known.ok_or(StoreError::NotFound("key"))?;
                return Err(StoreError::Conflict(String::from("the key has been revoked before")));
            };
            tx.append_audit(&audit).await?;
            ApiKey::try_from(row)
        })
    }

    async fn claim_idempotency(
        &self,
        actor: &Actor,
        key: &str,
        request_hash: &str,
        now: Millis,
    ) -> Result<IdempotencyClaim> {
        // Claims and answers are bookkeeping of the edge, not changes of an incident: no audit entry.
        let claimed: Option<ClaimRow> = writing!(self, tx => {
            let ours = sqlx::query(
                "/* claim_idempotency */ INSERT INTO idempotency AS held (key_id, idem_key, request_hash, claimed_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (key_id, idem_key) DO UPDATE \
                 SET request_hash = excluded.request_hash, claimed_at = excluded.claimed_at \
                 WHERE held.answer IS NULL AND held.claimed_at <= $5",
            )
            .bind(actor.key.0)
            .bind(key)
            .bind(request_hash)
            .bind(now.0)
            .bind(now.plus(-CLAIM_LASTS).0)
            .execute(&mut *tx)
            .await?;
            if ours.rows_affected() == 1 {
                return Ok(None);
            }
            let held: Option<ClaimRow> = sqlx::query_as(
                "/* claim_idempotency */ SELECT request_hash, incident_id, answer FROM idempotency \
                 WHERE key_id = $1 AND idem_key = $2",
            )
            .bind(actor.key.0)
            .bind(key)
            .fetch_optional(&mut *tx)
            .await?;
            // Given up between the two statements: claim again.
            held.ok_or(StoreError::Busy).map(Some)
        })?;
        let Some(held) = claimed else { return Ok(IdempotencyClaim::Ours) };
        let Some(sealed) = held.answer else { return Ok(IdempotencyClaim::Busy) };
        let row = AnswerRow::new(actor.key, key);
        let plain = match held.incident_id {
            Some(incident) => self.incident_key(IncidentId(incident)).await?.open(&row.place(), &sealed)?,
            None => self.sealer.open_own(&row.place(), &sealed)?,
        };
        Ok(IdempotencyClaim::Answered(answer::decode(held.request_hash, &plain)?))
    }

    async fn remember_answer(
        &self,
        actor: &Actor,
        key: &str,
        incident: Option<IncidentId>,
        answer: &StoredAnswer,
        now: Millis,
    ) -> Result<()> {
        let row = AnswerRow::new(actor.key, key);
        let plain = answer::encode(answer);
        let incident_key = match incident {
            Some(incident) => match self.incident_key(incident).await {
                Ok(key) => Some((incident, key)),
                // Once the key is destroyed no answer can hold anything of its people.
                Err(StoreError::Erased) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let (incident, sealed) = match incident_key {
            Some((incident, key)) => (Some(incident.0), key.seal(&row.place(), self.sealer.nonce(), &plain)),
            None => (None, self.sealer.seal_own(&row.place(), &plain)),
        };
        writing!(self, tx => {
            let remembered = sqlx::query(
                "/* remember_answer */ UPDATE idempotency SET incident_id = $3, answer = $4, claimed_at = $5 \
                 WHERE key_id = $1 AND idem_key = $2 AND request_hash = $6 AND answer IS NULL",
            )
            .bind(actor.key.0)
            .bind(key)
            .bind(incident)
            .bind(&sealed)
            .bind(now.0)
            .bind(&answer.request_hash)
            .execute(&mut *tx)
            .await?;
            if remembered.rows_affected() == 0 {
                return Err(StoreError::Conflict(String::from("the Idempotency-Key is not claimed by this request")));
            }
            Ok(())
        })
    }

    async fn forget_key(&self, actor: &Actor, key: &str) -> Result<()> {
        writing!(self, tx => {
            sqlx::query("/* forget_key */ DELETE FROM idempotency WHERE key_id = $1 AND idem_key = $2 AND answer IS NULL")
                .bind(actor.key.0)
                .bind(key)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }
}
