//! Postmark's webhooks: one event each.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::CODES;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::mail::ATTEMPT;
use crate::providers::{ReceiptError, ReceiptEvent};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    record_type: String,
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
    #[serde(rename = "ID")]
    id: Option<i64>,
    r#type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// Reads an event. One of a message that is not ours is nothing.
pub(super) fn read(body: &[u8]) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let event: Event =
        serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed("it is no event of Postmark's"))?;
    let Some(attempt) = event.metadata.get(ATTEMPT).and_then(|text| text.parse().ok()) else {
        return Ok(Vec::new());
    };
    let name = match (event.record_type.as_str(), &event.r#type) {
        ("Bounce", Some(kind)) => format!("Bounce.{kind}"),
        (record, _) => record.to_owned(),
    };
    let (outcome, code) = if let Some(outcome) = CODES.status(&name) {
        (outcome, name)
    } else {
        // A bounce of a new kind is still a bounce; anything else of a new kind changes nothing.
        tracing::warn!("Postmark's event is not in the table");
        ((event.record_type == "Bounce").then_some(Outcome::Rejected), String::from("unlisted event"))
    };
    let message = event.message_id.unwrap_or_default();
    let id = event.id.map(|id| format!(":{id}")).unwrap_or_default();
    Ok(vec![ReceiptEvent { attempt, key: format!("{message}:{}{id}", event.record_type), outcome, code: Some(code) }])
}
