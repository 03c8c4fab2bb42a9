//! `/v1/alarms`: what stops the telling of people and only people can mend.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::QueryArgs;
use crate::api::operation::READ;
use crate::api::page::{PageArgs, PageOf};
use crate::api::problem::Problem;
use crate::domain::alarm::{Alarm, Cause};
use crate::domain::clock::Millis;
use crate::domain::id::AlarmId;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// One thing that is or was wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Alarm)]
struct AlarmView {
    /// Identifier.
    id: AlarmId,
    /// What it is about.
    #[schema(inline = false)]
    cause: Cause,
    /// Which one: the provider's name, or the campaign's identifier.
    subject: String,
    /// Why: the provider's code, or the reason of the pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// When it was found first.
    #[schema(format = DateTime)]
    raised_at: String,
    /// When it was found last.
    #[schema(format = DateTime)]
    seen_at: String,
    /// When it was over; absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<Alarm> for AlarmView {
    fn from(alarm: Alarm) -> Self {
        Self {
            id: alarm.id,
            cause: alarm.cause,
            subject: alarm.subject,
            code: alarm.code,
            raised_at: alarm.raised_at.to_rfc3339(),
            seen_at: alarm.seen_at.to_rfc3339(),
            ended_at: alarm.ended_at.map(Millis::to_rfc3339),
        }
    }
}

/// List alarms
///
/// Oldest first: providers whose account fails or failed, and campaigns that have paused by themselves. Responders are told of
/// each, and of its end, as `[reminders]` in the configuration says.
#[utoipa::path(get, path = "/v1/alarms", tag = "campaigns", extensions(("x-roles" = json!(READ))), params(PageArgs),
    responses((status = 200, description = "One page of alarms.", body = PageOf<AlarmView>)))]
async fn list(
    State(state): State<ApiState>,
    QueryArgs(args): QueryArgs<PageArgs>,
) -> Result<Json<PageOf<AlarmView>>, Problem> {
    let page = state.alarms.list(args.after()?, args.limit()?).await?;
    Ok(Json(PageOf::of(page, |alarm| alarm.id.0, AlarmView::from)))
}
