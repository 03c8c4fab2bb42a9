//! What Amazon's errors mean, by the table in `codes.toml`, and where they stand in an answer.

use std::sync::LazyLock;

use crate::domain::outcome::Outcome;
use crate::providers::http::HttpReply;
use crate::providers::protocol::codes::{Codes, Verdict};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Amazon SES", include_str!("codes.toml")));

/// What an error means; `otherwise` for one that the table does not list.
pub(super) fn read(code: &str, otherwise: Outcome) -> Verdict {
    CODES.read(code, otherwise)
}

/// What an event changes; `None` for an event that the table does not list.
#[expect(clippy::option_option, reason = "a status is not in the table, changes nothing, or means something")]
pub(super) fn event(name: &str) -> Option<Option<Outcome>> {
    CODES.status(name)
}

/// The error's name: in a header, in the JSON, or, from the door before the service, in XML.
pub(super) fn name(reply: &HttpReply) -> Option<String> {
    let body = String::from_utf8_lossy(&reply.body);
    let header = reply.headers.get("x-amzn-errortype").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    let found = header.or_else(|| in_json(&body)).or_else(|| in_xml(&body))?;
    // `MessageRejected:http://...`, `com.amazonaws.ses#MessageRejected`
    let name = found.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim();
    // The one error of which only the prose says whether the message or the account is at fault.
    let unverified = name == "MessageRejected" && body.contains("not verified");
    (!name.is_empty()).then(|| if unverified { format!("{name}.not-verified") } else { name.to_owned() })
}

fn in_json(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let found = ["__type", "code", "Code"].iter().find_map(|key| value.get(key)?.as_str());
    found.map(ToOwned::to_owned)
}

fn in_xml(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
}
