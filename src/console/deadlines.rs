//! `/console/deadlines`: what is to be done in all incidents, what is due first on top.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::ConsoleState;
use super::duties::{self, Duty};
use super::respond::Frame;
use crate::deadlines::Filter;
use crate::domain::clock::Millis;
use crate::domain::deadline::Entry;
use crate::domain::id::IncidentId;
use crate::domain::obligation::ObligationState;
use crate::store::StoreError;

/// Duties on the page; the API lists the others.
const SHOWN: usize = 500;

#[derive(Serialize)]
pub(super) struct DeadlinesPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    items: Vec<Line>,
    overdue: usize,
    /// How many more there are than the page shows.
    more: usize,
}

#[derive(Serialize)]
struct Line {
    incident: IncidentId,
    title: String,
    duty: Duty,
}

pub(super) async fn page(State(state): State<ConsoleState>) -> Response {
    match assemble(&state).await {
        Ok(page) => state.show("deadlines.html", &page),
        Err(error) => state.failed(&error),
    }
}

async fn assemble(state: &ConsoleState) -> Result<DeadlinesPage<'_>, StoreError> {
    let entries = state.deadlines.docket(&Filter::default()).await?;
    let now = state.clock.now();
    let overdue = entries.iter().filter(|entry| entry.obligation.state == ObligationState::Overdue).count();
    let more = entries.len().saturating_sub(SHOWN);
    let line =
        |entry: Entry| Line { incident: entry.incident, title: entry.title, duty: duties::view(entry.obligation, now) };
    let items = entries.into_iter().take(SHOWN).map(line).collect();
    Ok(DeadlinesPage { frame: state.frame(String::from("Deadlines"), "../console"), items, overdue, more })
}

/// The page with made-up duties, or with none.
pub(super) fn sample(frame: Frame<'_>, full: bool) -> DeadlinesPage<'_> {
    let line = |dated| Line {
        incident: IncidentId::new(Millis(0), [0; 10]),
        title: super::samples::text(),
        duty: Duty::sample(dated),
    };
    let items = if full { vec![line(true), line(false)] } else { Vec::new() };
    DeadlinesPage { frame, overdue: items.len(), more: items.len(), items }
}
