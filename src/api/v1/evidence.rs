//! `/v1/incidents/{id}/audit`, `/evidence` and `/v1/audit`: proof, without anybody's data.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::fulfilments::FulfilmentView;
use crate::api::ApiState;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::{AUDIT, READ};
use crate::api::page::PageArgs;
use crate::api::problem::Problem;
use crate::domain::audit::ChainedEntry;
use crate::domain::campaign::{CampaignState, Counts};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, NoticeId, ReportId};
use crate::domain::incident::IncidentState;
use crate::domain::outcome::Outcome;
use crate::domain::report::{Report, ReportKind};
use crate::evidence::{Approval, Bundle, CampaignEvidence, ChainReport};
use crate::store::Tally;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(audit)).routes(routes!(evidence)).routes(routes!(own_audit))
}

/// Where to go on in a chain.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct AuditArgs {
    /// The `next` of the page before; absent for the first page.
    after: Option<i64>,
    /// At most so many entries, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A page of an audit chain, and whether the whole chain holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Audit {
    /// What verifying the whole chain, from its first entry to its last, came to.
    chain: Chain,
    /// The entries, oldest first.
    items: Vec<AuditItem>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// What verifying a chain came to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Chain {
    /// Whether every entry fits to the one before it, up to the end that was noted when the last one was appended.
    whole: bool,
    /// How many entries fit, from the first on.
    entries: i64,
    /// Hash of the last of them. Note it elsewhere: an end that was cut off together with the database's own note of it
    /// shows only against that.
    head: String,
    /// The first entry that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Broken>,
}

/// The first entry that does not fit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Broken {
    /// Its number.
    seq: i64,
    /// What is wrong with it.
    reason: String,
}

impl From<ChainReport> for Chain {
    fn from(report: ChainReport) -> Self {
        Self {
            whole: report.broken.is_none(),
            entries: report.entries,
            head: report.head,
            broken: report.broken.map(|broken| Broken { seq: broken.seq, reason: broken.reason.to_owned() }),
        }
    }
}

/// One entry. The hash is SHA-256 over chain, number, time in milliseconds, actor, action, detail and the previous
/// hash, each with its length before it as eight bytes, big end first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditItem {
    /// Place in the chain, from 1.
    seq: i64,
    /// When, UTC.
    #[schema(format = DateTime)]
    at: String,
    /// Who.
    actor: String,
    /// What.
    action: String,
    /// Particulars as JSON text, exactly as they were hashed.
    detail: String,
    /// Hash of the entry before.
    previous: String,
    /// Hash of this entry.
    hash: String,
}

impl From<ChainedEntry> for AuditItem {
    fn from(entry: ChainedEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_rfc3339(),
            actor: entry.actor.0,
            action: entry.action,
            detail: entry.detail,
            previous: entry.previous,
            hash: entry.hash,
        }
    }
}

/// Read the audit chain
///
/// Every change of the incident, each entry bound to the one before by hash. The whole chain is verified each time; an
/// entry that was changed, removed or put in is named, and so is an end that is missing.
#[utoipa::path(get, path = "/v1/incidents/{id}/audit", tag = "evidence", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), AuditArgs),
    responses((status = 200, description = "A page of entries.", body = Audit)))]
async fn audit(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<AuditArgs>,
) -> Result<Json<Audit>, Problem> {
    page_of(&state, Some(id), &args).await
}

/// Read the installation's own audit chain
///
/// What belongs to no incident: keys, limits, alarms, workers, changed rules. Bound and verified as those of incidents are.
#[utoipa::path(get, path = "/v1/audit", tag = "evidence", extensions(("x-roles" = json!(AUDIT))), params(AuditArgs),
    responses((status = 200, description = "A page of entries.", body = Audit)))]
async fn own_audit(
    State(state): State<ApiState>,
    QueryArgs(args): QueryArgs<AuditArgs>,
) -> Result<Json<Audit>, Problem> {
    page_of(&state, None, &args).await
}

async fn page_of(state: &ApiState, chain: Option<IncidentId>, args: &AuditArgs) -> Result<Json<Audit>, Problem> {
    let limit = PageArgs { after: None, limit: args.limit }.limit()?;
    let page = state.evidence.audit(chain, args.after.unwrap_or(0), limit).await?;
    let verified = state.evidence.verify(chain).await?;
    let items = page.entries.into_iter().map(AuditItem::from).collect();
    Ok(Json(Audit { chain: verified.into(), items, next: page.next }))
}

/// The evidence of an incident: numbers, hashes, times.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EvidenceView {
    /// The incident.
    incident: IncidentId,
    /// Where it stands.
    state: IncidentState,
    /// People imported.
    people: i64,
    /// When this was put together.
    #[schema(format = DateTime)]
    at: String,
    /// Its campaigns, oldest first.
    campaigns: Vec<CampaignProof>,
    /// Its reports, oldest first.
    reports: Vec<ReportProof>,
    /// Duties that were recorded as done, oldest first.
    fulfilments: Vec<FulfilmentView>,
    /// Its audit chain.
    chain: Chain,
}

/// The evidence of one campaign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CampaignProof {
    /// The campaign.
    id: CampaignId,
    /// Where it stands.
    state: CampaignState,
    /// How many people were sealed.
    sealed: i64,
    /// SHA-256 over the sealed population.
    population_hash: String,
    /// The notice version that was sent.
    notice: NoticeId,
    /// SHA-256 of it: what was approved is what was sent.
    notice_hash: String,
    /// Where the people stand; adds up to `sealed`.
    counts: Counts,
    /// Whether it adds up.
    accounts_for_everybody: bool,
    /// Attempts that were repeated after an unknown outcome: the people who may have been told twice.
    repeated: i64,
    /// Attempts by channel, provider and outcome.
    attempts: Vec<TallyView>,
    /// Who proposed it.
    author: String,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approver: Option<String>,
    /// Its approval, as the audit chain has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalProof>,
    /// When the population was sealed.
    #[schema(format = DateTime)]
    sealed_at: String,
    /// When it was started first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When nobody was pending or in flight any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    completed_at: Option<String>,
}

/// An approval, what was confirmed with it, and what it was given in spite of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ApprovalProof {
    /// Number of its entry in the audit chain.
    seq: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What a law demands and the notice surely lacked, or forbids and it had.
    faults: Vec<String>,
    /// Why it was approved in spite of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    despite: Option<String>,
    /// Elements that the laws demand, that only a reader can tell, and that the approver confirmed.
    confirmed: Vec<String>,
    /// Elements that a law forbids and that the approver confirmed not to be there.
    confirmed_absent: Vec<String>,
}

impl From<Approval> for ApprovalProof {
    fn from(approval: Approval) -> Self {
        Self {
            seq: approval.seq,
            at: approval.at.to_rfc3339(),
            faults: approval.faults,
            despite: approval.despite,
            confirmed: approval.confirmed,
            confirmed_absent: approval.confirmed_absent,
        }
    }
}

/// A number of attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
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

/// A report and its submission.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReportProof {
    /// The report.
    id: ReportId,
    /// The obligation it answers.
    obligation: String,
    /// Which document.
    kind: ReportKind,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    submitted_at: Option<String>,
    /// The authority's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl From<CampaignEvidence> for CampaignProof {
    fn from(evidence: CampaignEvidence) -> Self {
        let accounts_for_everybody = evidence.accounts_for_everybody();
        let campaign = evidence.campaign;
        Self {
            id: campaign.id,
            state: campaign.state,
            sealed: campaign.sealed,
            population_hash: campaign.population_hash,
            notice: campaign.notice,
            notice_hash: campaign.notice_hash,
            counts: campaign.counts,
            accounts_for_everybody,
            repeated: campaign.repeated,
            attempts: evidence.tallies.into_iter().map(TallyView::from).collect(),
            author: campaign.author.0,
            approver: campaign.approver.map(|approver| approver.0),
            approval: evidence.approval.map(ApprovalProof::from),
            sealed_at: campaign.created_at.to_rfc3339(),
            started_at: campaign.started_at.map(Millis::to_rfc3339),
            completed_at: campaign.completed_at.map(Millis::to_rfc3339),
        }
    }
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        Self { channel: tally.channel, provider: tally.provider, outcome: tally.outcome, attempts: tally.attempts }
    }
}

impl From<Report> for ReportProof {
    fn from(report: Report) -> Self {
        Self {
            id: report.id,
            obligation: report.obligation,
            kind: report.kind,
            created_at: report.created_at.to_rfc3339(),
            submitted_at: report.submitted_at.map(Millis::to_rfc3339),
            reference: report.submission_reference,
        }
    }
}

impl From<Bundle> for EvidenceView {
    fn from(bundle: Bundle) -> Self {
        Self {
            incident: bundle.incident.id,
            state: bundle.incident.state,
            people: bundle.incident.people,
            at: bundle.at.to_rfc3339(),
            campaigns: bundle.campaigns.into_iter().map(CampaignProof::from).collect(),
            reports: bundle.reports.into_iter().map(ReportProof::from).collect(),
            fulfilments: bundle.fulfilments.into_iter().map(FulfilmentView::from).collect(),
            chain: bundle.chain.into(),
        }
    }
}

/// Read the evidence
///
/// What was sealed, approved, tried and reached, in numbers and hashes, and whether the audit chain holds. Names nobody,
/// and stays as it is when the people are erased.
#[utoipa::path(get, path = "/v1/incidents/{id}/evidence", tag = "evidence", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The evidence.", body = EvidenceView)))]
async fn evidence(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<EvidenceView>, Problem> {
    Ok(Json(state.evidence.bundle(id).await?.into()))
}
