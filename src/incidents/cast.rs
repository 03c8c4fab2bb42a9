//! What a rehearsal plays, and what came of it, held against the deadlines.

use std::sync::Arc;

use super::forecast::{Crowd, Forecast, Outlook, forecast};
use super::routing::ByLaw;
use super::{IncidentError, Incidents};
use crate::domain::channel::Channel;
use crate::domain::id::{CampaignId, IncidentId, NoticeId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::Notice;
use crate::domain::rehearsal::Cast;
use crate::store::StoreError;

impl Incidents {
    /// What a rehearsal plays: a campaign's own notice to those whom it is still to tell, or the newest notice, over the facts
    /// of now, to everybody who was imported.
    ///
    /// # Errors
    /// When there is no such incident, campaign of it or notice, nobody to tell, no provider carries any channel of the
    /// cascade, the notice does not compile, or storage fails.
    pub async fn cast(&self, id: IncidentId, campaign: Option<CampaignId>) -> Result<Cast, IncidentError> {
        let incident = self.store.incident(id).await?;
        let now = self.clock.now();
        let notice = match campaign {
            Some(campaign) => {
                let campaign = self.store.campaign(campaign).await?;
                if campaign.incident != id {
                    return Err(StoreError::NotFound("campaign").into());
                }
                if campaign.counts.is_settled() {
                    return Err(IncidentError::NoPeople);
                }
                self.store.notice(campaign.notice).await?
            }
            None if incident.people == 0 => return Err(IncidentError::NoPeople),
            None => Notice {
                id: NoticeId::new(now, self.entropy.ten()),
                version: 0,
                facts: incident.facts.clone(),
                ..self.notice(id).await?
            },
        };
        let compiled = self.renderer.compile(&notice.content, &notice.facts)?;
        let notice = Notice { hash: compiled.hash().to_owned(), ..notice };
        let cascade = &notice.content.cascade;
        let cascade: Vec<Channel> = cascade.iter().copied().filter(|channel| self.channels.contains(channel)).collect();
        if cascade.is_empty() {
            return Err(IncidentError::NoProvider);
        }
        let remedy_codes = compiled.has_remedy_codes();
        let routing = ByLaw::new(Arc::clone(&self.rules), incident.facts.clone(), now, cascade).with_codes_of(compiled);
        Ok(Cast { incident, notice, routing: Box::new(routing), remedy_codes, campaign })
    }

    /// When each duty to tell individuals would be met by so many attempts, at the rates of the real providers, if it began now.
    /// Attempts are by residence and channel; without a channel, they are people whom nothing reached.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn forecast_of(
        &self,
        id: IncidentId,
        attempts: &[(Option<JurisdictionId>, Option<Channel>, i64)],
    ) -> Result<Forecast, IncidentError> {
        let docket = self.store.docket(id).await?;
        let now = self.clock.now();
        let crowd = |(of, channel, number): &(Option<JurisdictionId>, Option<Channel>, i64)| Crowd {
            jurisdiction: of.clone(),
            channel: *channel,
            people: *number,
        };
        let crowds: Vec<Crowd> = attempts.iter().map(crowd).collect();
        let carriers = self.carriers_now().await?;
        let obligations = self.standing(&docket, now);
        let (rules, obligations) = (&self.rules, &obligations);
        Ok(forecast(&Outlook { now, crowds: &crowds, carriers: &carriers, rules, obligations, seen: None }))
    }
}
