//! What telling everybody costs, from the prices of the providers: before a campaign is approved, and while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::carrying::carrying;
use super::forecast::Carrier;
use super::routing::ByLaw;
use super::{IncidentError, Incidents};
use crate::domain::cascade::{Route, Routing};
use crate::domain::channel::Channel;
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::notice::NoticeContent;
use crate::domain::plan::{Plan, PlanError};
use crate::domain::price::{Currency, Price};
use crate::domain::reach::Mark;
use crate::domain::{sample, segments};
use crate::render::Rendered;
use crate::store::ReachGroup;

/// What the messages of one channel cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelCost {
    /// The channel.
    pub channel: Channel,
    /// People who are told by it first, guardians included.
    pub first: i64,
    /// Messages, if every contact point in it had to be tried once.
    pub at_most: i64,
    /// What one message costs with the provider that is tried first, of a text each segment; `None` where that is not
    /// configured, or not the same for everybody.
    pub price: Option<Price>,
    /// Segments that a text takes, over all who would read one; `None` of other channels.
    pub segments: Option<f64>,
    /// What those told first cost.
    pub cost_first: Option<Price>,
    /// What it costs at most.
    pub cost_at_most: Option<Price>,
}

/// Messages of one price.
struct Bill {
    price: Option<Price>,
    first: i64,
    at_most: i64,
}

/// The sum; `None` where a price is not known, or they are of different currencies.
fn total(mut prices: impl Iterator<Item = Option<Price>>) -> Option<Price> {
    let first = prices.next()??;
    prices.try_fold(first, |sum, price| sum.plus(price?))
}

/// So many people are looked at; where there are more, a part that is spread over all stands for them.
const OVERVIEW: u32 = 100_000;

/// Segments that so many people's texts take.
#[derive(Clone, Copy, Debug, Default)]
struct Segmented {
    people: i64,
    segments: i64,
}

impl Segmented {
    /// Those of a number of texts like these, rounded up; one each where none was measured.
    fn of(self, texts: i64) -> i64 {
        if self.people == 0 {
            return texts;
        }
        let product = i128::from(texts) * i128::from(self.segments);
        i64::try_from((product + i128::from(self.people) - 1) / i128::from(self.people)).unwrap_or(i64::MAX)
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean for people to read")]
    fn mean(self) -> f64 {
        if self.people == 0 { 1.0 } else { self.segments as f64 / self.people as f64 }
    }
}

impl Incidents {
    /// What the channels of the notice cost, in its order. Says whether everybody was looked at; else the numbers are scaled
    /// from a part that is spread over all.
    ///
    /// # Errors
    /// When there is no such incident or notice, or storage fails.
    pub async fn cost_of_telling(&self, id: IncidentId) -> Result<(Vec<ChannelCost>, bool), IncidentError> {
        let content = self.notice(id).await?.content;
        let order = content.cascade.clone();
        let incident = self.store.incident(id).await?;
        let texts = self.segments_of(id, &content, &incident.facts).await?;
        let people = incident.people;
        let routing = ByLaw::new(Arc::clone(&self.rules), incident.facts, self.clock.now(), order.clone());
        let (groups, all) = self.store.people_by_reach(id, OVERVIEW).await?;
        let affected = |group: &&ReachGroup| !group.reach.is(Mark::Guardian);
        let seen: i64 = groups.iter().filter(affected).map(|group| group.people).sum();
        let scaled = |number: i64| if all || seen == 0 { number } else { number.saturating_mul(people) / seen };
        let mut bills: BTreeMap<Channel, Vec<Bill>> = BTreeMap::new();
        for group in groups {
            let Route::By(cascade) = routing.route(group.jurisdiction.as_ref(), group.reach) else { continue };
            for (place, step) in cascade.steps().enumerate() {
                let price = self.price(step.channel, group.jurisdiction.as_ref());
                let bills = bills.entry(step.channel).or_default();
                let at = bills.iter().position(|bill| bill.price == price).unwrap_or_else(|| {
                    bills.push(Bill { price, first: 0, at_most: 0 });
                    bills.len() - 1
                });
                bills[at].first += if place == 0 { group.people } else { 0 };
                bills[at].at_most += group.people;
            }
        }
        let costs = order.into_iter().map(|channel| {
            let nobody = vec![Bill { price: self.price(channel, None), first: 0, at_most: 0 }];
            let bills = bills.remove(&channel).unwrap_or(nobody);
            let segments = (channel == Channel::Sms).then_some(texts);
            let messages = |people: i64| segments.map_or(people, |texts| texts.of(people)).unsigned_abs();
            let cost = |people: fn(&Bill) -> i64| {
                total(bills.iter().map(|bill| bill.price?.times(messages(scaled(people(bill))))))
            };
            ChannelCost {
                channel,
                first: scaled(bills.iter().map(|bill| bill.first).sum()),
                at_most: scaled(bills.iter().map(|bill| bill.at_most).sum()),
                price: bills[0].price.filter(|_| bills.len() == 1),
                segments: segments.map(Segmented::mean),
                cost_first: cost(|bill| bill.first),
                cost_at_most: cost(|bill| bill.at_most),
            }
        });
        Ok((costs.collect(), all))
    }

    /// What one message costs with the provider that is tried first for people of a residence.
    fn price(&self, channel: Channel, residence: Option<&JurisdictionId>) -> Option<Price> {
        let carriers: Vec<&Carrier> = self.carriers.iter().filter(|carrier| carrier.channel == channel).collect();
        let first = carrying(&carriers, channel, residence).into_iter().position(|carries| carries)?;
        carriers[first].price
    }

    /// How many segments the notice takes as a text message, over all people by residence and language: measured with a
    /// made-up person of each. Those for whom it uses a field of their own are not measured.
    async fn segments_of(
        &self,
        id: IncidentId,
        content: &NoticeContent,
        facts: &IncidentFacts,
    ) -> Result<Segmented, IncidentError> {
        let compiled = self.renderer.compile(content, facts)?;
        let mut found = Segmented::default();
        for group in self.store.people_summary(id).await? {
            let person = sample::person(group.locale, group.jurisdiction);
            if let Ok(Rendered::Sms { text, .. }) = compiled.render(Channel::Sms, &person) {
                let segments = i64::try_from(segments::measure(text.expose()).segments).unwrap_or(1);
                found.people += group.people;
                found.segments = found.segments.saturating_add(group.people.saturating_mul(segments));
            }
        }
        Ok(found)
    }

    /// Whether a budget can be kept: the prices of the channels' providers are in its currency, and there is one.
    pub(super) fn check_budget(&self, plan: &Plan, order: &[Channel]) -> Result<(), PlanError> {
        let Some(budget) = plan.budget else { return Ok(()) };
        let mut found: Vec<Currency> = self
            .carriers
            .iter()
            .filter(|carrier| order.contains(&carrier.channel))
            .filter_map(|carrier| Some(carrier.price?.currency))
            .collect();
        found.dedup();
        if found == [budget.currency] { Ok(()) } else { Err(PlanError::Currency) }
    }
}
