//! What SendGrid's refusals and events mean, by the table in `codes.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::outcome::Outcome;
use crate::providers::http::HttpReply;
use crate::providers::protocol::codes::{Codes, Verdict};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("SendGrid", include_str!("codes.toml")));

#[derive(Deserialize)]
struct Refused {
    errors: Vec<Fault>,
}

/// One thing that is wrong with a request.
#[derive(Deserialize)]
pub(super) struct Fault {
    #[serde(default)]
    field: Option<String>,
}

/// What is wrong, if it is SendGrid that says so.
pub(super) fn errors(reply: &HttpReply) -> Option<Vec<Fault>> {
    serde_json::from_slice::<Refused>(&reply.body).ok().map(|refused| refused.errors)
}

/// What it means that a field is wrong. There are no codes: the field says whose fault it is.
pub(super) fn read_field(fault: &Fault, otherwise: Outcome) -> Verdict {
    let field = fault.field.as_deref().unwrap_or("no-field");
    // `personalizations.0.to.0.email`, `personalizations[0].to[0].email`
    let words: Vec<_> =
        field.split(['.', '[', ']']).filter(|w| !w.is_empty() && !w.bytes().all(|b| b.is_ascii_digit())).collect();
    CODES.read(&words.join("."), otherwise)
}

/// What an event changes; `None` for an event that the table does not list.
#[expect(clippy::option_option, reason = "a status is not in the table, changes nothing, or means something")]
pub(super) fn event(name: &str) -> Option<Option<Outcome>> {
    CODES.status(name)
}
