//! Giving codes to people, in bulk: once per person, when a campaign is sealed.
//!
//! A code belongs to whom the incident affects. Whoever is told as the guardian of a minor is told the minor's code, in the
//! minor's place or beside the minor; the table `wards` says which, since only the sealed record does otherwise.

use uuid::Uuid;

use super::pool::PoolRows;
use super::{CodeStatements, Group, SealedCodes};
use crate::domain::campaign::Campaign;
use crate::domain::cascade::Routing;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::db::on_both_connections;
use crate::store::error::StoreError;
use crate::store::rows::{jurisdiction, locale};
use crate::store::seal::{IncidentKey, RefIndex};
use crate::store::traits::Result;

/// Guardians whose records are open at once.
const GUARDIANS: i64 = 1000;

/// Steps with codes inside an operation.
pub(in crate::store) trait AssignCodes {
    /// Gives a code to everybody whom a campaign that was just sealed is to tell, whose text has one in it and who has none.
    /// Returns how many, which the pool's numbers do not know yet. `TooFewCodes` when the pool has fewer.
    fn assign_to_sealed(
        &mut self,
        campaign: &Campaign,
        routing: &dyn Routing,
        key: &IncidentKey,
    ) -> impl Future<Output = Result<i64>> + Send;
    /// Adds codes that were given out to the pool's numbers. Keeps others from the pool until the transaction ends.
    fn codes_were_assigned(&mut self, incident: IncidentId, assigned: i64) -> impl Future<Output = Result<()>> + Send;
    /// The codes of some people.
    fn codes_of(&mut self, people: &[PersonId]) -> impl Future<Output = Result<SealedCodes>> + Send;
    /// Notes that these people of an incident were tried to be told: their codes may be in somebody's hands.
    fn codes_went_out(
        &mut self,
        incident: IncidentId,
        people: &[PersonId],
        now: Millis,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// The steps of it.
trait Sealed {
    /// The groups of those whom a campaign is to tell.
    fn groups_to_tell(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Vec<Group>>> + Send;
    /// Some of those whom a campaign tells as guardians, or would if another did not, after one, of whom it is not known yet whose.
    fn guardians(
        &mut self,
        campaign: CampaignId,
        after: Uuid,
    ) -> impl Future<Output = Result<Vec<(Uuid, Vec<u8>)>>> + Send;
}

on_both_connections!(Sealed {
    async fn groups_to_tell(&mut self, campaign: CampaignId) -> Result<Vec<Group>> {
        let groups = sqlx::query_as(
            "/* groups_to_tell */ SELECT COALESCE(people.jurisdiction, ''), COALESCE(people.locale, '') \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             WHERE p.campaign_id = $1 AND p.state = 'pending' GROUP BY 1, 2",
        )
        .bind(campaign.0)
        .fetch_all(&mut *self)
        .await?;
        Ok(groups)
    }

    async fn guardians(&mut self, campaign: CampaignId, after: Uuid) -> Result<Vec<(Uuid, Vec<u8>)>> {
        // The last digit of `reach` has the marks; from `g` on, that of a guardian is among them (domain::reach).
        let guardians = sqlx::query_as(
            "/* guardians */ SELECT p.person_id, people.sealed \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             WHERE p.campaign_id = $1 AND p.person_id > $2 AND p.cascade <> '' \
             AND substr(people.reach, 7, 1) IN \
             ('g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v') \
             AND NOT EXISTS (SELECT 1 FROM wards w WHERE w.guardian_id = p.person_id) ORDER BY p.person_id LIMIT $3",
        )
        .bind(campaign.0)
        .bind(after)
        .bind(GUARDIANS)
        .fetch_all(&mut *self)
        .await?;
        Ok(guardians)
    }
});

on_both_connections!(AssignCodes {
    async fn assign_to_sealed(
        &mut self,
        campaign: &Campaign,
        routing: &dyn Routing,
        key: &IncidentKey,
    ) -> Result<i64> {
        // First, because whoever is left to another campaign may be told by this one yet.
        let mut after = Uuid::nil();
        loop {
            let guardians = self.guardians(campaign.id, after).await?;
            let Some((last, _)) = guardians.last() else { break };
            after = *last;
            self.enter_wards(&wards(guardians, key)?).await?;
        }
        let mut groups = Vec::new();
        for group in self.groups_to_tell(campaign.id).await? {
            let (residence, reads) = (jurisdiction(Some(group.0.clone()))?, locale(Some(group.1.clone()))?);
            if routing.has_remedy_code(residence.as_ref(), reads.as_ref()) {
                groups.push(group);
            }
        }
        if groups.is_empty() {
            return Ok(0);
        }
        let (incident, now) = (campaign.incident, campaign.created_at);
        let assigned = i64::try_from(self.assign_sealed(incident, campaign.id, &groups, now).await?).unwrap_or(0);
        let lacking = self.lacking(campaign.id, &groups).await?;
        if lacking > 0 {
            return Err(StoreError::TooFewCodes(lacking));
        }
        self.after_assigning().await?;
        Ok(assigned)
    }

    async fn codes_were_assigned(&mut self, incident: IncidentId, assigned: i64) -> Result<()> {
        if assigned > 0 {
            self.shift_pool(incident, assigned, 0, 0).await?;
        }
        Ok(())
    }

    async fn codes_of(&mut self, people: &[PersonId]) -> Result<SealedCodes> {
        Ok(SealedCodes::of(people, self.read_codes(people).await?))
    }

    async fn codes_went_out(&mut self, incident: IncidentId, people: &[PersonId], now: Millis) -> Result<()> {
        if people.is_empty() {
            return Ok(());
        }
        let sent = self.mark_sent(people, now).await?;
        if sent > 0 {
            self.shift_pool(incident, 0, i64::try_from(sent).unwrap_or(0), 0).await?;
        }
        Ok(())
    }
});

/// Guardians and the index that finds whose they are.
fn wards(guardians: Vec<(Uuid, Vec<u8>)>, key: &IncidentKey) -> Result<Vec<(PersonId, RefIndex)>> {
    let ward = |(id, sealed): (Uuid, Vec<u8>)| {
        let guardian = PersonId(id);
        let record = key.open_record(guardian, &sealed)?;
        Ok((guardian, key.ref_index(record.reference.expose())))
    };
    guardians.into_iter().map(ward).collect()
}
