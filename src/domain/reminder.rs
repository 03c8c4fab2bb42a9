//! Reminders of deadlines: when each falls due, and what became of it.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::id::{IncidentId, ReminderId};

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;

/// An instant before or after a deadline at which people are reminded of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Half of the time is over.
    HalfTime,
    /// 24 hours are left.
    DayBefore,
    /// 4 hours are left.
    HoursBefore,
    /// The time is over.
    Overdue,
}

impl Mark {
    /// All marks.
    pub const ALL: [Self; 4] = [Self::HalfTime, Self::DayBefore, Self::HoursBefore, Self::Overdue];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HalfTime => "half_time",
            Self::DayBefore => "day_before",
            Self::HoursBefore => "hours_before",
            Self::Overdue => "overdue",
        }
    }

    /// Reads [`Mark::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == name)
    }
}

/// The marks of a deadline and their instants, earliest first.
///
/// A mark that would fall before the clock began says nothing and is left out; without a known beginning there is no
/// half time. The deadline holds through its second, so what is overdue is so from the next one on.
#[must_use]
pub fn marks(started: Option<Millis>, deadline: Millis) -> Vec<(Mark, Millis)> {
    let window = started.map(|started| deadline.0.saturating_sub(started.0));
    let before = |mark, ahead: i64| window.is_none_or(|window| ahead < window).then(|| (mark, deadline.plus(-ahead)));
    let half = window.filter(|window| *window > 0).map(|window| (Mark::HalfTime, deadline.plus(-(window / 2))));
    let over = Millis((deadline.0.div_euclid(SECOND) + 1) * SECOND);
    let mut found: Vec<(Mark, Millis)> =
        [half, before(Mark::DayBefore, 24 * HOUR), before(Mark::HoursBefore, 4 * HOUR), Some((Mark::Overdue, over))]
            .into_iter()
            .flatten()
            .collect();
    found.sort_by_key(|(mark, at)| (*at, *mark));
    found
}

/// The marks of a deadline that have come by an instant: the last of them is what there is to say, the earlier ones are
/// only said if they were said in time.
#[must_use]
pub fn marks_by(started: Option<Millis>, deadline: Millis, now: Millis) -> Vec<Mark> {
    marks(started, deadline).into_iter().filter(|(_, at)| *at <= now).map(|(mark, _)| mark).collect()
}

/// Where a reminder stands.
///
/// ```text
/// due ──claim──> sending ──> sent
///  ^                │  └───> failed      (nobody took it in all the tries)
///  └────retry───────┘  └───> dropped     (the duty or the recipient is gone)
/// skipped: a later mark had come before this one could be sent
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReminderState {
    /// To be sent.
    Due,
    /// Being sent. One that stays so was left by a process that died, and is sent again under the same identifier.
    Sending,
    /// Taken by the mail relay, or answered with success by the webhook.
    Sent,
    /// Given up.
    Failed,
    /// A later mark had come before this one could be sent.
    Skipped,
    /// The duty was done, waived or moved, or nobody is to be told any more.
    Dropped,
}

impl ReminderState {
    const ALL: [Self; 6] = [Self::Due, Self::Sending, Self::Sent, Self::Failed, Self::Skipped, Self::Dropped];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Dropped => "dropped",
        }
    }

    /// Reads [`ReminderState::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// One reminder of one duty's deadline to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Identifier.
    pub id: ReminderId,
    /// The incident.
    pub incident: IncidentId,
    /// The duty.
    pub obligation: String,
    /// Which reminder.
    pub mark: Mark,
    /// The deadline that it is about; another deadline has reminders of its own.
    pub deadline: Millis,
    /// Channel and a hash of the address, `email:HASH` or `webhook:HASH`.
    pub recipient: String,
    /// Where it stands.
    pub state: ReminderState,
    /// How often it was claimed.
    pub tries: i64,
    /// When it is tried next, or counts as left behind.
    pub due_at: Millis,
    /// What the relay or the webhook answered last.
    pub code: Option<String>,
    /// When it was written down.
    pub created_at: Millis,
    /// When it came to its end.
    pub settled_at: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(window_hours: i64) -> Vec<(Mark, i64)> {
        let deadline = Millis(window_hours * HOUR);
        marks(Some(Millis(0)), deadline).into_iter().map(|(mark, at)| (mark, at.0 / SECOND)).collect()
    }

    #[test]
    fn marks_lie_between_the_beginning_and_the_end() {
        let hours = |hours: i64| hours * 3600;
        assert_eq!(
            of(72),
            [
                (Mark::HalfTime, hours(36)),
                (Mark::DayBefore, hours(48)),
                (Mark::HoursBefore, hours(68)),
                (Mark::Overdue, hours(72) + 1)
            ]
        );
        // At 24 hours "a day before" is the beginning itself, which is no reminder.
        assert_eq!(
            of(24),
            [(Mark::HalfTime, hours(12)), (Mark::HoursBefore, hours(20)), (Mark::Overdue, hours(24) + 1)]
        );
        assert_eq!(of(1), [(Mark::HalfTime, 1800), (Mark::Overdue, hours(1) + 1)]);
    }

    #[test]
    fn without_a_beginning_there_is_no_half_time() {
        let found: Vec<Mark> = marks(None, Millis(0)).into_iter().map(|(mark, _)| mark).collect();
        assert_eq!(found, [Mark::DayBefore, Mark::HoursBefore, Mark::Overdue]);
    }

    #[test]
    fn the_second_of_the_deadline_still_holds() {
        let deadline = Millis(86_399_000);
        assert!(!marks_by(None, deadline, Millis(86_399_999)).contains(&Mark::Overdue));
        assert!(marks_by(None, deadline, Millis(86_400_000)).contains(&Mark::Overdue));
    }
}
