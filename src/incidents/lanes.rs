//! How fast people are told who share providers: each waits for those who carry theirs, and is not helped by others.
//!
//! Of people whose destination is not known the slowest is taken that it may be, and of everybody else the slowest that
//! these leave them.

use std::collections::{BTreeMap, BTreeSet};

use super::carrying::{Set, carrying};
use super::forecast::{Carrier, Crowd, as_f64, seconds};
use crate::law::Rules;

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

/// More kinds of people than this are taken together, which is what it was without destinations.
const KINDS: usize = 10;

/// The lane of each crowd of a channel, in their order; `rate` says how fast a provider is.
pub(super) fn lanes(
    crowds: &[&Crowd],
    carriers: &[&Carrier],
    rules: &Rules,
    rate: impl Fn(&Carrier) -> f64,
) -> Vec<Lane> {
    let speed = |set: Set| -> f64 {
        let bits = carriers.iter().zip(0..Set::BITS);
        bits.filter(|(_, bit)| set & (1 << bit) != 0).map(|(carrier, _)| rate(carrier)).sum()
    };
    let able = |crowd: &&Crowd| -> BTreeSet<Set> {
        let carried = crowd.channel.map(|channel| carrying(carriers, channel, crowd.jurisdiction.as_ref(), rules));
        carried.unwrap_or_default()
    };
    let may: Vec<BTreeSet<Set>> = crowds.iter().map(able).collect();
    let slowest_of = |sets: &BTreeSet<Set>| {
        sets.iter().copied().min_by(|one, other| speed(*one).total_cmp(&speed(*other))).unwrap_or_default()
    };
    // All whose destination is not known may have the same one: each in turn, and for everybody the worst of it.
    let unknown: BTreeSet<Set> = may.iter().filter(|sets| sets.len() > 1).flatten().copied().collect();
    let turns = if unknown.is_empty() { vec![None] } else { unknown.into_iter().map(Some).collect() };
    let in_turn = |turn: Option<Set>| {
        let sets: Vec<Set> =
            may.iter().map(|sets| turn.filter(|set| sets.contains(set)).unwrap_or_else(|| slowest_of(sets))).collect();
        of_kinds(crowds, &sets, speed)
    };
    let worse = |one: Vec<Lane>, other: Vec<Lane>| -> Vec<Lane> {
        one.into_iter().zip(other).map(|(one, other)| if other.slower_than(&one) { other } else { one }).collect()
    };
    turns.into_iter().map(in_turn).reduce(worse).unwrap_or_default()
}

/// The lane of each crowd, by the providers that carry it.
fn of_kinds(crowds: &[&Crowd], sets: &[Set], speed: impl Fn(Set) -> f64 + Copy) -> Vec<Lane> {
    let mut kinds: BTreeMap<Set, i64> = BTreeMap::new();
    for (crowd, set) in crowds.iter().zip(sets) {
        *kinds.entry(*set).or_default() += crowd.people;
    }
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
    use crate::domain::channel::Channel;
    use crate::domain::destination::Destinations;
    use crate::domain::jurisdiction::JurisdictionId;

    fn texts(name: &str, rate: f64, destinations: Destinations) -> Carrier {
        let (channel, rate) = (Channel::Sms, Some(rate));
        Carrier { name: name.to_owned(), channel, rate, concurrency: 1, price: None, destinations }
    }

    fn crowd(jurisdiction: &str, people: i64) -> Crowd {
        Crowd { jurisdiction: JurisdictionId::parse(jurisdiction).ok(), channel: Some(Channel::Sms), people }
    }

    fn seconds_of(crowds: &[Crowd], carriers: &[Carrier]) -> Vec<Option<i64>> {
        let (crowds, carriers): (Vec<_>, Vec<_>) = (crowds.iter().collect(), carriers.iter().collect());
        let rules = Rules::embedded().unwrap();
        lanes(&crowds, &carriers, &rules, |carrier| carrier.rate.unwrap()).iter().map(Lane::seconds).collect()
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
        assert_eq!(seconds_of(&[crowd("eu-gdpr", 400)], &both), [Some(400)], "all may be of one country");
        assert_eq!(seconds_of(&[crowd("eu-gdpr", 400)], &both[..1]), [Some(400)]);
    }

    #[test]
    fn people_of_a_union_wait_for_the_slowest_who_may_carry_theirs() {
        let both = [texts("germany", 20.0, Destinations::only("+49")), texts("france", 4.0, Destinations::only("+33"))];
        assert_eq!(seconds_of(&[crowd("eu-gdpr", 60)], &both), [Some(15)]);
        assert_eq!(seconds_of(&[crowd("", 60)], &both), [Some(15)], "nor is it known of a residence without a name");
        let help = [both[0].clone(), both[1].clone(), texts("world", 2.0, Destinations::default())];
        assert_eq!(seconds_of(&[crowd("eu-gdpr", 60)], &help), [Some(30)], "all may be of neither country");
    }

    #[test]
    fn who_may_be_in_a_lane_holds_up_those_who_are() {
        let both = [
            texts("world", 10.0, Destinations { only: Vec::new(), not: vec![String::from("+86")] }),
            texts("china", 1.0, Destinations::only("+86")),
        ];
        let crowds = [crowd("", 100), crowd("cn", 10), crowd("hk", 10)];
        assert_eq!(seconds_of(&crowds, &both), [Some(110), Some(110), Some(11)]);
    }
}
