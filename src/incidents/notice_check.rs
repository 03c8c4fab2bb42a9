//! What the law wants in a notice and what it forbids, held against the notice: present, missing, forbidden, or for a
//! person to read.
//!
//! Only what facts and texts surely show is judged. Whether the words really say what happened, nobody but a reader can
//! tell: the check says so rather than guess, and whoever approves confirms it by name.

use super::approval::{Confirmation, to_confirm};
use super::judge::{self, Verdict, Version};
use super::{IncidentError, Incidents};
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::NoticeContent;
use crate::domain::obligation::{Citation, Duty, Force, Obligation, ObligationState};
use crate::law::Applies;
use crate::law::signs::sign;
use crate::store::Docket;

/// What a law asks of a notice to individuals, held against one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The obligation.
    pub obligation: String,
    /// Its rule set.
    pub jurisdiction: JurisdictionId,
    /// How strongly.
    pub force: Force,
    /// Elements the notice must have.
    pub contents: Vec<String>,
    /// Of these, what facts and texts surely give.
    pub present: Vec<String>,
    /// Of these, what facts and texts surely do not give.
    pub missing: Vec<String>,
    /// Of these, what only a reader can judge.
    pub to_be_read: Vec<String>,
    /// Of these, what the law asks for only where something is the case that is not.
    pub not_applicable: Vec<String>,
    /// Elements that the notice must not have.
    pub must_not_contain: Vec<String>,
    /// Of these, what it surely has.
    pub forbidden: Vec<String>,
    /// Of these, what only a reader can tell not to be there.
    pub absence_to_be_read: Vec<String>,
    /// Where it comes from.
    pub citation: Vec<Citation>,
}

impl Requirement {
    /// Whether a campaign with this notice may not be approved without a reason: the law demands it, and the notice surely
    /// lacks something or has what it must not have.
    #[must_use]
    pub fn stands_in_the_way(&self) -> bool {
        self.force == Force::Mandatory && !(self.missing.is_empty() && self.forbidden.is_empty())
    }
}

impl Incidents {
    /// Holds the newest version of the notice against what the laws ask of it: of one residence, or of all that the incident
    /// names.
    ///
    /// # Errors
    /// When there is no such incident or it has no notice, or storage fails.
    pub async fn check_notice(
        &self,
        id: IncidentId,
        residence: Option<&JurisdictionId>,
    ) -> Result<Vec<Requirement>, IncidentError> {
        let docket = self.store.docket(id).await?;
        let notice = self.notice(id).await?;
        Ok(self.requirements_of(&docket, &notice.content, &docket.incident.facts, residence))
    }

    /// What whoever approves a campaign with this notice is asked to confirm.
    #[must_use]
    pub fn to_confirm(requirements: &[Requirement]) -> Vec<Confirmation> {
        to_confirm(requirements)
    }

    /// What the laws ask of content that is sent with some facts. Each law is held against what the people under it read; of
    /// one residence, all laws that are about people who live there against what these read.
    pub(super) fn requirements_of(
        &self,
        docket: &Docket,
        content: &NoticeContent,
        facts: &IncidentFacts,
        residence: Option<&JurisdictionId>,
    ) -> Vec<Requirement> {
        let obligations = self.standing(docket, self.clock.now());
        let asks = |obligation: &Obligation| {
            obligation.duty == Duty::NotifyIndividuals
                && obligation.state != ObligationState::Waived
                && residence.is_none_or(|residence| self.is_about(&obligation.jurisdiction, residence))
        };
        let asking: Vec<Obligation> = obligations.into_iter().filter(asks).collect();
        if asking.is_empty() {
            return Vec::new();
        }
        let compiled = self.renderer.compile(content, facts).ok();
        let versions = Version::all(content, compiled.as_ref());
        let held = asking.into_iter().map(|obligation| {
            let read = match residence.filter(|there| self.rules.residence(there).is_some()) {
                Some(there) => versions.iter().filter(|v| v.variant == content.variant_of(Some(there))).collect(),
                None => self.read_under(&obligation.jurisdiction, content, &versions),
            };
            requirement(obligation, facts, &read)
        });
        held.collect()
    }

    /// Whether a law is the one that is asked for, or about people of the residence that is.
    fn is_about(&self, law: &JurisdictionId, asked: &JurisdictionId) -> bool {
        let about = |there| self.rules.jurisdiction(law).is_some_and(|set| set.counts(there));
        law == asked || self.rules.residence(asked).is_some() && about(asked)
    }

    /// The versions that people under a law read: those of a residence one, those of a law that follows the organisation all
    /// that go to where it counts people.
    fn read_under<'a>(
        &self,
        jurisdiction: &JurisdictionId,
        content: &NoticeContent,
        versions: &'a [Version],
    ) -> Vec<&'a Version> {
        let follows =
            self.rules.jurisdiction(jurisdiction).filter(|set| matches!(set.applies, Applies::Organisations(_)));
        let reads = |version: &&Version| match (follows, version.variant) {
            (Some(_), None) => true,
            (Some(set), Some(place)) => content.variants[place].jurisdictions.iter().any(|there| set.counts(there)),
            (None, _) => version.variant == content.variant_of(Some(jurisdiction)),
        };
        versions.iter().filter(reads).collect()
    }
}

fn requirement(obligation: Obligation, facts: &IncidentFacts, versions: &[&Version]) -> Requirement {
    let contents = obligation.contents;
    let judged = |verdict| -> Vec<String> {
        let is = |element: &&String| judge::demanded(sign(element), facts, versions) == verdict;
        contents.iter().filter(is).cloned().collect()
    };
    let must_not_contain = obligation.details.must_not_contain;
    let (forbidden, absence_to_be_read) =
        must_not_contain.iter().cloned().partition(|element| judge::forbidden(sign(element), facts, versions));
    Requirement {
        present: judged(Verdict::Present),
        missing: judged(Verdict::Missing),
        to_be_read: judged(Verdict::ToBeRead),
        not_applicable: judged(Verdict::NotApplicable),
        forbidden,
        absence_to_be_read,
        must_not_contain,
        obligation: obligation.id,
        jurisdiction: obligation.jurisdiction,
        force: obligation.force,
        contents,
        citation: obligation.citation,
    }
}
