//! The Event Webhook: a list of events, signed as a whole (ECDSA on P-256 over the timestamp and the body as it came).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use serde::Deserialize;

use super::codes;
use crate::domain::outcome::Outcome;
use crate::providers::smtp::bounced;
use crate::providers::{ReceiptError, ReceiptEvent, ReceiptRequest};

/// A key that events are signed with.
pub(super) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key as SendGrid shows it: base64 of its SubjectPublicKeyInfo.
    pub(super) fn parse(text: &str) -> Option<Self> {
        VerifyingKey::from_public_key_der(&BASE64.decode(text.trim()).ok()?).ok().map(Self)
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    name: String,
    sg_event_id: String,
    #[serde(rename = "candour-attempt")]
    attempt: Option<String>,
    r#type: Option<String>,
    reason: Option<String>,
    status: Option<String>,
    bounce_classification: Option<String>,
}

/// Checks and reads a callback. Events of messages that are not ours are nothing.
pub(super) fn read(request: &ReceiptRequest, keys: &[PublicKey]) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    if !is_genuine(request, keys) {
        return Err(ReceiptError::Forged);
    }
    let events: Vec<Event> = serde_json::from_slice(&request.body)
        .map_err(|_| ReceiptError::Malformed("it is no list of SendGrid's events"))?;
    Ok(events.iter().filter_map(receipt).collect())
}

fn is_genuine(request: &ReceiptRequest, keys: &[PublicKey]) -> bool {
    let header = |name: &str| request.headers.get(name).map(|value| value.trim());
    let signature = header("x-twilio-email-event-webhook-signature").and_then(|text| BASE64.decode(text).ok());
    let signature = signature.and_then(|der| Signature::from_der(&der).ok());
    let (Some(signature), Some(stamp)) = (signature, header("x-twilio-email-event-webhook-timestamp")) else {
        return false;
    };
    let signed = [stamp.as_bytes(), &request.body].concat();
    keys.iter().any(|PublicKey(key)| key.verify(&signed, &signature).is_ok())
}

fn receipt(event: &Event) -> Option<ReceiptEvent> {
    let attempt = event.attempt.as_deref()?.parse().ok()?;
    let blocked = event.name == "bounce" && event.r#type.as_deref() == Some("blocked");
    let name = if blocked { "blocked" } else { event.name.as_str() };
    let why = if name == "dropped" { &event.reason } else { &event.bounce_classification };
    let fine = why.as_ref().map(|why| format!("{name}.{why}"));
    let known = |name: &str| codes::event(name).map(|outcome| (outcome, name.to_owned()));
    let found = fine.as_deref().and_then(known).or_else(|| known(name));
    let (mut outcome, mut code) = found.unwrap_or_else(|| {
        tracing::warn!("SendGrid's event is not in the table");
        (None, String::from("unlisted event"))
    });
    // Without a classification that says so, the status of the other side tells a dead address from a refusal.
    if let (Some(Outcome::Rejected), "bounce", Some((found, status))) =
        (outcome, name, event.status.as_deref().and_then(bounced))
    {
        outcome = Some(found);
        code = format!("{code} {status}");
    }
    Some(ReceiptEvent { attempt, key: event.sg_event_id.clone(), outcome, code: Some(code) })
}
