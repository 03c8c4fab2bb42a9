//! Sealing: who is told, by which cascade, is decided and hashed in one transaction.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::leaving::Leaving as _;
use super::statements::{Plan, Statements};
use super::steps::Steps;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState};
use crate::domain::cascade::{Cascade, Route, Routing};
use crate::domain::id::{CampaignId, IncidentId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::reach::Reach;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, writing};
use crate::store::error::StoreError;
use crate::store::incidents::IncidentRows;
use crate::store::keys::KeyRows;
use crate::store::remedies::AssignCodes;
use crate::store::rows::word;
use crate::store::traits::Result;

impl SqlStore {
    /// See `CampaignStore::seal_campaign`.
    pub(super) async fn seal_population(
        &self,
        campaign: &Campaign,
        routing: &dyn Routing,
        audit: &AuditEntry,
    ) -> Result<Campaign> {
        let (id, incident) = (campaign.id, campaign.incident);
        writing!(self, patiently tx => {
            // Whoever imports people locks the incident first, so nobody is added or changed until this ends.
            tx.lock_editable(incident, "open it first").await?;
            let key = self.sealer.incident_key(incident, &tx.wrapped_key(incident).await?)?;
            tx.no_other_campaign(incident).await?;
            let (plans, people) = tx.plan(incident, routing).await?;
            if people == 0 {
                return Err(StoreError::Conflict(String::from(
                    "the incident has no people; import those who are affected, then propose the campaign",
                )));
            }
            tx.insert_campaign(campaign).await?;
            let sealed = tx.seal_people(id, incident, &plans, campaign.created_at).await?;
            let (hash, hashed) = tx.hash_population(incident).await?;
            let counts = tx.count_sealed(id).await?;
            if [i64::try_from(sealed).unwrap_or(-1), hashed, counts.total()] != [people; 3] {
                return Err(StoreError::Busy);
            }
            tx.enter_sealed(id, &hash, &counts).await?;
            tx.seal_jurisdictions(id).await?;
            tx.after_growth().await?;
            let codes = if campaign.remedy_codes {
                Some(tx.assign_to_sealed(campaign, routing, &key).await?)
            } else {
                None
            };
            // Of whom it was read that a cancelled campaign has told them may have turned out untold since. Who has turned out told is
            // to be told by this one, and nobody could see it: then it is to be sealed anew.
            tx.look_again(incident).await?;
            if tx.told_meanwhile(id, incident).await? {
                return Err(StoreError::Busy);
            }
            tx.codes_were_assigned(incident, codes.unwrap_or(0)).await?;
            let mut audit = audit.clone();
            if let serde_json::Value::Object(detail) = &mut audit.detail {
                detail.insert(String::from("sealed"), people.into());
                detail.insert(String::from("population_hash"), hash.into());
                detail.insert(String::from("counts"), serde_json::json!(counts));
                detail.extend(codes.map(|codes| (String::from("remedy_codes_assigned"), codes.into())));
            }
            tx.append_audit(&audit).await?;
            tx.read_campaign(id).await
        })
    }
}

fn plan(jurisdiction: Option<String>, code: String, routing: &dyn Routing) -> Result<Plan> {
    let reach = Reach::from_code(&code)
        .ok_or_else(|| StoreError::corrupt("people", "reach", "it is not a digit per channel and two more"))?;
    let residence = match &jurisdiction {
        None => None,
        Some(id) => Some(word("people", "jurisdiction", JurisdictionId::parse(id).ok())?),
    };
    let (cascade, reason) = match routing.route(residence.as_ref(), reach) {
        Route::By(cascade) => (cascade, None),
        Route::Unreachable(reason) => (Cascade::default(), Some(reason.as_str())),
        Route::Spared => (Cascade::default(), None),
    };
    Ok(Plan {
        jurisdiction: jurisdiction.unwrap_or_default(),
        reach: code,
        cascade: cascade.to_code(),
        channel: cascade.step(0).map(|step| step.channel.as_str()),
        reason,
    })
}

/// The steps of sealing.
trait Sealing {
    /// `Conflict` when the incident has a campaign of which nobody can say whom it will tell. One that runs is none: whoever
    /// it is to tell is left to it.
    fn no_other_campaign(&mut self, incident: IncidentId) -> impl Future<Output = Result<()>> + Send;
    /// How those of each residence and reach are told, and how many people there are.
    fn plan(
        &mut self,
        incident: IncidentId,
        routing: &dyn Routing,
    ) -> impl Future<Output = Result<(Vec<Plan>, i64)>> + Send;
    /// Stores the campaign, still of nobody.
    fn insert_campaign(&mut self, campaign: &Campaign) -> impl Future<Output = Result<()>> + Send;
    /// SHA-256, hex, over identifier and content hash of each person in order of identifier, and their number.
    fn hash_population(&mut self, incident: IncidentId) -> impl Future<Output = Result<(String, i64)>> + Send;
    /// How many people were put where. The one time that they are counted.
    fn count_sealed(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Counts>> + Send;
    /// Enters what was sealed into the campaign's row.
    fn enter_sealed(
        &mut self,
        campaign: CampaignId,
        hash: &str,
        counts: &Counts,
    ) -> impl Future<Output = Result<()>> + Send;
}

on_both_connections!(Sealing {
    async fn no_other_campaign(&mut self, incident: IncidentId) -> Result<()> {
        let rows: Vec<(Uuid, String, i64)> = sqlx::query_as(
            "/* no_other_campaign */ SELECT id, state, in_flight FROM campaigns \
             WHERE incident_id = $1 AND (state IN ('proposed', 'approved') OR (state = 'cancelled' AND in_flight > 0)) \
             ORDER BY id",
        )
        .bind(incident.0)
        .fetch_all(&mut *self)
        .await?;
        let Some((id, state, in_flight)) = rows.into_iter().next() else { return Ok(()) };
        Err(StoreError::Conflict(if state == CampaignState::Cancelled.as_str() {
            // Whoever is in flight may be told by it yet; the next campaign must not tell them again.
            format!("campaign {id} was cancelled with {in_flight} attempts under way; propose again once they have ended")
        } else {
            format!("campaign {id} of this incident is {state}; start it or cancel it, then propose another")
        }))
    }

    async fn plan(&mut self, incident: IncidentId, routing: &dyn Routing) -> Result<(Vec<Plan>, i64)> {
        let rows: Vec<(Option<String>, String, i64)> = sqlx::query_as(
            "/* plan */ SELECT jurisdiction, reach, COUNT(*) FROM people WHERE incident_id = $1 GROUP BY jurisdiction, reach",
        )
        .bind(incident.0)
        .fetch_all(&mut *self)
        .await?;
        let people = rows.iter().map(|(.., number)| number).sum();
        let plans = rows.into_iter().map(|(jurisdiction, reach, _)| plan(jurisdiction, reach, routing));
        Ok((plans.collect::<Result<_>>()?, people))
    }

    async fn insert_campaign(&mut self, campaign: &Campaign) -> Result<()> {
        sqlx::query(
            "/* insert_campaign */ INSERT INTO campaigns \
             (id, incident_id, notice_id, notice_hash, state, sealed, population_hash, priority, author, created_at, \
              plan, canary_left, remedy_codes) VALUES ($1, $2, $3, $4, 'proposed', 0, '', $5, $6, $7, $8, $9, $10)",
        )
        .bind(campaign.id.0)
        .bind(campaign.incident.0)
        .bind(campaign.notice.0)
        .bind(&campaign.notice_hash)
        .bind(campaign.priority.as_str())
        .bind(&campaign.author.0)
        .bind(campaign.created_at.0)
        .bind(serde_json::to_string(&campaign.plan).map_err(|e| StoreError::corrupt("campaigns", "plan", e.to_string()))?)
        .bind(campaign.plan.canary.map(|canary| i64::from(canary.people)))
        .bind(i64::from(campaign.remedy_codes))
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    async fn hash_population(&mut self, incident: IncidentId) -> Result<(String, i64)> {
        let mut hasher = Sha256::new();
        let mut people = 0;
        let mut rows = sqlx::query_as::<_, (Uuid, Vec<u8>)>(
            "/* hash_population */ SELECT id, content_hash FROM people WHERE incident_id = $1 ORDER BY id",
        )
        .bind(incident.0)
        .fetch(&mut *self);
        while let Some((id, content)) = rows.try_next().await? {
            hasher.update(id.as_bytes());
            hasher.update(&content);
            people += 1;
        }
        Ok((hex::encode(hasher.finalize()), people))
    }

    async fn count_sealed(&mut self, campaign: CampaignId) -> Result<Counts> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "/* count_sealed */ SELECT state, COUNT(*) FROM campaign_people WHERE campaign_id = $1 GROUP BY state",
        )
        .bind(campaign.0)
        .fetch_all(&mut *self)
        .await?;
        let mut counts = Counts::default();
        for (state, number) in rows {
            *counts.get_mut(word("campaign_people", "state", PersonState::from_name(&state))?) = number;
        }
        Ok(counts)
    }

    async fn enter_sealed(&mut self, campaign: CampaignId, hash: &str, counts: &Counts) -> Result<()> {
        sqlx::query(
            "/* enter_sealed */ UPDATE campaigns SET sealed = $2, population_hash = $3, pending = $4, unreachable = $5, \
             suppressed = $6 WHERE id = $1",
        )
        .bind(campaign.0)
        .bind(counts.total())
        .bind(hash)
        .bind(counts.pending)
        .bind(counts.unreachable)
        .bind(counts.suppressed)
        .execute(&mut *self)
        .await?;
        Ok(())
    }
});
