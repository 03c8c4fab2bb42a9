//! What a person decides about people who were not told, or of whom nobody knows: try them again, or take them as told.

use serde_json::json;

use super::moves::Jurisdictions;
use super::statements::Statements;
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState};
use crate::domain::cascade::{Cascade, Route, Routing};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId};
use crate::domain::incident::IncidentState;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::reach::Reach;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, writing};
use crate::store::error::StoreError;
use crate::store::incidents::{IncidentRows as _, editable};
use crate::store::rows::word;
use crate::store::traits::{Again, Result};

impl SqlStore {
    /// See `CampaignStore::tell_again`.
    pub(super) async fn begin_again(
        &self,
        id: CampaignId,
        whom: Again,
        routing: &dyn Routing,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)> {
        writing!(self, tx => {
            let (found, incident) = tx.hold_campaign(id).await?;
            editable(incident, "open it first")?;
            let (all, _) = tx.count_again(id, whom, None).await?;
            let (counts, jurisdictions) = tx.count_again(id, whom, Some(found.incident)).await?;
            let number = -counts.total_of_others(PersonState::Pending);
            let others = -all.total_of_others(PersonState::Pending) - number;
            if number > 0 {
                let mut moved = 0;
                if whom.bad_address {
                    moved += tx.move_on_to_new(&found, routing, now).await?;
                }
                moved += tx.move_again(&found, whom, now).await?;
                if i64::try_from(moved) != Ok(number) {
                    // Somebody came or went since they were counted.
                    return Err(StoreError::Busy);
                }
                let after = tx.shift(id, &counts, 0).await?;
                tx.shift_jurisdictions(id, &jurisdictions).await?;
                let detail = json!({
                    "campaign": id, "people": number, "left_to_other_campaigns": others, "whom": whom, "reason": reason,
                });
                tx.append_audit(&entry(&found, now, actor, "people.told_again", detail)).await?;
                tx.follow(id, &after, actor, now).await?;
            }
            Ok((tx.read_campaign(id).await?, number))
        })
    }

    /// See `CampaignStore::take_unknown_as_reached`.
    pub(super) async fn unknown_is_reached(
        &self,
        id: CampaignId,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)> {
        writing!(self, tx => {
            let (found, _) = tx.hold_campaign(id).await?;
            let whom = Again { unknown: true, ..Again::default() };
            let (mut counts, mut jurisdictions) = tx.count_again(id, whom, None).await?;
            let number = -counts.unknown;
            if number > 0 {
                let done = sqlx::query(
                    "/* unknown_is_reached */ UPDATE campaign_people SET state = 'reached' \
                     WHERE campaign_id = $1 AND state = 'unknown'",
                )
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
                if i64::try_from(done.rows_affected()) != Ok(number) {
                    return Err(StoreError::Busy);
                }
                for counts in jurisdictions.values_mut().chain([&mut counts]) {
                    counts.reached = std::mem::take(&mut counts.pending);
                }
                tx.shift(id, &counts, 0).await?;
                tx.shift_jurisdictions(id, &jurisdictions).await?;
                let detail = json!({ "campaign": id, "people": number, "reason": reason });
                tx.append_audit(&entry(&found, now, actor, "people.unknown_taken_as_reached", detail)).await?;
            }
            Ok((tx.read_campaign(id).await?, number))
        })
    }
}

fn entry(campaign: &Campaign, at: Millis, actor: &ActorRef, action: &str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { incident: Some(campaign.incident), at, actor: actor.clone(), action: action.to_owned(), detail }
}

/// The steps that people of a residence and reach have now and had not when their cascade was decided; `None` where none of
/// them is to be told by a message.
fn further(routing: &dyn Routing, jurisdiction: Option<&str>, reach: &str, cascade: &str) -> Result<Option<Cascade>> {
    let residence = match jurisdiction {
        None => None,
        Some(id) => Some(word("people", "jurisdiction", JurisdictionId::parse(id).ok())?),
    };
    let reach = word("people", "reach", Reach::from_code(reach))?;
    let tried = word("campaign_people", "cascade", Cascade::from_code(cascade))?;
    Ok(match routing.route(residence.as_ref(), reach) {
        Route::By(present) => Some(present.beyond(&tried)),
        Route::Unreachable(_) | Route::Spared => None,
    })
}

/// Who is meant, as a condition over `p`. `$2` to `$5` are 0 or 1.
macro_rules! whom {
    () => {
        "((p.state IN ('unreachable', 'announced') AND ((p.reason = 'bad_address' AND $2 = 1) \
           OR (p.reason = 'rejected' AND $3 = 1) OR (p.reason = 'gave_up' AND $4 = 1))) \
          OR (p.state = 'unknown' AND $5 = 1))"
    };
}

/// Whom no other campaign of the incident has told, or may have, or is to tell. Whoever a cancelled one has in flight may be told
/// by it yet.
macro_rules! left_to_this_one {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id AND e.person_id = p.person_id \
           WHERE c.incident_id = $6 AND c.id <> $1 AND (e.state IN ('in_flight', 'reached', 'unknown') \
           OR (e.state = 'pending' AND c.state <> 'cancelled')))"
    };
}

/// The steps of it.
trait TellingAgain {
    /// Reads a campaign that may have people told again, and locks its incident: nobody is imported, and no other campaign
    /// sealed, until this ends. Returns the incident's state, too.
    fn hold_campaign(&mut self, id: CampaignId) -> impl Future<Output = Result<(Campaign, IncidentState)>> + Send;
    /// How the counts change when everybody meant becomes pending, over all and by jurisdiction. With an incident, whom other
    /// campaigns of it have told or are to tell are not counted.
    fn count_again(
        &mut self,
        id: CampaignId,
        whom: Again,
        incident: Option<IncidentId>,
    ) -> impl Future<Output = Result<(Counts, Jurisdictions)>> + Send;
    /// Makes them pending. Returns how many.
    fn move_again(&mut self, campaign: &Campaign, whom: Again, now: Millis)
    -> impl Future<Output = Result<u64>> + Send;
    /// Makes those pending whose addresses are all dead and who have got others since the seal: these are added to the end of
    /// their cascade, and tried first. Returns how many.
    fn move_on_to_new(
        &mut self,
        campaign: &Campaign,
        routing: &dyn Routing,
        now: Millis,
    ) -> impl Future<Output = Result<u64>> + Send;
    /// How those whose addresses are all dead live, can be reached, and have been tried to be.
    fn dead_ends(
        &mut self,
        campaign: &Campaign,
    ) -> impl Future<Output = Result<Vec<(Option<String>, String, String)>>> + Send;
}

on_both_connections!(TellingAgain {
    async fn hold_campaign(&mut self, id: CampaignId) -> Result<(Campaign, IncidentState)> {
        let incident = self.read_campaign(id).await?.incident;
        let incident = self.lock_incident(incident).await?.state;
        let campaign = self.read_campaign(id).await?;
        match campaign.state {
            CampaignState::Running | CampaignState::Paused | CampaignState::Completed => Ok((campaign, incident)),
            state => Err(StoreError::Conflict(format!(
                "the campaign is {}; this needs one that is running, paused or completed",
                state.as_str()
            ))),
        }
    }

    async fn count_again(
        &mut self,
        id: CampaignId,
        whom: Again,
        incident: Option<IncidentId>,
    ) -> Result<(Counts, Jurisdictions)> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(concat!(
            "/* count_again */ SELECT p.state, COALESCE(people.jurisdiction, ''), COUNT(*) \
             FROM campaign_people p JOIN people ON people.id = p.person_id WHERE p.campaign_id = $1 AND ",
            whom!(),
            left_to_this_one!(),
            " GROUP BY 1, 2"
        ))
        .bind(id.0)
        .bind(i64::from(whom.bad_address))
        .bind(i64::from(whom.rejected))
        .bind(i64::from(whom.gave_up))
        .bind(i64::from(whom.unknown))
        // Of no incident there is no other campaign.
        .bind(incident.map(|incident| incident.0))
        .fetch_all(&mut *self)
        .await?;
        let (mut all, mut jurisdictions) = (Counts::default(), Jurisdictions::new());
        for (state, jurisdiction, number) in rows {
            let state = word("campaign_people", "state", PersonState::from_name(&state))?;
            for counts in [&mut all, jurisdictions.entry(jurisdiction).or_default()] {
                *counts.get_mut(state) -= number;
                counts.pending += number;
            }
        }
        Ok((all, jurisdictions))
    }

    async fn move_again(&mut self, campaign: &Campaign, whom: Again, now: Millis) -> Result<u64> {
        // Dead addresses may be alive again, so their person begins at the first step; the others go on where they ended.
        let done = sqlx::query(concat!(
            "/* move_again */ UPDATE campaign_people AS p SET repeats = CASE WHEN state = 'unknown' THEN 1 ELSE 0 END, \
             place = CASE WHEN reason = 'bad_address' THEN 0 ELSE place END, tries = 0, slot = 0, due_at = $7, \
             channel = CASE substr(cascade, CASE WHEN reason = 'bad_address' THEN 1 ELSE CAST(place AS INTEGER) * 2 + 1 END, 1) \
                 WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push' WHEN 'l' THEN 'letter' ELSE 'voice' END, \
             reason = NULL, state = 'pending' WHERE p.campaign_id = $1 AND ",
            whom!(),
            left_to_this_one!()
        ))
        .bind(campaign.id.0)
        .bind(i64::from(whom.bad_address))
        .bind(i64::from(whom.rejected))
        .bind(i64::from(whom.gave_up))
        .bind(i64::from(whom.unknown))
        .bind(campaign.incident.0)
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }

    async fn move_on_to_new(&mut self, campaign: &Campaign, routing: &dyn Routing, now: Millis) -> Result<u64> {
        let mut moved = 0;
        for (jurisdiction, reach, cascade) in self.dead_ends(campaign).await? {
            let Some(further) = further(routing, jurisdiction.as_deref(), &reach, &cascade)? else { continue };
            let Some(first) = further.step(0) else { continue };
            let done = sqlx::query(concat!(
                "/* move_on_to_new */ UPDATE campaign_people AS p SET repeats = 0, place = $7, tries = 0, slot = 0, due_at = $8, \
                 channel = $9, cascade = $10, reason = NULL, state = 'pending' WHERE p.campaign_id = $1 \
                 AND p.state IN ('unreachable', 'announced') AND p.reason = 'bad_address' AND p.cascade = $2 \
                 AND EXISTS (SELECT 1 FROM people WHERE people.id = p.person_id \
                     AND COALESCE(people.jurisdiction, '') = $3 AND people.reach = $4 AND people.incident_id = $5)",
                left_to_this_one!()
            ))
            .bind(campaign.id.0)
            .bind(&cascade)
            .bind(jurisdiction.unwrap_or_default())
            .bind(&reach)
            .bind(campaign.incident.0)
            .bind(campaign.incident.0)
            // Two characters a step.
            .bind(i64::try_from(cascade.len() / 2).unwrap_or(i64::MAX))
            .bind(now.0)
            .bind(first.channel.as_str())
            .bind(format!("{cascade}{}", further.to_code()))
            .execute(&mut *self)
            .await?;
            moved += done.rows_affected();
        }
        Ok(moved)
    }

    async fn dead_ends(&mut self, campaign: &Campaign) -> Result<Vec<(Option<String>, String, String)>> {
        let rows = sqlx::query_as(
            "/* dead_ends */ SELECT DISTINCT people.jurisdiction, people.reach, p.cascade \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             WHERE p.campaign_id = $1 AND p.state IN ('unreachable', 'announced') AND p.reason = 'bad_address'",
        )
        .bind(campaign.id.0)
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }
});
