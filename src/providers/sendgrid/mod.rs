//! Email through SendGrid's v3 API, and its Event Webhook.
//!
//! Suppression lists are bypassed: an unsubscription from advertising does not switch off a notice that the law demands.
//! Nothing is tracked. Requests have no idempotency key: one without an answer is `unknown`; an account with Email
//! Activity is asked for it. The attempt travels as a custom
//! argument and comes back with every event.

mod codes;
mod events;
mod lookup;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use self::events::PublicKey;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
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

/// `kind = "sendgrid"`: an account of SendGrid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendGridSettings {
    /// An API key with the right to send.
    pub api_key: Option<Secret>,
    /// The sender, with or without a name; a verified one.
    pub from: String,
    /// Address that answers go to.
    pub reply_to: Option<String>,
    /// Keys that the Event Webhook is signed with, in base64; any of them is believed, no receipts without.
    #[serde(default)]
    pub webhook_public_keys: Vec<String>,
    /// Whether the account has the Email Activity API: then it is asked about messages without an answer.
    #[serde(default)]
    pub email_activity: bool,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

fn api() -> Url {
    Url::parse("https://api.sendgrid.com").expect("a constant address")
}

/// An account of SendGrid.
pub struct SendGridProvider {
    descriptor: Descriptor,
    letterhead: Letterhead,
    http: Http,
    api_key: Secret,
    messages: Url,
    scopes: Url,
    activity: Option<Url>,
    keys: Vec<PublicKey>,
}

impl SendGridProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &SendGridSettings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let keys: Option<Vec<_>> = settings.webhook_public_keys.iter().map(|key| PublicKey::parse(key)).collect();
        let reason = "give the verification keys that the Event Webhook's settings show, in base64";
        found.require(keys.is_some(), "webhook_public_keys", reason);
        found.require(settings.api_key.is_some(), "api_key_file", "name the file with the API key");
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.none()?;
        let at = |path| below(&settings.base_url, path);
        Ok(Self {
            descriptor: common.descriptor("sendgrid", Channel::Email, !settings.webhook_public_keys.is_empty()),
            letterhead: Letterhead::read(&settings.from, settings.reply_to.as_deref())?,
            http: common.http()?,
            api_key: settings.api_key.clone().unwrap_or_else(|| Secret::new("")),
            messages: at("/v3/mail/send"),
            scopes: at("/v3/scopes"),
            activity: settings.email_activity.then(|| at("/v3/messages")),
            keys: keys.unwrap_or_default(),
        })
    }

    fn body(&self, message: &Message) -> Result<Value, Answer> {
        let mail = Mail::of(message)?;
        let person = |address: &str, name: Option<&str>| match name {
            Some(name) => json!({ "email": address, "name": name }),
            None => json!({ "email": address }),
        };
        let headers: serde_json::Map<_, _> = self
            .letterhead
            .headers(message)
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .into_iter()
            .collect();
        let mut body = json!({
            "personalizations": [{
                "to": [person(&mail.to, mail.to_name.as_deref())],
                "custom_args": { ATTEMPT: message.attempt.to_string() },
            }],
            "from": person(&self.letterhead.address, self.letterhead.name.as_deref()),
            "subject": mail.subject,
            "content": [
                { "type": "text/plain", "value": mail.text },
                { "type": "text/html", "value": mail.html },
            ],
            "headers": headers,
            "mail_settings": { "bypass_list_management": { "enable": true } },
            "tracking_settings": {
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
                "subscription_tracking": { "enable": false },
                "ganalytics": { "enable": false },
            },
        });
        if let Some(reply_to) = &self.letterhead.reply_to {
            body["reply_to"] = person(reply_to, None);
        }
        Ok(body)
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    if reply.status == 202 {
        let id = reply.headers.get("x-message-id").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
        let taken = |id| Answer { reference: Some(id), ..Answer::of(Outcome::Accepted, "202") };
        return id.map_or_else(|| garbled(reply), taken);
    }
    let errors = codes::errors(reply);
    let answer = by_status(reply, errors.is_some(), now);
    match errors.as_deref() {
        // The status says enough of an account; the field says whose fault a refused message is.
        Some([first, ..]) if reply.status == 400 => codes::read_field(first, answer.outcome).answer(),
        _ => answer,
    }
}

#[async_trait]
impl Provider for SendGridProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let body = match self.body(message) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let request = self.http.post(self.messages.clone()).bearer_auth(self.api_key.expose()).json(&body);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if self.keys.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        events::read(request, &self.keys)
    }

    fn asking(&self) -> Option<Asking> {
        // Email Activity takes a handful of questions a minute.
        self.activity.as_ref().map(|_| Asking { gap_ms: 15_000 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(activity) = &self.activity else { return Told::Nothing(String::from("no email activity")) };
        let url = lookup::address(activity, inquiry);
        match self.http.run(self.http.get(url).bearer_auth(self.api_key.expose())).await {
            Ok(reply) => lookup::read(&reply),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request = self.http.get(self.scopes.clone()).bearer_auth(self.api_key.expose());
        let reply = self.http.run(request).await.map_err(|e| fault(e.to_string()))?;
        match reply.status {
            200 if String::from_utf8_lossy(&reply.body).contains("\"mail.send\"") => Ok(Checked::SignsIn),
            200 => Err(fault(String::from("the API key may not send; give it the right \"Mail Send\""))),
            401 | 403 => Err(fault(format!("SendGrid refuses the API key ({}); check api_key_file", reply.status))),
            status => Err(fault(format!("SendGrid answers {status} where the key's rights should be; check base_url"))),
        }
    }
}
