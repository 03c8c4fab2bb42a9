//! Which providers carry messages to people of a residence, before anybody's contact points are opened: a phone number is
//! taken to be of the country that its person lives in, and a letter to go there. Of push targets the kind is not known, so
//! every provider of push counts for everybody.

use std::collections::BTreeMap;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::forecast::{Carrier, Crowd, as_f64, seconds};
use crate::domain::channel::Channel;
use crate::domain::jurisdiction::JurisdictionId;

/// Which of a channel's providers carry it to people of a residence. Where it is not known where their messages go, those that
/// carry some destinations only are taken not to, unless there is no other.
pub(super) fn carrying(carriers: &[&Carrier], channel: Channel, residence: Option<&JurisdictionId>) -> Vec<bool> {
    let by = |carries: &dyn Fn(&Carrier) -> bool| carriers.iter().map(|carrier| carries(carrier)).collect::<Vec<_>>();
    if matches!(channel, Channel::Email | Channel::Push) {
        return by(&|_| true);
    }
    match destination(channel, residence) {
        Some(destination) => by(&|carrier| carrier.destinations.carry(&destination)),
        None if carriers.iter().all(|carrier| !carrier.destinations.only.is_empty()) => by(&|_| true),
        None => by(&|carrier| carrier.destinations.only.is_empty()),
    }
}

/// Where texts, calls or letters to people of a residence go, if all of them go to one country.
fn destination(channel: Channel, residence: Option<&JurisdictionId>) -> Option<String> {
    // Rule sets are named by country, or union, then by part of it.
    let country = residence?.as_str().split('-').next()?.to_ascii_uppercase();
    let country = if country == "UK" { String::from("GB") } else { country };
    match channel {
        Channel::Email | Channel::Push => None,
        Channel::Letter => (country.len() == 2 && country != "EU").then_some(country),
        Channel::Sms | Channel::Voice => {
            let region = Region::from_code(&country).ok()?;
            PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|code| format!("+{code}"))
        }
    }
}

/// People who share providers, as far as these hold each other up: the slowest part of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lane {
    /// How many they are.
    pub(super) people: i64,
    /// Messages a second, of all providers that carry any of them.
    pub(super) per_second: f64,
}

impl Lane {
    /// Seconds for all of them; `None` where nothing moves.
    pub(super) fn seconds(&self) -> Option<i64> {
        seconds(self.people, self.per_second)
    }

    fn slower_than(&self, other: &Self) -> bool {
        // Without a division: a rate may be 0.
        as_f64(self.people) * other.per_second > as_f64(other.people) * self.per_second
    }
}

/// Providers of a channel, a bit each.
type Set = u32;

/// More kinds of people than this are taken together, which is what it was without destinations.
const KINDS: usize = 10;

/// The lane of each crowd of a channel, in their order; `rate` says how fast a provider is.
pub(super) fn lanes(crowds: &[&Crowd], carriers: &[&Carrier], rate: impl Fn(&Carrier) -> f64) -> Vec<Lane> {
    let able = |crowd: &&Crowd| -> Set {
        let carrying = crowd.channel.map(|channel| carrying(carriers, channel, crowd.jurisdiction.as_ref()));
        let bits = carrying.unwrap_or_default().into_iter().zip(0..Set::BITS);
        bits.filter(|(carries, _)| *carries).map(|(_, bit)| 1 << bit).sum()
    };
    let sets: Vec<Set> = crowds.iter().map(able).collect();
    let mut kinds: BTreeMap<Set, i64> = BTreeMap::new();
    for (crowd, set) in crowds.iter().zip(&sets) {
        *kinds.entry(*set).or_default() += crowd.people;
    }
    let speed = |set: Set| -> f64 {
        let bits = carriers.iter().zip(0..Set::BITS);
        bits.filter(|(_, bit)| set & (1 << bit) != 0).map(|(carrier, _)| rate(carrier)).sum()
    };
    let lanes: BTreeMap<Set, Lane> = kinds.keys().map(|set| (*set, slowest(&connected(*set, &kinds), speed))).collect();
    sets.iter().map(|set| lanes[set]).collect()
}

/// The kinds of people that share a provider with this one, directly or through others.
fn connected(set: Set, kinds: &BTreeMap<Set, i64>) -> Vec<(Set, i64)> {
    let mut reached = set;
    loop {
        let wider = kinds.keys().filter(|kind| *kind & reached != 0).fold(reached, |all, kind| all | kind);
        if wider == reached {
            break;
        }
        reached = wider;
    }
    kinds
        .iter()
        .filter(|(kind, _)| *kind & reached != 0 || **kind == set)
        .map(|(kind, people)| (*kind, *people))
        .collect()
}

/// Of all choices among kinds of people the one that takes longest: nobody else's providers help them, so no division of the
/// work is faster, and by the theorem of maximum flow and minimum cut one is as fast.
fn slowest(kinds: &[(Set, i64)], speed: impl Fn(Set) -> f64) -> Lane {
    let lane = |chosen: &[(Set, i64)]| Lane {
        people: chosen.iter().map(|(_, people)| people).sum(),
        per_second: speed(chosen.iter().fold(0, |all, (set, _)| all | set)),
    };
    let all = lane(kinds);
    if kinds.len() > KINDS {
        return all;
    }
    (1..1_u32 << kinds.len())
        .map(|choice| {
            let chosen: Vec<_> =
                kinds.iter().zip(0..).filter(|(_, n)| choice & (1 << n) != 0).map(|(kind, _)| *kind).collect();
            lane(&chosen)
        })
        .fold(all, |slowest, lane| if lane.slower_than(&slowest) { lane } else { slowest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::destination::Destinations;

    fn texts(name: &str, rate: f64, destinations: Destinations) -> Carrier {
        let (channel, rate) = (Channel::Sms, Some(rate));
        Carrier { name: name.to_owned(), channel, rate, concurrency: 1, price: None, destinations }
    }

    fn crowd(jurisdiction: &str, people: i64) -> Crowd {
        Crowd { jurisdiction: JurisdictionId::parse(jurisdiction).ok(), channel: Some(Channel::Sms), people }
    }

    fn seconds_of(crowds: &[Crowd], carriers: &[Carrier]) -> Vec<Option<i64>> {
        let (crowds, carriers): (Vec<_>, Vec<_>) = (crowds.iter().collect(), carriers.iter().collect());
        lanes(&crowds, &carriers, |carrier| carrier.rate.unwrap()).iter().map(Lane::seconds).collect()
    }

    #[test]
    fn what_one_provider_carries_alone_is_not_helped_by_another() {
        let not = Destinations { only: Vec::new(), not: vec![String::from("+86")] };
        let carriers = [texts("china", 1.0, Destinations::only("+86")), texts("world", 99.0, not)];
        assert_eq!(seconds_of(&[crowd("cn", 1000), crowd("us-ca", 9900)], &carriers), [Some(1000), Some(100)]);
        assert_eq!(seconds_of(&[crowd("cn", 1000)], &carriers[1..]), [None], "nobody carries it");
    }

    #[test]
    fn who_can_help_helps() {
        let carriers = [texts("china", 10.0, Destinations::only("+86")), texts("all", 10.0, Destinations::default())];
        // The provider of all has its hands full with Germany, or has time for China.
        assert_eq!(seconds_of(&[crowd("cn", 100), crowd("de", 1000)], &carriers), [Some(100), Some(100)]);
        assert_eq!(seconds_of(&[crowd("cn", 1000), crowd("de", 100)], &carriers), [Some(55), Some(55)]);
    }

    #[test]
    fn a_provider_of_one_country_does_not_count_for_people_of_many() {
        let not = Destinations { only: Vec::new(), not: vec![String::from("+86")] };
        let carriers = [texts("china", 1.0, Destinations::only("+86")), texts("world", 100.0, not)];
        assert_eq!(seconds_of(&[crowd("cn", 400), crowd("eu-gdpr", 400)], &carriers), [Some(400), Some(4)]);
        let both = [texts("germany", 1.0, Destinations::only("+49")), texts("france", 1.0, Destinations::only("+33"))];
        assert_eq!(seconds_of(&[crowd("eu-gdpr", 400)], &both), [Some(200)], "there is nobody else");
    }

    #[test]
    fn a_residence_stands_for_numbers_and_addresses_of_its_country() {
        let of = |channel, residence| destination(channel, JurisdictionId::parse(residence).ok().as_ref());
        assert_eq!(of(Channel::Sms, "us-ca").as_deref(), Some("+1"));
        assert_eq!(of(Channel::Voice, "hk").as_deref(), Some("+852"));
        assert_eq!(of(Channel::Letter, "uk").as_deref(), Some("GB"));
        assert_eq!((of(Channel::Email, "de"), of(Channel::Letter, "eu"), of(Channel::Sms, "")), (None, None, None));
    }
}
