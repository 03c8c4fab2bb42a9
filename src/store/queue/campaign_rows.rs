//! Rows of `campaigns`, and their way into the domain's type.

use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::actor::ActorRef;
use crate::domain::campaign::{Campaign, CampaignState, Counts, Priority};
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, NoticeId};
use crate::domain::plan::{CanaryStage, Plan};
use crate::store::error::StoreError;
use crate::store::rows::word;
use crate::store::traits::Result;

/// A row of `campaigns`.
#[derive(Debug, FromRow)]
pub(super) struct CampaignRow {
    id: Uuid,
    incident_id: Uuid,
    notice_id: Uuid,
    notice_hash: String,
    state: String,
    sealed: i64,
    population_hash: String,
    pending: i64,
    in_flight: i64,
    reached: i64,
    unknown: i64,
    unreachable: i64,
    announced: i64,
    suppressed: i64,
    repeated: i64,
    priority: String,
    plan: String,
    canary_left: Option<i64>,
    canary_ended_at: Option<i64>,
    remedy_codes: i64,
    author: String,
    approver: Option<String>,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
}

impl CampaignRow {
    /// Whose row it is.
    pub(super) const fn id(&self) -> CampaignId {
        CampaignId(self.id)
    }
}

/// Reads a state's column.
pub(super) fn campaign_state(text: &str) -> Result<CampaignState> {
    word("campaigns", "state", CampaignState::from_name(text))
}

/// Reads a plan's column.
pub(super) fn plan(text: &str) -> Result<Plan> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("campaigns", "plan", error.to_string()))
}

fn stage(left: Option<i64>, ended_at: Option<i64>) -> CanaryStage {
    match (left, ended_at) {
        (None, _) => CanaryStage::Over,
        (Some(0), Some(at)) => CanaryStage::Watched(Millis(at)),
        (Some(left), _) => CanaryStage::Telling(u32::try_from(left).unwrap_or(u32::MAX)),
    }
}

impl TryFrom<CampaignRow> for Campaign {
    type Error = StoreError;
    fn try_from(row: CampaignRow) -> Result<Self> {
        Ok(Self {
            id: CampaignId(row.id),
            incident: IncidentId(row.incident_id),
            notice: NoticeId(row.notice_id),
            notice_hash: row.notice_hash,
            state: campaign_state(&row.state)?,
            sealed: row.sealed,
            population_hash: row.population_hash,
            counts: Counts {
                pending: row.pending,
                in_flight: row.in_flight,
                reached: row.reached,
                unknown: row.unknown,
                unreachable: row.unreachable,
                announced: row.announced,
                suppressed: row.suppressed,
            },
            repeated: row.repeated,
            priority: word("campaigns", "priority", Priority::from_name(&row.priority))?,
            plan: plan(&row.plan)?,
            canary: stage(row.canary_left, row.canary_ended_at),
            remedy_codes: row.remedy_codes != 0,
            author: ActorRef(row.author),
            approver: row.approver.map(ActorRef),
            created_at: Millis(row.created_at),
            started_at: row.started_at.map(Millis),
            completed_at: row.completed_at.map(Millis),
        })
    }
}
