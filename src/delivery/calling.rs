//! When somebody may be called, by the table in `calling_hours.toml`.

use std::sync::LazyLock;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use crate::domain::clock::Millis;
use crate::domain::contact::PhoneNumber;

/// So many days ahead there is an hour to call in every country of the table.
const AHEAD: i64 = 7;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    country: Vec<Country>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    prefixes: Vec<String>,
    zones: Vec<String>,
    open: Vec<Open>,
    #[expect(dead_code, reason = "the table explains itself to people; a rule without its source is refused")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    days: Days,
    from: Time,
    until: Time,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Days {
    EveryDay,
    MondayToFriday,
    Saturday,
    Weekend,
}

impl Days {
    fn have(self, day: Weekday) -> bool {
        match self {
            Self::EveryDay => true,
            Self::MondayToFriday => !matches!(day, Weekday::Saturday | Weekday::Sunday),
            Self::Saturday => day == Weekday::Saturday,
            Self::Weekend => matches!(day, Weekday::Saturday | Weekday::Sunday),
        }
    }
}

static TABLE: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("calling_hours.toml"))
        .expect("the table is part of the program and a test reads it");
    table.country
});

/// The country of the longest prefix that the number begins with.
fn country(to: &PhoneNumber) -> Option<&'static Country> {
    let digits = to.expose().trim_start_matches('+');
    let prefixes = TABLE.iter().flat_map(|country| country.prefixes.iter().map(move |prefix| (prefix, country)));
    let within = prefixes.filter(|(prefix, _)| digits.starts_with(prefix.as_str()));
    within.max_by_key(|(prefix, _)| prefix.len()).map(|(_, country)| country)
}

/// The clocks by which somebody at that number may live; none when the table does not have their country.
#[must_use]
pub(super) fn zones(to: &PhoneNumber) -> Vec<TimeZone> {
    let names = country(to).map_or(&[][..], |country| &country.zones);
    names.iter().filter_map(|name| TimeZone::get(name).ok()).collect()
}

/// When somebody at that number, who lives by that clock, may be called next; `None` when they may be called now or no hours
/// are known for their country.
#[must_use]
pub fn opens_at(to: &PhoneNumber, now: Millis, zone: &TimeZone) -> Option<Millis> {
    let country = country(to)?;
    let today = now.to_timestamp().to_zoned(zone.clone()).date();
    let windows = (0..=AHEAD).flat_map(|ahead| {
        let date = today.saturating_add(ahead.days());
        let open = country.open.iter().filter(move |open| open.days.have(date.weekday()));
        open.filter_map(move |open| Some((instant(date, open.from, zone)?, instant(date, open.until, zone)?)))
    });
    let next = windows.filter(|(_, until)| *until > now).map(|(from, _)| from).min()?;
    (next > now).then_some(next)
}

/// A time that the clocks skip is the moment after the gap; one that comes twice is the first.
fn instant(date: Date, time: Time, zone: &TimeZone) -> Option<Millis> {
    let at: Timestamp = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().ok()?.timestamp();
    Some(Millis::from(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::from(text.parse::<Timestamp>().unwrap())
    }

    fn opens(number: &str, zone: &str, now: &str) -> Option<Millis> {
        opens_at(&PhoneNumber::from_e164(number).unwrap(), at(now), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn every_prefix_stands_once_and_every_window_has_a_beginning_before_its_end() {
        let mut prefixes: Vec<_> = TABLE.iter().flat_map(|country| &country.prefixes).collect();
        prefixes.sort();
        assert!(prefixes.windows(2).all(|pair| pair[0] != pair[1]), "{prefixes:?}");
        assert!(TABLE.iter().flat_map(|country| &country.open).all(|open| open.from < open.until));
        for country in &*TABLE {
            assert!(!country.zones.is_empty() && country.zones.iter().all(|name| TimeZone::get(name).is_ok()));
        }
    }

    #[test]
    fn a_call_waits_for_the_next_open_hour_where_the_person_is() {
        // Monday, half past one in Paris: lunch.
        let lunch = opens("+33612345678", "Europe/Paris", "2026-11-23T12:30:00Z");
        assert_eq!(lunch, Some(at("2026-11-23T13:00:00Z")));
        // Friday evening: Monday morning.
        let weekend = opens("+33612345678", "Europe/Paris", "2026-11-20T19:30:00Z");
        assert_eq!(weekend, Some(at("2026-11-23T09:00:00Z")));
        assert_eq!(opens("+33612345678", "Europe/Paris", "2026-11-23T09:00:00Z"), None, "the beginning is open");
        let ended = opens("+33612345678", "Europe/Paris", "2026-11-23T12:00:00Z");
        assert_eq!(ended, Some(at("2026-11-23T13:00:00Z")), "the end is not");
        assert_eq!(opens("+61491570006", "Australia/Sydney", "2026-11-21T03:00:00Z"), None, "Saturday afternoon");
        let sunday = opens("+61491570006", "Australia/Sydney", "2026-11-22T03:00:00Z");
        assert_eq!(sunday, Some(at("2026-11-22T22:00:00Z")), "Monday, nine in Sydney");
    }

    #[test]
    fn canada_has_hours_of_its_own_under_the_prefix_that_it_shares() {
        let toronto = |now| opens("+14165550123", "America/Toronto", now);
        // Monday evening, a quarter past nine: too late in the United States.
        assert_eq!(toronto("2026-11-24T02:15:00Z"), None);
        assert!(opens("+12125550123", "America/New_York", "2026-11-24T02:15:00Z").is_some());
        assert_eq!(toronto("2026-11-24T02:30:00Z"), Some(at("2026-11-24T14:00:00Z")));
        // Saturday at half past nine, and Sunday at six.
        assert_eq!(toronto("2026-11-21T14:30:00Z"), Some(at("2026-11-21T15:00:00Z")));
        assert_eq!(toronto("2026-11-22T23:00:00Z"), Some(at("2026-11-23T14:00:00Z")));
    }

    #[test]
    fn a_country_without_a_rule_and_an_island_with_one_of_its_own_have_none() {
        assert!(opens("+14155550123", "America/Los_Angeles", "2026-11-23T12:00:00Z").is_some(), "four in the morning");
        assert_eq!(opens("+18765550123", "America/Jamaica", "2026-11-23T09:00:00Z"), None);
        assert_eq!(opens("+4915112345678", "Europe/Berlin", "2026-11-22T03:00:00Z"), None);
    }
}
