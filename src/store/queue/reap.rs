//! Reaping: what workers had in flight whose lease has ended.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::moves::{self, Move, Settled, progress};
use super::proofs::Proofs;
use super::statements::{InFlightRow, Statements};
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::{ChannelPolicy, Next, Progress, next};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::PersonState;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{reading, writing};
use crate::store::error::StoreError;
use crate::store::traits::{ReapReport, Result};

/// So many people are taken in one transaction: claims and settlements of others get their turn in between.
const STEP: i64 = 500;

/// How an unknown outcome is resolved.
pub(super) struct Resolution<'a> {
    /// The policies given; a channel without one has the standard.
    pub(super) policies: &'a [(Channel, ChannelPolicy)],
    /// Now.
    pub(super) now: Millis,
    /// A fraction in `[0, 1)`.
    pub(super) jitter: f64,
}

impl Resolution<'_> {
    /// Where a person goes after an outcome on a channel.
    pub(super) fn next(&self, progress: &Progress, channel: Channel, outcome: Outcome) -> Next {
        self.next_after(progress, channel, outcome, None)
    }

    /// The same, not before a wait in milliseconds is over.
    fn next_after(&self, progress: &Progress, channel: Channel, outcome: Outcome, wait_ms: Option<i64>) -> Next {
        let given = self.policies.iter().find(|(named, _)| *named == channel);
        let policy = given.map_or_else(|| ChannelPolicy::standard(channel), |(_, policy)| *policy);
        next(progress, outcome, wait_ms, &policy, self.now, self.jitter)
    }
}

impl SqlStore {
    /// See `DeliveryStore::reap`. Several may reap at once: each person is taken by one of them.
    pub(super) async fn reap_workers(
        &self,
        resolution: &Resolution<'_>,
        asked: &BTreeMap<String, i64>,
        only: Option<WorkerId>,
    ) -> Result<ReapReport> {
        let mut report = ReapReport::default();
        let ended = match only {
            Some(worker) => vec![worker],
            None => self.ended_workers(resolution.now).await?,
        };
        for worker in ended {
            let fenced = writing!(self, tx => { tx.fence(worker, resolution.now, only.is_some()).await })?;
            if !fenced && only.is_none() {
                // It was extended since it was listed, or another reaper has finished with it.
                continue;
            }
            // Once it is fenced there are no more: a campaign whose people cannot be taken keeps no other's waiting.
            for campaign in self.campaigns_in_flight(worker).await? {
                match self.reap_campaign(resolution, asked, worker, campaign, &mut report).await {
                    Err(error) if !matches!(error, StoreError::Unavailable(_)) => {
                        tracing::error!(%worker, %campaign, %error, "people in flight cannot be taken over; it will be tried again");
                    }
                    done => done?,
                }
            }
            report.workers += u32::from(self.remove_reaped(worker, resolution.now).await?);
        }
        Ok(report)
    }

    async fn ended_workers(&self, now: Millis) -> Result<Vec<WorkerId>> {
        let ids: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar("/* ended_workers */ SELECT id FROM workers WHERE expires_at < $1 ORDER BY id")
                .bind(now.0)
                .fetch_all(conn)
                .await
        })?;
        Ok(ids.into_iter().map(WorkerId).collect())
    }

    async fn campaigns_in_flight(&self, worker: WorkerId) -> Result<Vec<CampaignId>> {
        let ids: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* campaigns_in_flight */ SELECT DISTINCT campaign_id FROM campaign_people \
                 WHERE attempt_id > $2 AND state = 'in_flight' AND worker_id = $1 ORDER BY campaign_id",
            )
            .bind(worker.0)
            .bind(Uuid::nil())
            .fetch_all(conn)
            .await
        })?;
        Ok(ids.into_iter().map(CampaignId).collect())
    }

    /// Takes all of one campaign, in steps.
    async fn reap_campaign(
        &self,
        resolution: &Resolution<'_>,
        asked: &BTreeMap<String, i64>,
        worker: WorkerId,
        campaign: CampaignId,
        report: &mut ReapReport,
    ) -> Result<()> {
        loop {
            let (unknown, repeats) = self.reap_step(resolution, asked, worker, campaign).await?;
            if unknown == 0 {
                return Ok(());
            }
            report.unknown += unknown;
            report.repeats += repeats;
        }
    }

    /// Takes some people of one campaign. Returns how many, and how many of them will be told again.
    async fn reap_step(
        &self,
        resolution: &Resolution<'_>,
        asked: &BTreeMap<String, i64>,
        worker: WorkerId,
        campaign: CampaignId,
    ) -> Result<(u32, u32)> {
        writing!(self, tx => {
            let rows = tx.in_flight(worker, campaign, STEP).await?;
            if rows.is_empty() {
                return Ok((0, 0));
            }
            let mut moves = rows.into_iter().map(|row| unknown(row, resolution, asked)).collect::<Result<Vec<_>>>()?;
            let people: Vec<PersonId> = moves.iter().map(|m| m.person).collect();
            let proven = tx.proven(campaign, &people).await?;
            for one in moves.iter_mut().filter(|m| proven.contains(&m.person)) {
                one.next = Next::Reached;
            }
            let repeats = moves.iter().filter(|m| matches!(m.next, Next::Pending { repeats: true, .. })).count();
            let after = tx.apply(campaign, &moves, resolution.now).await?;
            let actor = ActorRef::engine();
            tx.append_audit(&AuditEntry {
                incident: Some(after.incident),
                at: resolution.now,
                actor: actor.clone(),
                action: String::from("delivery.reaped"),
                detail: json!({
                    "campaign": campaign,
                    "worker": worker,
                    "attempts": moves.len(),
                    "repeats": repeats,
                    "sha256": moves::digest_of_outcomes(&moves),
                }),
            })
            .await?;
            tx.follow(campaign, &after, &actor, resolution.now).await?;
            Ok((u32::try_from(moves.len()).unwrap_or(u32::MAX), u32::try_from(repeats).unwrap_or(u32::MAX)))
        })
    }

    /// Removes the worker's row once nobody is in flight with it. Of several reapers one is told that it did.
    async fn remove_reaped(&self, worker: WorkerId, now: Millis) -> Result<bool> {
        writing!(self, tx => {
            let done = sqlx::query(
                "/* remove_reaped */ DELETE FROM workers WHERE id = $1 AND NOT EXISTS \
                 (SELECT 1 FROM campaign_people WHERE attempt_id > $2 AND state = 'in_flight' AND worker_id = $1)",
            )
            .bind(worker.0)
            .bind(Uuid::nil())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            tx.append_audit(&AuditEntry {
                incident: None,
                at: now,
                actor: ActorRef::engine(),
                action: String::from("worker.reaped"),
                detail: json!({ "worker": worker }),
            })
            .await?;
            Ok(true)
        })
    }
}

fn unknown(row: InFlightRow, resolution: &Resolution<'_>, asked: &BTreeMap<String, i64>) -> Result<Move> {
    let progress = progress(&row.cascade, row.intent.place, row.intent.tries)?;
    let intent = moves::intent(row.intent)?;
    let wait_ms = asked.get(&*intent.provider).copied();
    Ok(Move {
        person: PersonId(row.person_id),
        attempt: AttemptId(row.attempt_id),
        from: PersonState::InFlight,
        next: resolution.next_after(&progress, intent.channel, Outcome::Unknown, wait_ms),
        jurisdiction: row.jurisdiction,
        settled: Some(Settled { outcome: Outcome::Unknown, code: None, reference: None, intent }),
    })
}
