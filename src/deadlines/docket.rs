//! The duties of all incidents that are being handled, in order of their deadlines.

use std::sync::Arc;

use super::Deadlines;
use crate::domain::clock::Millis;
use crate::domain::deadline::{Entry, Place};
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::ObligationState;
use crate::domain::reminder::Reminder;
use crate::domain::waiver;
use crate::law::Rules;
use crate::store::{Docket, Page, StoreError};

/// Which duties are wanted, by where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What is still to be done, overdue or not.
    #[default]
    ToBeDone,
    /// Those in one state.
    In(ObligationState),
    /// All.
    All,
}

/// Which entries of the docket are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this incident, whatever its state.
    pub incident: Option<IncidentId>,
    /// Only under these rules.
    pub jurisdiction: Option<JurisdictionId>,
    /// By where they stand.
    pub wanted: Wanted,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        let state = match self.wanted {
            Wanted::ToBeDone => entry.is_to_be_done(),
            Wanted::In(state) => entry.obligation.state == state,
            Wanted::All => true,
        };
        state && self.jurisdiction.as_ref().is_none_or(|wanted| entry.obligation.jurisdiction == *wanted)
    }
}

impl Deadlines {
    /// The duties that a filter takes, the earliest deadline first, those without a time last.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn docket(&self, filter: &Filter) -> Result<Vec<Entry>, StoreError> {
        let dockets = match filter.incident {
            Some(incident) => vec![self.store.docket(incident).await?],
            None => self.store.dockets().await?,
        };
        let mut entries = self.entries(dockets).await;
        entries.retain(|entry| filter.takes(entry));
        Ok(entries)
    }

    /// A page of them, after a place.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn page(&self, filter: &Filter, after: Option<&Place>, limit: u32) -> Result<Page<Entry>, StoreError> {
        let mut items = self.docket(filter).await?;
        if let Some(after) = after {
            items.retain(|entry| entry.place() > *after);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        Ok(Page { items, more })
    }

    /// The reminders of an incident, oldest first.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn reminders(&self, incident: IncidentId) -> Result<Vec<Reminder>, StoreError> {
        self.store.incident(incident).await?;
        self.store.reminders(incident).await
    }

    /// Works the duties out. All rules for many incidents take a while, so not on a thread that answers requests.
    async fn entries(&self, dockets: Vec<Docket>) -> Vec<Entry> {
        let (rules, now) = (Arc::clone(&self.rules), self.clock.now());
        let work = tokio::task::spawn_blocking(move || {
            let mut entries: Vec<Entry> = dockets.into_iter().flat_map(|docket| of(&rules, docket, now)).collect();
            entries.sort_by_key(Entry::place);
            entries
        });
        match work.await {
            Ok(entries) => entries,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down; whoever asked is too.
                Err(_) => Vec::new(),
            },
        }
    }
}

fn of(rules: &Rules, docket: Docket, now: Millis) -> Vec<Entry> {
    let Docket { incident, submissions, waivers, fulfilments } = docket;
    let mut obligations = rules.obligations(&incident.facts, &rules.met_by(&submissions, &fulfilments), now);
    waiver::apply(&mut obligations, &waivers);
    let entry = |obligation| Entry {
        incident: incident.id,
        title: incident.facts.title.clone(),
        incident_state: incident.state,
        amended_at: incident.updated_at,
        version: incident.version,
        obligation,
    };
    obligations.into_iter().map(entry).collect()
}
