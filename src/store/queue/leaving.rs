//! Whoever a cancelled campaign leaves untold is told by the next campaign of the incident that had left them to it.
//!
//! A campaign leaves people to an earlier one that is to tell them: they are `suppressed` in it. When the earlier one is
//! cancelled, or was, and somebody is pending in it all the same, they become pending in the first later one that can tell
//! them; whom none can tell becomes unreachable in the last, which knows best. Those who were pending at the cancellation are
//! looked through in steps, once; whoever becomes pending after it, because a message bounces say, is given over in the
//! transaction that makes them so. Where no later campaign has them, the next to be proposed does. While one is being sealed
//! nobody sees it yet: its last step has the cancelled ones looked through once more.
//!
//! If the cancelled campaign turns out to have told somebody after all, they are suppressed again wherever nothing was begun.
//!
//! An earlier campaign takes nobody from a later one, so that everybody is told by the first that is left.

pub(super) mod rows;

use serde_json::json;
use uuid::Uuid;

use self::rows::{LOOKED_AT, LeavingRows as _};
use super::statements::{GivingOver, Statements};
use super::steps::{After, Steps};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{CampaignState, Counts, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, reading, writing};
use crate::store::error::StoreError;
use crate::store::rows::word;
use crate::store::traits::{Left, Result};

/// So many people are given over in one transaction.
const STEP: usize = 1000;

impl SqlStore {
    /// See `DeliveryStore::campaigns_leaving`.
    pub(super) async fn list_leaving(&self) -> Result<Vec<CampaignId>> {
        let ids: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar("/* list_leaving */ SELECT id FROM campaigns WHERE leaving_after IS NOT NULL ORDER BY id")
                .fetch_all(conn)
                .await
        })?;
        Ok(ids.into_iter().map(CampaignId).collect())
    }

    /// See `DeliveryStore::leave_untold`.
    pub(super) async fn leave_some(&self, campaign: CampaignId, now: Millis) -> Result<Left> {
        writing!(self, tx => {
            let incident = tx.read_campaign(campaign).await?.incident;
            // A campaign that is being sealed may leave people to this one: it is seen once it is there, which may take minutes.
            if !tx.has_incident(incident).await? {
                return Ok(Left::default());
            }
            let pending = tx.shift(campaign, &Counts::default(), 0).await?.counts.pending;
            let Some(after) = tx.leaving_after(campaign).await? else { return Ok(Left::default()) };
            if pending == 0 || tx.heirs(incident, campaign).await?.is_empty() {
                tx.leave_after(campaign, None).await?;
                return Ok(Left::default());
            }
            let some = tx.people_after(campaign, after).await?;
            let pending = |(_, state): &&(PersonId, String)| state == PersonState::Pending.as_str();
            let people: Vec<PersonId> = some.iter().filter(pending).map(|(person, _)| *person).take(STEP).collect();
            let last = if people.len() == STEP {
                people.last().copied()
            } else {
                some.last().filter(|_| some.len() == LOOKED_AT).map(|(person, _)| *person)
            };
            tx.leave_after(campaign, last).await?;
            let passed = tx.leave(incident, campaign, &people, now).await?;
            tx.enter_passed(incident, campaign, &passed, now).await?;
            Ok(Left { people: passed.iter().map(|one| one.people).sum(), more: last.is_some() })
        })
    }
}

/// People of a campaign of whom another's fate has decided.
#[derive(Debug)]
pub(super) struct Passed {
    /// The campaign.
    campaign: CampaignId,
    /// It, with them.
    after: After,
    /// What the audit entry says.
    action: &'static str,
    /// How many they are.
    people: i64,
}

/// The steps of it. Whoever takes them holds the cancelled campaign, and enters what has passed when every lock but that of the
/// audit chain is taken.
pub(super) trait Leaving {
    /// Leaves people who are pending in a cancelled campaign to those that had left them to it.
    fn leave(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        people: &[PersonId],
        now: Millis,
    ) -> impl Future<Output = Result<Vec<Passed>>> + Send;
    /// The same for people who have just become pending in a campaign, if it is cancelled.
    fn leave_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
        now: Millis,
    ) -> impl Future<Output = Result<Vec<Passed>>> + Send;
    /// Takes people whom a cancelled campaign has told after all back from those that they were left to.
    fn spare_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
    ) -> impl Future<Output = Result<Vec<Passed>>> + Send;
    /// Enters into the audit chain what has passed, and completes or reopens the campaigns.
    fn enter_passed(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        passed: &[Passed],
        now: Millis,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Has the incident's cancelled campaigns looked through once more in which somebody is pending: whoever became so while
    /// nobody saw the campaign that is being sealed. From here to its end nobody becomes so.
    fn look_again(&mut self, incident: IncidentId) -> impl Future<Output = Result<()>> + Send;
}

/// Whether it is over.
pub(in crate::store) trait Untold {
    /// `Conflict` while a cancelled campaign of an incident may still tell somebody, or leave them to another.
    fn nobody_is_being_left(&mut self, incident: IncidentId) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(Leaving {
    async fn leave(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        people: &[PersonId],
        now: Millis,
    ) -> Result<Vec<Passed>> {
        let mut passed = Vec::new();
        if people.is_empty() {
            return Ok(passed);
        }
        let heirs = self.heirs(incident, from).await?;
        // Whom one has taken the next leaves to it. One that was cancelled since it was listed takes them in vain, and they go on.
        for to in &heirs {
            let is_last = heirs.last() == Some(to);
            let given = self.give_over(&GivingOver { incident, from, to: *to, is_last, people, now }).await?;
            if given.is_empty() {
                continue;
            }
            let given = given.into_iter().map(|(person, state)| {
                let state = word("campaign_people", "state", PersonState::from_name(&state))?;
                Ok((PersonId(person), PersonState::Suppressed, state))
            });
            let given = given.collect::<Result<Vec<_>>>()?;
            passed.push(self.pass(*to, "people.left_to_campaign", &given).await?);
        }
        Ok(passed)
    }

    async fn leave_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
        now: Millis,
    ) -> Result<Vec<Passed>> {
        if after.state != CampaignState::Cancelled {
            return Ok(Vec::new());
        }
        self.leave(after.incident, from, &people.collect::<Vec<_>>(), now).await
    }

    async fn spare_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
    ) -> Result<Vec<Passed>> {
        let mut passed = Vec::new();
        if after.state != CampaignState::Cancelled {
            return Ok(passed);
        }
        let people: Vec<PersonId> = people.collect();
        if people.is_empty() {
            return Ok(passed);
        }
        for campaign in self.still_to_tell(after.incident, from).await? {
            let mut spared = Vec::new();
            for person in &people {
                if self.spare(campaign, *person).await? {
                    spared.push((*person, PersonState::Pending, PersonState::Suppressed));
                }
            }
            if !spared.is_empty() {
                passed.push(self.pass(campaign, "people.told_by_cancelled", &spared).await?);
            }
        }
        Ok(passed)
    }

    async fn enter_passed(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        passed: &[Passed],
        now: Millis,
    ) -> Result<()> {
        for one in passed {
            self.append_audit(&AuditEntry {
                incident: Some(incident),
                at: now,
                actor: ActorRef::engine(),
                action: String::from(one.action),
                detail: json!({ "campaign": one.campaign, "by": from, "people": one.people }),
            })
            .await?;
            self.follow(one.campaign, &one.after, &ActorRef::engine(), now).await?;
        }
        Ok(())
    }

    async fn look_again(&mut self, incident: IncidentId) -> Result<()> {
        let cancelled: Vec<Uuid> = sqlx::query_scalar(
            "/* look_again */ SELECT id FROM campaigns WHERE incident_id = $1 AND state = 'cancelled' ORDER BY id",
        )
        .bind(incident.0)
        .fetch_all(&mut *self)
        .await?;
        for campaign in cancelled {
            // How many are pending is asked of the row once it is locked, so it is no condition of the search.
            sqlx::query(
                "/* look_again */ UPDATE campaigns \
                 SET leaving_after = CASE WHEN pending > 0 THEN $2 ELSE leaving_after END WHERE id = $1",
            )
            .bind(campaign)
            .bind(Uuid::nil())
            .execute(&mut *self)
            .await?;
        }
        Ok(())
    }
});

on_both_connections!(Untold {
    async fn nobody_is_being_left(&mut self, incident: IncidentId) -> Result<()> {
        // Where no later campaign has them, nobody need have looked.
        let row: Option<(Uuid, i64)> = sqlx::query_as(
            "/* nobody_is_being_left */ SELECT c.id, c.in_flight FROM campaigns c \
             WHERE c.incident_id = $1 AND c.state = 'cancelled' AND (c.in_flight > 0 OR (c.pending > 0 \
             AND c.leaving_after IS NOT NULL AND EXISTS (SELECT 1 FROM campaigns later WHERE later.incident_id = $1 \
             AND later.id > c.id AND later.state <> 'cancelled' AND later.suppressed > 0))) ORDER BY c.id LIMIT 1",
        )
        .bind(incident.0)
        .fetch_optional(&mut *self)
        .await?;
        let Some((id, in_flight)) = row else { return Ok(()) };
        Err(StoreError::Conflict(if in_flight > 0 {
            format!("campaign {id} was cancelled with {in_flight} attempts under way; close the incident once they have ended")
        } else {
            format!(
                "campaign {id} was cancelled, and whom it has not told is being left to a later one; \
                 close the incident once a worker has done that, and the later one is complete or cancelled"
            )
        }))
    }
});
