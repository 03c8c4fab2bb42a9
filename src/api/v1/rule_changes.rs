//! `/v1/rules/changes`: which rule sets were loaded that are others than before, and which incidents have other duties since.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::QueryArgs;
use crate::api::operation::READ;
use crate::api::page::PageArgs;
use crate::api::problem::Problem;
use crate::domain::history::DutyChange;
use crate::domain::id::IncidentId;
use crate::domain::rule_load::SetChange;
use crate::incidents::{LoadEntry, TouchedIncident};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Where to go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct LoadArgs {
    /// The `next` of the page before; absent for the first page.
    before: Option<i64>,
    /// At most so many entries, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A start with other rules than the one before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleChange)]
struct LoadView {
    /// Number, from 1.
    seq: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The rule sets that are others, with their versions; none the first time.
    rule_sets: Vec<SetChange>,
    /// The incidents that had other obligations since.
    incidents: Vec<TouchedView>,
}

/// An incident that has other obligations since.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IncidentUnderOtherRules)]
struct TouchedView {
    /// Which.
    incident: IncidentId,
    /// Its title.
    title: String,
    /// The entry of its history of obligations.
    entry: i64,
    /// What became of the obligations.
    changes: Vec<DutyChange>,
}

impl From<TouchedIncident> for TouchedView {
    fn from(one: TouchedIncident) -> Self {
        let TouchedIncident { touched, title, changes } = one;
        Self { incident: touched.incident, title, entry: touched.entry, changes }
    }
}

impl From<LoadEntry> for LoadView {
    fn from(entry: LoadEntry) -> Self {
        Self {
            seq: entry.load.seq,
            at: entry.load.at.to_rfc3339(),
            rule_sets: entry.load.changed,
            incidents: entry.incidents.into_iter().map(TouchedView::from).collect(),
        }
    }
}

/// Starts with other rules.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RuleChanges {
    /// Newest first.
    items: Vec<LoadView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// List changes of the rules
///
/// Each start with other rule sets than the one before, from a new build or from `law.overrides`: which sets, and which of
/// the incidents that were being handled have other obligations since, with what is different. The history of each such
/// incident has the same under the cause `rules`.
#[utoipa::path(get, path = "/v1/rules/changes", tag = "obligations", extensions(("x-roles" = json!(READ))),
    params(LoadArgs), responses((status = 200, description = "A page of changes.", body = RuleChanges)))]
async fn list(
    State(state): State<ApiState>,
    QueryArgs(args): QueryArgs<LoadArgs>,
) -> Result<Json<RuleChanges>, Problem> {
    let limit = PageArgs { after: None, limit: args.limit }.limit()?;
    let mut found = state.incidents.rule_loads(args.before, limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = if more { found.last().map(|entry| entry.load.seq) } else { None };
    Ok(Json(RuleChanges { items: found.into_iter().map(LoadView::from).collect(), next }))
}
