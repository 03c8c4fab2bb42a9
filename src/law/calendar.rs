//! Business days: which days an authority is open, computed from the rules in `calendars.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use serde::Deserialize;

use super::rule::Evidence;

/// The file.
pub(super) const TEXT: &str = include_str!("calendars.toml");

/// The calendars, by name. A test reads the file.
static ALL: LazyLock<BTreeMap<String, Calendar>> =
    LazyLock::new(|| toml::from_str(TEXT).expect("a test reads the embedded file"));

/// A calendar, as its file states it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calendar {
    /// What it is, what was read to encode it, and how well that was verified: for the reader of the file.
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "evidence")]
    _evidence: Evidence,
    when_on_weekend: OnWeekend,
    #[serde(default)]
    day_between: bool,
    holidays: Vec<Holiday>,
    #[serde(default)]
    closed: Vec<Holiday>,
    #[serde(default)]
    dates: Vec<Date>,
}

/// What becomes of a holiday on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnWeekend {
    Stays,
    Nearest,
    NextFree,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    /// For the reader of the file.
    #[serde(rename = "name")]
    _name: String,
    month: Option<i8>,
    day: Option<i8>,
    weekday: Option<Day>,
    nth: Option<i8>,
    easter: Option<i32>,
    equinox: Option<Equinox>,
    from: Option<i16>,
    until: Option<i16>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Equinox {
    Vernal,
    Autumnal,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Monday,
    Thursday,
}

/// A calendar named in a rule.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Named(pub(super) &'static Calendar);

impl TryFrom<String> for Named {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        ALL.get(&name).map(Self).ok_or_else(|| {
            let known: Vec<_> = ALL.keys().map(String::as_str).collect();
            format!("{name:?} is no calendar; there are {}", known.join(", "))
        })
    }
}

impl Holiday {
    fn in_year(&self, year: i16) -> Option<Date> {
        if self.from.is_some_and(|from| year < from) || self.until.is_some_and(|until| until < year) {
            return None;
        }
        if let Some(days) = self.easter {
            return easter(year)?.checked_add(days.days()).ok();
        }
        if let Some(equinox) = self.equinox {
            return equinox.in_year(year);
        }
        let month = self.month?;
        match (self.day, self.weekday, self.nth) {
            (Some(day), None, None) => Date::new(year, month, day).ok(),
            (None, Some(weekday), Some(nth)) => {
                let weekday = match weekday {
                    Day::Monday => Weekday::Monday,
                    Day::Thursday => Weekday::Thursday,
                };
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()
            }
            _ => None,
        }
    }
}

impl Equinox {
    /// The day in Japan, good from 1980 to 2099: a widely used approximation of the course of the sun.
    fn in_year(self, year: i16) -> Option<Date> {
        let since = i64::from(year) - 1980;
        // In millionths of a day; the sun is late by 0.242194 days a year, which leap years make up for.
        let (month, in_1980) = match self {
            Self::Vernal => (3, 20_843_100),
            Self::Autumnal => (9, 23_248_800),
        };
        let day = (in_1980 + 242_194 * since) / 1_000_000 - since.div_euclid(4);
        Date::new(year, month, i8::try_from(day).ok()?).ok()
    }
}

/// Easter Sunday in the Gregorian calendar, by the anonymous algorithm.
#[expect(clippy::many_single_char_names, reason = "the letters of the algorithm as it is published")]
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e, g) = (b / 4, b % 4, (8 * b + 13) / 25);
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

impl Calendar {
    /// Whether the day is neither on a weekend nor a holiday.
    pub(super) fn is_open(&self, day: Date) -> bool {
        !is_weekend(day) && !self.is_holiday(day)
    }

    /// The day, or the next that is open.
    pub(super) fn roll(&self, day: Date) -> Option<Date> {
        let mut day = day;
        while !self.is_open(day) {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    }

    /// The day that is so many open days after a day.
    pub(super) fn after(&self, day: Date, open_days: i64) -> Option<Date> {
        let mut day = day;
        for _ in 0..open_days {
            day = self.roll(day.tomorrow().ok()?)?;
        }
        Some(day)
    }

    fn is_holiday(&self, day: Date) -> bool {
        if self.dates.contains(&day) || self.closed.iter().any(|h| h.in_year(day.year()) == Some(day)) {
            return true;
        }
        match self.when_on_weekend {
            OnWeekend::Stays => self.falls_on(day),
            OnWeekend::Nearest => {
                let neighbour = match day.weekday() {
                    Weekday::Friday => day.tomorrow(),
                    Weekday::Monday => day.yesterday(),
                    _ => Ok(day),
                };
                self.falls_on(day) || neighbour.is_ok_and(|neighbour| self.falls_on(neighbour))
            }
            OnWeekend::NextFree => self.falls_on(day) || self.stands_in(day) || self.lies_between(day),
        }
    }

    /// Whether a holiday falls on the day by itself. The last days of a year may observe one of the next.
    fn falls_on(&self, day: Date) -> bool {
        self.holidays.iter().any(|h| h.in_year(day.year()) == Some(day)) || self.dates.contains(&day)
    }

    /// Whether the days before it are holidays without a gap, back to one on a Sunday.
    fn stands_in(&self, day: Date) -> bool {
        let mut before = day;
        loop {
            match before.yesterday() {
                Ok(earlier) if self.falls_on(earlier) => before = earlier,
                _ => return false,
            }
            if before.weekday() == Weekday::Sunday {
                return true;
            }
        }
    }

    fn lies_between(&self, day: Date) -> bool {
        self.day_between
            && day.weekday() != Weekday::Sunday
            && day.yesterday().is_ok_and(|d| self.falls_on(d))
            && day.tomorrow().is_ok_and(|d| self.falls_on(d))
    }
}

/// The last day of the year in which a day falls.
pub(super) fn end_of_year(day: Date) -> Date {
    date(day.year(), 12, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(calendar: &str, year: i16) -> Vec<String> {
        let calendar = &ALL[calendar];
        let mut day = date(year, 1, 1);
        let mut found = Vec::new();
        while day.year() == year {
            if !is_weekend(day) && !calendar.is_open(day) {
                found.push(day.to_string()[5..].to_owned());
            }
            day = day.tomorrow().expect("years go on");
        }
        found
    }

    #[test]
    fn every_holiday_of_a_calendar_has_its_day() {
        for (id, calendar) in ALL.iter() {
            for holiday in calendar.holidays.iter().chain(&calendar.closed) {
                assert!(holiday.in_year(2026).is_some(), "{id}: {holiday:?}");
            }
        }
    }

    #[test]
    fn american_holidays_move_to_the_nearest_weekday() {
        // 4 July 2026 is a Saturday; Thanksgiving is 26 November.
        let of_2026 = closed("us-federal", 2026);
        let expected =
            ["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25"];
        assert_eq!(of_2026, expected);
        // 1 January 2028 is a Saturday, so it is kept on 31 December 2027; 19 June and 25 December 2027 move, too.
        assert!(closed("us-federal", 2027).ends_with(&[String::from("12-24"), String::from("12-31")]));
    }

    #[test]
    fn brazilian_holidays_stay_where_they_fall() {
        // In 2026 Easter is 5 April; 15 November is a Sunday.
        let expected = ["01-01", "04-03", "04-21", "05-01", "09-07", "10-12", "11-02", "11-20", "12-25"];
        assert_eq!(closed("br-national", 2026), expected);
        assert!(!closed("br-national", 2023).contains(&String::from("11-20")), "since 2024 only");
    }

    #[test]
    fn japanese_holidays_have_substitutes_and_bridges() {
        // As the Cabinet Office lists 2026: 3 May is a Sunday, so 6 May stands in; 22 September lies between two holidays.
        let expected = [
            "01-01", "01-02", "01-12", "02-11", "02-23", "03-20", "04-29", "05-04", "05-05", "05-06", "07-20", "08-11",
            "09-21", "09-22", "09-23", "10-12", "11-03", "11-23", "12-29", "12-30", "12-31",
        ];
        assert_eq!(closed("jp-administrative", 2026), expected);
        // Years to come, as the independent `holidays` package for Python has them.
        let to_come = [
            (
                2027,
                "01-01 01-11 02-11 02-23 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23 12-29 12-30 12-31",
            ),
            (2028, "01-03 01-10 02-11 02-23 03-20 05-03 05-04 05-05 07-17 08-11 09-18 09-22 10-09 11-03 11-23 12-29"),
            (2029, "01-01 01-02 01-03 01-08 02-12 02-23 03-20 04-30 05-03 05-04 07-16 09-17 09-24 10-08 11-23 12-31"),
            (
                2032,
                "01-01 01-02 01-12 02-11 02-23 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-21 09-22 10-11 11-03 11-23 12-29 12-30 12-31",
            ),
        ];
        for (year, days) in to_come {
            assert_eq!(closed("jp-administrative", year).join(" "), days, "{year}");
        }
    }
}
