//! Whether Twilio has a message: its list of messages to the number. It keeps no name of ours, so a message is ours when it was
//! made within the attempt's time and says the same words. (Messages resource, "Read multiple Message resources".)

use serde::Deserialize;
use url::Url;

use super::codes;
use crate::domain::clock::Millis;
use crate::domain::message::Body;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, Told};

/// So many of the newest messages to a number are looked at; Twilio gives 1000 at most.
const NEWEST: &str = "200";

#[derive(Deserialize)]
struct List {
    messages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    sid: String,
    #[serde(default)]
    body: String,
    direction: String,
    status: String,
    error_code: Option<u32>,
    date_created: String,
}

/// The question. The day it was sent on is no part of it: a message that is still queued has none.
pub(super) fn address(messages: &Url, inquiry: &Inquiry<'_>) -> Option<Url> {
    let Body::Sms { to, .. } = &inquiry.message.body else { return None };
    let mut url = messages.clone();
    url.query_pairs_mut().append_pair("To", to.expose()).append_pair("PageSize", NEWEST);
    Some(url)
}

/// What the list says.
pub(super) fn read(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    let Body::Sms { text, .. } = &inquiry.message.body else { return Told::Nothing(String::from("wrong-channel")) };
    let sent =
        |listed: &&Listed| listed.direction.starts_with("outbound") && made(listed).is_some_and(|at| inquiry.spans(at));
    // A trial account puts words of its own in front.
    let same = |listed: &&Listed| listed.body.trim_end().ends_with(text.expose().trim_end());
    let ours: Vec<Finding> = list.messages.iter().filter(sent).filter(same).map(finding).collect();
    // Whose words were taken out of the list may be ours.
    if ours.is_empty() && list.messages.iter().filter(sent).any(|listed| listed.body.trim().is_empty()) {
        return Told::Nothing(String::from("redacted"));
    }
    Told::Has(ours)
}

fn made(listed: &Listed) -> Option<Millis> {
    let at = jiff::fmt::rfc2822::parse(&listed.date_created).ok()?;
    Some(Millis(at.timestamp().as_millisecond()))
}

fn finding(listed: &Listed) -> Finding {
    let (outcome, code) =
        codes::read_status(&listed.status, listed.error_code).unwrap_or((None, String::from("unlisted")));
    Finding { reference: listed.sid.clone(), outcome, code: Some(code) }
}
