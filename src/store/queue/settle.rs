//! Settling: what came of claimed attempts.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::moves::{self, Move, Settled};
use super::proofs::Proofs;
use super::statements::{Late, Statements, engine};
use super::steps::Steps;
use crate::domain::attempt::{Next, Settlement};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{CampaignState, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::writing;
use crate::store::error::StoreError;
use crate::store::traits::{Result, SettleReport};

impl SqlStore {
    /// See `DeliveryStore::settle`. Applying a batch again finds all of it stale and changes nobody.
    pub(super) async fn settle_batch(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        settlements: &[Settlement],
        now: Millis,
    ) -> Result<SettleReport> {
        if settlements.is_empty() {
            return Ok(SettleReport::default());
        }
        let batch: Vec<(AttemptId, PersonId)> = settlements.iter().map(|s| (s.attempt, s.person)).collect();
        // Nearly always the worker still has them all, which the writing itself finds out. Only when it has not, who is
        // lost is asked before.
        let is_in_doubt = AtomicBool::new(false);
        writing!(self, tx => {
            tx.plan_once().await?;
            let lost = if is_in_doubt.load(Ordering::Relaxed) { tx.lost(campaign, worker, &batch).await? } else { Vec::new() };
            let lost: HashSet<i64> = lost.into_iter().collect();
            let (held, lost) = sort_out(settlements, &lost);
            let mut report = SettleReport { applied: number(&held), stale: number(&lost), ..SettleReport::default() };
            let late = late(&held, &lost);
            let mut moves: Vec<Move> = held.into_iter().map(settled_move).collect();
            // The order in which people are locked.
            moves.sort_unstable_by_key(|m| m.person);
            // Attempts before the campaign, as everywhere.
            let noted = if late.is_empty() { Vec::new() } else { tx.note_late(campaign, &late, now).await? };
            report.late = noted.iter().filter(|(_, is_unknown)| *is_unknown).map(|(id, _)| AttemptId(*id)).collect();
            let after = if moves.is_empty() {
                None
            } else if tx.write_moves(campaign, Some(worker), &moves, now).await? == moves.len() as u64 {
                // Once they are locked, so that no receipt comes in between.
                let untold: Vec<PersonId> =
                    moves.iter().filter(|m| !matches!(m.next, Next::Reached)).map(|m| m.person).collect();
                if !untold.is_empty() {
                    let proven = tx.proven(campaign, &untold).await?;
                    let spared: Vec<Move> = moves.iter_mut().filter(|m| proven.contains(&m.person)).map(spare).collect();
                    if !spared.is_empty() {
                        tx.write_moves(campaign, None, &spared, now).await?;
                    }
                }
                Some(tx.account(campaign, &moves, now).await?)
            } else {
                is_in_doubt.store(true, Ordering::Relaxed);
                return Err(StoreError::Busy);
            };
            let entry = |incident, action: &str, detail| AuditEntry {
                incident: Some(incident),
                at: now,
                actor: engine(worker),
                action: action.to_owned(),
                detail,
            };
            if !noted.is_empty() {
                let incident = tx.read_campaign(campaign).await?.incident;
                let detail = json!({ "campaign": campaign, "attempts": noted.len() });
                tx.append_audit(&entry(incident, "delivery.settled_late", detail)).await?;
            }
            if let Some(after) = after {
                let detail = json!({
                    "campaign": campaign,
                    "attempts": moves.len(),
                    "outcomes": moves::per_outcome(&moves),
                    "sha256": moves::digest_of_outcomes(&moves),
                });
                tx.append_audit(&entry(after.incident, "delivery.settled", detail)).await?;
                let state = tx.follow(campaign, &after, &engine(worker), now).await?;
                report.completed = after.state == CampaignState::Running && state == CampaignState::Completed;
            }
            Ok(report)
        })
    }
}

/// Parts a batch into what applies and what does not: of settlements that name the same attempt, only the first applies.
fn sort_out<'a>(settlements: &'a [Settlement], lost: &HashSet<i64>) -> (Vec<&'a Settlement>, Vec<&'a Settlement>) {
    let mut seen = HashSet::with_capacity(settlements.len());
    let mut nth = 0..;
    settlements.iter().partition(|s| nth.next().is_some_and(|n| !lost.contains(&n)) && seen.insert(s.attempt))
}

fn number(settlements: &[&Settlement]) -> u32 {
    u32::try_from(settlements.len()).unwrap_or(u32::MAX)
}

fn settled_move(settlement: &Settlement) -> Move {
    Move {
        person: settlement.person,
        attempt: settlement.attempt,
        from: PersonState::InFlight,
        next: settlement.next,
        jurisdiction: settlement.jurisdiction.as_ref().map(|j| j.as_str().to_owned()),
        settled: Some(Settled {
            outcome: settlement.outcome,
            code: storable(settlement.code.as_deref()),
            reference: storable(settlement.reference.as_deref()),
            intent: settlement.intent.clone(),
        }),
    }
}

/// Somebody of whom an earlier attempt is known to have arrived is reached, whatever came of this one.
fn spare(one: &mut Move) -> Move {
    one.next = Next::Reached;
    Move { settled: None, ..one.clone() }
}

/// What the stale ones still tell. One that says `unknown` tells nothing.
fn late(held: &[&Settlement], lost: &[&Settlement]) -> Vec<Late> {
    let applied: HashSet<AttemptId> = held.iter().map(|s| s.attempt).collect();
    let stale = lost.iter().filter(|s| s.outcome != Outcome::Unknown && !applied.contains(&s.attempt));
    stale
        .map(|s| Late {
            attempt: s.attempt,
            person: s.person,
            outcome: s.outcome,
            reference: storable(s.reference.as_deref()),
        })
        .collect()
}

/// What a provider said, without the one character that `PostgreSQL` keeps in no text: a provider that sends it must not
/// hold up the batch.
pub(super) fn storable(text: Option<&str>) -> Option<String> {
    text.map(|text| text.replace('\0', ""))
}
