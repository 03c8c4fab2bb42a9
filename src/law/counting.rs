//! Counting of time: from a clock event to the second at which a deadline ends.
//!
//! Every convention is exact about where it starts and ends. A last day moves past a weekend or a holiday only where the
//! text says so and the rule names the calendar.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan, Zoned};
use serde::Deserialize;

use super::calendar::{Named, end_of_year};
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
    /// The calendar that says which days are business days.
    pub(super) calendar: Option<Named>,
    /// The calendar by which a last day that is closed gives way to the next that is open.
    pub(super) roll_forward: Option<Named>,
    /// The events that start the clock: the first of them that is known does.
    #[serde(default)]
    pub(super) starts: Vec<ClockEvent>,
    /// Whether the count begins at the end of the period in which the event falls, not at the event.
    pub(super) from_end_of: Option<Period>,
    /// The event at which it is due at the latest, should it come before the number is over.
    pub(super) or_when: Option<ClockEvent>,
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
    BusinessDays,
    Months,
}

/// A period at the end of which a count may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Period {
    /// The calendar year of the event.
    CalendarYear,
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
    /// The day of the event is the first.
    #[serde(rename = "cal_days_incl_first")]
    CalDaysInclFirst,
    /// Open days of the calendar after the day of the event. Of an event on a closed day the next open day is the first,
    /// as the instructions to Form 8-K say in so many words.
    #[serde(rename = "business_days")]
    BusinessDays,
    /// Months of the calendar: it ends with the day of the same number, or with the month's last.
    #[serde(rename = "months")]
    Months,
    /// No number of its own: due when another event happens, at the latest.
    #[serde(rename = "with_event")]
    WithEvent,
    /// There is no number.
    #[serde(rename = "none")]
    None,
}

impl Counting {
    /// The unit that it counts.
    pub(super) const fn unit(self) -> Option<Unit> {
        match self {
            Self::HoursElapsed | Self::Eu1182Hours => Some(Unit::Hours),
            Self::CalDaysExclFirst | Self::CalDaysInclFirst => Some(Unit::CalendarDays),
            Self::BusinessDays => Some(Unit::BusinessDays),
            Self::Months => Some(Unit::Months),
            Self::WithEvent | Self::None => None,
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

impl Due {
    fn at(at: Zoned) -> Self {
        Self { safe: at.clone(), at }
    }
}

impl Term {
    /// The event that starts the clock, if it is known.
    pub(super) fn started<'a>(&'a self, timeline: &'a Timeline) -> Option<(&'a str, &'a Moment)> {
        self.starts.iter().find_map(|event| timeline.event(&event.0).map(|moment| (event.0.as_str(), moment)))
    }

    /// When it ends by the timeline, and by which event: counted from the one that starts it, or with the one that cuts it
    /// short.
    pub(super) fn ends<'a>(&'a self, timeline: &'a Timeline, zone: &TimeZone) -> Option<(Due, &'a str)> {
        let counted = self.started(timeline).and_then(|(event, moment)| Some((self.due(moment, zone)?, event)));
        let cut = self.or_when.as_ref().and_then(|event| {
            let moment = timeline.event(&event.0)?;
            Some((Due::at(to_second(moment, zone)?), event.0.as_str()))
        });
        match (counted, cut) {
            (Some(counted), Some(cut)) if cut.0.at < counted.0.at => Some(cut),
            (Some(counted), _) => Some(counted),
            (None, cut) => cut,
        }
    }

    /// When it ends, counted from an event; `None` without a number, or past the calendar's end.
    pub(super) fn due(&self, start: &Moment, zone: &TimeZone) -> Option<Due> {
        self.count(&to_second(start, zone)?)
    }

    /// When it ends, counted from a time on the clock of the authority's zone.
    pub(super) fn count(&self, local: &Zoned) -> Option<Due> {
        if self.counting == Counting::WithEvent {
            return Some(Due::at(local.clone()));
        }
        let amount = i64::from(self.amount?);
        let day = match self.from_end_of {
            None => local.date(),
            Some(Period::CalendarYear) => end_of_year(local.date()),
        };
        let last = match self.counting {
            Counting::None | Counting::WithEvent => return None,
            Counting::HoursElapsed => {
                return local.checked_add(SignedDuration::from_hours(amount)).ok().map(Due::at);
            }
            Counting::Eu1182Hours => {
                let into_the_hour = i64::from(local.minute()) * 60 + i64::from(local.second());
                let first = local.checked_add(SignedDuration::from_secs(3600 - into_the_hour)).ok()?;
                let at = first.checked_add(SignedDuration::from_hours(amount)).ok()?;
                let safe = local.checked_add(SignedDuration::from_hours(amount)).ok()?;
                return Some(Due { at, safe });
            }
            Counting::CalDaysExclFirst => day.checked_add(amount.days()).ok()?,
            Counting::CalDaysInclFirst => day.checked_add((amount - 1).days()).ok()?,
            Counting::Months => day.checked_add(amount.months()).ok()?,
            Counting::BusinessDays => self.calendar?.0.after(day, amount)?,
        };
        let last = match self.roll_forward {
            Some(calendar) => calendar.0.roll(last)?,
            None => last,
        };
        last_second(last, local.time_zone()).map(Due::at)
    }

    /// A term without a number, for those who fill in the rest.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self {
            kind: DeadlineKind::None,
            amount: None,
            unit: None,
            counting: Counting::None,
            calendar: None,
            roll_forward: None,
            starts: Vec::new(),
            from_end_of: None,
            or_when: None,
            text: String::new(),
            text_started: None,
        }
    }
}

/// The moment on the clock of a zone; fractions of a second are dropped. None before 1970: no law here is so old, and zones
/// had offsets then that RFC 3339 cannot write.
pub(super) fn to_second(moment: &Moment, zone: &TimeZone) -> Option<Zoned> {
    let at = moment.timestamp();
    let at = at.checked_sub(SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()))).ok()?;
    Some(at.to_zoned(zone.clone())).filter(|at| at.year() >= 1970)
}

/// The last second of a day in a zone.
fn last_second(day: Date, zone: &TimeZone) -> Option<Zoned> {
    let after = day.tomorrow().ok()?;
    after.to_zoned(zone.clone()).ok()?.checked_sub(SignedDuration::from_secs(1)).ok()
}

/// RFC 3339 to the second, with the zone's offset at that time.
pub(super) fn written(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
