//! What a person decides about people who were not told, or of whom nobody knows: try them again, or take them as told.

use serde_json::json;

use super::moves::Jurisdictions;
use super::statements::Statements;
use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit;
use crate::store::db::{on_both_connections, writing};
use crate::store::error::StoreError;
use crate::store::incidents::IncidentRows as _;
use crate::store::rows::word;
use crate::store::traits::{Again, Result};

impl SqlStore {
    /// See `CampaignStore::tell_again`.
    pub(super) async fn begin_again(
        &self,
        id: CampaignId,
        whom: Again,
        actor: &ActorRef,
        now: Millis,
        reason: &str,
    ) -> Result<(Campaign, i64)> {
        writing!(self, tx => {
            let found = tx.hold_campaign(id).await?;
            let (counts, jurisdictions) = tx.count_again(id, whom).await?;
            let number = -counts.total_of_others(PersonState::Pending);
            if number > 0 {
                let moved = tx.move_again(id, whom, now).await?;
                if i64::try_from(moved) != Ok(number) {
                    // Somebody came or went since they were counted.
                    return Err(StoreError::Busy);
                }
                let after = tx.shift(id, &counts, 0).await?;
                tx.shift_jurisdictions(id, &jurisdictions).await?;
                let detail = json!({ "campaign": id, "people": number, "whom": whom, "reason": reason });
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
            let found = tx.hold_campaign(id).await?;
            let whom = Again { unknown: true, ..Again::default() };
            let (mut counts, mut jurisdictions) = tx.count_again(id, whom).await?;
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

/// Who is meant, as a condition over `p`. `$2` to `$5` are 0 or 1.
macro_rules! whom {
    () => {
        "((p.state IN ('unreachable', 'announced') AND ((p.reason = 'bad_address' AND $2 = 1) \
           OR (p.reason = 'rejected' AND $3 = 1) OR (p.reason = 'gave_up' AND $4 = 1))) \
          OR (p.state = 'unknown' AND $5 = 1))"
    };
}

/// The steps of it.
trait TellingAgain {
    /// Reads a campaign that may have people told again, and locks its incident: nobody is imported, and no other campaign
    /// sealed, until this ends.
    fn hold_campaign(&mut self, id: CampaignId) -> impl Future<Output = Result<Campaign>> + Send;
    /// How the counts change when everybody meant becomes pending, over all and by jurisdiction.
    fn count_again(
        &mut self,
        id: CampaignId,
        whom: Again,
    ) -> impl Future<Output = Result<(Counts, Jurisdictions)>> + Send;
    /// Makes them pending. Returns how many.
    fn move_again(&mut self, id: CampaignId, whom: Again, now: Millis) -> impl Future<Output = Result<u64>> + Send;
}

on_both_connections!(TellingAgain {
    async fn hold_campaign(&mut self, id: CampaignId) -> Result<Campaign> {
        let incident = self.read_campaign(id).await?.incident;
        self.lock_incident(incident).await?;
        let campaign = self.read_campaign(id).await?;
        match campaign.state {
            CampaignState::Running | CampaignState::Paused | CampaignState::Completed => Ok(campaign),
            state => Err(StoreError::Conflict(format!(
                "the campaign is {}; this needs one that is running, paused or completed",
                state.as_str()
            ))),
        }
    }

    async fn count_again(&mut self, id: CampaignId, whom: Again) -> Result<(Counts, Jurisdictions)> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(concat!(
            "/* count_again */ SELECT p.state, COALESCE(people.jurisdiction, ''), COUNT(*) \
             FROM campaign_people p JOIN people ON people.id = p.person_id WHERE p.campaign_id = $1 AND ",
            whom!(),
            " GROUP BY 1, 2"
        ))
        .bind(id.0)
        .bind(i64::from(whom.bad_address))
        .bind(i64::from(whom.rejected))
        .bind(i64::from(whom.gave_up))
        .bind(i64::from(whom.unknown))
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

    async fn move_again(&mut self, id: CampaignId, whom: Again, now: Millis) -> Result<u64> {
        // A dead address may have been corrected since, so its person begins at the first step; the others go on where
        // they ended.
        let done = sqlx::query(concat!(
            "/* move_again */ UPDATE campaign_people AS p SET repeats = CASE WHEN state = 'unknown' THEN 1 ELSE 0 END, \
             place = CASE WHEN reason = 'bad_address' THEN 0 ELSE place END, tries = 0, slot = 0, due_at = $6, \
             channel = CASE substr(cascade, CASE WHEN reason = 'bad_address' THEN 1 ELSE CAST(place AS INTEGER) * 2 + 1 END, 1) \
                 WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push' WHEN 'l' THEN 'letter' ELSE 'voice' END, \
             reason = NULL, state = 'pending' WHERE p.campaign_id = $1 AND ",
            whom!()
        ))
        .bind(id.0)
        .bind(i64::from(whom.bad_address))
        .bind(i64::from(whom.rejected))
        .bind(i64::from(whom.gave_up))
        .bind(i64::from(whom.unknown))
        .bind(now.0)
        .execute(&mut *self)
        .await?;
        Ok(done.rows_affected())
    }
});
