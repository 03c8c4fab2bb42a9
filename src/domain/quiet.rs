//! Hours in which people are not disturbed.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::clock::Millis;

/// From one time of day to another, by the clock where somebody is; over midnight when the end is the earlier one. The end is
/// not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Begin, e.g. `21:00`.
    pub from: Time,
    /// End, e.g. `08:00`.
    pub until: Time,
}

impl QuietHours {
    /// When they are over, if it is quiet now: the next end in that zone, whatever its clocks do that night.
    #[must_use]
    pub fn over_at(self, now: Millis, zone: &TimeZone) -> Option<Millis> {
        let local = now.to_timestamp().to_zoned(zone.clone());
        let (time, date) = (local.time(), local.date());
        let evening = time >= self.from;
        let morning = time < self.until;
        let (quiet, tomorrow) =
            if self.from > self.until { (evening || morning, evening) } else { (evening && morning, false) };
        if !quiet {
            return None;
        }
        let day = if tomorrow { date.saturating_add(1.day()) } else { date };
        // An end that the clocks skip is the moment after the gap; one that comes twice is the first.
        let end: Timestamp = zone.to_ambiguous_zoned(day.to_datetime(self.until)).compatible().ok()?.timestamp();
        Some(Millis::from(end)).filter(|end| *end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::from(text.parse::<Timestamp>().unwrap())
    }

    fn over(quiet: (&str, &str), zone: &str, now: &str) -> Option<Millis> {
        let hours = QuietHours { from: quiet.0.parse().unwrap(), until: quiet.1.parse().unwrap() };
        hours.over_at(at(now), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_night_ends_in_the_morning_where_the_person_is() {
        let night = ("21:00", "08:00");
        assert_eq!(over(night, "Europe/Berlin", "2026-11-22T20:30:00Z"), Some(at("2026-11-23T07:00:00Z")));
        assert_eq!(over(night, "Europe/Berlin", "2026-11-22T06:59:59Z"), Some(at("2026-11-22T07:00:00Z")));
        assert_eq!(over(night, "Europe/Berlin", "2026-11-22T07:00:00Z"), None, "the end is not quiet");
        assert_eq!(over(night, "Europe/Berlin", "2026-11-22T19:59:59Z"), None);
        assert_eq!(over(night, "America/New_York", "2026-11-22T20:30:00Z"), None, "it is afternoon there");
    }

    #[test]
    fn the_clocks_may_change_in_the_night() {
        // In Berlin 02:00 becomes 03:00 on 2027-03-28, and 03:00 becomes 02:00 on 2027-10-31.
        assert_eq!(over(("21:00", "08:00"), "Europe/Berlin", "2027-03-27T21:00:00Z"), Some(at("2027-03-28T06:00:00Z")));
        assert_eq!(over(("21:00", "08:00"), "Europe/Berlin", "2027-10-30T20:00:00Z"), Some(at("2027-10-31T07:00:00Z")));
        assert_eq!(over(("21:00", "02:30"), "Europe/Berlin", "2027-03-27T21:00:00Z"), Some(at("2027-03-28T01:30:00Z")));
    }

    #[test]
    fn hours_of_one_day_are_of_that_day() {
        assert_eq!(over(("12:00", "14:00"), "UTC", "2026-11-22T13:00:00Z"), Some(at("2026-11-22T14:00:00Z")));
        assert_eq!(over(("12:00", "14:00"), "UTC", "2026-11-22T15:00:00Z"), None);
        assert_eq!(over(("12:00", "12:00"), "UTC", "2026-11-22T12:00:00Z"), None, "no hours at all");
    }
}
