//! Email through Mailgun, and its webhooks.
//!
//! Nothing is tracked. What Mailgun's suppression lists swallow comes back as a failure that says so: `rejected`, and the next
//! channel is tried. Requests have no idempotency key: one without an answer is `unknown`, and the events are
//! asked for it. The attempt travels as a variable of the message.

mod events;
mod lookup;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::events::Signatures;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
use super::protocol::codes::Codes;
use super::protocol::mail::{ATTEMPT, Letterhead, Mail};
use super::settings::{Common, Faults, below};
use super::{
    Answer, Asking, Checked, Descriptor, Inquiry, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
    Told,
};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Mailgun", include_str!("codes.toml")));

/// `kind = "mailgun"`: a domain at Mailgun.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailgunSettings {
    /// An API key with the right to send.
    pub api_key: Option<Secret>,
    /// The sending domain.
    pub domain: String,
    /// The sender, with or without a name.
    pub from: String,
    /// Address that answers go to.
    pub reply_to: Option<String>,
    /// The key that webhooks are signed with; no receipts without.
    pub webhook_signing_key: Option<Secret>,
    /// Keys from before: still believed.
    #[serde(default)]
    pub previous_webhook_signing_keys: Vec<Secret>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

fn api() -> Url {
    Url::parse("https://api.mailgun.net").expect("a constant address")
}

/// A domain at Mailgun.
pub struct MailgunProvider {
    descriptor: Descriptor,
    letterhead: Letterhead,
    http: Http,
    api_key: Secret,
    messages: Url,
    domain: Url,
    events: Url,
    signatures: Option<Signatures>,
}

#[derive(Deserialize)]
struct Queued {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

impl MailgunProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &MailgunSettings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let domain = &settings.domain;
        let named = !domain.is_empty() && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        found.require(named, "domain", "give the sending domain, like mg.example.org");
        found.require(settings.api_key.is_some(), "api_key_file", "name the file with the API key");
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.none()?;
        let at = |path: String| below(&settings.base_url, &path);
        let signatures = settings.webhook_signing_key.clone().map(|key| {
            let keys = [vec![key], settings.previous_webhook_signing_keys.clone()].concat();
            Signatures::new(keys)
        });
        Ok(Self {
            descriptor: common.descriptor("mailgun", Channel::Email, signatures.is_some()),
            letterhead: Letterhead::read(&settings.from, settings.reply_to.as_deref())?,
            http: common.http()?,
            api_key: settings.api_key.clone().unwrap_or_else(|| Secret::new("")),
            messages: at(format!("/v3/{domain}/messages")),
            domain: at(format!("/v4/domains/{domain}")),
            events: at(format!("/v3/{domain}/events")),
            signatures,
        })
    }

    fn form(&self, message: &Message) -> Result<Vec<(String, String)>, Answer> {
        let mail = Mail::of(message)?;
        let mut form: Vec<(String, String)> = [
            ("from", self.letterhead.mailbox()),
            ("to", mail.mailbox()),
            ("subject", mail.subject.to_owned()),
            ("text", mail.text.to_owned()),
            ("html", mail.html.to_owned()),
            ("o:tracking", String::from("no")),
            ("o:tracking-clicks", String::from("no")),
            ("o:tracking-opens", String::from("no")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        form.push((format!("v:{ATTEMPT}"), message.attempt.to_string()));
        form.extend(self.letterhead.headers(message).map(|(name, value)| (format!("h:{name}"), value)));
        form.extend(self.letterhead.reply_to.clone().map(|to| (String::from("h:Reply-To"), to)));
        Ok(form)
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    if reply.status == 200 {
        return match serde_json::from_slice::<Queued>(&reply.body) {
            Ok(queued) => Answer { reference: Some(queued.id), ..Answer::of(Outcome::Accepted, "200") },
            Err(_) => garbled(reply),
        };
    }
    let said = serde_json::from_slice::<Refused>(&reply.body).ok();
    let answer = by_status(reply, said.is_some(), now);
    // There are no codes, and of the prose only this sentence tells a dead address from a bad request.
    match said {
        Some(said) if reply.status == 400 && said.message.contains("'to' parameter is not a valid address") => {
            Answer::of(Outcome::BadAddress, "400 to")
        }
        // Elsewhere it asks for money; Mailgun means that the parameters are valid and the request failed all the same.
        _ if reply.status == 402 => Answer { outcome: Outcome::Rejected, ..answer },
        _ => answer,
    }
}

#[async_trait]
impl Provider for MailgunProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let form = match self.form(message) {
            Ok(form) => form,
            Err(answer) => return answer,
        };
        let request = self.http.post(self.messages.clone()).basic_auth("api", Some(self.api_key.expose())).form(&form);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let signatures = self.signatures.as_ref().ok_or(ReceiptError::Unsupported)?;
        signatures.read(&request.body, request.now)
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 1000 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(url) = lookup::address(&self.events, inquiry) else { return Told::Has(Vec::new()) };
        match self.http.run(self.http.get(url).basic_auth("api", Some(self.api_key.expose()))).await {
            Ok(reply) => lookup::read(&reply, inquiry),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request = self.http.get(self.domain.clone()).basic_auth("api", Some(self.api_key.expose()));
        let reply = self.http.run(request).await.map_err(|e| fault(e.to_string()))?;
        match reply.status {
            200 => Ok(Checked::SignsIn),
            401 | 403 => Err(fault(format!("Mailgun refuses the API key ({}); check api_key_file", reply.status))),
            404 => Err(fault(String::from(
                "Mailgun has no such domain; check domain, and base_url for an account in the EU",
            ))),
            status => Err(fault(format!("Mailgun answers {status} where the domain should be; check base_url"))),
        }
    }
}
