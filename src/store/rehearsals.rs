//! Reading for rehearsals.

use async_trait::async_trait;
use uuid::Uuid;

use super::SqlStore;
use super::db::reading;
use super::error::StoreError;
use super::rows::{PersonRow, jurisdiction, page, word};
use super::traits::{Page, RehearsalStore, Result};
use crate::domain::channel::Channel;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::person::Person;

#[async_trait]
impl RehearsalStore for SqlStore {
    async fn people_to_tell(
        &self,
        incident: IncidentId,
        campaign: CampaignId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Page<Person>> {
        let key = self.incident_key(incident).await?;
        let rows: Vec<PersonRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* people_to_tell */ SELECT people.id, people.sealed, people.jurisdiction, people.locale \
                 FROM campaign_people p JOIN people ON people.id = p.person_id \
                 WHERE p.campaign_id = $1 AND p.person_id > $2 AND p.state || '' IN ('pending', 'in_flight') \
                 ORDER BY p.person_id LIMIT $3",
            )
            .bind(campaign.0)
            .bind(after.map_or(Uuid::nil(), |id| id.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(conn)
            .await
        })?;
        page(rows, limit, |row| row.open(&key))
    }

    async fn attempts_by_residence(&self, campaign: CampaignId) -> Result<Vec<(Option<JurisdictionId>, Channel, i64)>> {
        let rows: Vec<(Option<String>, String, i64)> = reading!(self, conn => {
            sqlx::query_as(
                "/* attempts_by_residence */ SELECT people.jurisdiction, a.channel, COUNT(*) \
                 FROM attempts a JOIN people ON people.id = a.person_id WHERE a.campaign_id = $1 \
                 GROUP BY people.jurisdiction, a.channel ORDER BY people.jurisdiction, a.channel",
            )
            .bind(campaign.0)
            .fetch_all(conn)
            .await
        })?;
        let read = |(of, channel, attempts): (Option<String>, String, i64)| {
            let channel = Channel::ALL.into_iter().find(|known| known.as_str() == channel);
            Ok((jurisdiction(of)?, word("attempts", "channel", channel)?, attempts))
        };
        rows.into_iter().map(read).collect()
    }

    async fn people_with_code(&self, campaign: CampaignId, code: &str, listed: u32) -> Result<(i64, Vec<PersonId>)> {
        let (number, people): (i64, Vec<Uuid>) = reading!(self, conn => {
            let number = sqlx::query_scalar(
                "/* people_with_code */ SELECT COUNT(DISTINCT person_id) FROM attempts WHERE campaign_id = $1 AND code = $2",
            )
            .bind(campaign.0)
            .bind(code)
            .fetch_one(&mut *conn)
            .await?;
            let people = sqlx::query_scalar(
                "/* people_with_code */ SELECT DISTINCT person_id FROM attempts WHERE campaign_id = $1 AND code = $2 \
                 ORDER BY person_id LIMIT $3",
            )
            .bind(campaign.0)
            .bind(code)
            .bind(i64::from(listed))
            .fetch_all(&mut *conn)
            .await?;
            Ok::<_, StoreError>((number, people))
        })?;
        Ok((number, people.into_iter().map(PersonId).collect()))
    }
}
