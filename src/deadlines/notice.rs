//! What a reminder says: by email, and to a webhook.

use serde_json::{Value, json};

use crate::domain::clock::Millis;
use crate::domain::contact::EmailAddress;
use crate::domain::deadline::Entry;
use crate::domain::id::{AttemptId, CampaignId, PersonId, ReminderId};
use crate::domain::message::{Body, Message};
use crate::domain::obligation::{Force, ObligationState};
use crate::domain::pii::Pii;
use crate::domain::reminder::{Mark, Reminder};
use crate::render::{ReminderDuty, ReminderError, ReminderWords, reminder};

/// One reminder of one or more duties with the same deadline.
pub(super) struct Occasion<'a> {
    /// Names it: the same for every try.
    pub(super) id: ReminderId,
    /// Which reminder.
    pub(super) mark: Mark,
    /// The duties that it is about, of one incident.
    pub(super) entries: Vec<&'a Entry>,
    /// As they were claimed.
    pub(super) claimed: Vec<&'a Reminder>,
}

impl Occasion<'_> {
    /// The email. A repeat has the same Message-ID, which is made from incident and reminder.
    pub(super) fn email(&self, to: &EmailAddress, base: &str, now: Millis) -> Result<Message, ReminderError> {
        let first = self.entries.first();
        let incident = first.map(|entry| entry.incident.0).unwrap_or_default();
        let words = ReminderWords {
            mark: said(self.mark),
            title: first.map(|entry| entry.title.clone()).unwrap_or_default(),
            link: format!("{base}/console/incidents/{incident}"),
            number: self.entries.len(),
            duties: self.entries.iter().map(|entry| words(entry, now)).collect(),
        };
        let rendered = reminder(&words)?;
        Ok(Message {
            attempt: AttemptId(self.id.0),
            campaign: CampaignId(incident),
            person: PersonId(self.id.0),
            locale: String::from("en"),
            body: Body::Email {
                to: to.clone(),
                to_name: None,
                subject: Pii::new(rendered.subject),
                text: Pii::new(rendered.text),
                html: Pii::new(rendered.html),
            },
        })
    }

    /// The body of the call.
    pub(super) fn json(&self, base: &str, now: Millis) -> Value {
        let first = self.entries.first();
        let incident = first.map(|entry| {
            json!({
                "id": entry.incident,
                "title": entry.title,
                "state": entry.incident_state,
                "url": format!("{base}/console/incidents/{}", entry.incident),
            })
        });
        let obligations: Vec<_> = self.entries.iter().map(|entry| &entry.obligation).collect();
        json!({
            "type": "deadline.reminder",
            "timestamp": now.to_rfc3339(),
            "data": { "mark": self.mark, "incident": incident, "obligations": obligations },
        })
    }
}

/// A deadline as people say it, in the authority's own time: `Thursday, 10 December 2026, 23:59 (UTC-08:00)`.
fn in_words(at: &str) -> String {
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
fn distance(now: Millis, at: Millis) -> String {
    let minutes = (at.0 - now.0).abs() / 60_000;
    let units = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let from = units.iter().position(|(number, _)| *number > 0).unwrap_or(2);
    let shown = units.iter().skip(from).take(2).enumerate().filter(|(place, (number, _))| *place == 0 || *number > 0);
    let said: Vec<String> =
        shown.map(|(_, (number, unit))| format!("{number} {unit}{}", if *number == 1 { "" } else { "s" })).collect();
    if at.0 < now.0 { format!("{} ago", said.join(" ")) } else { format!("in {}", said.join(" ")) }
}

const fn said(mark: Mark) -> &'static str {
    match mark {
        Mark::HalfTime => "Half of the time is over",
        Mark::DayBefore => "24 hours or less left",
        Mark::HoursBefore => "4 hours or less left",
        Mark::Overdue => "Overdue",
    }
}

fn words(entry: &Entry, now: Millis) -> ReminderDuty {
    let obligation = &entry.obligation;
    let overdue = obligation.state == ObligationState::Overdue || obligation.deadline.has_passed(now);
    ReminderDuty {
        what: obligation.duty.in_words(),
        to: obligation.to.clone(),
        jurisdiction: obligation.jurisdiction.to_string(),
        force: match obligation.force {
            Force::Mandatory => "mandatory",
            Force::Recommended => "recommended",
            Force::Review => "to be reviewed: the facts do not decide it",
        },
        due: obligation.deadline.at.as_deref().map(in_words).unwrap_or_default(),
        left: entry.at().map(|at| distance(now, at)).unwrap_or_default(),
        overdue,
        rule: obligation.deadline.text.clone(),
        because: obligation.because.clone(),
        citations: obligation.citation.iter().map(|citation| citation.text.clone()).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
