//! Text messages through `MessageBird`'s SMS API (Bird), and its status reports.
//!
//! There is no idempotency key: a request without an answer may have gone out, so it is `unknown`, and the list of
//! messages is asked for it. A report is a GET whose
//! `reference` is our attempt; a signed token covers its whole address.

mod lookup;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use self::signature::Signatures;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled, of_unlisted};
use super::protocol::callback;
use super::protocol::codes::Codes;
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

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("MessageBird", include_str!("codes.toml")));

/// A `MessageBird` account that sends text messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageBirdSettings {
    /// The access key.
    pub access_key: Secret,
    /// The key that status reports are signed with.
    pub signing_key: Secret,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_signing_keys: Vec<Secret>,
    /// The number or name to send from.
    pub from: String,
    /// How long the network may try, in seconds.
    pub validity_seconds: Option<u32>,
    /// The API's address.
    #[serde(default = "rest_messagebird")]
    pub base_url: Url,
}

fn rest_messagebird() -> Url {
    Url::parse("https://rest.messagebird.com").expect("a constant address")
}

/// A `MessageBird` account that sends text messages.
pub struct MessageBirdProvider {
    descriptor: Descriptor,
    http: Http,
    authorization: Secret,
    from: String,
    validity: Option<u32>,
    messages: Url,
    balance: Url,
    receipts: String,
    signatures: Signatures,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    code: u32,
    #[serde(default)]
    parameter: Option<String>,
}

impl MessageBirdProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &MessageBirdSettings, around: &Surroundings) -> Result<Self, Faults> {
        let keys = callback::secrets(&settings.signing_key, &settings.previous_signing_keys);
        let mut found = Faults::default();
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.none()?;
        Ok(Self {
            descriptor: common.descriptor("messagebird", Channel::Sms, true),
            http: common.http()?,
            authorization: Secret::new(format!("AccessKey {}", settings.access_key.expose())),
            from: settings.from.clone(),
            validity: settings.validity_seconds,
            messages: below(&settings.base_url, "/messages"),
            balance: below(&settings.base_url, "/balance"),
            receipts: around.receipts_url(&common.name)?,
            signatures: Signatures::new(keys),
        })
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let refused = || serde_json::from_slice::<Refused>(&reply.body).ok().and_then(|r| r.errors.into_iter().next());
    let mut answer = match (reply.status, refused()) {
        (status @ 200..=299, _) => match serde_json::from_slice::<Created>(&reply.body) {
            Ok(created) => Answer { reference: Some(created.id), ..Answer::of(Outcome::Accepted, status.to_string()) },
            // Without the name of the message it may be no answer of MessageBird's at all; its list is asked.
            Err(_) => garbled(reply),
        },
        (429, _) => Answer::of(Outcome::Throttled, "429"),
        (_, Some(Complaint { code, parameter })) => {
            let about = format!("{code} {}", parameter.unwrap_or_default());
            let code = if CODES.lists(&about) { about } else { code.to_string() };
            CODES.read(&code, of_unlisted(reply.status)).answer()
        }
        (_, None) => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for MessageBirdProvider {
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
        let coding = match segments::measure(text.expose()).encoding {
            Encoding::Gsm7 => "plain",
            Encoding::Ucs2 => "unicode",
        };
        let mut body = json!({
            "originator": self.from,
            "recipients": [to.expose().trim_start_matches('+')],
            "body": text.expose(),
            "datacoding": coding,
            "reference": message.attempt,
            "reportUrl": self.receipts,
        });
        if let Some(seconds) = self.validity {
            body["validity"] = json!(seconds);
        }
        let request =
            self.http.post(self.messages.clone()).header("Authorization", self.authorization.expose()).json(&body);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if !self.signatures.fit(request) {
            return Err(ReceiptError::Forged);
        }
        let query = callback::query(request);
        let attempt =
            query.must("reference")?.parse().map_err(|_| ReceiptError::Malformed("its reference is no attempt"))?;
        let (id, status) = (query.must("id")?, query.must("status")?);
        let (outcome, code) = callback::meaning(&CODES, status, query.one("statusErrorCode")?);
        Ok(vec![ReceiptEvent { attempt, key: format!("{id}:{status}"), outcome, code: Some(code) }])
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 500 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(url) = lookup::address(&self.messages, inquiry) else { return Told::Has(Vec::new()) };
        match self.http.run(self.http.get(url).header("Authorization", self.authorization.expose())).await {
            Ok(reply) => lookup::read(&reply, inquiry),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    fn remarks(&self) -> Vec<String> {
        sender::remarks(&self.from, &self.descriptor.destinations)
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request = self.http.get(self.balance.clone()).header("Authorization", self.authorization.expose());
        match self.http.run(request).await {
            Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok(reply) if matches!(reply.status, 401 | 403) => {
                Err(fault(format!("MessageBird refuses the access key ({}); check access_key", reply.status)))
            }
            Ok(reply) => {
                Err(fault(format!("MessageBird answers {} where the balance should be; check base_url", reply.status)))
            }
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
