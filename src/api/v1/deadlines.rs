//! `/v1/deadlines`: the duties of all incidents in order of their deadlines, as JSON and as a calendar, and who was
//! reminded of them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::READ;
use crate::api::page::{PageArgs, PageOf};
use crate::api::problem::{Kind, Problem};
use crate::deadlines::{Filter, Kind as Form, Wanted};
use crate::domain::clock::Millis;
use crate::domain::deadline::{Entry, Place};
use crate::domain::id::{IncidentId, ReminderId};
use crate::domain::incident::IncidentState;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Obligation, ObligationState};
use crate::domain::reminder::{Mark, Reminder, ReminderState};

/// Media type of a calendar.
pub const CALENDAR: &str = "text/calendar; charset=utf-8";

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(calendar))
        .routes(routes!(calendar_of_incident))
        .routes(routes!(reminders))
}

/// Where duties stand that are wanted.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateArg {
    /// To be done, in time.
    Open,
    /// To be done, the deadline has passed.
    Overdue,
    /// Done.
    Met,
    /// Decided not to be done.
    Waived,
    /// All of these.
    All,
}

impl From<Option<StateArg>> for Wanted {
    fn from(arg: Option<StateArg>) -> Self {
        match arg {
            None => Self::ToBeDone,
            Some(StateArg::Open) => Self::In(ObligationState::Open),
            Some(StateArg::Overdue) => Self::In(ObligationState::Overdue),
            Some(StateArg::Met) => Self::In(ObligationState::Met),
            Some(StateArg::Waived) => Self::In(ObligationState::Waived),
            Some(StateArg::All) => Self::All,
        }
    }
}

/// Which deadlines.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ListArgs {
    /// Only of this incident, also if it is closed.
    incident: Option<IncidentId>,
    /// Only under the rules of this jurisdiction.
    jurisdiction: Option<JurisdictionId>,
    /// By where they stand; what is still to be done (`open` and `overdue`) unless given.
    #[param(inline)]
    state: Option<StateArg>,
    /// The `next` of the page before; absent for the first page.
    after: Option<String>,
    /// At most so many items, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A duty in the docket.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeadlineView {
    /// Whose duty.
    incident: DeadlineIncident,
    /// The duty with its deadline.
    obligation: Obligation,
}

/// An incident in the docket.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeadlineIncident {
    /// Identifier.
    id: IncidentId,
    /// Title.
    title: String,
    /// Where it stands.
    state: IncidentState,
}

impl From<Entry> for DeadlineView {
    fn from(entry: Entry) -> Self {
        let incident = DeadlineIncident { id: entry.incident, title: entry.title, state: entry.incident_state };
        Self { incident, obligation: entry.obligation }
    }
}

/// A place as a cursor: callers must not look inside.
fn cursor(place: &Place) -> String {
    let at = place.at.map_or_else(String::new, |at| at.0.to_string());
    URL_SAFE_NO_PAD.encode(format!("{at} {} {}", place.incident, place.obligation))
}

fn place(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let mut parts = text.splitn(3, ' ');
    let at = match parts.next()? {
        "" => None,
        at => Some(Millis(at.parse().ok()?)),
    };
    Some(Place { at, incident: parts.next()?.parse().ok()?, obligation: parts.next()?.to_owned() })
}

/// List deadlines
///
/// The duties of every incident that is being handled, drafts included, the earliest deadline first; those without a time
/// stand last.
#[utoipa::path(get, path = "/v1/deadlines", tag = "deadlines", extensions(("x-roles" = json!(READ))), params(ListArgs),
    responses((status = 200, description = "A page.", body = PageOf<DeadlineView>)))]
async fn list(
    State(state): State<ApiState>,
    QueryArgs(args): QueryArgs<ListArgs>,
) -> Result<Json<PageOf<DeadlineView>>, Problem> {
    let limit = PageArgs { after: None, limit: args.limit }.limit()?;
    let after = match &args.after {
        None => None,
        Some(text) => Some(place(text).ok_or_else(|| {
            Problem::new(Kind::BadAddress, "`after` is not a cursor of this API.").with(
                "after",
                "it is not a cursor",
                "Use the `next` of the page before, unchanged.",
            )
        })?),
    };
    let filter = Filter { incident: args.incident, jurisdiction: args.jurisdiction, wanted: args.state.into() };
    let page = state.deadlines.page(&filter, after.as_ref(), limit).await?;
    let next = if page.more { page.items.last().map(|entry| cursor(&entry.place())) } else { None };
    Ok(Json(PageOf { items: page.items.into_iter().map(DeadlineView::from).collect(), next }))
}

/// What a calendar consists of.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarArgs {
    /// `event`, which every calendar program shows, or `task` for programs that keep tasks; `event` unless given.
    #[param(inline)]
    kind: Option<KindArg>,
}

/// What each deadline becomes.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum KindArg {
    /// An event.
    Event,
    /// A task.
    Task,
}

impl From<CalendarArgs> for Form {
    fn from(args: CalendarArgs) -> Self {
        match args.kind {
            None | Some(KindArg::Event) => Self::Event,
            Some(KindArg::Task) => Self::Task,
        }
    }
}

type CalendarAnswer = ([(HeaderName, &'static str); 1], String);

/// Read all deadlines as a calendar
///
/// iCalendar (RFC 5545) with alarms. A calendar program, which sends no key, subscribes to an address of its own: see
/// `POST /v1/calendar-feeds`.
#[utoipa::path(get, path = "/v1/deadlines.ics", tag = "deadlines", extensions(("x-roles" = json!(READ))),
    params(CalendarArgs), responses((status = 200, description = "The calendar.", body = String, content_type = "text/calendar")))]
async fn calendar(
    State(state): State<ApiState>,
    QueryArgs(args): QueryArgs<CalendarArgs>,
) -> Result<CalendarAnswer, Problem> {
    let text = state.deadlines.calendar(None, args.into()).await?;
    Ok(([(header::CONTENT_TYPE, CALENDAR)], text))
}

/// Read an incident's deadlines as a calendar
#[utoipa::path(get, path = "/v1/incidents/{id}/deadlines.ics", tag = "deadlines", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), CalendarArgs),
    responses((status = 200, description = "The calendar.", body = String, content_type = "text/calendar")))]
async fn calendar_of_incident(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<CalendarArgs>,
) -> Result<CalendarAnswer, Problem> {
    let text = state.deadlines.calendar(Some(id), args.into()).await?;
    Ok(([(header::CONTENT_TYPE, CALENDAR)], text))
}

/// A reminder of a deadline to one recipient.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Reminder)]
struct ReminderView {
    /// Identifier.
    id: ReminderId,
    /// The duty.
    obligation: String,
    /// Which reminder.
    mark: Mark,
    /// The deadline that it is about.
    #[schema(format = DateTime)]
    deadline: String,
    /// `email` or `webhook`, and a hash that tells recipients apart; addresses stand in the configuration only.
    recipient: String,
    /// Where it stands.
    state: ReminderState,
    /// How often it was tried.
    tries: i64,
    /// What was answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// When it was written down.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    settled_at: Option<String>,
}

impl From<Reminder> for ReminderView {
    fn from(reminder: Reminder) -> Self {
        Self {
            id: reminder.id,
            obligation: reminder.obligation,
            mark: reminder.mark,
            deadline: reminder.deadline.to_rfc3339(),
            recipient: reminder.recipient,
            state: reminder.state,
            tries: reminder.tries,
            code: reminder.code,
            created_at: reminder.created_at.to_rfc3339(),
            settled_at: reminder.settled_at.map(Millis::to_rfc3339),
        }
    }
}

/// Reminders of an incident's deadlines.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Reminders)]
struct RemindersView {
    /// Oldest first.
    reminders: Vec<ReminderView>,
}

/// List an incident's reminders
///
/// Whom responders were reminded through, of what and when. Recipients are configured under `[reminders]`.
#[utoipa::path(get, path = "/v1/incidents/{id}/reminders", tag = "deadlines", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The reminders.", body = RemindersView)))]
async fn reminders(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
) -> Result<Json<RemindersView>, Problem> {
    let reminders = state.deadlines.reminders(id).await?;
    Ok(Json(RemindersView { reminders: reminders.into_iter().map(ReminderView::from).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        for at in [None, Some(Millis(1_765_000_000_000)), Some(Millis(-5))] {
            let there = Place {
                at,
                incident: IncidentId(uuid::Uuid::from_u128(7)),
                obligation: String::from("us-ca/notify-attorney-general"),
            };
            assert_eq!(place(&cursor(&there)), Some(there));
        }
        assert_eq!(place("nonsense"), None);
    }
}
