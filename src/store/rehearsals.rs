//! Rehearsals: the last of each incident, and reading for them.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::audit::AppendAudit;
use super::db::{reading, writing};
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::{PersonRow, jurisdiction, page, word};
use super::traits::{Page, RehearsalStore, Result};
use crate::domain::actor::ActorRef;
use crate::domain::attempt::NO_PROVIDER;
use crate::domain::audit::AuditEntry;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId, RehearsalId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::person::Person;
use crate::domain::rehearsal::{Ending, Progress, Rehearsal, Stage};

/// A row of `rehearsals`.
#[derive(Debug, FromRow)]
struct RehearsalRow {
    incident_id: Uuid,
    id: Uuid,
    campaign_id: Option<Uuid>,
    mishaps: String,
    author: String,
    began_at: i64,
    seen_at: i64,
    stage: String,
    people: i64,
    done: i64,
    ending: Option<String>,
}

impl TryFrom<RehearsalRow> for Rehearsal {
    type Error = StoreError;
    fn try_from(row: RehearsalRow) -> Result<Self> {
        let corrupt =
            |column: &'static str| move |e: serde_json::Error| StoreError::corrupt("rehearsals", column, e.to_string());
        let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == row.stage);
        Ok(Self {
            id: RehearsalId(row.id),
            incident: IncidentId(row.incident_id),
            campaign: row.campaign_id.map(CampaignId),
            mishaps: serde_json::from_str(&row.mishaps).map_err(corrupt("mishaps"))?,
            author: ActorRef(row.author),
            began_at: Millis(row.began_at),
            seen_at: Millis(row.seen_at),
            progress: Progress { stage: word("rehearsals", "stage", stage)?, people: row.people, done: row.done },
            ending: row.ending.map(|text| serde_json::from_str(&text)).transpose().map_err(corrupt("ending"))?,
        })
    }
}

const LAST: &str = "/* last_rehearsal */ SELECT * FROM rehearsals WHERE incident_id = $1";

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
                 FROM attempts a JOIN people ON people.id = a.person_id \
                 WHERE a.campaign_id = $1 AND a.provider <> $2 \
                 GROUP BY people.jurisdiction, a.channel ORDER BY people.jurisdiction, a.channel",
            )
            .bind(campaign.0)
            .bind(NO_PROVIDER)
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

    async fn begin_rehearsal(&self, rehearsal: &Rehearsal, audit: AuditEntry) -> Result<()> {
        let mishaps = serde_json::to_string(&rehearsal.mishaps)
            .map_err(|e| StoreError::corrupt("rehearsals", "mishaps", e.to_string()))?;
        writing!(self, tx => {
            tx.lock_incident(rehearsal.incident).await?;
            let last: Option<RehearsalRow> =
                sqlx::query_as(LAST).bind(rehearsal.incident.0).fetch_optional(&mut *tx).await?;
            if let Some(last) = last.map(Rehearsal::try_from).transpose()?
                && last.is_played(rehearsal.began_at)
            {
                return Err(StoreError::Conflict(String::from(
                    "a rehearsal of this incident is being played; wait for its end, or stop it",
                )));
            }
            sqlx::query(
                "/* begin_rehearsal */ INSERT INTO rehearsals \
                 (incident_id, id, campaign_id, mishaps, author, began_at, seen_at, stage, people, done) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (incident_id) DO UPDATE SET \
                 id = excluded.id, campaign_id = excluded.campaign_id, mishaps = excluded.mishaps, \
                 author = excluded.author, began_at = excluded.began_at, seen_at = excluded.seen_at, \
                 stage = excluded.stage, people = excluded.people, done = excluded.done, stopping = 0, ending = NULL",
            )
            .bind(rehearsal.incident.0)
            .bind(rehearsal.id.0)
            .bind(rehearsal.campaign.map(|campaign| campaign.0))
            .bind(&mishaps)
            .bind(&rehearsal.author.0)
            .bind(rehearsal.began_at.0)
            .bind(rehearsal.seen_at.0)
            .bind(rehearsal.progress.stage.as_str())
            .bind(rehearsal.progress.people)
            .bind(rehearsal.progress.done)
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn note_rehearsal(&self, id: RehearsalId, progress: Progress, now: Millis) -> Result<bool> {
        let stopping: Option<i64> = writing!(self, tx => {
            sqlx::query_scalar(
                "/* note_rehearsal */ UPDATE rehearsals SET stage = $2, people = $3, done = $4, seen_at = $5 \
                 WHERE id = $1 AND ending IS NULL RETURNING stopping",
            )
            .bind(id.0)
            .bind(progress.stage.as_str())
            .bind(progress.people)
            .bind(progress.done)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await
            .map_err(StoreError::from)
        })?;
        Ok(stopping == Some(0))
    }

    async fn end_rehearsal(&self, id: RehearsalId, ending: &Ending, now: Millis, audit: AuditEntry) -> Result<()> {
        let text =
            serde_json::to_string(ending).map_err(|e| StoreError::corrupt("rehearsals", "ending", e.to_string()))?;
        writing!(self, tx => {
            // Another may have taken its place; the chain has both.
            sqlx::query(
                "/* end_rehearsal */ UPDATE rehearsals SET stage = 'ended', ending = $2, seen_at = $3, \
                 done = CASE WHEN $4 = 1 THEN people ELSE done END WHERE id = $1",
            )
            .bind(id.0)
            .bind(&text)
            .bind(now.0)
            .bind(i64::from(matches!(ending, Ending::Played(_))))
            .execute(&mut *tx)
            .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn stop_rehearsal(&self, incident: IncidentId, now: Millis, audit: AuditEntry) -> Result<()> {
        writing!(self, tx => {
            let last: Option<RehearsalRow> = sqlx::query_as(LAST).bind(incident.0).fetch_optional(&mut *tx).await?;
            if !last.map(Rehearsal::try_from).transpose()?.is_some_and(|last| last.is_played(now)) {
                return Err(StoreError::Conflict(String::from("no rehearsal of this incident is being played")));
            }
            sqlx::query("/* stop_rehearsal */ UPDATE rehearsals SET stopping = 1 WHERE incident_id = $1")
                .bind(incident.0)
                .execute(&mut *tx)
                .await?;
            tx.append_audit(&audit).await
        })
    }

    async fn rehearsal(&self, incident: IncidentId) -> Result<Rehearsal> {
        let row: Option<RehearsalRow> =
            reading!(self, conn => { sqlx::query_as(LAST).bind(incident.0).fetch_optional(conn).await })?;
        row.ok_or(StoreError::NotFound("rehearsal of this incident"))?.try_into()
    }
}
