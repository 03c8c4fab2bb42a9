//! Whether Mailgun has a message: the domain's events about the recipient, by the variable that is our attempt.

use serde::Deserialize;
use url::Url;

use super::events::{self, Event};
use crate::domain::outcome::Outcome;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, SKEW_MS, Told};
use crate::providers::protocol::mail::Mail;

#[derive(Deserialize)]
struct List {
    items: Vec<serde_json::Value>,
}

/// The question: what happened about that recipient since then.
pub(super) fn address(events: &Url, inquiry: &Inquiry<'_>) -> Option<Url> {
    let mail = Mail::of(inquiry.message).ok()?;
    let since = (inquiry.from.0 - SKEW_MS).div_euclid(1000).to_string();
    let mut url = events.clone();
    url.query_pairs_mut()
        .append_pair("begin", &since)
        .append_pair("ascending", "yes")
        .append_pair("limit", "300")
        .append_pair("recipient", &mail.to);
    Some(url)
}

/// What the events say. A failure outweighs a delivery.
pub(super) fn read(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    // Events of kinds that we have no use for may have any form.
    let known = list.items.into_iter().filter_map(|item| {
        let reference = item["message"]["headers"]["message-id"].as_str().map(ToOwned::to_owned);
        let event: Event = serde_json::from_value(item).ok()?;
        let said = events::receipt(&event).filter(|said| said.attempt == inquiry.message.attempt)?;
        Some(Finding {
            reference: reference.unwrap_or_else(|| said.key.clone()),
            outcome: said.outcome,
            code: said.code,
        })
    });
    Told::one(known.max_by_key(|finding| match finding.outcome {
        None => 0,
        Some(Outcome::Accepted) => 1,
        Some(Outcome::Delivered) => 2,
        Some(_) => 3,
    }))
}
