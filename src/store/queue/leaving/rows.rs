//! What leaving people to other campaigns reads and writes.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Passed;
use crate::domain::campaign::{Counts, PersonState};
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::db::on_both_connections;
use crate::store::queue::residences::{Change, Relocating as _, Residing as _};
use crate::store::queue::steps::Steps as _;
use crate::store::traits::Result;

/// So many are looked at for it, whatever became of them: of millions who were told hardly anybody may be left.
pub(super) const LOOKED_AT: usize = 5000;

/// In order, whatever state they are in: an index of those who are pending would have to be sorted for each step.
pub(in crate::store::queue) const PEOPLE_AFTER: &str = "/* people_after */ SELECT person_id, state FROM campaign_people \
     WHERE campaign_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3";

/// Reads and writes of leaving people to others.
pub(super) trait LeavingRows {
    /// The campaigns after a cancelled one to which people may be left, in order; none once nobody can be told any more.
    fn heirs(&mut self, incident: IncidentId, from: CampaignId)
    -> impl Future<Output = Result<Vec<CampaignId>>> + Send;
    /// The campaigns after a cancelled one that are still to tell somebody, in order.
    fn still_to_tell(
        &mut self,
        incident: IncidentId,
        from: CampaignId,
    ) -> impl Future<Output = Result<Vec<CampaignId>>> + Send;
    /// Suppresses somebody whom a campaign was to tell. `false` when it has begun to, or was not to.
    fn spare(&mut self, campaign: CampaignId, person: PersonId) -> impl Future<Output = Result<bool>> + Send;
    /// Accounts for people of a campaign whose rows were written: who they are, and their states before and now.
    fn pass(
        &mut self,
        campaign: CampaignId,
        action: &'static str,
        people: &[(PersonId, PersonState, PersonState)],
    ) -> impl Future<Output = Result<Passed>> + Send;
    /// After whom a cancelled campaign's people have not been looked through yet.
    fn leaving_after(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Option<PersonId>>> + Send;
    /// Writes it.
    fn leave_after(
        &mut self,
        campaign: CampaignId,
        person: Option<PersonId>,
    ) -> impl Future<Output = Result<()>> + Send;
    /// The next in order of identifier, and their states.
    fn people_after(
        &mut self,
        campaign: CampaignId,
        person: PersonId,
    ) -> impl Future<Output = Result<Vec<(PersonId, String)>>> + Send;
}

on_both_connections!(LeavingRows {
    async fn heirs(&mut self, incident: IncidentId, from: CampaignId) -> Result<Vec<CampaignId>> {
        let heirs: Vec<Uuid> = sqlx::query_scalar(
            "/* heirs */ SELECT id FROM campaigns WHERE incident_id = $1 AND id > $2 AND state <> 'cancelled' \
             AND suppressed > 0 AND EXISTS (SELECT 1 FROM incident_keys k WHERE k.incident_id = $1 AND k.wrapped IS NOT NULL) \
             ORDER BY id",
        )
        .bind(incident.0)
        .bind(from.0)
        .fetch_all(&mut *self)
        .await?;
        Ok(heirs.into_iter().map(CampaignId).collect())
    }

    async fn still_to_tell(&mut self, incident: IncidentId, from: CampaignId) -> Result<Vec<CampaignId>> {
        let campaigns: Vec<Uuid> = sqlx::query_scalar(
            "/* still_to_tell */ SELECT id FROM campaigns WHERE incident_id = $1 AND id > $2 AND pending > 0 ORDER BY id",
        )
        .bind(incident.0)
        .bind(from.0)
        .fetch_all(&mut *self)
        .await?;
        Ok(campaigns.into_iter().map(CampaignId).collect())
    }

    async fn spare(&mut self, campaign: CampaignId, person: PersonId) -> Result<bool> {
        let done = sqlx::query(
            "/* spare */ UPDATE campaign_people SET state = 'suppressed', channel = NULL, repeats = 0, slot = 0 \
             WHERE campaign_id = $1 AND person_id = $2 AND state || '' = 'pending' AND attempts = 0",
        )
        .bind(campaign.0)
        .bind(person.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn pass(
        &mut self,
        campaign: CampaignId,
        action: &'static str,
        people: &[(PersonId, PersonState, PersonState)],
    ) -> Result<Passed> {
        let mut counts = Counts::default();
        for (_, was, is) in people {
            counts.shift(*was, *is);
        }
        let after = self.shift(campaign, &counts, 0).await?;
        // Asked once the campaign is locked, as every shift does.
        let ids: Vec<Uuid> = people.iter().map(|(person, ..)| person.0).collect();
        let residences = self.residences_of(&ids).await?;
        let mut changes: BTreeMap<&str, Change> = BTreeMap::new();
        for (person, was, is) in people {
            let residence = residences.get(person).map_or("", String::as_str);
            changes.entry(residence).or_default().counts.shift(*was, *is);
        }
        for (residence, change) in changes {
            self.change_jurisdiction(campaign, residence, &change).await?;
        }
        Ok(Passed { campaign, after, action, people: i64::try_from(people.len()).unwrap_or(i64::MAX) })
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

    async fn people_after(&mut self, campaign: CampaignId, person: PersonId) -> Result<Vec<(PersonId, String)>> {
        let people: Vec<(Uuid, String)> = sqlx::query_as(PEOPLE_AFTER)
            .bind(campaign.0)
            .bind(person.0)
            .bind(i64::try_from(LOOKED_AT).unwrap_or(i64::MAX))
            .fetch_all(&mut *self)
            .await?;
        Ok(people.into_iter().map(|(person, state)| (PersonId(person), state)).collect())
    }
});
