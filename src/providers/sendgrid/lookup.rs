//! Whether SendGrid has a message: its Email Activity, by the custom argument that is our attempt. An add-on that costs money, so it
//! is asked only where the configuration says that the account has it.

use serde::Deserialize;
use url::Url;

use crate::domain::outcome::Outcome;
use crate::providers::http::HttpReply;
use crate::providers::inquiry::{Finding, Inquiry, Told};
use crate::providers::protocol::mail::ATTEMPT;

#[derive(Deserialize)]
struct Activity {
    messages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    msg_id: String,
    status: String,
}

/// The question.
pub(super) fn address(activity: &Url, inquiry: &Inquiry<'_>) -> Url {
    let mut url = activity.clone();
    let query = format!("unique_args['{ATTEMPT}']=\"{}\"", inquiry.message.attempt);
    url.query_pairs_mut().append_pair("limit", "1").append_pair("query", &query);
    url
}

/// What it says.
pub(super) fn read(reply: &HttpReply) -> Told {
    let (200, Ok(activity)) = (reply.status, serde_json::from_slice::<Activity>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    Told::one(activity.messages.into_iter().next().map(|listed| {
        let outcome = match listed.status.as_str() {
            "delivered" => Some(Outcome::Delivered),
            // Bounced, blocked or dropped: which, the webhook says.
            "not_delivered" => Some(Outcome::Rejected),
            _ => None,
        };
        Finding { reference: listed.msg_id, outcome, code: Some(String::from("activity")) }
    }))
}
