//! Handing back: attempts that were claimed and certainly not begun.

use std::collections::BTreeMap;

use serde_json::json;

use super::canary::Canaries;
use super::leaving::Leaving as _;
use super::moves::digest_of_attempts;
use super::statements::{Back, Statements, engine};
use super::steps::Steps;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::Counts;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use crate::domain::queue::Queue;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::writing;
use crate::store::error::StoreError;
use crate::store::traits::Result;

/// How long somebody is put off whose record does not open, in milliseconds: an hour, in which a person can look.
pub(super) const PUT_OFF_MS: i64 = 3_600_000;

/// What becomes of the mark that somebody has waited for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slots {
    /// It stays as it is.
    Kept,
    /// They have one now, if the campaign is still in that round.
    Given { round: i64 },
    /// They have none any more.
    Lost,
}

impl Slots {
    /// What the row is given, unless it stays as it is.
    const fn mark(self) -> Option<i64> {
        match self {
            Self::Kept => None,
            Self::Given { round } => Some(round),
            Self::Lost => Some(0),
        }
    }
}

/// An attempt that is handed back, and what becomes of the person.
#[derive(Clone, Debug)]
pub(super) struct Return {
    attempt: AttemptId,
    /// When they are due, where that changes.
    due_at: Option<Millis>,
    /// Where they wait, where that changes.
    queue: Option<Queue>,
}

impl Return {
    /// They wait in the queue of their channel, due as before.
    pub(super) const fn as_it_was(attempt: AttemptId) -> Self {
        Self { attempt, due_at: None, queue: None }
    }

    /// They are due later.
    pub(super) const fn due(attempt: AttemptId, at: Millis) -> Self {
        Self { attempt, due_at: Some(at), queue: None }
    }

    /// They wait elsewhere.
    pub(super) const fn into(attempt: AttemptId, queue: Queue) -> Self {
        Self { attempt, due_at: None, queue: Some(queue) }
    }
}

impl SqlStore {
    /// See `DeliveryStore::hand_back`, `put_off` and `put_aside`. The intents are withdrawn, tries and number go back, and so does the mark that the
    /// attempt repeats another. Only the person's earlier attempt is not found again as their current one, so a late
    /// receipt about it will be noted and move nobody.
    pub(super) async fn give_back_claimed(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        back: Vec<Return>,
        now: Millis,
        slots: Slots,
    ) -> Result<u32> {
        let returns: BTreeMap<AttemptId, Return> = back.into_iter().map(|one| (one.attempt, one)).collect();
        if returns.is_empty() {
            return Ok(0);
        }
        let attempts: Vec<AttemptId> = returns.keys().copied().collect();
        writing!(self, tx => {
            let rows = tx.unbegun(campaign, worker, &attempts).await?;
            if rows.is_empty() {
                return Ok(0);
            }
            let round = tx.slot_round(campaign).await?;
            // A rate has changed since these slots were taken: they are none.
            let void = matches!(slots, Slots::Given { round: taken } if taken != round);
            let slots = if void { Slots::Lost } else { slots };
            let back: Vec<Back> = rows
                .iter()
                .map(|row| {
                    let one = returns.get(&AttemptId(row.attempt_id));
                    Back {
                        person: PersonId(row.person_id),
                        due_at: one.and_then(|one| one.due_at).map(|at| if void { now } else { at }),
                        queue: one.and_then(|one| one.queue.as_ref()).map(ToString::to_string),
                    }
                })
                .collect();
            tx.give_back(campaign, &back, slots.mark()).await?;
            let number = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            let repeats: i64 = rows.iter().map(|row| row.repeats).sum();
            let by = Counts { pending: number, in_flight: -number, ..Counts::default() };
            let after = tx.shift(campaign, &by, -repeats).await?;
            if after.slot_round != round {
                // A rate has changed since the round was read. Roll back and begin again, which finds it so.
                return Err(StoreError::Busy);
            }
            tx.give_back_to_canary(campaign, number).await?;
            let passed = tx.leave_if_cancelled(campaign, &after, back.iter().map(|one| one.person), now).await?;
            tx.enter_passed(after.incident, campaign, &passed, now).await?;
            tx.append_audit(&AuditEntry {
                incident: Some(after.incident),
                at: now,
                actor: engine(worker),
                action: String::from("delivery.handed_back"),
                detail: json!({
                    "campaign": campaign,
                    "attempts": rows.len(),
                    "sha256": digest_of_attempts(rows.iter().map(|row| AttemptId(row.attempt_id))),
                }),
            })
            .await?;
            Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
        })
    }
}
