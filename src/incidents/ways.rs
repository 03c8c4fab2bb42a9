//! By which ways the law lets a person be told, and where a public notice may stand in.

use jiff::civil::Date;

use super::{IncidentError, Incidents};
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::vocabulary::DataCategory;
use crate::law::routes::{Asked, PersonRoutes};
use crate::law::substitute::{self, Decision};

/// What a jurisdiction says on a public notice in place of individual ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubstituteNotice {
    /// The rule set.
    pub jurisdiction: JurisdictionId,
    /// What it says; `None` where its rules know no substitute notice.
    pub decision: Option<Decision>,
}

impl Incidents {
    /// What the laws of a person's residence, and those that follow the organisation, say on telling that person.
    ///
    /// # Errors
    /// When there is no such incident or person, or storage fails.
    pub async fn ways(&self, id: IncidentId, person: PersonId) -> Result<PersonRoutes, IncidentError> {
        let facts = self.store.incident(id).await?.facts;
        let record = self.store.person(id, person).await?.record;
        let (residence, now) = (record.jurisdiction.as_ref(), self.clock.now());
        // What the import took is of the vocabulary; a word that has left it since decides nothing.
        let data: Vec<DataCategory> =
            record.data.iter().filter_map(|word| DataCategory::try_from(word.clone()).ok()).collect();
        let born: Option<Date> = record.birth_date.as_ref().and_then(|born| born.expose().parse().ok());
        Ok(self.rules.telling(residence, &facts, now).person(&Asked {
            reach: record.reach(self.rules.today(residence, now)),
            consent: &record.consent,
            data: &data,
            born,
            guardian: record.guardian.is_some(),
            today: self.rules.today(residence, now),
        }))
    }

    /// Where a public notice may stand in, for each residence that the incident names.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn substitute_notices(&self, id: IncidentId) -> Result<Vec<SubstituteNotice>, IncidentError> {
        let facts = self.store.incident(id).await?.facts;
        let decided = facts.scope.affected.iter().map(|affected| {
            let set = self.rules.jurisdiction(&affected.jurisdiction);
            let decision = set.and_then(|set| substitute::decide(set, &facts));
            SubstituteNotice { jurisdiction: affected.jurisdiction.clone(), decision }
        });
        Ok(decided.collect())
    }
}
