//! Settling: what came of claimed attempts.

use std::collections::HashSet;

use serde_json::json;

use super::moves::{self, Move, Settled};
use super::statements::{HeldRow, Late, Statements, engine};
use super::steps::Steps;
use crate::domain::attempt::Settlement;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{CampaignState, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::writing;
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
        writing!(self, tx => {
            let held = first_of_each(tx.held(campaign, worker, &batch).await?, settlements);
            let applied = u32::try_from(held.len()).unwrap_or(u32::MAX);
            let total = u32::try_from(settlements.len()).unwrap_or(u32::MAX);
            let mut report = SettleReport { applied, stale: total - applied, completed: false };
            let late = late(settlements, &held);
            let moves = moves_of(settlements, held)?;
            // Attempts before the campaign, as everywhere.
            let noted = if late.is_empty() { 0 } else { tx.note_late(campaign, &late, now).await? };
            let after = if moves.is_empty() { None } else { Some(tx.apply(campaign, &moves, now).await?) };
            let entry = |incident, action: &str, detail| AuditEntry {
                incident: Some(incident),
                at: now,
                actor: engine(worker),
                action: action.to_owned(),
                detail,
            };
            if noted > 0 {
                let incident = tx.read_campaign(campaign).await?.incident;
                let detail = json!({ "campaign": campaign, "attempts": noted });
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

/// Keeps the first settlement of each attempt: a batch that names one twice must not count it twice.
fn first_of_each(mut held: Vec<HeldRow>, settlements: &[Settlement]) -> Vec<HeldRow> {
    held.sort_unstable_by_key(|row| row.nth);
    let mut seen = HashSet::with_capacity(held.len());
    held.retain(|row| settlement_of(settlements, row).is_some_and(|s| seen.insert(s.attempt)));
    held
}

fn settlement_of<'a>(settlements: &'a [Settlement], row: &HeldRow) -> Option<&'a Settlement> {
    settlements.get(usize::try_from(row.nth).ok()?)
}

fn moves_of(settlements: &[Settlement], held: Vec<HeldRow>) -> Result<Vec<Move>> {
    let of_row = |row: HeldRow| {
        let settlement = settlement_of(settlements, &row)?;
        Some(moves::channel_of(settlement.next, &row.cascade).map(|channel| Move {
            person: settlement.person,
            attempt: settlement.attempt,
            from: PersonState::InFlight,
            next: settlement.next,
            channel,
            settled: Some(Settled {
                outcome: settlement.outcome,
                code: storable(settlement.code.as_deref()),
                reference: storable(settlement.reference.as_deref()),
                channel: row.channel,
                provider: row.provider,
            }),
        }))
    };
    held.into_iter().filter_map(of_row).collect()
}

/// What the stale ones still tell. One that says `unknown` tells nothing.
fn late(settlements: &[Settlement], held: &[HeldRow]) -> Vec<Late> {
    let applied: HashSet<AttemptId> =
        held.iter().filter_map(|row| settlement_of(settlements, row)).map(|s| s.attempt).collect();
    let stale = settlements.iter().filter(|s| s.outcome != Outcome::Unknown && !applied.contains(&s.attempt));
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
