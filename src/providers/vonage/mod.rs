//! Text messages through Vonage's SMS API, and its delivery receipts.
//!
//! The API answers 200 to everything; each part of a message has its own status in the body. There is no idempotency
//! key: a request without an answer may have gone out, so it is `unknown`; an account with the Reports API is
//! asked for it. The callback's address carries the attempt
//! and an HMAC of ours; where the account signs its callbacks, that signature must fit as well.

mod lookup;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::signature::Signatures;
pub use self::signature::VonageDigest;
use super::http::{Http, HttpReply};
use super::protocol::answers::by_status;
use super::protocol::callback;
use super::protocol::codes::Codes;
use super::protocol::form::Form;
use super::protocol::sender;
use super::settings::{Common, Faults, Surroundings, below};
use super::{
    Answer, Asking, Checked, Descriptor, Inquiry, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
    Told,
};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::domain::segments::{self, Encoding};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Vonage", include_str!("codes.toml")));

/// A Vonage account that sends text messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VonageSettings {
    /// The account's API key.
    pub api_key: String,
    /// Its secret.
    pub api_secret: Secret,
    /// The number or name to send from.
    pub from: String,
    /// Makes callbacks' addresses, so that nobody else can.
    pub receipt_secret: Secret,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_receipt_secrets: Vec<Secret>,
    /// The account's signature secret, where it signs callbacks; the signature must then fit as well.
    pub signature_secret: Option<Secret>,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_signature_secrets: Vec<Secret>,
    /// How it signs.
    #[serde(default)]
    pub signature_digest: VonageDigest,
    /// How long the network may try, in seconds (20 to 604,800).
    pub ttl_seconds: Option<u32>,
    /// The address of the Reports API's records, where the account has it: then it is asked about messages without an answer.
    pub reports_url: Option<Url>,
    /// The API's address.
    #[serde(default = "rest_nexmo")]
    pub base_url: Url,
}

fn rest_nexmo() -> Url {
    Url::parse("https://rest.nexmo.com").expect("a constant address")
}

/// A Vonage account that sends text messages.
pub struct VonageProvider {
    descriptor: Descriptor,
    http: Http,
    api_key: String,
    api_secret: Secret,
    from: String,
    ttl_ms: Option<String>,
    messages: Url,
    balance: Url,
    reports: Option<Url>,
    receipts: String,
    secrets: Vec<Secret>,
    signatures: Signatures,
}

#[derive(Deserialize)]
struct Sent {
    messages: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    status: String,
    #[serde(default, rename = "message-id")]
    message_id: Option<String>,
}

impl VonageProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &VonageSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let fits = settings.ttl_seconds.is_none_or(|s| (20..=604_800).contains(&s));
        found.require(fits, "ttl_seconds", "give 20 to 604800");
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.require(settings.reports_url.as_ref().is_none_or(is_protected), "reports_url", "use https");
        found.none()?;
        let signing = settings.signature_secret.iter().chain(&settings.previous_signature_secrets).cloned().collect();
        Ok(Self {
            descriptor: common.descriptor("vonage", Channel::Sms, true),
            http: common.http()?,
            api_key: settings.api_key.clone(),
            api_secret: settings.api_secret.clone(),
            from: settings.from.clone(),
            ttl_ms: settings.ttl_seconds.map(|seconds| (u64::from(seconds) * 1000).to_string()),
            messages: below(&settings.base_url, "/sms/json"),
            balance: below(&settings.base_url, "/account/get-balance"),
            reports: settings.reports_url.clone(),
            receipts: around.receipts_url(&common.name)?,
            secrets: callback::secrets(&settings.receipt_secret, &settings.previous_receipt_secrets),
            signatures: Signatures::new(signing, settings.signature_digest),
        })
    }
}

/// What the API's answer means. The first part that was not taken speaks for all.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let mut answer = match (reply.status, serde_json::from_slice::<Sent>(&reply.body)) {
        (200..=299, Ok(sent)) if !sent.messages.is_empty() => {
            let telling = sent.messages.iter().find(|part| part.status != "0").unwrap_or(&sent.messages[0]);
            let reference = sent.messages[0].message_id.clone();
            Answer { reference, ..CODES.read(&telling.status, Outcome::Rejected).answer() }
        }
        // It was taken or not; the body would have said.
        (200..=299, _) => Answer::of(Outcome::Unknown, format!("unlisted {}", reply.status)),
        _ => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for VonageProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Sms { to, text, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        if let Some(refusal) = sender::refusal(&self.from, to) {
            return refusal;
        }
        let callback = callback::address(&self.receipts, message.attempt, &self.secrets);
        let attempt = message.attempt.to_string();
        let kind = match segments::measure(text.expose()).encoding {
            Encoding::Gsm7 => "text",
            Encoding::Ucs2 => "unicode",
        };
        let mut form = vec![
            ("api_key", self.api_key.as_str()),
            ("api_secret", self.api_secret.expose()),
            ("from", self.from.as_str()),
            ("to", to.expose().trim_start_matches('+')),
            ("text", text.expose().as_str()),
            ("type", kind),
            ("status-report-req", "1"),
            ("callback", callback.as_str()),
            ("client-ref", attempt.as_str()),
        ];
        form.extend(self.ttl_ms.as_deref().map(|ttl| ("ttl", ttl)));
        self.http
            .ask(self.http.post(self.messages.clone()).form(&form), &self.descriptor, |reply| read_answer(reply, now))
            .await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let attempt = callback::attempt(request, &self.secrets)?;
        let fields = said(request)?;
        if !self.signatures.fit(fields.pairs(), request.now) {
            return Err(ReceiptError::Forged);
        }
        let (status, id) = (fields.must("status")?, fields.must("messageId")?);
        let (outcome, code) = callback::meaning(&CODES, status, fields.one("err-code")?);
        Ok(vec![ReceiptEvent { attempt, key: format!("{id}:{status}"), outcome, code: Some(code) }])
    }

    fn asking(&self) -> Option<Asking> {
        self.reports.as_ref().map(|_| Asking { gap_ms: 1000 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(url) = self.reports.as_ref().and_then(|url| lookup::address(url, &self.api_key, inquiry)) else {
            return Told::Nothing(String::from("no reports"));
        };
        match self.http.run(self.http.get(url).basic_auth(&self.api_key, Some(self.api_secret.expose()))).await {
            Ok(reply) => lookup::read(&reply, inquiry),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    fn remarks(&self) -> Vec<String> {
        sender::remarks(&self.from, &self.descriptor.destinations)
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let mut url = self.balance.clone();
        url.query_pairs_mut().append_pair("api_key", &self.api_key).append_pair("api_secret", self.api_secret.expose());
        match self.http.run(self.http.get(url)).await {
            Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok(reply) if matches!(reply.status, 401 | 403) => {
                Err(fault(format!("Vonage refuses the credentials ({}); check api_key and api_secret", reply.status)))
            }
            Ok(reply) => {
                Err(fault(format!("Vonage answers {} where the balance should be; check base_url", reply.status)))
            }
            Err(error) => Err(fault(error.to_string())),
        }
    }
}

/// What Vonage says, in its address or its body, as the account has it: form or JSON. What we put into the address is
/// ours and not said by it.
fn said(request: &ReceiptRequest) -> Result<Form, ReceiptError> {
    let json = request.headers.get("content-type").is_some_and(|kind| kind.trim().starts_with("application/json"));
    let mut pairs = callback::query(request).pairs().to_vec();
    pairs.retain(|(name, _)| name != "attempt" && name != "token");
    if json {
        let map: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&request.body).map_err(|_| ReceiptError::Malformed("its body is no JSON"))?;
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        pairs.extend(map.into_iter().map(|(name, value)| (name, text(value))));
    } else {
        pairs.extend_from_slice(Form::parse(&request.body).pairs());
    }
    Ok(Form::of(pairs))
}
