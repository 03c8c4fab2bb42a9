//! What other rules do to incidents that are being handled: noted when the program starts with them, shown afterwards, and
//! foretold to whoever tries them.

use std::collections::BTreeSet;

use serde_json::json;

use super::duties::standing;
use super::{IncidentError, Incidents};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::history::{Cause, DutyChange, DutyThen, Moment, changes, snapshot};
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::domain::obligation::Obligation;
use crate::domain::rule_load::{RuleLoad, SetChange, Stamps, Touched, differing, is_another};
use crate::law::Rules;
use crate::store::{Docket, NotedMoment, Store, StoreError};

/// How often noting begins again when something else was noted meanwhile.
const TRIES: usize = 5;

/// An incident with what rules make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Which.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: IncidentState,
    /// What is different from what was noted last.
    pub changes: Vec<DutyChange>,
    /// Its duties under these rules.
    pub obligations: Vec<Obligation>,
}

/// A loading of rules with what became of incidents.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadEntry {
    /// The loading.
    pub load: RuleLoad,
    /// The incidents that have other duties since, with what is different.
    pub incidents: Vec<TouchedIncident>,
}

/// An incident that has other duties since.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchedIncident {
    /// Which, and where its history has it.
    pub touched: Touched,
    /// Its title.
    pub title: String,
    /// What is different.
    pub changes: Vec<DutyChange>,
}

/// What rules make of every incident that is being handled, against what was noted last. Notes nothing.
///
/// # Errors
/// When storage fails.
pub async fn outlook(store: &dyn Store, rules: &Rules, now: Millis) -> Result<Vec<Outlook>, StoreError> {
    let mut found = Vec::new();
    for docket in store.dockets().await? {
        let obligations = standing(rules, &docket, now);
        let last = store.last_duties(docket.incident.id).await?.map(|(_, moment)| moment.duties).unwrap_or_default();
        let changes = changes(&last, &snapshot(&obligations), Cause::Recomputed, &[]);
        let incident = docket.incident;
        found.push(Outlook {
            incident: incident.id,
            title: incident.facts.title,
            state: incident.state,
            changes,
            obligations,
        });
    }
    Ok(found)
}

impl Incidents {
    /// Notes which rules are loaded. Where they are others than those of the last start, works out the duties of every
    /// incident that is being handled and notes those that are others now, all together or not at all. Returns the
    /// loading, or `None` when the rules are the same.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn note_rules(&self) -> Result<Option<RuleLoad>, IncidentError> {
        let sets = self.rules.stamps();
        for _ in 0..TRIES {
            let last = self.store.rule_loads(None, 1).await?.pop();
            let changed = last.as_ref().map(|last| differing(&last.sets, &sets));
            if changed.as_ref().is_some_and(Vec::is_empty) {
                return Ok(None);
            }
            let now = self.clock.now();
            let moments = self.moments_of_rules(changed.as_deref(), &sets, now).await?;
            let touched = moments.iter().map(|one| Touched { incident: one.incident, entry: one.known + 1 }).collect();
            let load = RuleLoad {
                seq: last.map_or(1, |last| last.seq + 1),
                at: now,
                sets: sets.clone(),
                changed: changed.unwrap_or_default(),
                incidents: touched,
            };
            if self.store.record_rule_load(&load, &moments, audit(&load)).await? {
                return Ok(Some(load));
            }
        }
        Err(StoreError::Busy.into())
    }

    /// The moments that other rules make. `changed` are the sets that are others; not known at the first start.
    async fn moments_of_rules(
        &self,
        changed: Option<&[SetChange]>,
        sets: &Stamps,
        now: Millis,
    ) -> Result<Vec<NotedMoment>, IncidentError> {
        let mut moments = Vec::new();
        for docket in self.store.dockets().await? {
            let Some((known, last)) = self.store.last_duties(docket.incident.id).await? else { continue };
            let duties = snapshot(&standing(&self.rules, &docket, now));
            let concerned = concerned(&last.duties, &duties, changed, sets);
            let names: BTreeSet<&str> = concerned.iter().map(|set| set.jurisdiction.as_str()).collect();
            let found = changes(&last.duties, &duties, Cause::Rules, &[]);
            if found.iter().any(|change| is_another(change) && names.contains(jurisdiction(&change.obligation))) {
                let fields = concerned.iter().map(SetChange::in_words).collect();
                moments.push(noted(&docket, known, duties, fields, now));
            }
        }
        Ok(moments)
    }

    /// Loadings of rules before a number, newest first, with what became of incidents.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn rule_loads(&self, before: Option<i64>, limit: u32) -> Result<Vec<LoadEntry>, IncidentError> {
        let mut entries = Vec::new();
        for load in self.store.rule_loads(before, limit).await? {
            let mut incidents = Vec::new();
            for touched in &load.incidents {
                let title = self.store.incident(touched.incident).await?.facts.title;
                let moments = self.store.duty_history(touched.incident, touched.entry - 1, 2).await?;
                let changes = match moments.as_slice() {
                    [(_, before), (_, after)] => changes(&before.duties, &after.duties, after.cause, &after.fields),
                    _ => Vec::new(),
                };
                incidents.push(TouchedIncident { touched: *touched, title, changes });
            }
            entries.push(LoadEntry { load, incidents });
        }
        Ok(entries)
    }
}

fn noted(docket: &Docket, known: i64, duties: Vec<DutyThen>, fields: Vec<String>, at: Millis) -> NotedMoment {
    let incident = docket.incident.id;
    let (actor, version) = (ActorRef::start(), docket.incident.version);
    NotedMoment { incident, known, moment: Moment { at, cause: Cause::Rules, actor, version, fields, duties } }
}

fn jurisdiction(obligation: &str) -> &str {
    obligation.split_once('/').map_or(obligation, |(jurisdiction, _)| jurisdiction)
}

/// The rule sets of an incident's duties that are others. Where nobody knows what was loaded before, the duties say it.
fn concerned(before: &[DutyThen], after: &[DutyThen], changed: Option<&[SetChange]>, sets: &Stamps) -> Vec<SetChange> {
    let names: BTreeSet<&str> = before.iter().chain(after).map(|duty| jurisdiction(&duty.id)).collect();
    if let Some(changed) = changed {
        return changed.iter().filter(|set| names.contains(set.jurisdiction.as_str())).cloned().collect();
    }
    let version = |set: &str| before.iter().find(|duty| jurisdiction(&duty.id) == set).map(|duty| &duty.rules_version);
    let known = sets.iter().filter_map(|(id, stamp)| {
        let before = version(id.as_str()).filter(|before| **before != stamp.version)?;
        Some(SetChange { jurisdiction: id.clone(), before: Some(before.clone()), after: Some(stamp.version.clone()) })
    });
    known.collect()
}

/// The entry in the installation's chain.
fn audit(load: &RuleLoad) -> AuditEntry {
    let sets: Vec<String> = load.changed.iter().map(SetChange::in_words).collect();
    let incidents: Vec<IncidentId> = load.incidents.iter().map(|touched| touched.incident).collect();
    AuditEntry {
        incident: None,
        at: load.at,
        actor: ActorRef::start(),
        action: String::from("rules.loaded"),
        detail: json!({ "load": load.seq, "sets": load.sets.len(), "changed": sets, "incidents": incidents }),
    }
}
