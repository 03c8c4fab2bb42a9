//! Whether `MessageBird` has a message: its list of messages to the number, by the reference that is our attempt.

use serde::Deserialize;
use url::Url;

use super::CODES;
use crate::domain::message::Body;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, SKEW_MS, Told};
use crate::providers::protocol::callback;

#[derive(Deserialize)]
struct List {
    items: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    reference: Option<String>,
    recipients: Recipients,
}

#[derive(Deserialize)]
struct Recipients {
    items: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    status: String,
    #[serde(rename = "statusErrorCode")]
    error: Option<u32>,
}

/// The question: what went to that number since then.
pub(super) fn address(messages: &Url, inquiry: &Inquiry<'_>) -> Option<Url> {
    let Body::Sms { to, .. } = &inquiry.message.body else { return None };
    let since = jiff::Timestamp::from_millisecond(inquiry.from.0 - SKEW_MS).ok()?;
    let mut url = messages.clone();
    url.query_pairs_mut()
        .append_pair("recipient", to.expose().trim_start_matches('+'))
        .append_pair("from", &format!("{since:.0}"))
        .append_pair("limit", "50");
    Some(url)
}

/// What the list says.
pub(super) fn read(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    let attempt = inquiry.message.attempt.to_string();
    let ours = list.items.into_iter().find(|listed| listed.reference.as_deref() == Some(&attempt));
    Told::one(ours.map(|listed| {
        let (outcome, code) = listed.recipients.items.first().map_or((None, None), |to| {
            let error = to.error.map(|code| code.to_string());
            let (outcome, code) = callback::meaning(&CODES, &to.status, error.as_deref());
            (outcome, Some(code))
        });
        Finding { reference: listed.id, outcome, code }
    }))
}
