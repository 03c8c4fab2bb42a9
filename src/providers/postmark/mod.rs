//! Email through Postmark, and its webhooks.
//!
//! A recipient whom Postmark holds for inactive is refused with a code of its own and becomes `rejected`: the next channel
//! is tried. Nothing is tracked. Requests have no idempotency key: one without an answer is `unknown`, and the
//! list of messages is asked for it. The attempt travels as metadata. Postmark signs no webhooks; they show a user name and a password.

mod events;
mod lookup;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
use super::protocol::codes::Codes;
use super::protocol::mail::{ATTEMPT, Letterhead, Mail};
use super::protocol::shown;
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

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Postmark", include_str!("codes.toml")));

/// The header that authenticates requests.
const TOKEN: &str = "X-Postmark-Server-Token";

/// `kind = "postmark"`: a server of Postmark.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostmarkSettings {
    /// The server's API token.
    pub server_token: Option<Secret>,
    /// The sender, with or without a name; a confirmed signature.
    pub from: String,
    /// Address that answers go to.
    pub reply_to: Option<String>,
    /// The message stream.
    #[serde(default = "outbound")]
    pub message_stream: String,
    /// User name that webhooks show.
    #[serde(default = "candour")]
    pub webhook_user: String,
    /// Password that webhooks show; no receipts without.
    pub webhook_password: Option<Secret>,
    /// Passwords from before: still believed.
    #[serde(default)]
    pub previous_webhook_passwords: Vec<Secret>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

fn outbound() -> String {
    String::from("outbound")
}

fn candour() -> String {
    String::from("candour")
}

fn api() -> Url {
    Url::parse("https://api.postmarkapp.com").expect("a constant address")
}

/// A server of Postmark.
pub struct PostmarkProvider {
    descriptor: Descriptor,
    letterhead: Letterhead,
    http: Http,
    token: Secret,
    stream: String,
    messages: Url,
    server: Url,
    api: Url,
    webhook: (String, Vec<Secret>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    error_code: i64,
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
}

impl PostmarkProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &PostmarkSettings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        found.require(
            settings.server_token.is_some(),
            "server_token_file",
            "name the file with the server's API token",
        );
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.none()?;
        let at = |path| below(&settings.base_url, path);
        let passwords = settings.webhook_password.iter().chain(&settings.previous_webhook_passwords).cloned().collect();
        Ok(Self {
            descriptor: common.descriptor("postmark", Channel::Email, settings.webhook_password.is_some()),
            letterhead: Letterhead::read(&settings.from, settings.reply_to.as_deref())?,
            http: common.http()?,
            token: settings.server_token.clone().unwrap_or_else(|| Secret::new("")),
            stream: settings.message_stream.clone(),
            messages: at("/email"),
            server: at("/server"),
            api: settings.base_url.clone(),
            webhook: (settings.webhook_user.clone(), passwords),
        })
    }

    /// Reads something of the server's.
    async fn look(&self, url: Url) -> Result<HttpReply, Told> {
        let request = self.http.get(url).header(TOKEN, self.token.expose()).header("Accept", "application/json");
        self.http.run(request).await.map_err(|fault| Told::Nothing(fault.to_string()))
    }

    fn body(&self, message: &Message) -> Result<Value, Answer> {
        let mail = Mail::of(message)?;
        let mut headers: Vec<_> =
            self.letterhead.headers(message).map(|(name, value)| json!({ "Name": name, "Value": value })).into();
        // Else Postmark writes a Message-ID of its own, and a repeat looks like another message.
        headers.push(json!({ "Name": "X-PM-KeepID", "Value": "true" }));
        let mut body = json!({
            "From": self.letterhead.mailbox(),
            "To": mail.mailbox(),
            "Subject": mail.subject,
            "TextBody": mail.text,
            "HtmlBody": mail.html,
            "Headers": headers,
            "Metadata": { ATTEMPT: message.attempt.to_string() },
            "MessageStream": self.stream,
            "TrackOpens": false,
            "TrackLinks": "None",
        });
        if let Some(reply_to) = &self.letterhead.reply_to {
            body["ReplyTo"] = json!(reply_to);
        }
        Ok(body)
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let said = serde_json::from_slice::<Reply>(&reply.body).ok();
    match (reply.status, said) {
        (200, Some(Reply { error_code: 0, message_id: Some(id) })) => {
            Answer { reference: Some(id), ..Answer::of(Outcome::Accepted, "200") }
        }
        (200, None | Some(Reply { error_code: 0, .. })) => garbled(reply),
        (200 | 422, Some(Reply { error_code, .. })) => CODES.read(&error_code.to_string(), Outcome::Rejected).answer(),
        (_, said) => by_status(reply, said.is_some(), now),
    }
}

#[async_trait]
impl Provider for PostmarkProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let body = match self.body(message) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let request = self
            .http
            .post(self.messages.clone())
            .header(TOKEN, self.token.expose())
            .header("Accept", "application/json")
            .json(&body);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let (user, passwords) = &self.webhook;
        if passwords.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        if !shown::basic(request, user, passwords) {
            return Err(ReceiptError::Forged);
        }
        events::read(&request.body)
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 500 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(list) = lookup::list(&self.api, inquiry) else { return Told::Has(Vec::new()) };
        let attempt = inquiry.message.attempt;
        let listed = match self.look(list).await.and_then(|reply| lookup::read(&reply, attempt)) {
            Ok(listed) => listed,
            Err(told) => return told,
        };
        for url in listed.iter().filter_map(|listed| lookup::details(&self.api, listed)) {
            match self.look(url).await.and_then(|reply| lookup::read_details(&reply, attempt)) {
                Ok(None) => {}
                Ok(found) => return Told::one(found),
                Err(told) => return told,
            }
        }
        Told::Has(Vec::new())
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request =
            self.http.get(self.server.clone()).header(TOKEN, self.token.expose()).header("Accept", "application/json");
        let reply = self.http.run(request).await.map_err(|e| fault(e.to_string()))?;
        match reply.status {
            200 => Ok(Checked::SignsIn),
            401 | 422 => Err(fault(format!("Postmark refuses the token ({}); check server_token_file", reply.status))),
            status => Err(fault(format!("Postmark answers {status} where the server should be; check base_url"))),
        }
    }
}
