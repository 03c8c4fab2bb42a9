//! By which channels each person is told: the order of the notice, as far as the laws of the person let it.
//!
//! Channels that meet the duty come first, in the order of the notice. Those that a law only lets come beside another way
//! follow: whoever has nothing else is told by them rather than not at all, which does not take the duty to them away. A
//! channel that a law forbids is never used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ToSpan;
use jiff::civil::Date;

use super::{IncidentError, Incidents};
use crate::domain::attempt::UnreachableReason;
use crate::domain::cascade::{Cascade, Route, Routing};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::reach::{Mark, Reach};
use crate::domain::vocabulary::DataCategory;
use crate::law::Rules;
use crate::law::routes::{Asked, May, PersonRoutes, Recipient, Telling};
use crate::render::CompiledNotice;

/// How many people of an incident are reached by which kind of way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaysOfPeople {
    /// The residence, where it is known.
    pub jurisdiction: Option<JurisdictionId>,
    /// A way that meets the duty reaches them.
    pub permitted: i64,
    /// Only a way reaches them that the law lets come beside another one: the duty to them stays open.
    pub beside_only: i64,
    /// They have contact points, and the law forbids each.
    pub forbidden: i64,
    /// They have no contact point in a channel of the notice.
    pub no_contact: i64,
    /// Not told by a message of their own: minors whose guardian is told in their place.
    pub spared: i64,
    /// Guardians who are told, who are not counted among the people.
    pub guardians: i64,
}

/// So many people are looked at for an overview; where there are more, a part that is spread over all stands for them.
const OVERVIEW: u32 = 100_000;

impl Incidents {
    /// How many people are told by which kind of way, by residence; of all, or of a part that stands for all. Says which.
    ///
    /// # Errors
    /// When there is no such incident or notice, or storage fails.
    pub async fn ways_of_people(&self, id: IncidentId) -> Result<(Vec<WaysOfPeople>, bool), IncidentError> {
        let facts = self.store.incident(id).await?.facts;
        let order = self.notice(id).await?.content.cascade;
        let routing = ByLaw::new(Arc::clone(&self.rules), facts, self.clock.now(), order);
        let (groups, exact) = self.store.people_by_reach(id, OVERVIEW).await?;
        let mut found: BTreeMap<Option<JurisdictionId>, WaysOfPeople> = BTreeMap::new();
        for group in groups {
            let entry = found.entry(group.jurisdiction.clone()).or_default();
            entry.jurisdiction.clone_from(&group.jurisdiction);
            let (route, may) = routing.decide(group.jurisdiction.as_ref(), group.reach);
            if let Some(counter) = entry.counter(&route, may, group.reach) {
                *counter += group.people;
            }
        }
        Ok((found.into_values().collect(), exact))
    }
}

impl WaysOfPeople {
    /// Where those of a route are counted; `None` for guardians who are not asked to be told.
    const fn counter(&mut self, route: &Route, may: May, reach: Reach) -> Option<&mut i64> {
        Some(match (route, reach.is(Mark::Guardian)) {
            (Route::Spared, true) => return None,
            (_, true) => &mut self.guardians,
            (Route::Spared, false) => &mut self.spared,
            (Route::By(_), false) if matches!(may, May::Meets) => &mut self.permitted,
            (Route::By(_), false) => &mut self.beside_only,
            (Route::Unreachable(UnreachableReason::NoPermittedWay), false) => &mut self.forbidden,
            (Route::Unreachable(_), false) => &mut self.no_contact,
        })
    }
}

/// Routes as the rules say, over the facts of one moment.
pub(super) struct ByLaw {
    rules: Arc<Rules>,
    facts: IncidentFacts,
    now: Millis,
    order: Vec<Channel>,
    /// What the laws say, by residence: asked for each reach and worked out once.
    telling: Mutex<BTreeMap<Option<JurisdictionId>, Arc<Telling>>>,
    /// What they are told, where it may have remedy codes in it.
    notice: Option<CompiledNotice>,
}

impl ByLaw {
    /// Over the channels of a notice, in its order.
    pub(super) fn new(rules: Arc<Rules>, facts: IncidentFacts, now: Millis, order: Vec<Channel>) -> Self {
        Self { rules, facts, now, order, telling: Mutex::default(), notice: None }
    }

    /// The same for people who are told this, so that whoever is told a remedy code gets one.
    pub(super) fn with_codes_of(self, notice: CompiledNotice) -> Self {
        Self { notice: Some(notice), ..self }
    }

    fn telling(&self, residence: Option<&JurisdictionId>) -> Arc<Telling> {
        // What is in it is whole at any moment, so a panic elsewhere does not spoil it.
        let mut known = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known
            .entry(residence.cloned())
            .or_insert_with(|| Arc::new(self.rules.telling(residence, &self.facts, self.now)));
        Arc::clone(found)
    }

    /// The route, and how well its first step meets the duty.
    fn decide(&self, residence: Option<&JurisdictionId>, reach: Reach) -> (Route, May) {
        let said = self.ask(residence, reach);
        let wanted = if reach.is(Mark::Guardian) { Recipient::Guardian } else { Recipient::Person };
        if !said.recipients.contains(&wanted) {
            return (Route::Spared, May::Not);
        }
        let of = |wanted: May| -> Vec<Channel> {
            let may = |channel: &Channel| said.ways.iter().any(|way| way.channel == *channel && way.may == wanted);
            self.order.iter().copied().filter(may).collect()
        };
        let permitted = Cascade::plan(&of(May::Meets), reach);
        let meets = if permitted.is_empty() { May::InAddition } else { May::Meets };
        let cascade = permitted.then(Cascade::plan(&of(May::InAddition), reach));
        if !cascade.is_empty() {
            return (Route::By(cascade), meets);
        }
        let has_contact = !Cascade::plan(&self.order, reach).is_empty();
        let reason = if has_contact { UnreachableReason::NoPermittedWay } else { UnreachableReason::NoContact };
        (Route::Unreachable(reason), May::Not)
    }

    fn ask(&self, residence: Option<&JurisdictionId>, reach: Reach) -> PersonRoutes {
        let today = self.rules.today(residence, self.now);
        let consent: Vec<Channel> = Channel::ALL.into_iter().filter(|channel| reach.consents(*channel)).collect();
        // Of a person's own data only the mailbox decides on a way; the rest stands for what is no mailbox.
        let data: &[DataCategory] = match (reach.is(Mark::MailboxLeaked), reach.is(Mark::OwnData)) {
            (true, _) => &[DataCategory::EmailCredentials],
            (false, true) => &[DataCategory::Name],
            (false, false) => &[],
        };
        let guardian = reach.is(Mark::Guardian);
        self.telling(residence).person(&Asked {
            reach,
            consent: &consent,
            data,
            born: (guardian || reach.is(Mark::Minor)).then(|| a_year_before(today)),
            guardian: guardian || reach.is(Mark::HasGuardian),
            today,
        })
    }
}

impl Routing for ByLaw {
    fn route(&self, residence: Option<&JurisdictionId>, reach: Reach) -> Route {
        self.decide(residence, reach).0
    }

    fn has_remedy_code(&self, residence: Option<&JurisdictionId>, locale: Option<&Locale>) -> bool {
        self.notice.as_ref().is_some_and(|notice| notice.has_remedy_code(residence, locale))
    }
}

/// A date of birth that makes a minor, whatever the age a law counts to.
fn a_year_before(today: Date) -> Date {
    today.saturating_sub(1.year())
}
