//! `/v1/incidents/{id}/obligations/history`: how the obligations came to be what they are.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::READ;
use crate::api::page::PageArgs;
use crate::api::problem::Problem;
use crate::domain::actor::ActorRef;
use crate::domain::history::{Cause, DutyChange};
use crate::domain::id::IncidentId;
use crate::incidents::HistoryEntry;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Where to go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct HistoryArgs {
    /// The `next` of the page before; absent for the first page.
    after: Option<i64>,
    /// At most so many entries, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What became of the obligations at one moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ObligationHistoryEntry)]
struct EntryView {
    /// Number, from 1.
    seq: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What happened.
    cause: Cause,
    /// Who did it.
    actor: ActorRef,
    /// Version of the incident.
    version: i64,
    /// Facts that were amended.
    fields: Vec<String>,
    /// What became of the obligations.
    changes: Vec<DutyChange>,
}

impl From<HistoryEntry> for EntryView {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_rfc3339(),
            cause: entry.cause,
            actor: entry.actor,
            version: entry.version,
            fields: entry.fields,
            changes: entry.changes,
        }
    }
}

/// The history of an incident's obligations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ObligationHistory {
    /// Oldest first.
    items: Vec<EntryView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
    /// What is different now from the last entry of all, because time has passed or the rules are newer.
    since: Vec<DutyChange>,
}

/// Read the history of an incident's obligations
///
/// Noted with each amendment, decision and submission: which obligations came, went or changed, what about them, and why.
#[utoipa::path(get, path = "/v1/incidents/{id}/obligations/history", tag = "obligations",
    extensions(("x-roles" = json!(READ))), params(("id" = IncidentId, Path, description = "The incident."), HistoryArgs),
    responses((status = 200, description = "A page of entries.", body = ObligationHistory)))]
async fn read(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<HistoryArgs>,
) -> Result<Json<ObligationHistory>, Problem> {
    let limit = PageArgs { after: None, limit: args.limit }.limit()?;
    let history = state.incidents.duty_history(id, args.after.unwrap_or(0).max(0), limit).await?;
    let items = history.entries.into_iter().map(EntryView::from).collect();
    Ok(Json(ObligationHistory { items, next: history.next, since: history.since }))
}
