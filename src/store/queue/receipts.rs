//! Receipts: what providers say about attempts later, in any order and any number of times.

use serde_json::json;
use uuid::Uuid;

use super::lists::{channel, outcome};
use super::moves::{self, Move, Settled, progress};
use super::proofs::Proofs;
use super::reap::Resolution;
use super::settle::storable;
use super::statements::{IntentRow, StandingRow, Statements};
use super::steps::Steps;
use super::verdict::{Known, Verdict, verdict, weightier};
use crate::domain::actor::ActorRef;
use crate::domain::attempt::{Next, UnreachableReason};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::PersonState;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId};
use crate::domain::outcome::Outcome;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, writing};
use crate::store::error::StoreError;
use crate::store::rows::word;
use crate::store::traits::{ReceiptEffect, Result};

/// A provider's word about an attempt.
pub(super) struct Receipt<'a> {
    /// Who says it.
    pub(super) provider: &'a str,
    /// What makes it the same receipt when it comes again.
    pub(super) key: &'a str,
    /// About which attempt.
    pub(super) attempt: AttemptId,
    /// What it means.
    pub(super) outcome: Option<Outcome>,
    /// The provider's code.
    pub(super) code: Option<&'a str>,
    /// Whether it was asked, and did not come by itself.
    pub(super) asked: bool,
    /// The provider's own name for the message, where it was asked which message the attempt is.
    pub(super) reference: Option<&'a str>,
}

impl SqlStore {
    /// See `DeliveryStore::apply_receipt`. A receipt that moves somebody leaves an audit entry; one that is only noted
    /// leaves its row, of which there may be as many as messages.
    pub(super) async fn take_receipt(
        &self,
        receipt: &Receipt<'_>,
        resolution: &Resolution<'_>,
    ) -> Result<ReceiptEffect> {
        writing!(self, tx => {
            let Some((campaign, person)) = tx.whose(receipt.attempt).await? else {
                return Ok(ReceiptEffect::NoSuchAttempt);
            };
            let Some(standing) = tx.standing(campaign, person).await? else {
                return Err(StoreError::corrupt("attempts", "person_id", "the campaign has no such person"));
            };
            if !tx.is_free(receipt).await? || !tx.enter(receipt, resolution.now).await? {
                return Ok(ReceiptEffect::Repeated);
            }
            // Read again now that the person is locked: a settlement may have come in between.
            let Some(about) = tx.about(receipt.attempt, &standing).await? else {
                return Err(StoreError::Busy);
            };
            let state = word("campaign_people", "state", PersonState::from_name(&standing.state))?;
            let known = Known {
                state,
                current: standing.attempt_id == Some(receipt.attempt.0),
                outcome: about.outcome.as_deref().map(outcome).transpose()?,
                receipt: about.receipt.as_deref().map(outcome).transpose()?,
            };
            let said = weightier(known.receipt, receipt.outcome);
            if !known.current {
                if said == Some(Outcome::Delivered) {
                    tx.prove(campaign, person, receipt.attempt).await?;
                } else if said.is_some() {
                    tx.disprove(campaign, person, receipt.attempt).await?;
                }
            }
            let consequence = match consequence(receipt, resolution, known, &standing, about)? {
                Some((Next::Reached, settled)) => Some((Next::Reached, settled)),
                // An earlier attempt is known to have arrived.
                Some((_, settled)) if !tx.proven(campaign, &[person]).await?.is_empty() => {
                    (settled.is_some() || state != PersonState::Reached).then_some((Next::Reached, settled))
                }
                // Nobody can be told any more.
                Some((Next::Pending { .. }, settled)) if tx.is_erased(campaign).await? => {
                    Some((Next::Unreachable(reason(receipt.outcome)), settled))
                }
                other => other,
            };
            let Some((next, settled)) = consequence else {
                tx.note_receipt(receipt, said, resolution.now).await?;
                return Ok(ReceiptEffect::Noted);
            };
            let one = Move {
                person,
                attempt: standing.attempt_id.map_or(receipt.attempt, AttemptId),
                from: state,
                next,
                jurisdiction: standing.jurisdiction.clone(),
                settled,
            };
            // Attempts before the campaign, as everywhere; but a receipt that settles has no row to be noted in before.
            let settles = one.settled.is_some();
            if !settles {
                tx.note_receipt(receipt, said, resolution.now).await?;
            }
            let after = tx.apply(campaign, &[one], resolution.now).await?;
            if settles {
                tx.note_receipt(receipt, said, resolution.now).await?;
            }
            tx.mark_moved(receipt).await?;
            let actor = ActorRef::provider(receipt.provider);
            tx.append_audit(&AuditEntry {
                incident: Some(after.incident),
                at: resolution.now,
                actor: actor.clone(),
                action: String::from("receipt.moved"),
                detail: json!({
                    "campaign": campaign,
                    "attempt": receipt.attempt,
                    "outcome": receipt.outcome,
                    "from": state,
                    "to": next.state(),
                    "asked": receipt.asked,
                }),
            })
            .await?;
            tx.follow(campaign, &after, &actor, resolution.now).await?;
            Ok(ReceiptEffect::Moved)
        })
    }
}

/// Where the person goes, and what the attempt's row is given; `None` when nothing follows.
fn consequence(
    receipt: &Receipt<'_>,
    resolution: &Resolution<'_>,
    known: Known,
    standing: &StandingRow,
    about: AboutRow,
) -> Result<Option<(Next, Option<Settled>)>> {
    let tries = standing.tries + i64::from(known.state == PersonState::InFlight);
    let progress = progress(&standing.cascade, standing.place, tries)?;
    let through = channel(&about.channel)?;
    let next = |said| resolution.next(&progress, through, said);
    Ok(match verdict(known, receipt.outcome) {
        Verdict::Note => None,
        // Whoever was claimed and handed back since has no attempt by which they could be moved; it is remembered all the same.
        Verdict::Reached => standing.attempt_id.map(|_| (Next::Reached, None)),
        Verdict::MoveOn(said) => Some((next(said), None)),
        Verdict::Settle(said) => Some((
            next(said),
            Some(Settled {
                outcome: said,
                code: storable(receipt.code),
                reference: None,
                intent: moves::intent(IntentRow {
                    channel: about.channel,
                    provider: about.provider,
                    place: standing.place,
                    tries,
                    number: standing.attempts + 1,
                    repeats: standing.repeats,
                    intended_at: standing
                        .intended_at
                        .ok_or_else(|| StoreError::corrupt("campaign_people", "intended_at", "it is not there"))?,
                })?,
            }),
        )),
    })
}

/// Why somebody is unreachable who cannot be tried otherwise.
const fn reason(said: Option<Outcome>) -> UnreachableReason {
    match said {
        Some(Outcome::BadAddress) => UnreachableReason::BadAddress,
        Some(Outcome::Rejected) => UnreachableReason::Rejected,
        _ => UnreachableReason::GaveUp,
    }
}

/// What is known of an attempt.
#[derive(Debug, sqlx::FromRow)]
struct AboutRow {
    channel: String,
    provider: String,
    outcome: Option<String>,
    receipt: Option<String>,
}

/// The steps of taking a receipt.
trait Receiving {
    /// Whose attempt it is.
    fn whose(&mut self, attempt: AttemptId) -> impl Future<Output = Result<Option<(CampaignId, PersonId)>>> + Send;
    /// Whether the key of the campaign's incident has been destroyed.
    fn is_erased(&mut self, campaign: CampaignId) -> impl Future<Output = Result<bool>> + Send;
    /// Whether the message that the receipt names is no other attempt's.
    fn is_free(&mut self, receipt: &Receipt<'_>) -> impl Future<Output = Result<bool>> + Send;
    /// Enters the receipt; `false` when it is there already.
    fn enter(&mut self, receipt: &Receipt<'_>, now: Millis) -> impl Future<Output = Result<bool>> + Send;
    /// Reads the attempt: its row, or the intent. Neither is there when it was handed back meanwhile.
    fn about(
        &mut self,
        attempt: AttemptId,
        standing: &StandingRow,
    ) -> impl Future<Output = Result<Option<AboutRow>>> + Send;
    /// Writes what receipts say of the attempt, if it is settled.
    fn note_receipt(
        &mut self,
        receipt: &Receipt<'_>,
        said: Option<Outcome>,
        now: Millis,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Writes that the receipt moved somebody.
    fn mark_moved(&mut self, receipt: &Receipt<'_>) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(Receiving {
    async fn whose(&mut self, attempt: AttemptId) -> Result<Option<(CampaignId, PersonId)>> {
        let row: Option<(Uuid, Uuid)> =
            sqlx::query_as("/* whose */ SELECT campaign_id, person_id FROM attempts WHERE id = $1 UNION ALL \
                            SELECT campaign_id, person_id FROM campaign_people WHERE attempt_id = $1 AND state = 'in_flight'")
                .bind(attempt.0)
                .fetch_optional(&mut *self)
                .await?;
        Ok(row.map(|(campaign, person)| (CampaignId(campaign), PersonId(person))))
    }

    async fn is_erased(&mut self, campaign: CampaignId) -> Result<bool> {
        let row: Option<i32> = sqlx::query_scalar(
            "/* is_erased */ SELECT 1 FROM campaigns c JOIN incident_keys k ON k.incident_id = c.incident_id \
             WHERE c.id = $1 AND k.wrapped IS NULL",
        )
        .bind(campaign.0)
        .fetch_optional(&mut *self)
        .await?;
        Ok(row.is_some())
    }

    async fn is_free(&mut self, receipt: &Receipt<'_>) -> Result<bool> {
        let Some(reference) = receipt.reference else { return Ok(true) };
        // Only text messages are ever matched by anything but a name of ours, and only they have an index for it.
        let other: Option<Uuid> = sqlx::query_scalar(
            "/* is_free */ SELECT id FROM attempts WHERE provider = $1 AND reference = $2 AND channel = 'sms' \
             AND reference IS NOT NULL AND id <> $3 LIMIT 1",
        )
        .bind(receipt.provider)
        .bind(storable(Some(reference)))
        .bind(receipt.attempt.0)
        .fetch_optional(&mut *self)
        .await?;
        Ok(other.is_none())
    }

    async fn enter(&mut self, receipt: &Receipt<'_>, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "/* enter */ INSERT INTO receipts (provider, receipt_key, attempt_id, outcome, code, received_at, effect) \
             VALUES ($1, $2, $3, $4, $5, $6, 'noted') ON CONFLICT (provider, receipt_key) DO NOTHING",
        )
        .bind(receipt.provider)
        .bind(storable(Some(receipt.key)))
        .bind(receipt.attempt.0)
        .bind(receipt.outcome.map(Outcome::as_str))
        .bind(storable(receipt.code))
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn about(&mut self, attempt: AttemptId, standing: &StandingRow) -> Result<Option<AboutRow>> {
        let row: Option<AboutRow> =
            sqlx::query_as("/* about */ SELECT channel, provider, outcome, receipt FROM attempts WHERE id = $1")
                .bind(attempt.0)
                .fetch_optional(&mut *self)
                .await?;
        Ok(row.or_else(|| match (&standing.channel, &standing.provider) {
            (Some(channel), Some(provider)) if standing.attempt_id == Some(attempt.0) => {
                Some(AboutRow { channel: channel.clone(), provider: provider.clone(), outcome: None, receipt: None })
            }
            _ => None,
        }))
    }

    async fn note_receipt(&mut self, receipt: &Receipt<'_>, said: Option<Outcome>, now: Millis) -> Result<()> {
        sqlx::query(
            "/* note_receipt */ UPDATE attempts SET receipt = $2, receipt_at = $3, reference = COALESCE(reference, $4) \
             WHERE id = $1",
        )
            .bind(receipt.attempt.0)
            .bind(said.map(Outcome::as_str))
            .bind(now.0)
            .bind(storable(receipt.reference))
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn mark_moved(&mut self, receipt: &Receipt<'_>) -> Result<()> {
        sqlx::query("/* mark_moved */ UPDATE receipts SET effect = 'moved' WHERE provider = $1 AND receipt_key = $2")
            .bind(receipt.provider)
            .bind(storable(Some(receipt.key)))
            .execute(&mut *self)
            .await?;
        Ok(())
    }
});
