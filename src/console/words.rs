//! Times and names as people read them.

use crate::domain::clock::Millis;
use crate::domain::obligation::{Force, ObligationState};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An instant to the minute, `2026-11-20 14:10 UTC`.
pub(super) fn minute(at: Millis) -> String {
    at.to_timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time with its own offset to the minute, `2026-12-10 23:59 -08:00`; as it is when it has another form.
pub(super) fn local(rfc3339: &str) -> String {
    let parts = (rfc3339.get(..10), rfc3339.get(11..16), rfc3339.get(16..));
    let (Some(day), Some(time), Some(rest)) = parts else { return rfc3339.to_owned() };
    let offset = rest.find(['+', '-']).map_or("UTC", |at| &rest[at..]);
    format!("{day} {time} {offset}")
}

/// How far an instant is from now: `in 3 days`, `2 hours ago`. Whole units, never more than there is left.
pub(super) fn distance(at: Millis, now: Millis) -> String {
    let seconds = at.0.saturating_sub(now.0) / 1000;
    let (ahead, far) = (seconds >= 0, seconds.saturating_abs());
    let (count, unit) = match far {
        _ if far < MINUTE => return String::from(if ahead { "within a minute" } else { "just now" }),
        _ if far < HOUR => (far / MINUTE, "minute"),
        // Up to two days in hours: at 47 hours "1 day" would tell too little.
        _ if far < 2 * DAY => (far / HOUR, "hour"),
        _ => (far / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if ahead { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

/// A name of the vocabulary, `email_address`, as words.
pub(super) fn plain(name: &str) -> String {
    name.replace('_', " ")
}

pub(super) const fn force(force: Force) -> &'static str {
    match force {
        Force::Mandatory => "mandatory",
        Force::Recommended => "recommended",
        Force::Review => "review",
    }
}

pub(super) const fn state(state: ObligationState) -> &'static str {
    match state {
        ObligationState::Open => "open",
        ObligationState::Met => "met",
        ObligationState::Overdue => "overdue",
        ObligationState::Waived => "waived",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_offset() {
        assert_eq!(local("2026-12-10T23:59:59-08:00"), "2026-12-10 23:59 -08:00");
        assert_eq!(local("2026-12-10T23:59:59.5+05:30"), "2026-12-10 23:59 +05:30");
        assert_eq!(local("2026-12-10T23:59:59Z"), "2026-12-10 23:59 UTC");
        assert_eq!(local("soon"), "soon");
        assert_eq!(minute(Millis(0)), "1970-01-01 00:00 UTC");
    }

    #[test]
    fn distances_never_promise_more_than_there_is() {
        let from_now = |seconds: i64| distance(Millis(seconds * 1000), Millis(0));
        assert_eq!(from_now(59), "within a minute");
        assert_eq!(from_now(HOUR - 1), "in 59 minutes");
        assert_eq!(from_now(2 * DAY - 1), "in 47 hours");
        assert_eq!(from_now(3 * DAY - 1), "in 2 days");
        assert_eq!(from_now(-HOUR), "1 hour ago");
        assert_eq!(from_now(-1), "just now");
    }
}
