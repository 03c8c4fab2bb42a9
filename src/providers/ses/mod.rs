//! Email through Amazon SES (API version 2), and its events through Amazon SNS.
//!
//! The message is written by our own composer and sent raw, so that its headers are those of any other relay; SES replaces
//! the Message-ID and signs. Requests have no idempotency key: one without an answer is `unknown`, and cannot be
//! asked for: message insights are found by the identifier that the answer gives. The attempt travels as a
//! tag and as a header, and comes back in either form of event. What the account's suppression list swallows comes back as
//! a bounce that says so: `rejected`, and the next channel is tried.

mod codes;
mod events;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::json;
use url::Url;

pub use self::settings::SesSettings;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
use super::protocol::aws::Signer;
use super::protocol::mail::ATTEMPT;
use super::protocol::sns::Topics;
use super::settings::{Common, Faults, Surroundings};
use super::smtp::{MailComposer, MailContent, name_and_address, wire_address};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

const JSON: &str = "application/json";

/// An account of Amazon SES.
pub struct SesProvider {
    descriptor: Descriptor,
    composer: MailComposer,
    http: Http,
    signer: Signer,
    messages: Url,
    account: Url,
    configuration_set: Option<String>,
    topics: Option<Topics>,
    clock: Arc<dyn Clock>,
}

impl SesProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &SesSettings, around: &Surroundings) -> Result<Self, Faults> {
        settings.check()?;
        let (from_name, from) = name_and_address(&settings.from);
        let mail = MailContent { from, from_name, reply_to: settings.reply_to.as_deref() };
        let arns = settings.topic_arns.clone();
        let topics = (!arns.is_empty())
            .then(|| Topics::build(arns, settings.accept_sha1, settings.sns_base_url.clone()))
            .transpose()?;
        Ok(Self {
            descriptor: common.descriptor("ses", Channel::Email, topics.is_some()),
            composer: MailComposer::build(&mail)?,
            http: common.http()?,
            signer: Signer::new(settings.source(common)?, settings.region.clone(), "ses"),
            messages: settings.at("/v2/email/outbound-emails")?,
            account: settings.at("/v2/email/account")?,
            configuration_set: settings.configuration_set.clone(),
            topics,
            clock: Arc::clone(&around.clock),
        })
    }

    /// The request's body, or the answer if there is no sending it.
    fn body(&self, message: &Message, now: Millis) -> Result<Vec<u8>, Answer> {
        let Body::Email { to, .. } = &message.body else {
            return Err(Answer::of(Outcome::Misconfigured, "wrong-channel"));
        };
        let unfit = |outcome| Answer::of(outcome, "cannot-be-written");
        let content = self.composer.compose(message, now).map_err(|_| unfit(Outcome::Rejected))?;
        let to = wire_address(to.expose()).ok_or_else(|| unfit(Outcome::BadAddress))?;
        let attempt = message.attempt.to_string();
        // A header beside the tag: notifications of an identity bring headers, events of a configuration set both.
        let raw = [format!("X-{ATTEMPT}: {attempt}\r\n").as_bytes(), &content].concat();
        let mut body = json!({
            "FromEmailAddress": self.composer.sender(),
            "Destination": { "ToAddresses": [to] },
            "Content": { "Raw": { "Data": BASE64.encode(raw) } },
            "EmailTags": [{ "Name": ATTEMPT, "Value": attempt }],
        });
        if let Some(name) = &self.configuration_set {
            body["ConfigurationSetName"] = json!(name);
        }
        Ok(body.to_string().into_bytes())
    }

    async fn call(&self, body: Vec<u8>, now: Millis) -> Answer {
        let signed = match self.signer.headers("POST", &self.messages, Some(JSON), &body, now).await {
            Ok(signed) => signed,
            Err(fault) => return fault.answer(),
        };
        let request = signed.onto(self.http.post(self.messages.clone()).header("content-type", JSON).body(body));
        let answer = self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await;
        self.signer.reviewed(answer, &signed.access_key_id, now).await
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    message_id: String,
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    if reply.status == 200 {
        return match serde_json::from_slice::<Sent>(&reply.body) {
            Ok(sent) => Answer { reference: Some(sent.message_id), ..Answer::of(Outcome::Accepted, "200") },
            Err(_) => garbled(reply),
        };
    }
    let code = codes::name(reply);
    let mut answer = by_status(reply, code.is_some(), now);
    if let Some(code) = code {
        let read = codes::read(&code, answer.outcome).answer();
        answer = Answer { retry_after_ms: answer.retry_after_ms, ..read };
    }
    answer
}

#[async_trait]
impl Provider for SesProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        match self.body(message, now) {
            Ok(body) => self.call(body, now).await,
            Err(answer) => answer,
        }
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let topics = self.topics.as_ref().ok_or(ReceiptError::Unsupported)?;
        let Some(notification) = topics.read(&request.body).await? else { return Ok(Vec::new()) };
        events::read(&notification)
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let signed = self.signer.headers("GET", &self.account, None, b"", self.clock.now()).await;
        let signed = signed.map_err(|e| fault(e.to_string()))?;
        let request = signed.onto(self.http.get(self.account.clone()));
        let reply = self.http.run(request).await.map_err(|e| fault(e.to_string()))?;
        if reply.status == 200 {
            let account: Account = serde_json::from_slice(&reply.body).unwrap_or_default();
            return account.fault().map_or(Ok(Checked::SignsIn), |reason| Err(fault(reason.to_owned())));
        }
        let code = codes::name(&reply).unwrap_or_else(|| reply.status.to_string());
        Err(fault(match code.as_str() {
            "AccessDenied" | "AccessDeniedException" => {
                String::from("the key or role may not ask for the account; allow it ses:GetAccount and ses:SendEmail")
            }
            _ => format!(
                "Amazon SES answers {code}; check region, credentials, access_key_id, secret_access_key_file, base_url"
            ),
        }))
    }
}

/// What the account may do.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    sending_enabled: Option<bool>,
    production_access_enabled: Option<bool>,
}

impl Account {
    const fn fault(&self) -> Option<&'static str> {
        match (self.sending_enabled, self.production_access_enabled) {
            (Some(false), _) => Some("sending is paused for the account; see why in the console of Amazon SES"),
            (_, Some(false)) => {
                Some("the account is in the sandbox and reaches verified addresses only; request production access")
            }
            _ => None,
        }
    }
}
