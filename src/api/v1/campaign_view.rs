//! How campaigns, their attempts and their progress are answered.

use serde::Serialize;

use crate::domain::actor::ActorRef;
use crate::domain::campaign::{Campaign, CampaignState, Counts, PersonState, Priority};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, NoticeId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::outcome::Outcome;
use crate::domain::plan::{CanaryStage, Plan};
use crate::incidents::{CampaignView, Progress};
use crate::store::{AttemptRow, JurisdictionCounts, Tally};

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Progress)]
pub(super) struct ProgressView {
    /// The campaign.
    campaign: CampaignId,
    /// Where it stands.
    state: CampaignState,
    /// People sealed; the counts add up to it.
    sealed: i64,
    /// Where the people are, exactly.
    counts: Counts,
    /// People who are neither pending nor in flight any more.
    done: i64,
    /// People a second, lately; absent when it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<f64>,
    /// Seconds left at that speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<i64>,
    /// The least and the most it is likely to take, in seconds, from how steady the speed was; absent before it has been
    /// looked at a few times.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left_range: Option<(i64, i64)>,
    /// When this was.
    #[schema(format = DateTime)]
    at: String,
}

impl From<Progress> for ProgressView {
    fn from(progress: Progress) -> Self {
        Self {
            campaign: progress.campaign,
            state: progress.state,
            sealed: progress.sealed,
            counts: progress.counts,
            done: progress.done,
            per_second: progress.per_second.map(|speed| (speed * 10.0).round() / 10.0),
            seconds_left: progress.seconds_left,
            seconds_left_range: progress.seconds_left_range,
            at: progress.at.to_rfc3339(),
        }
    }
}

/// A campaign as it is listed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CampaignBrief {
    /// Identifier.
    id: CampaignId,
    /// The incident.
    incident: IncidentId,
    /// The notice version it sends.
    notice: NoticeId,
    /// Stands for how that version reads.
    notice_hash: String,
    /// Where it stands.
    state: CampaignState,
    /// People sealed.
    sealed: i64,
    /// Stands for the sealed people.
    population_hash: String,
    /// Where they are, exactly.
    counts: Counts,
    /// Attempts repeated after an unknown outcome: the people who may have got two.
    repeated: i64,
    /// Whether it goes before others.
    priority: Priority,
    /// What holds it back.
    plan: Plan,
    /// How far its canary is; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryView>,
    /// Whether what it tells has remedy codes in it.
    remedy_codes: bool,
    /// Who proposed it.
    author: ActorRef,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approver: Option<ActorRef>,
    /// When it was sealed.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was started first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When nobody was pending or in flight any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// People who are neither pending nor in flight any more.
    done: i64,
    /// People a second, lately; absent when it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<f64>,
    /// Seconds left at that speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<i64>,
}

/// How far a canary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
#[schema(as = CanaryStage)]
pub(super) enum CanaryView {
    /// Its people are being told.
    Telling {
        /// Attempts that may still be made of it.
        left: u32,
    },
    /// They are told, and what becomes of it is waited for.
    Watched,
    /// It went well, or somebody resumed the campaign; the others are told.
    Over,
}

impl CanaryView {
    fn of(plan: &Plan, stage: CanaryStage) -> Option<Self> {
        plan.canary?;
        Some(match stage {
            CanaryStage::Telling(left) => Self::Telling { left },
            CanaryStage::Watched(_) => Self::Watched,
            CanaryStage::Over => Self::Over,
        })
    }
}

impl CampaignBrief {
    /// From what is stored and how fast it goes.
    pub(super) fn new(campaign: Campaign, progress: Progress) -> Self {
        let progress = ProgressView::from(progress);
        Self {
            id: campaign.id,
            incident: campaign.incident,
            notice: campaign.notice,
            notice_hash: campaign.notice_hash,
            state: campaign.state,
            sealed: campaign.sealed,
            population_hash: campaign.population_hash,
            counts: campaign.counts,
            repeated: campaign.repeated,
            priority: campaign.priority,
            plan: campaign.plan,
            canary: CanaryView::of(&campaign.plan, campaign.canary),
            remedy_codes: campaign.remedy_codes,
            author: campaign.author,
            approver: campaign.approver,
            created_at: campaign.created_at.to_rfc3339(),
            started_at: campaign.started_at.map(Millis::to_rfc3339),
            completed_at: campaign.completed_at.map(Millis::to_rfc3339),
            done: progress.done,
            per_second: progress.per_second,
            seconds_left: progress.seconds_left,
        }
    }
}

/// A campaign with its tallies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Campaign)]
pub(super) struct CampaignFull {
    /// As it is listed.
    #[serde(flatten)]
    campaign: CampaignBrief,
    /// What it has cost so far, an amount for each currency, at the prices in the configuration and as `plan.budget` counts it:
    /// all attempts that a provider has taken or may have taken, a text with the most segments that the notice has in any
    /// language. Attempts through providers without a price are not in it, nor what is in flight. Empty where there is nothing.
    #[schema(example = json!(["12.40 EUR"]))]
    spent: Vec<String>,
    /// Attempts by channel, provider and outcome.
    tallies: Vec<TallyView>,
    /// Where the people of each jurisdiction stand.
    jurisdictions: Vec<JurisdictionView>,
}

impl From<CampaignView> for CampaignFull {
    fn from(view: CampaignView) -> Self {
        Self {
            campaign: CampaignBrief::new(view.campaign, view.progress),
            spent: view.spent.iter().map(ToString::to_string).collect(),
            tallies: view.tallies.into_iter().map(TallyView::from).collect(),
            jurisdictions: view.jurisdictions.into_iter().map(JurisdictionView::from).collect(),
        }
    }
}

/// A number of attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Tally)]
struct TallyView {
    /// Through which channel.
    channel: Channel,
    /// Through which provider; `no provider` where none was asked, because none carries it or no message could be made.
    provider: String,
    /// What came of them.
    outcome: Outcome,
    /// How many.
    attempts: i64,
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        Self { channel: tally.channel, provider: tally.provider, outcome: tally.outcome, attempts: tally.attempts }
    }
}

/// Where the people of a jurisdiction stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = JurisdictionCounts)]
struct JurisdictionView {
    /// The jurisdiction; absent for people of whom it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<JurisdictionId>,
    /// People sealed.
    sealed: i64,
    /// Pending or in flight.
    left: i64,
    /// Told.
    reached: i64,
    /// Nobody knows.
    unknown: i64,
    /// No contact point is left.
    unreachable: i64,
    /// The announcement stands in.
    announced: i64,
    /// Told by another campaign.
    suppressed: i64,
}

impl From<JurisdictionCounts> for JurisdictionView {
    fn from(of: JurisdictionCounts) -> Self {
        let counts = of.counts;
        Self {
            jurisdiction: of.jurisdiction,
            sealed: of.sealed,
            left: counts.pending + counts.in_flight,
            reached: counts.reached,
            unknown: counts.unknown,
            unreachable: counts.unreachable,
            announced: counts.announced,
            suppressed: counts.suppressed,
        }
    }
}

/// One try to tell one person. No personal data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Attempt)]
pub(super) struct AttemptView {
    /// Identifier.
    id: AttemptId,
    /// The person.
    person: PersonId,
    /// Where the person stands now.
    person_state: PersonState,
    /// Through which channel.
    channel: Channel,
    /// Through which provider; `no provider` where none was asked, because none carries it or no message could be made.
    provider: String,
    /// Number of the attempt for this person, from 1.
    number: i64,
    /// Whether it repeats one that may have gone out.
    repeats: bool,
    /// Stands for the notice that was sent.
    notice_hash: String,
    /// When the intent was recorded.
    #[schema(format = DateTime)]
    intended_at: String,
    /// What came of it, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// When that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    settled_at: Option<String>,
    /// The provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The provider's own name for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What the last receipt said.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Outcome>,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        Self {
            id: row.id,
            person: row.person,
            person_state: row.person_state,
            channel: row.channel,
            provider: row.provider,
            number: row.number,
            repeats: row.repeats,
            notice_hash: row.notice_hash,
            intended_at: row.intended_at.to_rfc3339(),
            outcome: row.outcome,
            settled_at: row.settled_at.map(Millis::to_rfc3339),
            code: row.code,
            reference: row.reference,
            receipt: row.receipt,
        }
    }
}
