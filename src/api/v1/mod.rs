//! Version 1 of the API. Each file has the requests, answers, handlers and documentation of one thing.
//!
//! To add a file: write `pub fn routes() -> OpenApiRouter<ApiState>` over handlers with `#[utoipa::path]`, each with
//! its full path, its tag and its `x-roles` (one of the lists in [`super::operation`]), and merge it below. Handlers
//! take [`super::auth::Caller`], [`super::extract::PathArg`], [`super::extract::QueryArgs`] and
//! [`super::body::JsonBody`], and return `Result<_, Problem>`; a feature's error becomes a
//! [`super::problem::Problem`] by a `From` beside the handlers.

use utoipa_axum::router::OpenApiRouter;

use super::ApiState;

pub mod alarms;
pub mod announcements;
pub mod calendar_feeds;
mod campaign_view;
pub mod campaigns;
pub mod cost;
pub mod deadlines;
pub mod evidence;
pub mod forecast;
pub mod fulfilments;
pub mod hooks;
pub mod incidents;
pub mod jurisdictions;
pub mod keys;
pub mod letter_preview;
pub mod limits;
pub mod notices;
pub mod obligation_history;
pub mod obligations;
pub mod people;
mod person_view;
mod progress_stream;
pub mod receipts;
pub mod register;
pub mod rehearsals;
pub mod remedy_codes;
pub mod reports;
pub mod retention;
mod reversal;
pub mod rule_changes;
pub mod severity;
pub mod test_sends;
pub mod waivers;
pub mod ways;

/// All operations of this version.
#[must_use]
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(incidents::routes())
        .merge(obligations::routes())
        .merge(waivers::routes())
        .merge(fulfilments::routes())
        .merge(severity::routes())
        .merge(cost::routes())
        .merge(ways::routes())
        .merge(forecast::routes())
        .merge(obligation_history::routes())
        .merge(register::routes())
        .merge(deadlines::routes())
        .merge(calendar_feeds::routes())
        .merge(jurisdictions::routes())
        .merge(rule_changes::routes())
        .merge(people::routes())
        .merge(remedy_codes::routes())
        .merge(letter_preview::routes())
        .merge(notices::routes())
        .merge(test_sends::routes())
        .merge(campaigns::routes())
        .merge(rehearsals::routes())
        .merge(limits::routes())
        .merge(alarms::routes())
        .merge(announcements::routes())
        .merge(reports::routes())
        .merge(evidence::routes())
        .merge(retention::routes())
        .merge(hooks::routes())
        .merge(receipts::routes())
        .merge(keys::routes())
}
