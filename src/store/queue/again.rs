//! What a person decides about people who were not told, or of whom nobody knows: try them again, or take them as told.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::FromRow;

use super::moves::Jurisdictions;
use super::statements::Statements;
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState};
use crate::domain::cascade::{Cascade, Route, Routing};
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
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

/// Codes of the steps that people have got since their cascade was decided, by residence (empty text where it is not known), reach
/// and cascade, with a space between these.
pub(super) type FurtherSteps = BTreeMap<String, String>;

/// People who stood in one state and live in one jurisdiction.
#[derive(Debug, FromRow)]
pub(super) struct Stood {
    state: String,
    residence: String,
    /// How many were moved.
    moved: i64,
    /// How many were not, because another campaign has told them, or may have, or is to tell them.
    others: i64,
}

/// What each database has its own way of.
pub(super) trait MoveAgain {
    /// Makes people of a campaign pending who are meant and left to no other. Dead addresses may be alive again, so whoever has no
    /// others since begins at the first step; who has is tried by these first, which are added to the end of the cascade; and
    /// the rest go on where they ended.
    fn move_again(
        &mut self,
        campaign: &Campaign,
        whom: Again,
        further: &FurtherSteps,
        now: Millis,
    ) -> impl Future<Output = Result<Vec<Stood>>> + Send;
    /// Makes a campaign's unknown people reached. Returns how many live where.
    fn take_unknown(&mut self, campaign: CampaignId) -> impl Future<Output = Result<Vec<(String, i64)>>> + Send;
}

/// Why those who are meant were given up.
pub(super) fn reasons(whom: Again) -> Vec<&'static str> {
    let reasons = [
        (whom.bad_address, UnreachableReason::BadAddress),
        (whom.rejected, UnreachableReason::Rejected),
        (whom.gave_up, UnreachableReason::GaveUp),
    ];
    reasons.into_iter().filter(|(meant, _)| *meant).map(|(_, reason)| reason.as_str()).collect()
}

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
        writing!(self, patiently tx => {
            let (found, incident) = tx.hold_campaign(id, false).await?;
            editable(incident, "open it first")?;
            let further = if whom.bad_address { tx.further_steps(id, routing).await? } else { FurtherSteps::new() };
            let (mut counts, mut jurisdictions, mut others) = (Counts::default(), Jurisdictions::new(), 0);
            for stood in tx.move_again(&found, whom, &further, now).await? {
                let state = word("campaign_people", "state", PersonState::from_name(&stood.state))?;
                for counts in [&mut counts, jurisdictions.entry(stood.residence).or_default()] {
                    *counts.get_mut(state) -= stood.moved;
                    counts.pending += stood.moved;
                }
                others += stood.others;
            }
            let number = counts.pending;
            if number > 0 {
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
        writing!(self, patiently tx => {
            let (found, _) = tx.hold_campaign(id, true).await?;
            let of = |number: i64| Counts { unknown: -number, reached: number, ..Counts::default() };
            let stood = tx.take_unknown(id).await?;
            let number = stood.iter().map(|(_, people)| people).sum();
            let jurisdictions = stood.into_iter().map(|(residence, people)| (residence, of(people))).collect();
            if number > 0 {
                tx.shift(id, &of(number), 0).await?;
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

/// The code of the steps that those of a residence and reach have now and had not when their cascade was decided; empty text where
/// there are none, or no message is to tell them.
fn further(routing: &dyn Routing, jurisdiction: Option<&str>, reach: &str, cascade: &str) -> Result<String> {
    let residence = match jurisdiction {
        None => None,
        Some(id) => Some(word("people", "jurisdiction", JurisdictionId::parse(id).ok())?),
    };
    let reach = word("people", "reach", Reach::from_code(reach))?;
    let tried = word("campaign_people", "cascade", Cascade::from_code(cascade))?;
    Ok(match routing.route(residence.as_ref(), reach) {
        Route::By(present) => present.beyond(&tried).to_code(),
        Route::Unreachable(_) | Route::Spared => String::new(),
    })
}

/// The steps of it.
trait TellingAgain {
    /// Reads a campaign that may have people told again, or be decided about when it is cancelled, and locks its incident: nobody is
    /// imported, and no other campaign sealed, until this ends. Returns the incident's state, too.
    fn hold_campaign(
        &mut self,
        id: CampaignId,
        or_cancelled: bool,
    ) -> impl Future<Output = Result<(Campaign, IncidentState)>> + Send;
    /// What those whose addresses are all dead have got since.
    fn further_steps(
        &mut self,
        id: CampaignId,
        routing: &dyn Routing,
    ) -> impl Future<Output = Result<FurtherSteps>> + Send;
}

on_both_connections!(TellingAgain {
    async fn hold_campaign(&mut self, id: CampaignId, or_cancelled: bool) -> Result<(Campaign, IncidentState)> {
        let incident = self.read_campaign(id).await?.incident;
        let incident = self.lock_incident(incident).await?.state;
        let campaign = self.read_campaign(id).await?;
        match campaign.state {
            CampaignState::Running | CampaignState::Paused | CampaignState::Completed => Ok((campaign, incident)),
            // Whoever is unknown in it counts as told for all others, so that somebody must be able to say that they were.
            CampaignState::Cancelled if or_cancelled => Ok((campaign, incident)),
            state => Err(StoreError::Conflict(format!(
                "the campaign is {}; this needs one that is running, paused or completed",
                state.as_str()
            ))),
        }
    }

    async fn further_steps(&mut self, id: CampaignId, routing: &dyn Routing) -> Result<FurtherSteps> {
        let rows: Vec<(Option<String>, String, String)> = sqlx::query_as(
            "/* further_steps */ SELECT DISTINCT people.jurisdiction, people.reach, p.cascade \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             WHERE p.campaign_id = $1 AND p.state IN ('unreachable', 'announced') AND p.reason = 'bad_address'",
        )
        .bind(id.0)
        .fetch_all(&mut *self)
        .await?;
        let mut all = BTreeMap::new();
        for (jurisdiction, reach, cascade) in rows {
            let steps = further(routing, jurisdiction.as_deref(), &reach, &cascade)?;
            if !steps.is_empty() {
                all.insert(format!("{} {reach} {cascade}", jurisdiction.unwrap_or_default()), steps);
            }
        }
        Ok(all)
    }
});
