//! Deadlines as iCalendar (RFC 5545): an event or a task for each duty that has a time, with alarms.
//!
//! An event's identifier is the same in every feed and after every change of the deadline, so that a calendar moves it
//! and does not show two.

use super::content_line::Lines;
use crate::domain::clock::Millis;
use crate::domain::deadline::Entry;
use crate::domain::obligation::{Force, ObligationState};
use crate::domain::reminder::{Mark, marks};

/// What each deadline becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// An event at the instant of the deadline, which every calendar program shows.
    #[default]
    Event,
    /// A task that is due then.
    Task,
}

/// The calendar of some entries; those without a time have no place in it. The same entries give the same bytes.
pub(super) fn calendar(name: &str, entries: &[Entry], kind: Kind, base: &str) -> String {
    let mut lines = Lines::default();
    lines.plain("BEGIN", "VCALENDAR");
    lines.plain("VERSION", "2.0");
    lines.plain("PRODID", concat!("-//Candour//Deadlines ", env!("CARGO_PKG_VERSION"), "//EN"));
    lines.plain("CALSCALE", "GREGORIAN");
    lines.plain("METHOD", "PUBLISH");
    // RFC 7986, and what programs understood before it.
    lines.text("NAME", name);
    lines.text("X-WR-CALNAME", name);
    lines.plain("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    lines.plain("X-PUBLISHED-TTL", "PT15M");
    for entry in entries {
        if let Some(at) = entry.at() {
            component(&mut lines, entry, at, kind, base);
        }
    }
    lines.plain("END", "VCALENDAR");
    lines.finish()
}

fn component(lines: &mut Lines, entry: &Entry, at: Millis, kind: Kind, base: &str) {
    let obligation = &entry.obligation;
    let name = match kind {
        Kind::Event => "VEVENT",
        Kind::Task => "VTODO",
    };
    lines.plain("BEGIN", name);
    lines.plain("UID", &format!("{}.{}", entry.incident, obligation.id.replace('/', ".")));
    lines.plain("DTSTAMP", &utc(entry.amended_at));
    lines.plain("LAST-MODIFIED", &utc(entry.amended_at));
    lines.plain("SEQUENCE", &entry.version.to_string());
    lines.text("SUMMARY", &summary(entry));
    lines.text("DESCRIPTION", &description(entry));
    lines.text("CATEGORIES", obligation.jurisdiction.as_str());
    lines.plain("CLASS", "CONFIDENTIAL");
    lines.plain("URL", &format!("{base}/console/incidents/{}", entry.incident));
    lines.plain("PRIORITY", if obligation.force == Force::Mandatory { "1" } else { "5" });
    match kind {
        Kind::Event => {
            lines.plain("DTSTART", &utc(at));
            // Nobody is busy because of it.
            lines.plain("TRANSP", "TRANSPARENT");
            let waived = obligation.state == ObligationState::Waived;
            lines.plain("STATUS", if waived { "CANCELLED" } else { "CONFIRMED" });
        }
        Kind::Task => {
            lines.plain("DUE", &utc(at));
            lines.plain(
                "STATUS",
                match obligation.state {
                    ObligationState::Open | ObligationState::Overdue => "NEEDS-ACTION",
                    ObligationState::Met => "COMPLETED",
                    ObligationState::Waived => "CANCELLED",
                },
            );
        }
    }
    if obligation.state == ObligationState::Open {
        for (mark, rings) in marks(entry.obligation.deadline.began, at) {
            alarm(lines, entry, mark, rings);
        }
    }
    lines.plain("END", name);
}

/// Rings at an instant and not so long before the start, which tasks do not have.
fn alarm(lines: &mut Lines, entry: &Entry, mark: Mark, rings: Millis) {
    let left = match mark {
        Mark::HalfTime => "Half of the time is over",
        Mark::DayBefore => "24 hours left",
        Mark::HoursBefore => "4 hours left",
        Mark::Overdue => "Overdue",
    };
    lines.plain("BEGIN", "VALARM");
    lines.plain("ACTION", "DISPLAY");
    lines.plain("TRIGGER;VALUE=DATE-TIME", &utc(rings));
    lines.text("DESCRIPTION", &format!("{left}: {}", summary(entry)));
    lines.plain("END", "VALARM");
}

/// What is to be done, in a few words: `Notify an authority: California Attorney General (us-ca)`.
pub(super) fn summary(entry: &Entry) -> String {
    let obligation = &entry.obligation;
    let before = match obligation.state {
        ObligationState::Open => "",
        ObligationState::Met => "Done: ",
        ObligationState::Overdue => "Overdue: ",
        ObligationState::Waived => "Waived: ",
    };
    format!("{before}{}: {} ({}) - {}", obligation.duty.in_words(), obligation.to, obligation.jurisdiction, entry.title)
}

fn description(entry: &Entry) -> String {
    let obligation = &entry.obligation;
    let force = match obligation.force {
        Force::Mandatory => "The law demands it.",
        Force::Recommended => "Guidance asks for it.",
        Force::Review => "A person must decide whether it applies.",
    };
    let citations: Vec<&str> = obligation.citation.iter().map(|citation| citation.text.as_str()).collect();
    format!(
        "{force}\nBecause {}\nDeadline: {} ({})\n{}\nRules {}",
        obligation.because,
        obligation.deadline.text,
        obligation.deadline.at.as_deref().unwrap_or("no time"),
        citations.join("; "),
        obligation.rules_version
    )
}

/// An instant in UTC, to the second: `20261211T075959Z`.
fn utc(at: Millis) -> String {
    at.to_timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
}
