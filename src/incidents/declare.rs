//! Files, reads, lists and amends incidents.

use serde_json::{Value, json};

use super::history::moment;
use super::{IncidentError, Incidents, entry, flaws};
use crate::domain::actor::ActorRef;
use crate::domain::facts::IncidentFacts;
use crate::domain::history::{Cause, Moment};
use crate::domain::id::IncidentId;
use crate::domain::incident::{Incident, IncidentState};
use crate::store::{Docket, Page, StoreError};

impl Incidents {
    /// Files an incident as a draft.
    ///
    /// # Errors
    /// When the facts do not fit, or storage fails.
    pub async fn file(&self, facts: IncidentFacts, by: &ActorRef) -> Result<Incident, IncidentError> {
        self.check(&facts)?;
        let now = self.clock.now();
        let incident = Incident {
            id: IncidentId::new(now, self.entropy.ten()),
            state: IncidentState::Draft,
            facts,
            version: 1,
            people: 0,
            created_at: now,
            updated_at: now,
        };
        let fields = changed(&json!({}), &plain(&incident.facts));
        let audit = entry(incident.id, now, by, "incident.filed", json!({ "version": 1, "fields": fields }));
        let docket = Docket { incident, submissions: Vec::new(), waivers: Vec::new(), fulfilments: Vec::new() };
        let moment = moment(&docket, &self.standing(&docket, now), Cause::Filed, by, now);
        self.store.create_incident_noting(&docket.incident, audit, &moment).await?;
        Ok(docket.incident)
    }

    /// Reads an incident.
    ///
    /// # Errors
    /// When there is none, or storage fails.
    pub async fn read(&self, id: IncidentId) -> Result<Incident, IncidentError> {
        Ok(self.store.incident(id).await?)
    }

    /// Lists incidents, oldest first, after a cursor.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self, after: Option<IncidentId>, limit: u32) -> Result<Page<Incident>, IncidentError> {
        Ok(self.store.incidents(after, limit).await?)
    }

    /// Replaces the facts of version `expected`.
    ///
    /// # Errors
    /// `Stale` when the version is another by now, `Frozen` when the incident is closed, `Flawed` when the facts do not fit.
    pub async fn amend(
        &self,
        id: IncidentId,
        expected: i64,
        facts: IncidentFacts,
        by: &ActorRef,
    ) -> Result<Incident, IncidentError> {
        let docket = self.store.docket(id).await?;
        let current = docket.incident.clone();
        if current.version != expected {
            return Err(IncidentError::Stale(current.version));
        }
        if !current.state.is_editable() {
            return Err(IncidentError::Frozen(current.state));
        }
        self.check(&facts)?;
        let fields = changed(&plain(&current.facts), &plain(&facts));
        if fields.is_empty() {
            return Ok(current);
        }
        let now = self.clock.now();
        let audit = entry(id, now, by, "incident.amended", json!({ "version": expected + 1, "fields": fields }));
        // What time and newer rules have changed is noted by itself, so that this entry says what the amendment changes.
        self.note(&docket, Cause::Recomputed, by).await?;
        let amended = Incident { facts, updated_at: now, version: expected + 1, ..current };
        let docket = Docket { incident: amended, ..docket };
        let moment = moment(&docket, &self.standing(&docket, now), Cause::Amended, by, now);
        let moment = Moment { fields, ..moment };
        match self.store.amend_incident_noting(&docket.incident, expected, audit, &moment).await {
            Err(StoreError::Conflict(_)) => {
                // Somebody was faster between our reading and writing: by amending it, or by closing it.
                let current = self.store.incident(id).await?;
                Err(if current.state.is_editable() {
                    IncidentError::Stale(current.version)
                } else {
                    IncidentError::Frozen(current.state)
                })
            }
            other => Ok(other?),
        }
    }

    pub(super) fn check(&self, facts: &IncidentFacts) -> Result<(), IncidentError> {
        let flaws = flaws::find(facts, &self.rules);
        if flaws.is_empty() { Ok(()) } else { Err(IncidentError::Flawed(flaws)) }
    }
}

fn plain(facts: &IncidentFacts) -> Value {
    serde_json::to_value(facts).expect("facts are texts, numbers and lists, which always serialise")
}

/// Paths of the fields that differ, for the audit chain: names, never values.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    fn walk(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
        match (before, after) {
            (Value::Object(old), Value::Object(new)) => {
                let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
                for name in names {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    let (old, new) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
                    walk(&path, old, new, found);
                }
            }
            (old, new) if old == new => {}
            // A part that appears or goes as a whole is told by its fields.
            (Value::Null, Value::Object(_)) => walk(path, &json!({}), after, found),
            (Value::Object(_), Value::Null) => walk(path, before, &json!({}), found),
            _ => found.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    walk("", before, after, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_by_name_only() {
        let before = json!({ "title": "a", "timeline": { "aware": "x" }, "scope": { "data": ["name"] } });
        let after = json!({ "title": "a", "timeline": { "aware": "y" }, "impact": { "risk": "high" } });
        assert_eq!(changed(&before, &after), ["timeline.aware", "scope.data", "impact.risk"]);
        assert!(changed(&before, &before).is_empty());
    }
}
