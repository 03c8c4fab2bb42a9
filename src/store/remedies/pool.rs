//! The pools as people fill and empty them.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::assign::AssignCodes as _;
use super::{CodeStatements as _, SealedCode, open, place};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Entropy, Millis};
use crate::domain::id::{IncidentId, PersonId, RemedyCodeId};
use crate::domain::remedy::{MAX_CODES, RemedyCode, RemedyCounts};
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::error::StoreError;
use crate::store::incidents::IncidentRows;
use crate::store::keys::KeyRows;
use crate::store::rows::page;
use crate::store::seal::IncidentKey;
use crate::store::traits::{CodesAdded, Page, RemedyStore, Result, UnusedCode};

/// Codes come back whose people nobody has told and nobody is still to tell, themselves or through a guardian. The state is
/// asked in words that no index knows, and guardians are found before campaigns: else all of a campaign are read for each code.
pub(in crate::store) const RELEASE: &str = "/* release_codes */ UPDATE remedy_codes SET person_id = NULL, assigned_at = NULL \
     WHERE incident_id = $1 AND person_id IS NOT NULL AND sent_at IS NULL AND id > $2 AND id <= $3 AND NOT EXISTS \
     (SELECT 1 FROM campaigns c JOIN campaign_people p ON p.campaign_id = c.id AND p.person_id = remedy_codes.person_id \
      WHERE c.incident_id = $1 AND (p.state || '' = 'in_flight' \
          OR (p.state || '' = 'pending' AND c.state <> 'cancelled'))) \
     AND NOT EXISTS \
     (SELECT 1 FROM wards w CROSS JOIN campaigns c CROSS JOIN campaign_people p \
      WHERE w.ward_id = remedy_codes.person_id AND c.incident_id = $1 \
      AND p.campaign_id = c.id AND p.person_id = w.guardian_id \
      AND (p.state || '' = 'in_flight' OR (p.state || '' = 'pending' AND c.state <> 'cancelled')))";

/// So many codes are released or returned in one transaction: nobody who sends waits for all of a large pool.
const PART: i64 = 10_000;

/// Where the next part of the codes that may be released ends.
const RELEASED_PART: &str = "/* released_part */ SELECT id FROM (SELECT id FROM remedy_codes \
     WHERE incident_id = $1 AND person_id IS NOT NULL AND sent_at IS NULL AND id > $2 ORDER BY id LIMIT $3) AS part \
     ORDER BY id DESC LIMIT 1";

/// Where the next part of the codes that are returned ends.
const RETURNED_PART: &str = "/* returned_part */ SELECT id FROM (SELECT id FROM remedy_codes \
     WHERE incident_id = $1 AND person_id IS NULL AND returned_at IS NULL AND id > $2 ORDER BY id LIMIT $3) AS part \
     ORDER BY id DESC LIMIT 1";

const RETURN: &str = "/* return_codes */ UPDATE remedy_codes SET returned_at = $4 \
     WHERE incident_id = $1 AND person_id IS NULL AND returned_at IS NULL AND id > $2 AND id <= $3";

/// What became of a part: where it ended, if there was one, and how many codes changed.
type Part = (Option<Uuid>, i64);

/// Steps with pools inside an operation.
pub(super) trait PoolRows {
    /// Adds to the number of codes that came in; returns how many there are then.
    fn grow_pool(&mut self, incident: IncidentId, imported: i64) -> impl Future<Output = Result<i64>> + Send;
    /// Changes the other numbers by differences.
    fn shift_pool(
        &mut self,
        incident: IncidentId,
        assigned: i64,
        sent: i64,
        returned: i64,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Where a part of the pool ends that begins after a code; `None` where nothing is left.
    fn end_of_part(
        &mut self,
        statement: &'static str,
        incident: IncidentId,
        after: Uuid,
    ) -> impl Future<Output = Result<Option<Uuid>>> + Send;
    /// Keeps others from the incident's pool; refuses an incident whose key is destroyed.
    fn lock_pool(&mut self, incident: IncidentId) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(PoolRows {
    async fn grow_pool(&mut self, incident: IncidentId, imported: i64) -> Result<i64> {
        let all = sqlx::query_scalar(
            "/* grow_pool */ INSERT INTO remedy_pools AS pool (incident_id, imported) VALUES ($1, $2) \
             ON CONFLICT (incident_id) DO UPDATE SET imported = pool.imported + excluded.imported RETURNING imported",
        )
        .bind(incident.0)
        .bind(imported)
        .fetch_one(&mut *self)
        .await?;
        Ok(all)
    }

    async fn shift_pool(&mut self, incident: IncidentId, assigned: i64, sent: i64, returned: i64) -> Result<()> {
        sqlx::query(
            "/* shift_pool */ UPDATE remedy_pools SET assigned = assigned + $2, sent = sent + $3, returned = returned + $4 \
             WHERE incident_id = $1",
        )
        .bind(incident.0)
        .bind(assigned)
        .bind(sent)
        .bind(returned)
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    async fn end_of_part(
        &mut self,
        statement: &'static str,
        incident: IncidentId,
        after: Uuid,
    ) -> Result<Option<Uuid>> {
        Ok(sqlx::query_scalar(statement).bind(incident.0).bind(after).bind(PART).fetch_optional(&mut *self).await?)
    }

    async fn lock_pool(&mut self, incident: IncidentId) -> Result<()> {
        self.lock_incident(incident).await?;
        match self.wrapped_key(incident).await?.wrapped {
            Some(_) => Ok(()),
            None => Err(StoreError::Erased),
        }
    }
});

/// An entry about codes: numbers only.
pub(super) fn entry(incident: IncidentId, at: Millis, actor: &ActorRef, action: &str, detail: Value) -> AuditEntry {
    AuditEntry { incident: Some(incident), at, actor: actor.clone(), action: action.to_owned(), detail }
}

#[derive(Debug, Default, FromRow)]
struct PoolRow {
    imported: i64,
    assigned: i64,
    sent: i64,
    returned: i64,
}

#[derive(Debug, FromRow)]
struct UnusedRow {
    id: Uuid,
    sealed: Vec<u8>,
    returned_at: Option<i64>,
}

#[async_trait]
impl RemedyStore for SqlStore {
    async fn add_codes(
        &self,
        incident: IncidentId,
        codes: Vec<RemedyCode>,
        now: Millis,
        actor: &ActorRef,
    ) -> Result<CodesAdded> {
        let key = self.incident_key(incident).await?;
        let (came, entropy) = (number(codes.len()), self.sealer.shared_entropy());
        let sealed = tokio::task::spawn_blocking(move || seal(codes, &key, now, entropy.as_ref()))
            .await
            .map_err(|_| StoreError::Unavailable(String::from("the process is being stopped")))?;
        writing!(self, tx => {
            // Codes may leave the pool of an incident that has ended; none comes in.
            tx.lock_editable(incident, "codes can be imported while it is draft or open").await?;
            tx.lock_pool(incident).await?;
            let added = i64::try_from(tx.insert_codes(incident, &sealed, now).await?).unwrap_or(0);
            if tx.grow_pool(incident, added).await? > MAX_CODES {
                return Err(StoreError::Conflict(format!("an incident has at most {MAX_CODES} remedy codes")));
            }
            let known = came - added;
            let detail = json!({ "added": added, "known": known });
            tx.append_audit(&entry(incident, now, actor, "remedy_codes.imported", detail)).await?;
            Ok(CodesAdded { added, known })
        })
    }

    async fn remedy_counts(&self, incident: IncidentId) -> Result<RemedyCounts> {
        let row: Option<PoolRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* remedy_counts */ SELECT imported, assigned, sent, returned FROM remedy_pools WHERE incident_id = $1",
            )
            .bind(incident.0)
            .fetch_optional(conn)
            .await
        })?;
        let PoolRow { imported, assigned, sent, returned } = row.unwrap_or_default();
        Ok(RemedyCounts { imported, assigned, sent, returned })
    }

    async fn unused_codes(
        &self,
        incident: IncidentId,
        after: Option<RemedyCodeId>,
        limit: u32,
    ) -> Result<Page<UnusedCode>> {
        let key = self.incident_key(incident).await?;
        let rows: Vec<UnusedRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* unused_codes */ SELECT id, sealed, returned_at FROM remedy_codes \
                 WHERE incident_id = $1 AND person_id IS NULL AND id > $2 ORDER BY id LIMIT $3",
            )
            .bind(incident.0)
            .bind(after.map_or(Uuid::nil(), |id| id.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(conn)
            .await
        })?;
        page(rows, limit, |row| {
            let id = RemedyCodeId(row.id);
            Ok(UnusedCode { id, code: open(&key, id, &row.sealed)?, returned_at: row.returned_at.map(Millis) })
        })
    }

    async fn code_of(&self, incident: IncidentId, person: PersonId) -> Result<RemedyCode> {
        let key = self.incident_key(incident).await?;
        let (there, codes) = reading!(self, conn => {
            let there: Option<Uuid> =
                sqlx::query_scalar("/* code_of */ SELECT id FROM people WHERE id = $2 AND incident_id = $1")
                    .bind(incident.0)
                    .bind(person.0)
                    .fetch_optional(&mut *conn)
                    .await?;
            Ok::<_, StoreError>((there, conn.codes_of(&[person]).await?))
        })?;
        there.ok_or(StoreError::NotFound("person"))?;
        codes.open(person, &key)?.ok_or(StoreError::NotFound("remedy code of this person"))
    }

    async fn release_codes(&self, incident: IncidentId, now: Millis, actor: &ActorRef) -> Result<i64> {
        let (mut released, mut after) = (0, Uuid::nil());
        while let (Some(end), number) = self.release_part(incident, after, now, actor).await? {
            released += number;
            after = end;
        }
        Ok(released)
    }

    async fn return_codes(&self, incident: IncidentId, now: Millis, actor: &ActorRef) -> Result<i64> {
        let (mut returned, mut after) = (0, Uuid::nil());
        while let (Some(end), number) = self.return_part(incident, after, now, actor).await? {
            returned += number;
            after = end;
        }
        Ok(returned)
    }
}

impl SqlStore {
    async fn release_part(&self, incident: IncidentId, after: Uuid, now: Millis, actor: &ActorRef) -> Result<Part> {
        writing!(self, patiently tx => {
            tx.lock_pool(incident).await?;
            let Some(end) = tx.end_of_part(RELEASED_PART, incident, after).await? else { return Ok((None, 0)) };
            let done = sqlx::query(RELEASE).bind(incident.0).bind(after).bind(end).execute(&mut *tx).await?;
            let released = i64::try_from(done.rows_affected()).unwrap_or(0);
            if released > 0 {
                tx.shift_pool(incident, -released, 0, 0).await?;
                let detail = json!({ "released": released });
                tx.append_audit(&entry(incident, now, actor, "remedy_codes.released", detail)).await?;
            }
            Ok((Some(end), released))
        })
    }

    async fn return_part(&self, incident: IncidentId, after: Uuid, now: Millis, actor: &ActorRef) -> Result<Part> {
        writing!(self, patiently tx => {
            tx.lock_pool(incident).await?;
            let Some(end) = tx.end_of_part(RETURNED_PART, incident, after).await? else { return Ok((None, 0)) };
            let done = sqlx::query(RETURN).bind(incident.0).bind(after).bind(end).bind(now.0).execute(&mut *tx).await?;
            let returned = i64::try_from(done.rows_affected()).unwrap_or(0);
            if returned > 0 {
                tx.shift_pool(incident, 0, 0, returned).await?;
                let detail = json!({ "returned": returned });
                tx.append_audit(&entry(incident, now, actor, "remedy_codes.returned", detail)).await?;
            }
            Ok((Some(end), returned))
        })
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Seals codes, each once, in the order of the index that finds them: written so, each page of it is touched once.
fn seal(codes: Vec<RemedyCode>, key: &IncidentKey, now: Millis, entropy: &dyn Entropy) -> Vec<SealedCode> {
    let mut seen = HashSet::with_capacity(codes.len());
    let mut sealed: Vec<SealedCode> = Vec::with_capacity(codes.len());
    for code in codes {
        let index = key.code_index(code.expose());
        if !seen.insert(index) {
            continue;
        }
        let id = RemedyCodeId::new(now, entropy.ten());
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        sealed.push(SealedCode { id, index, sealed: key.seal(&place(&id), nonce, code.expose().as_bytes()) });
    }
    sealed.sort_by_key(|code| code.index);
    sealed
}
