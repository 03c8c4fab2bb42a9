//! `/console`: the incidents, newest first, each with what presses most.

use std::collections::VecDeque;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::ConsoleState;
use super::campaign::{self, CampaignLine};
use super::duties::{self, Outlook};
use super::respond::Frame;
use super::samples::text;
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};
use crate::incidents::IncidentError;

/// Incidents on a page.
const SHOWN: usize = 50;

/// Incidents read at a time. The store lists the oldest first; there are never so many that reading through hurts.
const STEP: u32 = 500;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Before {
    /// Only incidents older than this one. What is no identifier is as if it were not there.
    before: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ListPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    /// What is wrong now.
    alarms: Vec<AlarmLine>,
    items: Vec<Item>,
    /// Whether the newest are not on this page.
    later: bool,
    /// The identifier to read on before, if there are older ones.
    older: Option<IncidentId>,
}

#[derive(Serialize)]
struct AlarmLine {
    headline: String,
    code: Option<String>,
    since: String,
}

#[derive(Serialize)]
struct Item {
    id: IncidentId,
    title: String,
    state: &'static str,
    people: i64,
    filed: String,
    /// `None` once nothing is to be done any more.
    outlook: Option<Outlook>,
    campaigns: Vec<CampaignLine>,
}

pub(super) async fn page(State(state): State<ConsoleState>, Query(query): Query<Before>) -> Response {
    let before = query.before.and_then(|text| text.parse().ok());
    match assemble(&state, before).await {
        Ok(page) => state.show("list.html", &page),
        Err(error) => state.missing(&error),
    }
}

async fn assemble(state: &ConsoleState, before: Option<IncidentId>) -> Result<ListPage<'_>, IncidentError> {
    let (incidents, more) = newest(state, before).await?;
    let older = incidents.last().filter(|_| more).map(|incident| incident.id);
    let mut items = Vec::with_capacity(incidents.len());
    for incident in incidents {
        items.push(item(state, incident).await?);
    }
    let frame = state.frame(String::from("Incidents"), "");
    let alarms = state.alarms.open().await?;
    let alarms = alarms
        .into_iter()
        .map(|(alarm, headline)| AlarmLine { headline, code: alarm.code, since: super::words::minute(alarm.raised_at) })
        .collect();
    Ok(ListPage { frame, alarms, items, later: before.is_some(), older })
}

/// The newest incidents before one, newest first, and whether there are older ones.
async fn newest(state: &ConsoleState, before: Option<IncidentId>) -> Result<(Vec<Incident>, bool), IncidentError> {
    let mut found: VecDeque<Incident> = VecDeque::new();
    let mut older = false;
    let mut after = None;
    loop {
        let page = state.incidents.list(after, STEP).await?;
        after = page.items.last().map(|incident| incident.id);
        for incident in page.items {
            if before.is_some_and(|before| incident.id >= before) {
                return Ok((found.into_iter().rev().collect(), older));
            }
            found.push_back(incident);
            if found.len() > SHOWN {
                found.pop_front();
                older = true;
            }
        }
        if !page.more {
            return Ok((found.into_iter().rev().collect(), older));
        }
    }
}

async fn item(state: &ConsoleState, incident: Incident) -> Result<Item, IncidentError> {
    let outlook = match incident.state {
        IncidentState::Draft | IncidentState::Open => {
            Some(duties::outlook(state.incidents.obligations(incident.id).await?, state.clock.now()))
        }
        IncidentState::Closed | IncidentState::Discarded => None,
    };
    let campaigns = state.incidents.campaigns(incident.id).await?;
    Ok(Item {
        id: incident.id,
        title: incident.facts.title,
        state: incident.state.as_str(),
        people: incident.people,
        filed: super::words::minute(incident.created_at),
        outlook,
        campaigns: campaigns.iter().map(|(campaign, _)| campaign::line(campaign)).collect(),
    })
}

/// The page with what is made up, or with nothing.
pub(super) fn sample(frame: Frame<'_>, full: bool) -> ListPage<'_> {
    let id = IncidentId::new(Millis(0), [0; 10]);
    let alarm = AlarmLine { headline: text(), code: Some(text()), since: text() };
    let item = |outlook| Item {
        id,
        title: text(),
        state: "open",
        people: 1,
        filed: text(),
        outlook,
        campaigns: vec![CampaignLine::sample()],
    };
    ListPage {
        frame,
        alarms: full.then_some(alarm).into_iter().collect(),
        items: if full { vec![item(Some(Outlook::sample())), item(None)] } else { Vec::new() },
        later: true,
        older: full.then_some(id),
    }
}
