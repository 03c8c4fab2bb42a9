//! Claiming: due people become in flight and their intents durable, before anything is sent.

use std::sync::Arc;

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::campaign_rows::campaign_state;
use super::canary::Canaries;
use super::frontier::START;
use super::hand_back::{PUT_OFF_MS, Return, Slots};
use super::moves::{self, progress};
use super::statements::{DueRow, Statements, UnbegunRow, engine};
use super::steps::Steps;
use crate::domain::attempt::{Claimed, Intent};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{CampaignState, Counts};
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, writing};
use crate::store::error::StoreError;
use crate::store::remedies::{AssignCodes as _, SealedCodes};
use crate::store::rows::PersonRow;
use crate::store::seal::{IncidentKey, WrappedKey};
use crate::store::traits::{ClaimRequest, Result};

/// What a claim needs to know of its campaign.
#[derive(Debug, FromRow)]
struct Terms {
    incident_id: Uuid,
    state: String,
    notice_hash: String,
    canary_left: Option<i64>,
    remedy_codes: i64,
    master_key: String,
    wrapped: Option<Vec<u8>>,
}

trait ReadTerms {
    /// Reads them; `NotFound` when there is no such campaign.
    fn terms(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Terms>> + Send;
}

on_both_connections!(ReadTerms {
    async fn terms(&mut self, campaign: CampaignId) -> Result<Terms> {
        let row: Option<Terms> = sqlx::query_as(
            "/* terms */ SELECT c.incident_id, c.state, c.notice_hash, c.canary_left, c.remedy_codes, k.master_key, k.wrapped \
             FROM campaigns c JOIN incident_keys k ON k.incident_id = c.incident_id WHERE c.id = $1",
        )
        .bind(campaign.0)
        .fetch_optional(&mut *self)
        .await?;
        row.ok_or(StoreError::NotFound("campaign"))
    }
});

/// So many records are opened before others get their turn, which is a tenth of a millisecond.
const AT_ONCE: usize = 64;

/// What a claim took, and what opens it.
struct Taken {
    rows: Vec<DueRow>,
    codes: SealedCodes,
    incident: IncidentId,
    key: Arc<IncidentKey>,
    /// Which round of slots the campaign is in.
    slot_round: i64,
}

impl SqlStore {
    /// See `DeliveryStore::claim`. Empty when nobody is due or the campaign is not running.
    pub(super) async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        let taken: Option<Taken> = writing!(self, tx => {
            tx.plan_once().await?;
            if tx.lease_end(request.worker).await?.is_none_or(|end| end <= request.now.0) {
                return Err(StoreError::StaleLease);
            }
            let terms = tx.terms(request.campaign).await?;
            if campaign_state(&terms.state)? != CampaignState::Running {
                return Ok(None);
            }
            let incident = IncidentId(terms.incident_id);
            // Before anybody is taken: what cannot be opened must not be in flight.
            let stored = WrappedKey { master_key: terms.master_key, wrapped: terms.wrapped };
            let key = self.sealer.incident_key(incident, &stored)?;
            let after = self.frontiers.of(request.campaign, &request.queue);
            let most = terms.canary_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(0));
            let fresh = &request.attempts[..request.attempts.len().min(request.limit as usize).min(most)];
            if fresh.is_empty() {
                return Ok(None);
            }
            let mut rows = tx.take_due(request, fresh, after).await?;
            if rows.len() < fresh.len() && after != START {
                rows.extend(tx.take_due(request, &fresh[rows.len()..], START).await?);
            }
            if rows.is_empty() {
                return Ok(None);
            }
            let number = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            if terms.canary_left.is_some() && !tx.take_of_canary(request.campaign, number, request.now).await? {
                // Another worker took of it since it was read.
                return Err(StoreError::Busy);
            }
            let repeats = rows.iter().map(|row| row.repeats).sum();
            let by = Counts { pending: -number, in_flight: number, ..Counts::default() };
            let campaign = tx.shift(request.campaign, &by, repeats).await?;
            if campaign.state != CampaignState::Running {
                // It was paused since it was read. Roll back and begin again, which finds it so.
                return Err(StoreError::Busy);
            }
            let codes = if terms.remedy_codes == 0 {
                SealedCodes::default()
            } else {
                tx.codes_of(&rows.iter().map(|row| PersonId(row.person_id)).collect::<Vec<_>>()).await?
            };
            tx.append_audit(&intended(request, &rows, &terms.notice_hash, incident)).await?;
            Ok(Some(Taken { rows, codes, incident, key, slot_round: campaign.slot_round }))
        })?;
        let rows = taken.as_ref().map_or(&[][..], |taken| &taken.rows);
        self.frontiers.note(request.campaign, &request.queue, rows, request.limit);
        match taken {
            Some(mut taken) => self.open_claimed(request, std::mem::take(&mut taken.rows), &taken).await,
            None => Ok(Vec::new()),
        }
    }

    /// Opens the records. People whose record does not open are put off, so that they hold up nobody else and the
    /// campaign does not complete without them.
    async fn open_claimed(&self, request: &ClaimRequest, rows: Vec<DueRow>, with: &Taken) -> Result<Vec<Claimed>> {
        let mut claimed = Vec::with_capacity(rows.len());
        let mut closed: Vec<UnbegunRow> = Vec::new();
        let mut reason = None;
        for (nth, row) in rows.into_iter().enumerate() {
            if nth % AT_ONCE == AT_ONCE - 1 {
                // Answers to requests are made by the same threads.
                tokio::task::yield_now().await;
            }
            let unbegun = UnbegunRow { person_id: row.person_id, attempt_id: row.attempt_id, repeats: row.repeats };
            match open(request, row, with) {
                Ok(one) => claimed.push(one),
                Err(error) => {
                    tracing::error!(person = %unbegun.person_id, campaign = %request.campaign, %error, "record does not open");
                    closed.push(unbegun);
                    reason = Some(error);
                }
            }
        }
        if let Some(error) = reason {
            let not_before = request.now.plus(PUT_OFF_MS);
            let back = closed.iter().map(|row| Return::due(AttemptId(row.attempt_id), not_before)).collect();
            self.give_back_claimed(request.campaign, request.worker, back, request.now, Slots::Kept).await?;
            if claimed.is_empty() {
                return Err(error);
            }
        }
        Ok(claimed)
    }
}

fn open(request: &ClaimRequest, row: DueRow, with: &Taken) -> Result<Claimed> {
    let progress = progress(&row.cascade, row.place, row.tries)?;
    let step = moves::step(&progress.cascade, progress.place)?;
    let slot = (row.slot == with.slot_round).then_some(Millis(row.due_at));
    let intent = Intent {
        channel: request.queue.channel,
        provider: Arc::clone(&request.provider),
        place: progress.place,
        tries: progress.tries,
        number: row.number,
        repeats: row.repeats != 0,
        at: request.now,
    };
    let person =
        PersonRow { id: row.person_id, sealed: row.sealed, jurisdiction: row.jurisdiction, locale: row.locale };
    let mut person = person.open(&with.key)?;
    person.record.remedy_code = with.codes.open(person.id, &with.key)?;
    Ok(Claimed {
        attempt: AttemptId(row.attempt_id),
        campaign: request.campaign,
        incident: with.incident,
        person,
        step,
        progress,
        intent,
        slot,
        slot_round: with.slot_round,
    })
}

fn intended(request: &ClaimRequest, rows: &[DueRow], notice_hash: &str, incident: IncidentId) -> AuditEntry {
    AuditEntry {
        incident: Some(incident),
        at: request.now,
        actor: engine(request.worker),
        action: String::from("delivery.intended"),
        detail: json!({
            "campaign": request.campaign,
            "channel": request.queue.channel,
            "provider": &*request.provider,
            "notice": notice_hash,
            "attempts": rows.len(),
            "sha256": moves::digest_of_attempts(rows.iter().map(|row| AttemptId(row.attempt_id))),
        }),
    }
}
