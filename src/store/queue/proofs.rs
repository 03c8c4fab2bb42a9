//! Late proofs: what a receipt says of an attempt after its person was tried otherwise. It moves whoever waits or was given up,
//! and is remembered for whoever is in flight: a later failure finds it.

use std::collections::HashSet;

use crate::domain::id::{AttemptId, CampaignId, PersonId};
use crate::store::db::on_both_connections;
use crate::store::traits::Result;

/// The steps of it.
pub(super) trait Proofs {
    /// Remembers that an attempt arrived.
    fn prove(
        &mut self,
        campaign: CampaignId,
        person: PersonId,
        attempt: AttemptId,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Forgets it: a failure outweighs it.
    fn disprove(
        &mut self,
        campaign: CampaignId,
        person: PersonId,
        attempt: AttemptId,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Of whom of a campaign an attempt is known to have arrived late. Costs one question where nobody is.
    fn proven(
        &mut self,
        campaign: CampaignId,
        people: &[PersonId],
    ) -> impl Future<Output = Result<HashSet<PersonId>>> + Send;
}

on_both_connections!(Proofs {
    async fn prove(&mut self, campaign: CampaignId, person: PersonId, attempt: AttemptId) -> Result<()> {
        sqlx::query(
            "/* prove */ INSERT INTO proofs (campaign_id, person_id, attempt_id) VALUES ($1, $2, $3) \
             ON CONFLICT (campaign_id, person_id, attempt_id) DO NOTHING",
        )
        .bind(campaign.0)
        .bind(person.0)
        .bind(attempt.0)
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    async fn disprove(&mut self, campaign: CampaignId, person: PersonId, attempt: AttemptId) -> Result<()> {
        sqlx::query("/* disprove */ DELETE FROM proofs WHERE campaign_id = $1 AND person_id = $2 AND attempt_id = $3")
            .bind(campaign.0)
            .bind(person.0)
            .bind(attempt.0)
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn proven(&mut self, campaign: CampaignId, people: &[PersonId]) -> Result<HashSet<PersonId>> {
        let mut proven = HashSet::new();
        let any: Option<i32> = sqlx::query_scalar("/* proven */ SELECT 1 FROM proofs WHERE campaign_id = $1 LIMIT 1")
            .bind(campaign.0)
            .fetch_optional(&mut *self)
            .await?;
        for person in people.iter().filter(|_| any.is_some()) {
            let found: Option<i32> = sqlx::query_scalar(
                "/* proven */ SELECT 1 FROM proofs WHERE campaign_id = $1 AND person_id = $2 LIMIT 1",
            )
            .bind(campaign.0)
            .bind(person.0)
            .fetch_optional(&mut *self)
            .await?;
            if found.is_some() {
                proven.insert(*person);
            }
        }
        Ok(proven)
    }
});
