//! What a forecast is made from: the people, the providers, the duties, and what is seen of a campaign that runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::carrying::carrying;
use super::forecast::{Carrier, Crowd, Forecast, Outlook, Seen, forecast};
use super::routing::ByLaw;
use super::{IncidentError, Incidents};
use crate::domain::campaign::{Campaign, CampaignState};
use crate::domain::cascade::{Route, Routing};
use crate::domain::channel::Channel;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::limit::LimitKind;
use crate::domain::notice::NoticeContent;
use crate::domain::reach::{Mark, Reach};
use crate::store::{ReachGroup, StoreError};

/// At most about so many people are looked at for how they spread over channels.
const LOOKED_AT: u32 = 200_000;

impl Incidents {
    /// When each duty to tell individuals will be met, and what would fix it where it will not: from what is seen of a
    /// campaign that runs, else from the configured rates as if it were started now. Of very many people it looks at a
    /// part that is spread over all of them, and says that it does.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn forecast(&self, id: IncidentId) -> Result<Forecast, IncidentError> {
        let docket = self.store.docket(id).await?;
        let now = self.clock.now();
        let campaigns = self.store.campaigns(id).await?;
        let running = campaigns.iter().rev().find(|campaign| campaign.state == CampaignState::Running);
        let (crowds, exact) = match campaigns.iter().rev().find(|campaign| !has_ended(campaign.state)) {
            Some(campaign) => self.left(id, campaign).await?,
            None => self.all(id, &docket.incident).await?,
        };
        let seen = running.and_then(|campaign| {
            let progress = self.meter.read(campaign, now);
            let per_second = progress.per_second.filter(|speed| *speed > 0.0)?;
            Some(Seen { per_second, seconds_left: progress.seconds_left?, range: progress.seconds_left_range })
        });
        let carriers = self.carriers_now().await?;
        let obligations = self.standing(&docket, now);
        let (rules, obligations) = (&self.rules, &obligations);
        let outlook = Outlook { now, crowds: &crowds, carriers: &carriers, rules, obligations, seen };
        Ok(Forecast { exact, ..forecast(&outlook) })
    }

    /// Everybody who was imported; before that, the numbers in the facts, as if each had a contact point of every channel.
    async fn all(&self, id: IncidentId, incident: &Incident) -> Result<(Vec<Crowd>, bool), IncidentError> {
        let routing = self.routing(id).await?;
        if incident.people > 0 {
            return self.imported(id, &routing).await;
        }
        let everywhere = Channel::ALL.into_iter().fold(Reach::default(), |reach, channel| reach.with(channel, 1));
        let groups = incident.facts.scope.affected.iter().flat_map(|group| {
            let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let lost = count(group.uncontactable.unwrap_or(0));
            let told = count(group.individuals.unwrap_or(0)).saturating_sub(lost);
            let of = |reach, people| ReachGroup { jurisdiction: Some(group.jurisdiction.clone()), reach, people };
            [of(everywhere, told), of(Reach::default(), lost)]
        });
        Ok((self.crowds(groups, &routing), true))
    }

    /// Who is left of a campaign: as many of each residence as are not done, spread over channels as all people are.
    async fn left(&self, id: IncidentId, campaign: &Campaign) -> Result<(Vec<Crowd>, bool), IncidentError> {
        let (all, exact) = self.imported(id, &self.routing(id).await?).await?;
        let mut left: BTreeMap<Option<JurisdictionId>, i64> = BTreeMap::new();
        for counts in self.store.jurisdiction_counts(campaign.id).await? {
            *left.entry(counts.jurisdiction.clone()).or_default() += counts.counts.pending + counts.counts.in_flight;
        }
        let told = |jurisdiction: &Option<JurisdictionId>| -> i64 {
            all.iter().filter(|c| c.jurisdiction == *jurisdiction && c.channel.is_some()).map(|c| c.people).sum()
        };
        let share = |crowd: &Crowd| {
            if crowd.channel.is_none() {
                return crowd.clone();
            }
            let left = left.get(&crowd.jurisdiction).copied().unwrap_or(0);
            let of = i128::from(told(&crowd.jurisdiction)).max(1);
            // Rounded up: nobody is forgotten.
            let people = (i128::from(crowd.people) * i128::from(left) + of - 1) / of;
            Crowd { people: i64::try_from(people).unwrap_or(i64::MAX), ..crowd.clone() }
        };
        Ok((all.iter().map(share).filter(|crowd| crowd.people > 0).collect(), exact))
    }

    /// Everybody who was imported, by residence and the channel that their law has them told through first. How many live
    /// where is always exact; how they spread over channels is taken from a part of them where there are very many.
    async fn imported(&self, id: IncidentId, routing: &ByLaw) -> Result<(Vec<Crowd>, bool), IncidentError> {
        let (groups, exact) = self.store.people_by_reach(id, LOOKED_AT).await?;
        if exact {
            return Ok((self.crowds(groups, routing), true));
        }
        let mut totals: BTreeMap<Option<JurisdictionId>, i64> = BTreeMap::new();
        for group in self.store.people_summary(id).await? {
            *totals.entry(group.jurisdiction).or_default() += group.people;
        }
        Ok((self.crowds(stretched(&groups, totals), routing), false))
    }

    /// People by residence and the channel that they are told through first; whom somebody else is told for is left out.
    fn crowds(&self, groups: impl IntoIterator<Item = ReachGroup>, routing: &ByLaw) -> Vec<Crowd> {
        let mut found: BTreeMap<(Option<JurisdictionId>, Option<Channel>), i64> = BTreeMap::new();
        for group in groups.into_iter().filter(|group| group.people > 0) {
            let channel = match routing.route(group.jurisdiction.as_ref(), group.reach) {
                // Whose first contact points nobody carries is told by the next; whom nobody carries at all waits in vain.
                Route::By(cascade) => cascade
                    .steps()
                    .find(|step| self.is_carried(step.channel, group.jurisdiction.as_ref()))
                    .or_else(|| cascade.step(0))
                    .map(|step| step.channel),
                Route::Unreachable(_) => None,
                Route::Spared => continue,
            };
            *found.entry((group.jurisdiction, channel)).or_default() += group.people;
        }
        found.into_iter().map(|((jurisdiction, channel), people)| Crowd { jurisdiction, channel, people }).collect()
    }

    /// Whether some provider may carry a channel to people of a residence.
    fn is_carried(&self, channel: Channel, residence: Option<&JurisdictionId>) -> bool {
        let carriers: Vec<&Carrier> = self.carriers.iter().filter(|carrier| carrier.channel == channel).collect();
        !carrying(&carriers, channel, residence, &self.rules).is_empty()
    }

    /// The ways of people's laws over the channels that are tried: the notice's, else the usual ones; of these, what
    /// somebody carries.
    async fn routing(&self, id: IncidentId) -> Result<ByLaw, IncidentError> {
        let facts = self.store.incident(id).await?.facts;
        let mut order = match self.store.latest_notice(id).await {
            Ok(notice) => notice.content.cascade,
            Err(StoreError::NotFound(_)) => NoticeContent::usual_cascade(),
            Err(error) => return Err(error.into()),
        };
        order.retain(|channel| self.channels.contains(channel));
        Ok(ByLaw::new(Arc::clone(&self.rules), facts, self.clock.now(), order))
    }

    /// The providers with the rates that hold now.
    pub(super) async fn carriers_now(&self) -> Result<Vec<Carrier>, IncidentError> {
        let limits = self.store.limits().await?;
        let set = |name: &str| {
            let mut of_providers = limits.iter().filter(|limit| limit.kind == LimitKind::Provider);
            of_providers.find(|limit| limit.name == name).map(|limit| limit.per_second)
        };
        let now = |carrier: &Carrier| Carrier { rate: set(&carrier.name).or(carrier.rate), ..carrier.clone() };
        Ok(self.carriers.iter().map(now).collect())
    }
}

const fn has_ended(state: CampaignState) -> bool {
    matches!(state, CampaignState::Completed | CampaignState::Cancelled)
}

/// A part of the people stretched to as many as live in each place; guardians, who are not counted there, with them. Of a
/// place where the part has nobody all are taken to be like the people of other places.
fn stretched(part: &[ReachGroup], totals: BTreeMap<Option<JurisdictionId>, i64>) -> Vec<ReachGroup> {
    let counted = |group: &&ReachGroup| !group.reach.is(Mark::Guardian);
    let number =
        |groups: &[&ReachGroup]| -> i128 { groups.iter().filter(|g| counted(g)).map(|g| i128::from(g.people)).sum() };
    let everybody: Vec<&ReachGroup> = part.iter().collect();
    let mut stretched = Vec::new();
    for (jurisdiction, total) in totals {
        let here: Vec<&ReachGroup> = part.iter().filter(|group| group.jurisdiction == jurisdiction).collect();
        let like = if number(&here) > 0 { &here } else { &everybody };
        let of = number(like).max(1);
        stretched.extend(like.iter().map(|group| {
            let people = (i128::from(group.people) * i128::from(total) + of / 2) / of;
            ReachGroup {
                jurisdiction: jurisdiction.clone(),
                people: i64::try_from(people).unwrap_or(i64::MAX),
                ..(*group).clone()
            }
        }));
    }
    stretched
}
