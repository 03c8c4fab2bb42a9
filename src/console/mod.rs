//! The responders' pages: every incident, what is due in all of them, and where one stands. Read-only.
//!
//! Owns these pages and their door. Guarantees that they show nobody's personal data (of people only counts, of keys
//! not even the name; the register, a file to take away, names who decided not to act), that they need no script, form or cookie, and that nothing keeps a copy of them. Never changes
//! anything: who wants to act uses the API.

mod campaign;
mod deadlines;
mod duties;
mod gate;
mod incident;
mod law;
mod list;
mod pages;
mod register;
mod respond;
mod samples;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::sync::Semaphore;
use url::Url;

pub use pages::{ConsoleError, ConsolePages};

use crate::access::Access;
use crate::alarms::Alarms;
use crate::announcements::Announcements;
use crate::deadlines::Deadlines;
use crate::domain::clock::Clock;
use crate::evidence::Evidence;
use crate::incidents::Incidents;
use crate::render::pdf::Fonts;

/// What the pages need.
#[derive(Clone)]
pub struct ConsoleState {
    /// Keys.
    pub access: Arc<Access>,
    /// Incidents and what they oblige to.
    pub incidents: Arc<Incidents>,
    /// Deadlines of all incidents.
    pub deadlines: Arc<Deadlines>,
    /// Alarms.
    pub alarms: Arc<Alarms>,
    /// Public notices.
    pub announcements: Arc<Announcements>,
    /// Campaigns, reports and the audit chain of an incident, at one go.
    pub evidence: Arc<Evidence>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The templates.
    pub pages: Arc<ConsolePages>,
    /// Faces for PDF beside those in the binary.
    pub fonts: Arc<Fonts>,
    /// How many documents are typeset at once.
    pub typesetting: Arc<Semaphore>,
    /// Where the outside reaches this service, for links to public notices and reports.
    pub base: Arc<Url>,
}

impl ConsoleState {
    /// The public address of a path.
    fn public(&self, path: &str) -> String {
        format!("{}/{path}", self.base.as_str().trim_end_matches('/'))
    }
}

/// The console's routes. Brings no fallback, so it can be merged into another router.
pub fn router(state: ConsoleState) -> Router {
    Router::new()
        .route("/console", get(list::page))
        .route("/console/register.csv", get(register::csv))
        .route("/console/register.pdf", get(register::pdf))
        .route("/console/deadlines", get(deadlines::page))
        .route("/console/incidents/{id}", get(incident::page))
        .route_layer(from_fn_with_state(state.clone(), gate::gate))
        .with_state(state)
}
