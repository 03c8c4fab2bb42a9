//! Deadlines of duties as instants, and the docket they stand in.

use std::cmp::Ordering;

use super::clock::Millis;
use super::id::IncidentId;
use super::incident::IncidentState;
use super::obligation::{Obligation, ObligationState};

/// A duty of one of the incidents that are being handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The incident.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub incident_state: IncidentState,
    /// When the incident was last amended.
    pub amended_at: Millis,
    /// Version of the incident.
    pub version: i64,
    /// The duty.
    pub obligation: Obligation,
}

/// The instant of a duty's deadline, where there is one.
#[must_use]
pub fn instant(obligation: &Obligation) -> Option<Millis> {
    obligation.deadline.at.as_deref()?.parse::<jiff::Timestamp>().ok().map(Millis::from)
}

/// A deadline as people say it, in the authority's own time: `Thursday, 10 December 2026, 23:59 (UTC-08:00)`.
#[must_use]
pub fn in_words(at: &str) -> String {
    let parse = || {
        let pieces = jiff::fmt::temporal::Pieces::parse(at).ok()?;
        let time = pieces.date().to_datetime(pieces.time()?);
        let offset = pieces.to_numeric_offset()?.seconds();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        let zone = format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        Some(format!("{} ({zone})", time.strftime("%A, %-d %B %Y, %H:%M")))
    };
    parse().unwrap_or_else(|| at.to_owned())
}

/// How long that is from now, the two largest units: `in 3 hours 20 minutes`, `2 days 4 hours ago`.
#[must_use]
pub fn distance(now: Millis, at: Millis) -> String {
    let minutes = (at.0 - now.0).abs() / 60_000;
    let units = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let from = units.iter().position(|(number, _)| *number > 0).unwrap_or(2);
    let shown = units.iter().skip(from).take(2).enumerate().filter(|(place, (number, _))| *place == 0 || *number > 0);
    let said: Vec<String> =
        shown.map(|(_, (number, unit))| format!("{number} {unit}{}", if *number == 1 { "" } else { "s" })).collect();
    if at.0 < now.0 { format!("{} ago", said.join(" ")) } else { format!("in {}", said.join(" ")) }
}

/// Where an entry stands in the order of deadlines: the earliest first, those without a time last; the rest makes the
/// order total, so that a list can be gone through page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The instant, if there is one.
    pub at: Option<Millis>,
    /// The incident.
    pub incident: IncidentId,
    /// The duty.
    pub obligation: String,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |place: &Self| (place.at.is_none(), place.at, place.incident);
        key(self).cmp(&key(other)).then_with(|| self.obligation.cmp(&other.obligation))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Entry {
    /// The instant of its deadline, where there is one.
    #[must_use]
    pub fn at(&self) -> Option<Millis> {
        instant(&self.obligation)
    }

    /// Where it stands in the order of deadlines.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { at: self.at(), incident: self.incident, obligation: self.obligation.id.clone() }
    }

    /// Whether it is still to be done.
    #[must_use]
    pub const fn is_to_be_done(&self) -> bool {
        matches!(self.obligation.state, ObligationState::Open | ObligationState::Overdue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_time_stands_last_and_the_order_is_total() {
        let place = |at: Option<i64>, incident: u128, obligation: &str| Place {
            at: at.map(Millis),
            incident: IncidentId(uuid::Uuid::from_u128(incident)),
            obligation: obligation.to_owned(),
        };
        let ordered = [
            place(Some(1), 2, "b"),
            place(Some(2), 1, "a"),
            place(Some(2), 1, "b"),
            place(Some(2), 2, "a"),
            place(None, 1, "a"),
        ];
        let mut shuffled =
            vec![ordered[4].clone(), ordered[2].clone(), ordered[0].clone(), ordered[3].clone(), ordered[1].clone()];
        shuffled.sort();
        assert_eq!(shuffled, ordered);
    }

    #[test]
    fn a_deadline_is_said_in_words() {
        assert_eq!(in_words("2026-12-10T23:59:59-08:00"), "Thursday, 10 December 2026, 23:59 (UTC-08:00)");
        assert_eq!(in_words("2028-02-29T09:05:00+05:30"), "Tuesday, 29 February 2028, 09:05 (UTC+05:30)");
        let hour = 3_600_000;
        for (from_now, said) in [
            (3 * hour + 20 * 60_000 + 59_000, "in 3 hours 20 minutes"),
            (49 * hour, "in 2 days 1 hour"),
            (48 * hour + 60_000, "in 2 days"),
            (30_000, "in 0 minutes"),
            (-hour, "1 hour ago"),
        ] {
            assert_eq!(distance(Millis(hour), Millis(hour + from_now)), said);
        }
    }
}
