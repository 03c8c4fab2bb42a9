//! What a reminder says: by email, and to a webhook.

use serde_json::{Value, json};

use crate::domain::clock::Millis;
use crate::domain::contact::EmailAddress;
use crate::domain::deadline::{Entry, distance, in_words};
use crate::domain::id::{AttemptId, CampaignId, PersonId, ReminderId};
use crate::domain::message::{Body, Message};
use crate::domain::obligation::ObligationState;
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
        force: obligation.force.in_words(),
        due: obligation.deadline.at.as_deref().map(in_words).unwrap_or_default(),
        left: entry.at().map(|at| distance(now, at)).unwrap_or_default(),
        overdue,
        rule: obligation.deadline.text.clone(),
        because: obligation.because.clone(),
        citations: obligation.citation.iter().map(|citation| citation.text.clone()).collect::<Vec<_>>().join("; "),
    }
}
