//! What an incident obliges to: the law's answer to its facts, with what has been done already.

use std::collections::BTreeMap;

use super::severity::{Knowledge, Severity, severity};
use super::{IncidentError, Incidents};
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::obligation::Obligation;
use crate::domain::waiver;
use crate::law::Rules;
use crate::store::Docket;

impl Incidents {
    /// The obligations of an incident, as of now. Reports that were submitted and duties that were
    /// recorded as done count as done, decisions count as made.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn obligations(&self, id: IncidentId) -> Result<Vec<Obligation>, IncidentError> {
        let docket = self.store.docket(id).await?;
        Ok(self.standing(&docket, self.clock.now()))
    }

    /// The obligations of an incident that was read with what says where they stand.
    pub(super) fn standing(&self, docket: &Docket, now: Millis) -> Vec<Obligation> {
        standing(&self.rules, docket, now)
    }

    /// ENISA's severity of an incident, as advice.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn severity(&self, id: IncidentId, knowledge: &Knowledge) -> Result<Severity, IncidentError> {
        Ok(severity(&self.store.incident(id).await?.facts, knowledge))
    }

    /// The obligations that facts would bring, as of now. Stores nothing.
    ///
    /// # Errors
    /// When the facts do not fit.
    pub fn obligations_of(&self, facts: &IncidentFacts) -> Result<Vec<Obligation>, IncidentError> {
        self.check(facts)?;
        Ok(self.rules.obligations(facts, &BTreeMap::new(), self.clock.now()))
    }
}

/// The obligations under some rules of an incident that was read with what says where they stand.
pub(super) fn standing(rules: &Rules, docket: &Docket, now: Millis) -> Vec<Obligation> {
    let mut obligations =
        rules.obligations(&docket.incident.facts, &rules.met_by(&docket.submissions, &docket.fulfilments), now);
    waiver::apply(&mut obligations, &docket.waivers);
    obligations
}
