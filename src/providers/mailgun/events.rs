//! Mailgun's webhooks: one event each. The signature covers a timestamp and a token, not the event: so each is good for one
//! body only, and only for a while.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::CODES;
use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::fresh::Fresh;
use crate::providers::protocol::mac::{Hash, Spelling, fits};
use crate::providers::protocol::mail::ATTEMPT;
use crate::providers::smtp::bounced;
use crate::providers::{ReceiptError, ReceiptEvent};

/// How old a signature may be in seconds: Mailgun repeats a call for eight hours.
const LASTING: u32 = 12 * 60 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Callback {
    signature: Signature,
    event_data: Event,
}

#[derive(Deserialize)]
struct Signature {
    timestamp: String,
    token: String,
    #[serde(rename = "signature")]
    value: String,
}

/// Something that happened to a message.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Event {
    #[serde(rename = "event")]
    name: String,
    id: String,
    severity: Option<String>,
    reason: Option<String>,
    delivery_status: Option<Status>,
    #[serde(default)]
    user_variables: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Status {
    enhanced_code: Option<String>,
}

/// Checks signatures, and remembers which body each token came with.
pub(super) struct Signatures {
    keys: Vec<Secret>,
    fresh: Fresh,
}

impl Signatures {
    /// With all keys that are good during a rotation.
    pub(super) fn new(keys: Vec<Secret>) -> Self {
        Self { keys, fresh: Fresh::lasting(LASTING) }
    }

    /// Checks and reads a callback.
    pub(super) fn read(&self, body: &[u8], now: Millis) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let callback: Callback =
            serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed("it is no event of Mailgun's"))?;
        let Signature { timestamp, token, value: signature } = callback.signature;
        let parts = [timestamp.as_bytes(), token.as_bytes()];
        if !fits((Hash::Sha256, Spelling::Hex), &self.keys, &parts, &signature) {
            return Err(ReceiptError::Forged);
        }
        let made = self.fresh.made(&timestamp, now).ok_or(ReceiptError::Forged)?;
        if !self.fresh.is_for(made, token, body) {
            return Err(ReceiptError::Forged);
        }
        Ok(receipt(&callback.event_data).into_iter().collect())
    }
}

/// What an event says, of a callback or of the list; nothing if it is of a message that is not ours.
pub(super) fn receipt(event: &Event) -> Option<ReceiptEvent> {
    let attempt = event.user_variables.get(ATTEMPT)?.as_str()?.parse().ok()?;
    let names = [
        event.severity.as_ref().zip(event.reason.as_ref()).map(|(s, r)| format!("{}.{s}.{r}", event.name)),
        event.severity.as_ref().map(|severity| format!("{}.{severity}", event.name)),
        Some(event.name.clone()),
    ];
    let known = names.into_iter().flatten().find_map(|name| Some((CODES.status(&name)?, name)));
    let (mut outcome, mut code) = known.unwrap_or_else(|| {
        tracing::warn!("Mailgun's event is not in the table");
        (None, String::from("unlisted event"))
    });
    // A refusal by the other side comes with its status; one by Mailgun's own lists does not.
    let status = event.delivery_status.as_ref().and_then(|s| s.enhanced_code.as_deref());
    let asked = !event.reason.as_deref().unwrap_or_default().starts_with("suppress");
    if let (Some(Outcome::Rejected), true, Some((found, status))) = (outcome, asked, status.and_then(bounced)) {
        outcome = Some(found);
        code = format!("{code} {status}");
    }
    Some(ReceiptEvent { attempt, key: event.id.clone(), outcome, code: Some(code) })
}
