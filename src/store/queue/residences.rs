//! Where people live may become known after their campaign was sealed: the counts of its jurisdictions follow.
//!
//! The import that learns it moves them from the old jurisdiction's counts to the new one's, in its own transaction and in every
//! campaign that has them. Whoever shifts counts holds the campaign's row while they do, and so does the import, so that one
//! comes after the other. What the import finds of a person under that lock is what the counts hold. A shift that comes after it
//! finds the campaign marked, and asks again where its people live: what it has read before, at a claim say, may be
//! out of date. In a campaign of which nothing was learnt nobody asks.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::statements::{Relocated, Statements};
use super::steps::Steps;
use crate::domain::campaign::{Counts, PersonState};
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::store::db::on_both_connections;
use crate::store::rows::word;
use crate::store::traits::Result;

/// So many people are looked up at once: for many more a planner would rather read the whole campaign.
const LOOKED_UP: usize = 1000;

/// A change of a jurisdiction's counts: of the people sealed, and of those in each state.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) sealed: i64,
    pub(super) counts: Counts,
}

/// The steps of it.
pub(in crate::store) trait Residing {
    /// Moves people of an incident, which is locked, to other jurisdictions in the counts of its campaigns.
    fn relocate(&mut self, incident: IncidentId, relocated: &[Relocated]) -> impl Future<Output = Result<()>> + Send;
    /// The jurisdictions that people have now, empty text where none is known.
    fn residences_of(&mut self, people: &[Uuid]) -> impl Future<Output = Result<HashMap<PersonId, String>>> + Send;
}

/// Writing it.
pub(super) trait Relocating {
    /// Campaigns of an incident in order of identifier.
    fn campaigns_in_order(&mut self, incident: IncidentId) -> impl Future<Output = Result<Vec<CampaignId>>> + Send;
    /// Marks a campaign, of which so much was learnt.
    fn mark_relocated(&mut self, campaign: CampaignId, people: i64) -> impl Future<Output = Result<()>> + Send;
    /// Changes the counts of a jurisdiction, which may have none yet.
    fn change_jurisdiction(
        &mut self,
        campaign: CampaignId,
        jurisdiction: &str,
        by: &Change,
    ) -> impl Future<Output = Result<()>> + Send;
    /// Takes out the jurisdictions in which nobody lives any more.
    fn drop_deserted(&mut self, campaign: CampaignId) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(Residing {
    async fn relocate(&mut self, incident: IncidentId, relocated: &[Relocated]) -> Result<()> {
        if relocated.is_empty() {
            return Ok(());
        }
        for campaign in self.campaigns_in_order(incident).await? {
            // Nothing is added: the row is locked, and where people stand stays as it is until this ends.
            self.shift(campaign, &Counts::default(), 0).await?;
            let mut changes: BTreeMap<String, Change> = BTreeMap::new();
            let mut people = 0;
            for some in relocated.chunks(LOOKED_UP) {
                for row in self.stand(campaign, some).await? {
                    let state = word("campaign_people", "state", PersonState::from_name(&row.state))?;
                    for (jurisdiction, number) in [(row.was, -row.people), (row.now, row.people)] {
                        let change = changes.entry(jurisdiction).or_default();
                        change.sealed += number;
                        *change.counts.get_mut(state) += number;
                    }
                    people += row.people;
                }
            }
            if people == 0 {
                // Whoever was imported after it was sealed.
                continue;
            }
            self.mark_relocated(campaign, people).await?;
            for (jurisdiction, by) in &changes {
                self.change_jurisdiction(campaign, jurisdiction, by).await?;
            }
            self.drop_deserted(campaign).await?;
        }
        Ok(())
    }

    async fn residences_of(&mut self, people: &[Uuid]) -> Result<HashMap<PersonId, String>> {
        if people.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.residences(people).await?;
        Ok(rows.into_iter().map(|(person, of)| (PersonId(person), of.unwrap_or_default())).collect())
    }
});

on_both_connections!(Relocating {
    async fn campaigns_in_order(&mut self, incident: IncidentId) -> Result<Vec<CampaignId>> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("/* campaigns_in_order */ SELECT id FROM campaigns WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(&mut *self)
                .await?;
        Ok(ids.into_iter().map(CampaignId).collect())
    }

    async fn mark_relocated(&mut self, campaign: CampaignId, people: i64) -> Result<()> {
        sqlx::query("/* mark_relocated */ UPDATE campaigns SET residences_changed = residences_changed + $2 WHERE id = $1")
            .bind(campaign.0)
            .bind(people)
            .execute(&mut *self)
            .await?;
        Ok(())
    }

    async fn change_jurisdiction(&mut self, campaign: CampaignId, jurisdiction: &str, by: &Change) -> Result<()> {
        let counts = &by.counts;
        // First those who are there: a row that is to be inserted is checked before it is found to be there already.
        let known = sqlx::query(
            "/* change_jurisdiction */ UPDATE campaign_jurisdictions SET sealed = sealed + $3, reached = reached + $4, \
             unknown = unknown + $5, unreachable = unreachable + $6, announced = announced + $7, suppressed = suppressed + $8 \
             WHERE campaign_id = $1 AND jurisdiction = $2",
        )
        .bind(campaign.0)
        .bind(jurisdiction)
        .bind(by.sealed)
        .bind(counts.reached)
        .bind(counts.unknown)
        .bind(counts.unreachable)
        .bind(counts.announced)
        .bind(counts.suppressed)
        .execute(&mut *self)
        .await?;
        if known.rows_affected() == 0 {
            sqlx::query(
                "/* change_jurisdiction */ INSERT INTO campaign_jurisdictions (campaign_id, jurisdiction, sealed, reached, \
                 unknown, unreachable, announced, suppressed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(campaign.0)
            .bind(jurisdiction)
            .bind(by.sealed)
            .bind(counts.reached)
            .bind(counts.unknown)
            .bind(counts.unreachable)
            .bind(counts.announced)
            .bind(counts.suppressed)
            .execute(&mut *self)
            .await?;
        }
        Ok(())
    }

    async fn drop_deserted(&mut self, campaign: CampaignId) -> Result<()> {
        sqlx::query("/* drop_deserted */ DELETE FROM campaign_jurisdictions WHERE campaign_id = $1 AND sealed = 0")
            .bind(campaign.0)
            .execute(&mut *self)
            .await?;
        Ok(())
    }
});
