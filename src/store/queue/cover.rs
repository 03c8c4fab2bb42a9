//! Announcements standing in for people that cannot be reached.

use serde_json::json;
use uuid::Uuid;

use super::moves::Jurisdictions;
use super::residences::Residing as _;
use super::statements::Statements;
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Counts, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId};
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{reading, writing};
use crate::store::error::StoreError;
use crate::store::traits::Result;

/// So many people are moved in one transaction.
const STEP: i64 = 5_000;

impl SqlStore {
    /// See `DeliveryStore::cover_by_announcement`. Works in bounded steps; without an unreachable person it only reads
    /// the campaigns' counts.
    pub(super) async fn cover_unreachable(&self, incident: IncidentId, now: Millis) -> Result<i64> {
        let campaigns: Vec<Uuid> = reading!(self, conn => {
            sqlx::query_scalar(
                "/* cover_unreachable */ SELECT id FROM campaigns WHERE incident_id = $1 AND unreachable > 0 ORDER BY id",
            )
            .bind(incident.0)
            .fetch_all(conn)
            .await
        })?;
        let mut covered = 0;
        for campaign in campaigns.into_iter().map(CampaignId) {
            match self.cover_campaign(incident, campaign, now).await {
                Err(error) if !matches!(error, StoreError::Unavailable(_)) => {
                    // The others must not wait for it.
                    tracing::error!(%campaign, %error, "the announcement cannot stand in for people; it will be tried again");
                }
                moved => covered += moved?,
            }
        }
        Ok(covered)
    }

    async fn cover_campaign(&self, incident: IncidentId, campaign: CampaignId, now: Millis) -> Result<i64> {
        let mut covered = 0;
        loop {
            let moved = self.cover_step(incident, campaign, now).await?;
            if moved == 0 {
                return Ok(covered);
            }
            covered += moved;
        }
    }

    async fn cover_step(&self, incident: IncidentId, campaign: CampaignId, now: Millis) -> Result<i64> {
        writing!(self, tx => {
            if !tx.is_announced(incident).await? {
                return Ok(0);
            }
            let announced = tx.announce_some(campaign, STEP).await?;
            if announced.is_empty() {
                return Ok(0);
            }
            let moved = i64::try_from(announced.len()).unwrap_or(i64::MAX);
            let all = Counts { unreachable: -moved, announced: moved, ..Counts::default() };
            tx.shift(campaign, &all, 0).await?;
            // Where they live is asked once the campaign is locked: before that, an import may be about to learn it.
            let mut jurisdictions = Jurisdictions::new();
            for residence in tx.residences_of(&announced).await?.into_values() {
                let counts = jurisdictions.entry(residence).or_default();
                counts.shift(PersonState::Unreachable, PersonState::Announced);
            }
            tx.shift_jurisdictions(campaign, &jurisdictions).await?;
            tx.append_audit(&AuditEntry {
                incident: Some(incident),
                at: now,
                actor: ActorRef::engine(),
                action: String::from("people.announced"),
                detail: json!({ "campaign": campaign, "people": moved }),
            })
            .await?;
            Ok(moved)
        })
    }
}
