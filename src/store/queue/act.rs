//! What people do with campaigns.

use uuid::Uuid;

use super::steps::Steps;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction};
use crate::domain::id::CampaignId;
use crate::store::SqlStore;
use crate::store::alarms::AlarmOfPause;
use crate::store::audit::AppendAudit;
use crate::store::db::writing;
use crate::store::error::StoreError;
use crate::store::traits::Result;

impl SqlStore {
    /// See `CampaignStore::act_on_campaign`.
    pub(super) async fn act(
        &self,
        id: CampaignId,
        action: CampaignAction,
        actor: &ActorRef,
        audit: &AuditEntry,
    ) -> Result<Campaign> {
        writing!(self, tx => {
            let campaign = tx.read_campaign(id).await?;
            let Some(state) = campaign.state.after(action) else {
                return Err(StoreError::Conflict(format!(
                    "the campaign is {}; {} needs one that is {}",
                    campaign.state.as_str(),
                    action.as_str(),
                    action.allowed_in()
                )));
            };
            if action == CampaignAction::Approve && campaign.author == *actor {
                return Err(StoreError::Conflict(String::from(
                    "whoever proposed a campaign cannot approve it; ask another person to",
                )));
            }
            let approver = (action == CampaignAction::Approve).then_some(actor.0.as_str());
            let started = (action == CampaignAction::Start).then_some(audit.at.0);
            let done = sqlx::query(
                "/* act */ UPDATE campaigns SET state = $3, approver = COALESCE($4, approver), \
                 started_at = COALESCE(started_at, $5), \
                 canary_left = CASE WHEN $6 AND canary_left = 0 THEN NULL ELSE canary_left END, \
                 leaving_after = COALESCE($7, leaving_after) WHERE id = $1 AND state = $2",
            )
            .bind(id.0)
            .bind(campaign.state.as_str())
            .bind(state.as_str())
            .bind(approver)
            .bind(started)
            // Whoever resumes a campaign whose canary has been told has looked at it, and lets the others go.
            .bind(action == CampaignAction::Resume)
            // Whoever is left is looked through from the first on.
            .bind((action == CampaignAction::Cancel).then_some(Uuid::nil()))
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                // Somebody else acted since it was read: begin again with what is true now.
                return Err(StoreError::Busy);
            }
            tx.alarm_of_pause(id, action, actor, audit).await?;
            tx.append_audit(audit).await?;
            tx.read_campaign(id).await
        })
    }
}
