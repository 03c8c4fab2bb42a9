//! What it means that an HTTP API did not take a message: by its own code where the table has it, else by the status.

use super::answers::{by_status, meaning};
use super::codes::Codes;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::http::HttpReply;

/// Reads an answer that is no success. `code` is the vendor's own, from the body; one that the table does not have is named where
/// the status says nothing better.
pub(in crate::providers) fn read(reply: &HttpReply, code: Option<&str>, codes: &Codes, now: Millis) -> Answer {
    let (status, by_status) = (reply.status, by_status(reply, code.is_some(), now));
    let is_refused = (400..500).contains(&status) && meaning(status, true).is_none();
    match code {
        Some(code) if is_refused || codes.lists(code) => {
            Answer { retry_after_ms: by_status.retry_after_ms, ..codes.read(code, Outcome::Rejected).answer() }
        }
        _ => by_status,
    }
}
