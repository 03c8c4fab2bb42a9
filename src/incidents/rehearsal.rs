//! Goes through all people before a campaign is proposed, so that a value which somebody lacks stops the proposal and
//! not the sending.
//!
//! Nobody is kept in memory: people stream through page by page, and what is counted is per cause. People who are
//! imported between the rehearsal and the seal are not covered by it; for them the engine's strict rendering is the guard.

use std::collections::BTreeMap;

use super::{IncidentError, Incidents};
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::NoticeContent;
use crate::domain::sample;
use crate::render::{CompiledNotice, RenderError};

/// People that are read at once.
const PAGE: u32 = 1_000;
/// Examples that are named per cause.
const EXAMPLES: usize = 5;

/// Why a notice cannot be rendered for some people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What a text uses and these people lack, in words that name template, locale and value.
    pub reason: RenderError,
    /// How many people.
    pub people: u64,
    /// Some of them.
    pub examples: Vec<PersonId>,
}

/// What going through all people found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// People seen.
    pub people: u64,
    /// People for whom something is missing, by cause.
    pub misfits: Vec<Misfit>,
}

impl Incidents {
    /// Checks the channels of the cascade with a made-up person per locale, then every person of the incident.
    pub(super) async fn rehearse(
        &self,
        incident: IncidentId,
        content: &NoticeContent,
        notice: &CompiledNotice,
    ) -> Result<(), IncidentError> {
        try_channels(content, notice)?;
        let mut causes: BTreeMap<String, Misfit> = BTreeMap::new();
        let mut found = Rehearsal::default();
        let mut after = None;
        loop {
            let page = self.store.people(incident, after, PAGE).await?;
            after = page.items.last().map(|person| person.id);
            for mut person in page.items {
                found.people += 1;
                // Codes are given out when the population is sealed.
                person.record.remedy_code = sample::remedy_code();
                let Err(reason) = notice.covers(&person.record) else { continue };
                let misfit = causes.entry(reason.to_string()).or_insert_with(|| Misfit {
                    reason,
                    people: 0,
                    examples: Vec::new(),
                });
                misfit.people += 1;
                if misfit.examples.len() < EXAMPLES {
                    misfit.examples.push(person.id);
                }
            }
            if !page.more || after.is_none() {
                break;
            }
        }
        if found.people == 0 {
            return Err(IncidentError::NoPeople);
        }
        found.misfits = causes.into_values().collect();
        if found.misfits.is_empty() { Ok(()) } else { Err(IncidentError::Misfits(found)) }
    }
}

/// Refuses a cascade with a channel that no notice can be rendered for.
pub(super) fn try_channels(content: &NoticeContent, notice: &CompiledNotice) -> Result<(), RenderError> {
    let residences = content.variants.iter().filter_map(|variant| variant.jurisdictions.first());
    let residences: Vec<Option<&JurisdictionId>> = std::iter::once(None).chain(residences.map(Some)).collect();
    for &channel in &content.cascade {
        for (locale, residence) in content.texts.keys().flat_map(|l| residences.iter().map(move |r| (l, *r))) {
            match notice.render_locale(channel, locale, &sample::person(Some(locale.clone()), residence.cloned())) {
                // What the made-up person lacks, a real one may have; that is found out with the real ones.
                Ok(_) | Err(RenderError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
