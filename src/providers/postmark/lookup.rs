//! Whether Postmark has a message: the server's messages to the recipient, by the metadata that are our attempt. (Messages API,
//! "Outbound message search" and "Outbound message details".)

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use crate::domain::id::AttemptId;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, Told};
use crate::providers::protocol::mail::{ATTEMPT, Mail};
use crate::providers::settings::below;

/// So many of the newest messages to one recipient are looked at.
const NEWEST: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    messages: Vec<Listed>,
}

/// A message of the list. Not every list has the metadata; the details of a message do.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    #[serde(rename = "MessageID")]
    message_id: String,
    metadata: Option<BTreeMap<String, String>>,
}

/// The first question: what went to that recipient, newest first.
pub(super) fn list(base: &Url, inquiry: &Inquiry<'_>) -> Option<Url> {
    let mail = Mail::of(inquiry.message).ok()?;
    let mut url = below(base, "/messages/outbound");
    url.query_pairs_mut()
        .append_pair("count", &NEWEST.to_string())
        .append_pair("offset", "0")
        .append_pair("recipient", &mail.to);
    Some(url)
}

/// The question after one of them.
pub(super) fn details(base: &Url, of: &Listed) -> Option<Url> {
    let is_name = of.message_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then(|| below(base, &format!("/messages/outbound/{}/details", of.message_id)))
}

/// What the list says: the message, or those whose details must be asked for.
pub(super) fn read(reply: &HttpReply, attempt: AttemptId) -> Result<Vec<Listed>, Told> {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Err(Told::Nothing(reply.status.to_string()));
    };
    match list.messages.iter().find_map(|listed| finding(listed, attempt)) {
        Some(found) => Err(Told::one(Some(found))),
        None => Ok(list.messages.into_iter().filter(|listed| listed.metadata.is_none()).collect()),
    }
}

/// What the details say.
pub(super) fn read_details(reply: &HttpReply, attempt: AttemptId) -> Result<Option<Finding>, Told> {
    match (reply.status, serde_json::from_slice::<Listed>(&reply.body)) {
        (200, Ok(listed)) => Ok(finding(&listed, attempt)),
        (status, _) => Err(Told::Nothing(status.to_string())),
    }
}

fn finding(listed: &Listed, attempt: AttemptId) -> Option<Finding> {
    let named = listed.metadata.as_ref()?.get(ATTEMPT)?;
    // What became of it comes by itself, as a webhook.
    (*named == attempt.to_string()).then(|| Finding { reference: listed.message_id.clone(), outcome: None, code: None })
}
