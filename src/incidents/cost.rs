//! What telling everybody costs, from the prices of the providers: before a campaign is approved, and while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::carrying::{Set, carrying};
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
    /// People who are told by it first, guardians included: whose first contact points nobody carries are told by others.
    pub first: i64,
    /// Messages, if every contact point in it had to be tried once; none where no provider is configured.
    pub at_most: i64,
    /// What one message costs, of a text each segment; `None` where that is not configured, or not the same for everybody
    /// and by every provider that may carry theirs.
    pub price: Option<Price>,
    /// Segments that a text takes, over all who would read one; `None` of other channels.
    pub segments: Option<f64>,
    /// What those told first cost, each by the dearest provider that may carry theirs.
    pub cost_first: Option<Price>,
    /// What they cost, each by the cheapest.
    pub cost_first_least: Option<Price>,
    /// What it costs at most: every contact point by the dearest provider of the channel, wherever it turns out to be, and a
    /// text in the most segments that it has in any language.
    pub cost_at_most: Option<Price>,
}

/// What a message costs by the providers that may carry it; `None` where one has no price, or they are of different currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prices {
    least: Option<Price>,
    most: Option<Price>,
}

impl Prices {
    fn of<'a>(carriers: impl IntoIterator<Item = &'a Carrier>) -> Self {
        let known: Option<Vec<Price>> = carriers.into_iter().map(|carrier| carrier.price).collect();
        let known = known.filter(|prices| prices.windows(2).all(|two| two[0].currency == two[1].currency));
        let prices = known.unwrap_or_default();
        let micros = |price: &&Price| price.micros;
        Self { least: prices.iter().min_by_key(micros).copied(), most: prices.iter().max_by_key(micros).copied() }
    }

    fn same(self) -> Option<Price> {
        self.most.filter(|_| self.least == self.most)
    }
}

/// People told first, for whom a message has the same prices.
struct Bill {
    prices: Prices,
    first: i64,
}

/// What is found of a channel.
#[derive(Default)]
struct Found {
    bills: Vec<Bill>,
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
    /// The most that anybody's takes.
    most: u64,
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
        let mut found: BTreeMap<Channel, Found> = BTreeMap::new();
        for group in groups {
            let Route::By(cascade) = routing.route(group.jurisdiction.as_ref(), group.reach) else { continue };
            let mut is_told = false;
            for step in cascade.steps().filter(|step| self.channels.contains(&step.channel)) {
                let of_channel = found.entry(step.channel).or_default();
                of_channel.at_most += group.people;
                if is_told {
                    continue;
                }
                let Some(prices) = self.prices(step.channel, group.jurisdiction.as_ref()) else { continue };
                is_told = true;
                match of_channel.bills.iter_mut().find(|bill| bill.prices == prices) {
                    Some(bill) => bill.first += group.people,
                    None => of_channel.bills.push(Bill { prices, first: group.people }),
                }
            }
        }
        let costs = order.into_iter().map(|channel| {
            let anybody = Prices::of(self.of_channel(channel));
            let Found { mut bills, at_most } = found.remove(&channel).unwrap_or_default();
            if bills.is_empty() {
                bills.push(Bill { prices: anybody, first: 0 });
            }
            let segments = (channel == Channel::Sms).then_some(texts);
            let messages = |people: i64| segments.map_or(people, |texts| texts.of(people)).unsigned_abs();
            let cost = |of: fn(&Prices) -> Option<Price>| {
                total(bills.iter().map(|bill| of(&bill.prices)?.times(messages(scaled(bill.first)))))
            };
            let longest = segments.map_or(1, |texts| texts.most);
            ChannelCost {
                channel,
                first: scaled(bills.iter().map(|bill| bill.first).sum()),
                at_most: scaled(at_most),
                price: bills[0].prices.same().filter(|_| bills.len() == 1),
                segments: segments.map(Segmented::mean),
                cost_first: cost(|prices| prices.most),
                cost_first_least: cost(|prices| prices.least),
                cost_at_most: anybody
                    .most
                    .and_then(|price| price.times(scaled(at_most).unsigned_abs())?.times(longest)),
            }
        });
        Ok((costs.collect(), all))
    }

    fn of_channel(&self, channel: Channel) -> impl Iterator<Item = &Carrier> {
        self.carriers.iter().filter(move |carrier| carrier.channel == channel)
    }

    /// What one message costs by those who may carry it to people of a residence; `None` where nobody does.
    fn prices(&self, channel: Channel, residence: Option<&JurisdictionId>) -> Option<Prices> {
        let carriers: Vec<&Carrier> = self.of_channel(channel).collect();
        let able = carrying(&carriers, channel, residence, &self.rules).into_iter().fold(0, |all, set| all | set);
        let able = carriers.iter().zip(0..Set::BITS).filter(|(_, bit)| able & (1 << bit) != 0);
        let mut able = able.map(|(carrier, _)| *carrier).peekable();
        able.peek().is_some().then(|| Prices::of(able))
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
        let mut found = Segmented { most: compiled.most_segments(), ..Segmented::default() };
        for group in self.store.people_summary(id).await? {
            let person = sample::person(group.locale, group.jurisdiction);
            if let Ok(Rendered::Sms { text, .. }) = compiled.render(Channel::Sms, &person) {
                let segments = i64::try_from(segments::measure(text.expose()).segments).unwrap_or(1);
                found.most = found.most.max(segments.unsigned_abs());
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
