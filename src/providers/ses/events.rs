//! Events of Amazon SES: `eventType` where a configuration set publishes them, `notificationType` where an identity does.

use serde::Deserialize;

use super::codes;
use crate::domain::id::AttemptId;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::mail::ATTEMPT;
use crate::providers::protocol::sns::Notification;
use crate::providers::smtp::bounced;
use crate::providers::{ReceiptError, ReceiptEvent};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "eventType", alias = "notificationType")]
    name: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    tags: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType")]
    sub_kind: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    action: Option<String>,
    status: Option<String>,
}

impl Bounce {
    /// Whether it may be no more than an answering machine's word, which Amazon counts as a general bounce (developer guide,
    /// "Bounce types"). A mail server's report leaves its Action and Status behind; such a notice has neither.
    fn may_be_a_vacation_notice(&self) -> bool {
        let is_report = |recipient: &Recipient| recipient.action.is_some() || recipient.status.is_some();
        self.kind == "Transient" && self.sub_kind == "General" && !self.bounced_recipients.iter().any(is_report)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
}

/// Reads an event. One of a message that is not ours (others may send through the account, too) is nothing.
pub(super) fn read(notification: &Notification) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let event: Event = match serde_json::from_str(&notification.message) {
        Ok(event) => event,
        // Amazon publishes one sentence when a topic is joined to an identity.
        Err(_) if notification.message.starts_with("Successfully validated SNS topic") => return Ok(Vec::new()),
        Err(_) => return Err(ReceiptError::Malformed("it is no event of Amazon SES")),
    };
    let Some(attempt) = attempt(&event.mail) else { return Ok(Vec::new()) };
    let name = match (&event.bounce, &event.complaint) {
        (Some(bounce), _) => format!("Bounce.{}.{}", bounce.kind, bounce.sub_kind),
        (None, Some(Complaint { complaint_sub_type: Some(sub) })) => format!("Complaint.{sub}"),
        _ => event.name.clone(),
    };
    let (mut outcome, mut code) = if let Some(outcome) = codes::event(&name) {
        (outcome, name)
    } else {
        // A bounce of a new kind is still a bounce; anything else of a new kind changes nothing.
        tracing::warn!("Amazon SES's event is not in the table");
        (event.bounce.as_ref().map(|_| Outcome::Rejected), String::from("unlisted event"))
    };
    // "Permanent" covers policies and unknown people alike; the status of the other side says which.
    let status = event.bounce.as_ref().and_then(|b| b.bounced_recipients.first()?.status.as_deref());
    if let (Some(Outcome::BadAddress), Some((found, status))) = (outcome, status.and_then(bounced)) {
        outcome = Some(found);
        code = format!("{code} {status}");
    }
    if event.bounce.as_ref().is_some_and(Bounce::may_be_a_vacation_notice) {
        outcome = None;
    }
    Ok(vec![ReceiptEvent { attempt, key: notification.id.clone(), outcome, code: Some(code) }])
}

fn attempt(mail: &Mail) -> Option<AttemptId> {
    let tag = mail.tags.get(ATTEMPT).and_then(|values| values.first());
    let header = || {
        let name = format!("X-{ATTEMPT}");
        mail.headers.iter().find(|h| h.name.eq_ignore_ascii_case(&name)).map(|h| &h.value)
    };
    tag.or_else(header)?.trim().parse().ok()
}
