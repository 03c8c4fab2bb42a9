//! Attempts of which nobody knows whether they went out: which there are for a provider, and what it says of one.

use std::sync::Arc;

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::channel;
use super::moves;
use super::reap::Resolution;
use super::receipts::Receipt;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId};
use crate::store::SqlStore;
use crate::store::db::{on_both_connections, reading};
use crate::store::error::StoreError;
use crate::store::rows::PersonRow;
use crate::store::seal::{IncidentKey, WrappedKey};
use crate::store::traits::{OpenAttempt, ProviderWord, ReceiptEffect, Result, Unanswered, UnansweredPage};

impl SqlStore {
    /// See `DeliveryStore::unanswered`. People whose record does not open are left out: nothing can be asked about them, and the
    /// others are asked about all the same.
    pub(super) async fn list_unanswered(&self, which: &Unanswered) -> Result<UnansweredPage> {
        let rows: Vec<OpenRow> = reading!(self, conn => { conn.unanswered(which).await })?;
        let mut page = UnansweredPage::default();
        let mut closed = Vec::new();
        for row in rows {
            let stored = WrappedKey { master_key: row.master_key.clone(), wrapped: row.wrapped.clone() };
            let attempt = AttemptId(row.attempt_id);
            page.last = Some(attempt);
            let key = self.sealer.incident_key(IncidentId(row.incident_id), &stored);
            match key.and_then(|key| read(row, &key)) {
                Ok(one) => page.open.push(one),
                Err(error) => closed.push((attempt, error)),
            }
        }
        if let Some((attempt, error)) = closed.first() {
            let (provider, attempts) = (&which.provider, closed.len());
            tracing::warn!(provider, attempts, %attempt, %error, "the provider cannot be asked about attempts, of which this is the first");
        }
        Ok(page)
    }

    /// See `DeliveryStore::apply_word`.
    pub(super) async fn take_word(
        &self,
        word: &ProviderWord<'_>,
        resolution: &Resolution<'_>,
    ) -> Result<ReceiptEffect> {
        // A message is one attempt's. Whoever takes its key first has it, also of two that ask at the same moment.
        let key = match word.reference {
            Some(reference) => format!("asked {reference}"),
            None => format!("asked {}", word.attempt),
        };
        let receipt = Receipt {
            provider: word.provider,
            key: &key,
            attempt: word.attempt,
            outcome: Some(word.outcome),
            code: word.code,
            asked: true,
            reference: word.reference,
        };
        self.take_receipt(&receipt, resolution).await
    }
}

/// An attempt without an answer, and what its message was made of.
#[derive(Debug, FromRow)]
struct OpenRow {
    attempt_id: Uuid,
    campaign_id: Uuid,
    person_id: Uuid,
    channel: String,
    place: i64,
    intended_at: i64,
    settled_at: i64,
    cascade: String,
    sealed: Vec<u8>,
    jurisdiction: Option<String>,
    locale: Option<String>,
    incident_id: Uuid,
    master_key: String,
    wrapped: Option<Vec<u8>>,
}

fn read(row: OpenRow, key: &Arc<IncidentKey>) -> Result<OpenAttempt> {
    let progress = moves::progress(&row.cascade, row.place, 0)?;
    let step = moves::step(&progress.cascade, progress.place)?;
    if step.channel != channel(&row.channel)? {
        return Err(StoreError::corrupt("attempts", "channel", "the person's cascade has another there"));
    }
    let person =
        PersonRow { id: row.person_id, sealed: row.sealed, jurisdiction: row.jurisdiction, locale: row.locale };
    Ok(OpenAttempt {
        attempt: AttemptId(row.attempt_id),
        campaign: CampaignId(row.campaign_id),
        person: person.open(key)?,
        step,
        intended_at: Millis(row.intended_at),
        settled_at: Millis(row.settled_at),
    })
}

trait ReadUnanswered {
    /// Attempts that a provider can be asked about, each the last of its person.
    fn unanswered(&mut self, which: &Unanswered) -> impl Future<Output = Result<Vec<OpenRow>>> + Send;
}

on_both_connections!(ReadUnanswered {
    async fn unanswered(&mut self, which: &Unanswered) -> Result<Vec<OpenRow>> {
        // The conditions of the index, word by word, so that it is used.
        let rows = sqlx::query_as(
            "/* unanswered */ SELECT a.id AS attempt_id, a.campaign_id, a.person_id, a.channel, a.place, a.intended_at, \
             a.settled_at, cp.cascade, p.sealed, p.jurisdiction, p.locale, c.incident_id, k.master_key, k.wrapped \
             FROM attempts a \
             JOIN campaign_people cp ON cp.campaign_id = a.campaign_id AND cp.person_id = a.person_id AND cp.attempt_id = a.id \
             JOIN people p ON p.id = a.person_id JOIN campaigns c ON c.id = a.campaign_id \
             JOIN incident_keys k ON k.incident_id = c.incident_id \
             WHERE a.provider = $1 AND a.outcome = 'unknown' AND a.receipt IS NULL AND a.id > $2 \
             AND cp.state IN ('unknown', 'pending') AND k.wrapped IS NOT NULL ORDER BY a.id LIMIT $3",
        )
        .bind(&which.provider)
        .bind(which.after.0)
        .bind(i64::from(which.limit))
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }
});
