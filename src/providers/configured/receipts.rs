//! Callbacks, checked and read as the definition says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::definition::{Check, Format, Lasting, Receipts};
use crate::config::Secret;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::form::Form;
use crate::providers::protocol::fresh::Fresh;
use crate::providers::protocol::{mac, shown};
use crate::providers::smtp::bounced;
use crate::providers::{ReceiptError, ReceiptEvent, ReceiptRequest};

/// Reads callbacks.
pub(super) struct Reader {
    rules: Receipts,
    statuses: BTreeMap<String, Option<Outcome>>,
    secrets: Vec<Secret>,
    fresh: Option<Fresh>,
}

impl Reader {
    /// With the secrets that a callback may show.
    pub(super) fn new(rules: Receipts, secrets: Vec<Secret>) -> Self {
        let statuses = rules.statuses.iter().map(|s| (s.name.clone(), s.outcome)).collect();
        let fresh = match &rules.check {
            Check::Hmac { fresh: Some(lasting), .. } => Some(Fresh::lasting(lasting.seconds)),
            _ => None,
        };
        Self { rules, statuses, secrets, fresh }
    }

    /// Checks and reads a callback.
    pub(super) fn read(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let body = match self.rules.body {
            Format::Json => serde_json::from_slice(&request.body).ok(),
            Format::Form => {
                let form = Form::parse(&request.body);
                Some(form.pairs().iter().map(|(n, v)| (n.clone(), Value::from(v.as_str()))).collect::<Value>())
            }
        };
        if !self.is_genuine(request, body.as_ref().unwrap_or(&Value::Null)) {
            return Err(ReceiptError::Forged);
        }
        let body = body.ok_or(ReceiptError::Malformed("it is no JSON"))?;
        let events = match &self.rules.events {
            Some(pointer) => body.pointer(pointer).and_then(Value::as_array),
            None => None,
        };
        match (&self.rules.events, events) {
            (Some(_), None) => Err(ReceiptError::Malformed("it has no list of events")),
            (Some(_), Some(events)) => Ok(events.iter().filter_map(|event| self.event(request, event)).collect()),
            (None, _) => Ok(self.event(request, &body).into_iter().collect()),
        }
    }

    fn is_genuine(&self, request: &ReceiptRequest, body: &Value) -> bool {
        let secrets = &self.secrets;
        match &self.rules.check {
            Check::Hmac { at, hash, spelling, over, fresh, .. } => {
                let Some(given) = find(request, body, at) else { return false };
                let parts: Option<Vec<Vec<u8>>> = over
                    .iter()
                    .map(|part| match part.as_str() {
                        "body" => Some(request.body.to_vec()),
                        "url" => Some(request.url.clone().into_bytes()),
                        part => find(request, body, part).map(String::into_bytes),
                    })
                    .collect();
                let parts = parts.unwrap_or_default();
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                // Some write the algorithm before the signature, as in `sha256=...`.
                let given =
                    given.split_once('=').filter(|(word, _)| word.starts_with("sha")).map_or(given.as_str(), |g| g.1);
                !parts.is_empty()
                    && mac::fits((*hash, *spelling), secrets, &parts, given)
                    && fresh.as_ref().is_none_or(|lasting| self.is_fresh(lasting, request, body))
            }
            Check::Basic { user, .. } => shown::basic(request, user, secrets),
            Check::Bearer { .. } => shown::bearer(request, secrets),
            Check::Header { name, .. } => shown::header(request, &name.to_ascii_lowercase(), secrets),
            Check::Query { name, .. } => shown::query(request, name, secrets),
        }
    }

    /// Whether a signature is no older than it may be, and its word, if it has one, has come with no other body before.
    fn is_fresh(&self, lasting: &Lasting, request: &ReceiptRequest, body: &Value) -> bool {
        let Some(fresh) = &self.fresh else { return false };
        let made = find(request, body, &lasting.at).and_then(|at| fresh.made(&at, request.now));
        let Some(made) = made else { return false };
        match &lasting.once {
            None => true,
            Some(once) => find(request, body, once).is_some_and(|word| fresh.is_for(made, word, &request.body)),
        }
    }

    fn event(&self, request: &ReceiptRequest, event: &Value) -> Option<ReceiptEvent> {
        let attempt = find(request, event, &self.rules.attempt)?.trim().parse().ok()?;
        let words = |places: &[String]| -> Vec<String> {
            places.iter().map_while(|place| find(request, event, place)).collect()
        };
        let status = words(&self.rules.status);
        let known = (1..=status.len()).rev().find_map(|count| {
            let name = status[..count].join(".");
            self.statuses.get(&name).map(|outcome| (*outcome, name))
        });
        let (mut outcome, mut code) = known.unwrap_or_else(|| {
            tracing::warn!("the provider's status is not in its definition");
            (None, String::from("unlisted status"))
        });
        let mail = self.rules.mail_status.as_ref().and_then(|place| bounced(&find(request, event, place)?));
        if let (Some(Outcome::Rejected), Some((found, status))) = (outcome, mail) {
            outcome = Some(found);
            code = format!("{code} {status}");
        }
        Some(ReceiptEvent { attempt, key: words(&self.rules.key).join(":"), outcome, code: Some(code) })
    }
}

/// A value by its place: `header:NAME`, `query:NAME`, or a JSON pointer into the body. Texts, numbers and truth values.
fn find(request: &ReceiptRequest, body: &Value, place: &str) -> Option<String> {
    if let Some(name) = place.strip_prefix("header:") {
        return request.headers.get(&name.to_ascii_lowercase()).cloned();
    }
    if let Some(name) = place.strip_prefix("query:") {
        let query = request.url.split_once('?')?.1;
        return Form::parse(query.as_bytes()).one(name).ok()?.map(ToOwned::to_owned);
    }
    text(body.pointer(place)?)
}

/// A scalar as a text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
