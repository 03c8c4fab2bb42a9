//! Whoever a cancelled campaign leaves untold is told by the next campaign of the incident that had left them to it.
//!
//! A campaign leaves people to an earlier one that is to tell them: they are `suppressed` in it. When the earlier one is
//! cancelled, or was, and somebody is pending in it all the same, they become pending in the later one. Those who were pending
//! at the cancellation are looked through in steps, once; whoever becomes pending after it, because a message bounces say, is
//! given over in the transaction that makes them so. Where no later campaign has them, the next to be proposed does.
//!
//! An earlier campaign takes nobody from a later one, so that everybody is told by the first that is left.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::residences::{Change, Relocating as _, Residing as _};
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
use crate::store::incidents::IncidentRows as _;
use crate::store::rows::word;
use crate::store::traits::Result;

/// So many people are looked through in one transaction.
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
    pub(super) async fn leave_all(&self, campaign: CampaignId, now: Millis) -> Result<i64> {
        let mut left = 0;
        loop {
            let (people, done) = self.leave_some(campaign, now).await?;
            left += people;
            if done {
                return Ok(left);
            }
        }
    }

    /// Looks through some. Returns how many were given over, and whether those were the last.
    async fn leave_some(&self, campaign: CampaignId, now: Millis) -> Result<(i64, bool)> {
        writing!(self, tx => {
            let incident = tx.read_campaign(campaign).await?.incident;
            // A campaign that is being sealed may leave people to this one: it is seen once it is there.
            tx.lock_incident(incident).await?;
            tx.shift(campaign, &Counts::default(), 0).await?;
            let Some(after) = tx.leaving_after(campaign).await? else { return Ok((0, true)) };
            if tx.heir(incident, campaign).await?.is_none() {
                tx.leave_after(campaign, None).await?;
                return Ok((0, true));
            }
            let people = tx.left_after(campaign, after).await?;
            let last = people.last().filter(|_| people.len() == STEP).copied();
            tx.leave_after(campaign, last).await?;
            Ok((tx.leave(incident, campaign, &people, now).await?, last.is_none()))
        })
    }
}

/// The steps of it.
pub(super) trait Leaving {
    /// Leaves people who are pending in a cancelled campaign, which is locked, to the one that had left them to it. Returns how
    /// many there are.
    fn leave(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        people: &[PersonId],
        now: Millis,
    ) -> impl Future<Output = Result<i64>> + Send;
    /// The same for people who have just become pending in a campaign, if it is cancelled.
    fn leave_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
        now: Millis,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Holds off what would make people of the incident's cancelled campaigns pending.
    fn hold_cancelled(&mut self, incident: IncidentId) -> impl Future<Output = Result<()>> + Send;
}

trait LeavingRows {
    /// The first campaign after a cancelled one to which people may be left.
    fn heir(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
    ) -> impl Future<Output = Result<Option<CampaignId>>> + Send;
    /// After whom a cancelled campaign's people have not been looked through yet.
    fn leaving_after(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Option<PersonId>>> + Send;
    /// Writes it.
    fn leave_after(
        &mut self,
        campaign: CampaignId,
        person: Option<PersonId>,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Some who are pending, in order of identifier.
    fn left_after(
        &mut self,
        campaign: CampaignId,
        person: PersonId,
    ) -> impl Future<Output = Result<Vec<PersonId>>> + Send;
}

on_both_connections!(Leaving {
    async fn leave(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
        people: &[PersonId],
        now: Millis,
    ) -> Result<i64> {
        let Some(to) = self.heir(incident, from).await? else { return Ok(0) };
        let given = self.give_over(&GivingOver { incident, from, to, people, now }).await?;
        if given.is_empty() {
            return Ok(0);
        }
        let mut states = Vec::with_capacity(given.len());
        let mut counts = Counts::default();
        for (person, state) in given {
            let state = word("campaign_people", "state", PersonState::from_name(&state))?;
            counts.shift(PersonState::Suppressed, state);
            states.push((PersonId(person), state));
        }
        let after = self.shift(to, &counts, 0).await?;
        // Asked once the campaign is locked, as every shift does.
        let ids: Vec<Uuid> = states.iter().map(|(person, _)| person.0).collect();
        let residences = self.residences_of(&ids).await?;
        let mut changes: BTreeMap<&str, Change> = BTreeMap::new();
        for (person, state) in &states {
            let residence = residences.get(person).map_or("", String::as_str);
            changes.entry(residence).or_default().counts.shift(PersonState::Suppressed, *state);
        }
        for (residence, change) in changes {
            self.change_jurisdiction(to, residence, &change).await?;
        }
        let people = -counts.suppressed;
        self.append_audit(&AuditEntry {
            incident: Some(incident),
            at: now,
            actor: ActorRef::engine(),
            action: String::from("people.left_to_campaign"),
            detail: json!({ "campaign": to, "by": from, "people": people }),
        })
        .await?;
        self.follow(to, &after, &ActorRef::engine(), now).await?;
        Ok(people)
    }

    async fn leave_if_cancelled(
        &mut self,
        from: CampaignId,
        after: &After,
        people: impl Iterator<Item = PersonId> + Send,
        now: Millis,
    ) -> Result<()> {
        if after.state == CampaignState::Cancelled {
            let people: Vec<PersonId> = people.collect();
            if !people.is_empty() {
                self.leave(after.incident, from, &people, now).await?;
            }
        }
        Ok(())
    }

    async fn hold_cancelled(&mut self, incident: IncidentId) -> Result<()> {
        sqlx::query("/* hold_cancelled */ UPDATE campaigns SET sealed = sealed WHERE incident_id = $1 AND state = 'cancelled'")
            .bind(incident.0)
            .execute(&mut *self)
            .await?;
        Ok(())
    }
});

on_both_connections!(LeavingRows {
    async fn heir(&mut self, incident: IncidentId, from: CampaignId) -> Result<Option<CampaignId>> {
        let heir: Option<Uuid> = sqlx::query_scalar(
            "/* heir */ SELECT id FROM campaigns WHERE incident_id = $1 AND id > $2 AND state <> 'cancelled' \
             AND suppressed > 0 ORDER BY id LIMIT 1",
        )
        .bind(incident.0)
        .bind(from.0)
        .fetch_optional(&mut *self)
        .await?;
        Ok(heir.map(CampaignId))
    }

    async fn leaving_after(&mut self, campaign: CampaignId) -> Result<Option<PersonId>> {
        let after: Option<Uuid> =
            sqlx::query_scalar("/* leaving_after */ SELECT leaving_after FROM campaigns WHERE id = $1")
                .bind(campaign.0)
                .fetch_one(&mut *self)
                .await?;
        Ok(after.map(PersonId))
    }

    async fn leave_after(&mut self, campaign: CampaignId, person: Option<PersonId>) -> Result<()> {
        sqlx::query("/* leave_after */ UPDATE campaigns SET leaving_after = $2 WHERE id = $1")
            .bind(campaign.0)
            .bind(person.map(|person| person.0))
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn left_after(&mut self, campaign: CampaignId, person: PersonId) -> Result<Vec<PersonId>> {
        // The state is asked in words that no index knows: they are to be read in order, not all sorted for each step.
        let people: Vec<Uuid> = sqlx::query_scalar(
            "/* left_after */ SELECT person_id FROM campaign_people \
             WHERE campaign_id = $1 AND person_id > $2 AND state || '' = 'pending' ORDER BY person_id LIMIT $3",
        )
        .bind(campaign.0)
        .bind(person.0)
        .bind(i64::try_from(STEP).unwrap_or(i64::MAX))
        .fetch_all(&mut *self)
        .await?;
        Ok(people.into_iter().map(PersonId).collect())
    }
});
