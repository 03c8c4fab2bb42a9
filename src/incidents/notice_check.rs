//! What the law wants in a notice and what it forbids, held against the notice: present, missing, forbidden, or for a
//! person to read.
//!
//! Only what facts and texts surely show is judged. Whether the words really say what happened, nobody but a reader can
//! tell, and the check says so rather than guess.

use super::{IncidentError, Incidents};
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::NoticeContent;
use crate::domain::obligation::{Citation, Duty, Force, Obligation, ObligationState};
use crate::domain::waiver;
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
    /// Elements that the notice must not have.
    pub must_not_contain: Vec<String>,
    /// Of these, what it surely has.
    pub forbidden: Vec<String>,
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

    /// What the laws ask of content that is sent with some facts.
    pub(super) fn requirements_of(
        &self,
        docket: &Docket,
        content: &NoticeContent,
        facts: &IncidentFacts,
        residence: Option<&JurisdictionId>,
    ) -> Vec<Requirement> {
        let mut obligations = self.rules.obligations(&docket.incident.facts, &docket.met, self.clock.now());
        waiver::apply(&mut obligations, &docket.waivers);
        let asks = |obligation: &Obligation| {
            obligation.duty == Duty::NotifyIndividuals
                && obligation.state != ObligationState::Waived
                && residence.is_none_or(|residence| obligation.jurisdiction == *residence)
        };
        obligations.into_iter().filter(asks).map(|obligation| requirement(obligation, facts, content)).collect()
    }
}

fn requirement(obligation: Obligation, facts: &IncidentFacts, content: &NoticeContent) -> Requirement {
    let contents = obligation.contents;
    let judged = |verdict| -> Vec<String> {
        contents.iter().filter(|element| gives(facts, content, element) == verdict).cloned().collect()
    };
    let must_not_contain = obligation.details.must_not_contain;
    let has = |element: &&String| gives(facts, content, element) == Some(true);
    Requirement {
        present: judged(Some(true)),
        missing: judged(Some(false)),
        to_be_read: judged(None),
        forbidden: must_not_contain.iter().filter(has).cloned().collect(),
        must_not_contain,
        obligation: obligation.id,
        jurisdiction: obligation.jurisdiction,
        force: obligation.force,
        contents,
        citation: obligation.citation,
    }
}

/// Whether facts and texts surely give an element that a law has an opinion on; `None` where only a reader can judge. A
/// text counts when every language has it: each reader gets one.
fn gives(facts: &IncidentFacts, content: &NoticeContent, element: &str) -> Option<bool> {
    let every = |says: fn(&crate::domain::notice::NoticeTexts) -> bool| content.texts.values().all(says);
    let contact = &facts.contact;
    match element {
        "data_categories" => Some(!facts.scope.data.is_empty()),
        "date_of_breach" => Some(facts.timeline.occurred_from.is_some() || facts.timeline.occurred_until.is_some()),
        "date_of_discovery" => Some(facts.timeline.discovered.is_some()),
        "contact" | "data_protection_officer" => {
            Some(contact.email.is_some() || contact.phone.is_some() || contact.url.is_some())
        }
        "nature_of_breach" | "facts_of_breach" => Some(every(|text| !text.what_happened.trim().is_empty())),
        "measures_taken" | "measures_planned" => Some(every(|text| !text.what_we_do.trim().is_empty())),
        "advice" => Some(every(|text| text.what_you_can_do.iter().any(|step| !step.trim().is_empty()))),
        "remedies_offered" => Some(every(|text| !text.what_we_offer.trim().is_empty())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_facts_and_texts_surely_show_is_judged_and_nothing_else() {
        let facts: IncidentFacts =
            serde_json::from_str(r#"{"title":"x","contact":{"email":"dpo@example.org"}}"#).unwrap();
        let content: NoticeContent = serde_json::from_str(
            r#"{"default_locale":"en","texts":{
                "en":{"what_happened":"a","what_we_do":"b","what_you_can_do":[],"what_we_offer":"c"},
                "de":{"what_happened":"a","what_we_do":" ","what_you_can_do":["d"],"what_we_offer":"c"}}}"#,
        )
        .unwrap();
        for (element, verdict) in [
            ("data_categories", Some(false)),
            ("date_of_breach", Some(false)),
            ("contact", Some(true)),
            ("nature_of_breach", Some(true)),
            ("measures_taken", Some(false)),
            ("advice", Some(false)),
            ("remedies_offered", Some(true)),
            ("ransom", None),
        ] {
            assert_eq!(gives(&facts, &content, element), verdict, "{element}");
        }
    }
}
