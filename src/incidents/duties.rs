//! What an incident obliges to: the law's answer to its facts, with what has been done already.

use std::collections::BTreeMap;

use super::{IncidentError, Incidents};
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::obligation::Obligation;
use crate::domain::report::met_by;

impl Incidents {
    /// The obligations of an incident, as of now. Reports that were submitted count as done.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn obligations(&self, id: IncidentId) -> Result<Vec<Obligation>, IncidentError> {
        let facts = self.store.incident(id).await?.facts;
        let done = met_by(&self.store.reports(id).await?);
        Ok(self.rules.obligations(&facts, &done, self.clock.now()))
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
