//! Which providers carry messages to people of a residence, before anybody's contact points are opened: a phone number is
//! taken to be of the country that its person lives in, and a letter to go there. Whose residence names no country, or a
//! union of several, may have a number of any of them; of push targets the kind is not known either.

use std::collections::BTreeSet;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::forecast::Carrier;
use crate::domain::channel::Channel;
use crate::domain::jurisdiction::JurisdictionId;
use crate::law::Rules;

/// Providers of a channel, a bit each.
pub(super) type Set = u64;

/// Who carries a channel to people of a residence: the providers of each destination that theirs may be and that somebody
/// carries. More than one where it is not known which it is; none where nobody carries any.
pub(super) fn carrying(
    carriers: &[&Carrier],
    channel: Channel,
    residence: Option<&JurisdictionId>,
    rules: &Rules,
) -> BTreeSet<Set> {
    let of = |destination: &str| -> Set {
        let bits = carriers.iter().zip(0..Set::BITS);
        bits.filter(|(carrier, _)| carrier.destinations.carry(destination)).map(|(_, bit)| 1 << bit).sum()
    };
    let named = || carriers.iter().flat_map(|carrier| carrier.destinations.named());
    let countries = countries(channel, residence, rules);
    let mut sets: BTreeSet<Set> = if countries.is_empty() {
        // The empty one stands for all that nobody names.
        named().chain([""]).map(of).collect()
    } else {
        let parts = named().filter(|named| countries.iter().any(|country| country.has(named)));
        countries.iter().map(|country| country.begins.as_str()).chain(parts).map(of).collect()
    };
    sets.remove(&0);
    sets
}

/// Where texts, calls or letters to people of one country go.
struct Country {
    begins: String,
    /// The country, where numbers of others begin with the same.
    region: Option<Region>,
}

impl Country {
    fn of(channel: Channel, code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        let code = if code == "UK" { String::from("GB") } else { code };
        match channel {
            Channel::Email | Channel::Push => None,
            Channel::Letter => (code.len() == 2 && code != "EU").then_some(Self { begins: code, region: None }),
            Channel::Sms | Channel::Voice => {
                let region = Region::from_code(&code).ok()?;
                let digits = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
                Some(Self { begins: format!("+{digits}"), region: Some(region) })
            }
        }
    }

    /// Whether a destination is a part of it.
    fn has(&self, destination: &str) -> bool {
        destination.starts_with(self.begins.as_str())
            && self.region.is_none_or(|region| country_of(destination).is_none_or(|other| other == region))
    }
}

/// The country of numbers that begin like this, where that can be told: several share `+1`.
fn country_of(beginning: &str) -> Option<Region> {
    // As long as numbers are where many countries share a code. Elsewhere it may be no number, and then it tells nothing.
    let number = PHONE_NUMBER_UTIL.parse(format!("{beginning:2<12}"), None).ok()?;
    PHONE_NUMBER_UTIL.get_region_for_number(&number)
}

/// The countries that a residence stands for: one, those of a union, or none where it is not known.
fn countries(channel: Channel, residence: Option<&JurisdictionId>, rules: &Rules) -> Vec<Country> {
    let Some(residence) = residence else { return Vec::new() };
    // Rule sets are named by country, or union, then by part of it.
    let first = residence.as_str().split('-').next().unwrap_or_default();
    if let Some(country) = Country::of(channel, first) {
        return vec![country];
    }
    let union = rules.jurisdiction(residence).map_or(&[][..], |set| &set.authority.national);
    union.iter().filter_map(|one| Country::of(channel, &one.country)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::destination::Destinations;

    fn sets(channel: Channel, residence: &str, destinations: &[Destinations]) -> Vec<Set> {
        let carrier = |destinations: &Destinations| Carrier {
            name: String::from("one"),
            channel,
            rate: None,
            concurrency: 1,
            price: None,
            destinations: destinations.clone(),
        };
        let carriers: Vec<Carrier> = destinations.iter().map(carrier).collect();
        let rules = Rules::embedded().unwrap();
        let residence = JurisdictionId::parse(residence).ok();
        let found = carrying(&carriers.iter().collect::<Vec<_>>(), channel, residence.as_ref(), &rules);
        found.into_iter().collect()
    }

    fn not(beginning: &str) -> Destinations {
        Destinations { only: Vec::new(), not: vec![beginning.to_owned()] }
    }

    #[test]
    fn a_residence_stands_for_numbers_and_addresses_of_its_country() {
        let apart = [Destinations::only("+1"), Destinations::only("+852"), Destinations::only("+44")];
        assert_eq!(sets(Channel::Sms, "us-ca", &apart), [0b001]);
        assert_eq!(sets(Channel::Voice, "hk", &apart), [0b010]);
        assert_eq!(sets(Channel::Sms, "uk", &apart), [0b100]);
        assert!(sets(Channel::Sms, "cn", &apart).is_empty(), "nobody carries it");
        assert_eq!(sets(Channel::Letter, "uk", &[Destinations::only("DE"), Destinations::only("GB")]), [0b10]);
    }

    #[test]
    fn a_union_stands_for_each_of_its_countries_and_no_other() {
        let apart = [Destinations::only("+49"), Destinations::only("+33"), Destinations::only("+86")];
        assert_eq!(sets(Channel::Sms, "eu-gdpr", &apart), [0b001, 0b010]);
        assert_eq!(sets(Channel::Sms, "eu-gdpr", &[Destinations::only("+86"), not("+86")]), [0b10]);
        assert_eq!(sets(Channel::Letter, "eu-gdpr", &[Destinations::only("FR"), not("FR")]), [0b01, 0b10]);
    }

    #[test]
    fn whose_residence_is_not_known_may_have_any_number() {
        let apart = [Destinations::only("+49"), Destinations::only("+86"), Destinations::default()];
        assert_eq!(sets(Channel::Sms, "", &apart), [0b100, 0b101, 0b110]);
        assert_eq!(sets(Channel::Push, "de", &[Destinations::only("fcm"), Destinations::only("apns")]), [0b01, 0b10]);
        assert_eq!(sets(Channel::Email, "de", &[Destinations::default(), Destinations::default()]), [0b11]);
        assert!(sets(Channel::Email, "de", &[]).is_empty());
    }

    #[test]
    fn a_part_of_a_country_may_go_by_a_provider_of_its_own_and_a_neighbour_with_its_code_is_no_part() {
        assert_eq!(sets(Channel::Sms, "cn", &[Destinations::only("+86138"), Destinations::default()]), [0b10, 0b11]);
        let america = Destinations { only: vec![String::from("+1")], not: vec![String::from("+1876")] };
        assert_eq!(sets(Channel::Sms, "us-ca", &[america, Destinations::only("+1876")]), [0b01], "that is Jamaica");
    }
}
