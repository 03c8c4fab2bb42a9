//! People whose message was accepted and of whom no receipt says that it arrived: they go on to the next step.

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::moves::{Move, digest_of_attempts, progress};
use super::statements::Statements;
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::further_without_receipt;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::PersonState;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId};
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::traits::{Result, Silence, SilenceReport};

impl SqlStore {
    /// See `DeliveryStore::campaigns_awaiting_receipts`.
    pub(super) async fn list_awaiting(&self, ended_after: Millis) -> Result<Vec<CampaignId>> {
        let rows: Vec<Uuid> = reading!(self, conn => { conn.awaiting(ended_after).await })?;
        Ok(rows.into_iter().map(CampaignId).collect())
    }

    /// See `DeliveryStore::gives_receipts`.
    pub(super) async fn has_delivered(&self, provider: &str) -> Result<bool> {
        reading!(self, conn => { conn.delivered_once(provider).await })
    }

    /// See `DeliveryStore::break_silence`.
    pub(super) async fn move_silent(&self, silence: &Silence) -> Result<SilenceReport> {
        writing!(self, tx => {
            let mut rows = tx.silent(silence).await?;
            let full = rows.len() >= silence.limit as usize;
            let through = rows.last().filter(|_| full).map_or(until(silence), |row| AttemptId(row.attempt_id));
            // People are locked in order of identifier, as everywhere.
            rows.sort_unstable_by_key(|row| row.person_id);
            let mut moves = Vec::with_capacity(rows.len());
            for row in rows.into_iter().filter(|row| silence.providers.contains(&row.provider)) {
                let (attempt, person) = (AttemptId(row.attempt_id), PersonId(row.person_id));
                let Some(standing) = tx.standing(silence.campaign, person).await? else { continue };
                let reached = PersonState::from_name(&standing.state) == Some(PersonState::Reached);
                // A receipt may have come since they were listed.
                if !reached || standing.attempt_id != Some(attempt.0) || tx.has_receipt(attempt).await? {
                    continue;
                }
                let progress = progress(&standing.cascade, standing.place, standing.tries)?;
                let Some(next) = further_without_receipt(&progress, silence.now) else { continue };
                let jurisdiction = standing.jurisdiction;
                moves.push(Move { person, attempt, from: PersonState::Reached, next, jurisdiction, settled: None });
            }
            if !moves.is_empty() {
                let after = tx.apply(silence.campaign, &moves, silence.now).await?;
                let detail = json!({
                    "campaign": silence.campaign,
                    "channel": silence.channel,
                    "people": moves.len(),
                    "sha256": digest_of_attempts(moves.iter().map(|one| one.attempt)),
                });
                tx.append_audit(&AuditEntry {
                    incident: Some(after.incident),
                    at: silence.now,
                    actor: ActorRef::engine(),
                    action: String::from("people.went_on_without_receipt"),
                    detail,
                })
                .await?;
                tx.follow(silence.campaign, &after, &ActorRef::engine(), silence.now).await?;
            }
            Ok(SilenceReport { moved: u32::try_from(moves.len()).unwrap_or(u32::MAX), through, full })
        })
    }
}

/// The last identifier that an attempt of before the silence's limit can have.
fn until(silence: &Silence) -> AttemptId {
    AttemptId::new(silence.before, [0; 10])
}

/// Somebody's last attempt, which was accepted and has no receipt.
#[derive(Debug, FromRow)]
struct SilentRow {
    attempt_id: Uuid,
    person_id: Uuid,
    provider: String,
}

trait Silent {
    /// Campaigns that run, or have ended after that, and whose people can still be read.
    fn awaiting(&mut self, ended_after: Millis) -> impl Future<Output = Result<Vec<Uuid>>> + Send;
    /// Whether any receipt of a provider has said that something arrived.
    fn delivered_once(&mut self, provider: &str) -> impl Future<Output = Result<bool>> + Send;
    /// Accepted attempts between two moments without a receipt that are the last of their person.
    fn silent(&mut self, silence: &Silence) -> impl Future<Output = Result<Vec<SilentRow>>> + Send;
    /// Whether any receipt has said something of an attempt.
    fn has_receipt(&mut self, attempt: AttemptId) -> impl Future<Output = Result<bool>> + Send;
}

on_both_connections!(Silent {
    async fn awaiting(&mut self, ended_after: Millis) -> Result<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "/* awaiting */ SELECT c.id FROM campaigns c JOIN incident_keys k ON k.incident_id = c.incident_id \
             WHERE (c.state = 'running' OR (c.state = 'completed' AND c.completed_at > $1)) AND k.wrapped IS NOT NULL \
             ORDER BY c.id",
        )
        .bind(ended_after.0)
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn delivered_once(&mut self, provider: &str) -> Result<bool> {
        let row: Option<i32> = sqlx::query_scalar(
            "/* delivered_once */ SELECT 1 FROM receipts WHERE provider = $1 AND outcome = 'delivered' LIMIT 1",
        )
        .bind(provider)
        .fetch_optional(&mut *self)
        .await?;
        Ok(row.is_some())
    }

    async fn silent(&mut self, silence: &Silence) -> Result<Vec<SilentRow>> {
        let rows = sqlx::query_as(
            "/* silent */ SELECT a.id AS attempt_id, a.person_id, a.provider FROM attempts a \
             JOIN campaign_people p ON p.campaign_id = a.campaign_id AND p.person_id = a.person_id AND p.attempt_id = a.id \
             WHERE a.campaign_id = $1 AND a.id > $2 AND a.id < $3 AND a.channel = $4 AND a.outcome = 'accepted' \
             AND a.receipt IS NULL AND p.state = 'reached' AND NOT EXISTS ( \
                 SELECT 1 FROM proofs f WHERE f.campaign_id = a.campaign_id AND f.person_id = a.person_id) ORDER BY a.id LIMIT $5",
        )
        .bind(silence.campaign.0)
        .bind(silence.after.0)
        .bind(until(silence).0)
        .bind(silence.channel.as_str())
        .bind(i64::from(silence.limit))
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }

    async fn has_receipt(&mut self, attempt: AttemptId) -> Result<bool> {
        let receipt: Option<Option<String>> =
            sqlx::query_scalar("/* has_receipt */ SELECT receipt FROM attempts WHERE id = $1")
                .bind(attempt.0)
                .fetch_optional(&mut *self)
                .await?;
        Ok(receipt.flatten().is_some())
    }
});
