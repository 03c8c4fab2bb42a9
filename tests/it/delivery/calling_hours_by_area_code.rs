//! The hours of calls under +1 are those of the country that an independent library finds an area code in.

use candour::delivery::calls_open_at;
use candour::domain::clock::Millis;
use candour::domain::contact::PhoneNumber;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::support::north_america::area_codes;

/// Under 47 CFR 64.1200, which covers the territories.
const UNITED_STATES: [&str; 6] = ["US", "PR", "VI", "GU", "AS", "MP"];

/// Whose hours somebody is called in, told from two moments at which they differ.
fn hours(number: &PhoneNumber) -> &'static str {
    let waits = |moment: &str| {
        let now = Millis::from(moment.parse::<Timestamp>().unwrap());
        calls_open_at(number, now, &TimeZone::UTC).is_some()
    };
    // Monday at a quarter past nine in the evening, and Saturday at nine in the morning.
    match (waits("2026-11-23T21:15:00Z"), waits("2026-11-21T09:00:00Z")) {
        (true, false) => "United States",
        (false, true) => "Canada",
        (false, false) => "none",
        (true, true) => "both",
    }
}

#[test]
fn each_area_code_keeps_the_hours_of_its_country() {
    let known = area_codes();
    assert!(known.len() > 400, "the library knows {} area codes", known.len());
    let wrong: Vec<_> = known
        .iter()
        .filter_map(|(area, (region, number))| {
            let theirs = match region.as_str() {
                "CA" => "Canada",
                region if UNITED_STATES.contains(&region) => "United States",
                _ => "none",
            };
            let ours = hours(number);
            (ours != theirs).then(|| format!("{area} ({region}): {ours}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
