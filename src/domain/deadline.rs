//! Deadlines of duties as instants, and the docket they stand in.

use std::cmp::Ordering;

use super::clock::Millis;
use super::facts::Timeline;
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
    /// When the clock of the deadline began, where an event of the timeline began it.
    pub started_at: Option<Millis>,
    /// The duty.
    pub obligation: Obligation,
}

/// The instant of a duty's deadline, where there is one.
#[must_use]
pub fn instant(obligation: &Obligation) -> Option<Millis> {
    obligation.deadline.at.as_deref()?.parse::<jiff::Timestamp>().ok().map(Millis::from)
}

/// When the clock of a duty's deadline began: the event that its deadline names.
#[must_use]
pub fn started(obligation: &Obligation, timeline: &Timeline) -> Option<Millis> {
    Some(timeline.event(obligation.deadline.starts.as_deref()?)?.millis())
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
}
