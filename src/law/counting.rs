//! Counting of time: from a clock event to the second at which a deadline ends.
//!
//! Every convention is exact about where it starts and ends, and none moves a deadline past a weekend or a holiday:
//! the rules at hand count those days.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan, Zoned};
use serde::Deserialize;

use crate::domain::facts::{Moment, Timeline};
use crate::domain::obligation::DeadlineKind;

/// By when a duty is due, as a rule states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    /// What the number rests on, or that there is none.
    pub(super) kind: DeadlineKind,
    /// The number.
    pub(super) amount: Option<u32>,
    /// Its unit.
    pub(super) unit: Option<Unit>,
    /// How it is counted.
    pub(super) counting: Counting,
    /// The events that start the clock: the first of them that is known does.
    #[serde(default)]
    pub(super) starts: Vec<ClockEvent>,
    /// In words.
    pub(super) text: String,
    /// In words once the clock runs; may name `{safe}`, the number counted from the event itself.
    pub(super) text_started: Option<String>,
}

/// Units of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Hours,
    CalendarDays,
}

/// How a term is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Counting {
    /// From the event itself along the UTC line; offsets, weekends and holidays play no part.
    #[serde(rename = "hours_elapsed")]
    HoursElapsed,
    /// Regulation (EEC, Euratom) 1182/71, Article 3(1): the hour in which the event falls is not counted, so the first
    /// counted hour begins at the next full hour, also when the event falls on a full hour. It ends with its last hour.
    #[serde(rename = "eu_1182_hours")]
    Eu1182Hours,
    /// The day of the event is not counted; it ends with the last second of the last day in the authority's zone.
    #[serde(rename = "cal_days_excl_first")]
    CalDaysExclFirst,
    /// There is no number.
    #[serde(rename = "none")]
    None,
}

impl Counting {
    /// The unit that it counts.
    pub(super) const fn unit(self) -> Option<Unit> {
        match self {
            Self::HoursElapsed | Self::Eu1182Hours => Some(Unit::Hours),
            Self::CalDaysExclFirst => Some(Unit::CalendarDays),
            Self::None => None,
        }
    }
}

/// The name of an event of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ClockEvent(pub(super) String);

impl TryFrom<String> for ClockEvent {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        if Timeline::EVENTS.contains(&name.as_str()) {
            Ok(Self(name))
        } else {
            Err(format!("the timeline has no event {name:?}; it has {}", Timeline::EVENTS.join(", ")))
        }
    }
}

/// The end of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The last second that is in time.
    pub(super) at: Zoned,
    /// For hours, the number counted from the event itself: never later than `at`.
    pub(super) safe: Zoned,
}

impl Term {
    /// The event that starts the clock, if it is known.
    pub(super) fn started<'a>(&'a self, timeline: &'a Timeline) -> Option<(&'a str, &'a Moment)> {
        self.starts.iter().find_map(|event| timeline.event(&event.0).map(|moment| (event.0.as_str(), moment)))
    }

    /// When it ends, counted from an event; `None` without a number, or past the calendar's end.
    pub(super) fn due(&self, start: &Moment, zone: &TimeZone) -> Option<Due> {
        let amount = i64::from(self.amount?);
        let start = start.timestamp();
        let start = start.checked_sub(SignedDuration::from_nanos(i64::from(start.subsec_nanosecond()))).ok()?;
        let local = start.to_zoned(zone.clone());
        match self.counting {
            Counting::None => None,
            Counting::HoursElapsed => {
                let at = local.checked_add(SignedDuration::from_hours(amount)).ok()?;
                Some(Due { safe: at.clone(), at })
            }
            Counting::Eu1182Hours => {
                let into_the_hour = i64::from(local.minute()) * 60 + i64::from(local.second());
                let first = local.checked_add(SignedDuration::from_secs(3600 - into_the_hour)).ok()?;
                let at = first.checked_add(SignedDuration::from_hours(amount)).ok()?;
                let safe = local.checked_add(SignedDuration::from_hours(amount)).ok()?;
                Some(Due { at, safe })
            }
            Counting::CalDaysExclFirst => {
                let after = local.date().checked_add((amount + 1).days()).ok()?;
                let at = after.to_zoned(zone.clone()).ok()?.checked_sub(SignedDuration::from_secs(1)).ok()?;
                Some(Due { safe: at.clone(), at })
            }
        }
    }
}

/// RFC 3339 to the second, with the zone's offset at that time.
pub(super) fn written(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(counting: Counting, amount: u32, start: &str, zone: &str) -> (String, String) {
        let term = Term {
            kind: DeadlineKind::Statutory,
            amount: Some(amount),
            unit: counting.unit(),
            counting,
            starts: Vec::new(),
            text: String::new(),
            text_started: None,
        };
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).expect("the zone is in the database");
        let due = term.due(&Moment::parse(start).expect("a moment"), &zone).expect("a number");
        (written(&due.at), written(&due.safe))
    }

    fn at(counting: Counting, amount: u32, start: &str, zone: &str) -> String {
        due(counting, amount, start, zone).0
    }

    #[test]
    fn elapsed_hours_do_not_feel_a_change_of_clocks() {
        // Clocks in Los Angeles went from 02:00 to 03:00 on 8 March 2026 and back from 02:00 to 01:00 on 1 November.
        let zone = "America/Los_Angeles";
        let spring = at(Counting::HoursElapsed, 24, "2026-03-07T20:00:00-08:00", zone);
        assert_eq!(spring, "2026-03-08T21:00:00-07:00");
        let autumn = at(Counting::HoursElapsed, 24, "2026-10-31T20:00:00-07:00", zone);
        assert_eq!(autumn, "2026-11-01T19:00:00-08:00");
    }

    #[test]
    fn the_hour_of_the_event_is_not_counted_in_eu_periods() {
        let zone = "Europe/Brussels";
        let begun = due(Counting::Eu1182Hours, 72, "2026-11-20T10:30:00+01:00", zone);
        assert_eq!(begun, (String::from("2026-11-23T11:00:00+01:00"), String::from("2026-11-23T10:30:00+01:00")));
        // On the full hour that hour is the one of the event.
        assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T10:00:00+01:00", zone), "2026-11-23T11:00:00+01:00");
        assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T10:59:59+01:00", zone), "2026-11-23T11:00:00+01:00");
        // Given in another offset, the instant is the same.
        assert_eq!(at(Counting::Eu1182Hours, 72, "2026-11-20T15:00:00+05:30", zone), "2026-11-23T11:00:00+01:00");
    }

    #[test]
    fn full_hours_are_those_of_the_authoritys_clock() {
        // Half an hour off UTC: 10:20 there is 04:50 UTC, and the next full hour there is 11:00.
        let end = at(Counting::Eu1182Hours, 72, "2026-11-20T04:50:00Z", "Asia/Kolkata");
        assert_eq!(end, "2026-11-23T11:00:00+05:30");
    }

    #[test]
    fn eu_hours_over_a_change_of_clocks_are_hours_that_pass() {
        // Clocks in Brussels went from 03:00 back to 02:00 on 25 October 2026: 72 hours end an hour earlier by the clock.
        let end = at(Counting::Eu1182Hours, 72, "2026-10-23T10:30:00+02:00", "Europe/Brussels");
        assert_eq!(end, "2026-10-26T10:00:00+01:00");
    }

    #[test]
    fn days_end_with_their_last_second_in_the_authoritys_zone() {
        let zone = "America/Los_Angeles";
        let days = Counting::CalDaysExclFirst;
        // 22:10 in Hong Kong is still 06:10 of the same day in Los Angeles; 09:00 of the 21st is 17:00 of the 20th.
        assert_eq!(at(days, 30, "2026-11-20T22:10:00+08:00", zone), "2026-12-20T23:59:59-08:00");
        assert_eq!(at(days, 30, "2026-11-21T09:00:00+08:00", zone), "2026-12-20T23:59:59-08:00");
        // Across the year's end, a leap day, and both changes of clocks.
        assert_eq!(at(days, 30, "2026-12-15T12:00:00-08:00", zone), "2027-01-14T23:59:59-08:00");
        assert_eq!(at(days, 15, "2028-02-20T12:00:00-08:00", zone), "2028-03-06T23:59:59-08:00");
        assert_eq!(at(days, 15, "2027-02-20T12:00:00-08:00", zone), "2027-03-07T23:59:59-08:00");
        assert_eq!(at(days, 30, "2026-03-01T12:00:00-08:00", zone), "2026-03-31T23:59:59-07:00");
        assert_eq!(at(days, 15, "2026-10-20T12:00:00-07:00", zone), "2026-11-04T23:59:59-08:00");
    }

    #[test]
    fn a_day_that_begins_late_is_no_shorter_for_the_day_before() {
        // Clocks in Santiago go from 24:00 of 5 September 2026 to 01:00 of the 6th: the 5th still ends at 23:59:59.
        let end = at(Counting::CalDaysExclFirst, 4, "2026-09-01T12:00:00-04:00", "America/Santiago");
        assert_eq!(end, "2026-09-05T23:59:59-04:00");
    }

    #[test]
    fn fractions_of_a_second_are_dropped() {
        assert_eq!(
            at(Counting::HoursElapsed, 4, "2026-11-20T10:00:00.750Z", "Asia/Shanghai"),
            "2026-11-20T22:00:00+08:00"
        );
    }
}
