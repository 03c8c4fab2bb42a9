//! Text messages through Twilio's Messages API, and its status callbacks.
//!
//! The API has no idempotency key: a request without an answer may have gone out, so it is `unknown`, and the list of messages
//! is asked for it. The address of
//! the callback carries the attempt; Twilio signs it with the rest.

mod codes;
mod lookup;
mod settings;
mod signature;
mod voice;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

pub use self::settings::TwilioSettings;
use self::signature::Signatures;
pub use self::signature::sign_callback;
pub use self::voice::{TwilioVoiceProvider, TwilioVoiceSettings};
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
use super::protocol::form::Form;
use super::protocol::sender;
use super::settings::{Common, Faults, Surroundings, below};
use super::{
    Answer, Asking, Checked, Descriptor, Inquiry, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
    Told,
};
use crate::config::Secret;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// A Twilio account that sends text messages.
pub struct TwilioProvider {
    descriptor: Descriptor,
    http: Http,
    account_sid: String,
    user: String,
    password: Secret,
    sender: (&'static str, String),
    validity: Option<u32>,
    messages: Url,
    account: Url,
    receipts: String,
    signatures: Signatures,
}

#[derive(Deserialize)]
struct Created {
    sid: String,
    #[serde(default)]
    error_code: Option<u32>,
}

#[derive(Deserialize)]
struct Refused {
    code: u32,
}

impl TwilioProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &TwilioSettings, around: &Surroundings) -> Result<Self, Faults> {
        settings.check()?;
        let sender = match &settings.messaging_service_sid {
            Some(service) => ("MessagingServiceSid", service.clone()),
            None => ("From", settings.from.clone().unwrap_or_default()),
        };
        let (user, password) = settings.credentials();
        let tokens = settings.auth_token.iter().chain(&settings.previous_auth_tokens).cloned().collect();
        let shared = settings.shared_key_id.clone().zip(settings.shared_key.clone()).into_iter().collect();
        let sid = &settings.account_sid;
        let at = |path: &str| below(&settings.base_url, &format!("/2010-04-01/Accounts/{sid}{path}.json"));
        Ok(Self {
            descriptor: common.descriptor("twilio", Channel::Sms, true),
            http: common.http()?,
            account_sid: sid.clone(),
            user,
            password,
            sender,
            validity: settings.validity_seconds,
            messages: at("/Messages"),
            account: at(""),
            receipts: around.receipts_url(&common.name)?,
            signatures: Signatures::new(tokens, shared),
        })
    }

    fn read_callback(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let form = Form::parse(&request.body);
        if !self.signatures.fit(request, form.pairs()) {
            return Err(ReceiptError::Forged);
        }
        let url = Url::parse(&request.url).map_err(|_| ReceiptError::Malformed("its address is none"))?;
        let attempts: Vec<_> = url.query_pairs().filter(|(name, _)| name == "attempt").map(|(_, v)| v).collect();
        let [attempt] = attempts.as_slice() else {
            return Err(ReceiptError::Malformed("its address does not name one attempt"));
        };
        let attempt = attempt.parse().map_err(|_| ReceiptError::Malformed("its address does not name an attempt"))?;
        if form.one("AccountSid")? != Some(&self.account_sid) {
            return Err(ReceiptError::Malformed("it is of another account"));
        }
        let sid = form.one("MessageSid")?.ok_or(ReceiptError::Malformed("it has no MessageSid"))?;
        let status = form.one("MessageStatus")?.ok_or(ReceiptError::Malformed("it has no MessageStatus"))?;
        let code = match form.one("ErrorCode")? {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| ReceiptError::Malformed("its ErrorCode is no number"))?),
        };
        let (outcome, code) =
            codes::read_status(status, code).ok_or(ReceiptError::Malformed("its MessageStatus is none"))?;
        Ok(vec![ReceiptEvent { attempt, key: format!("{sid}:{status}"), outcome, code: Some(code) }])
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let status = reply.status;
    if (200..300).contains(&status) {
        // Without the name of the message it may be no answer of Twilio's at all; its list is asked.
        let Ok(created) = serde_json::from_slice::<Created>(&reply.body) else { return garbled(reply) };
        let answer = match created.error_code {
            Some(code) => codes::read(code).answer(),
            None => Answer::of(Outcome::Accepted, status.to_string()),
        };
        return Answer { reference: Some(created.sid), ..answer };
    }
    let code = serde_json::from_slice::<Refused>(&reply.body).ok().map(|r| r.code);
    let answer = by_status(reply, code.is_some(), now);
    match code {
        // Codes below 1000 only repeat the status.
        Some(code) if (code >= 1000 && codes::lists(code)) || answer.outcome == Outcome::Rejected => {
            Answer { retry_after_ms: answer.retry_after_ms, ..codes::read(code).answer() }
        }
        _ => answer,
    }
}

#[async_trait]
impl Provider for TwilioProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Sms { to, text, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        if let ("From", from) = &self.sender
            && let Some(refusal) = sender::refusal(from, to)
        {
            return refusal;
        }
        let callback = format!("{}?attempt={}", self.receipts, message.attempt);
        let validity = self.validity.map(|s| s.to_string());
        let mut form = vec![
            ("To", to.expose()),
            (self.sender.0, self.sender.1.as_str()),
            ("Body", text.expose()),
            ("StatusCallback", callback.as_str()),
        ];
        if let Some(validity) = &validity {
            form.push(("ValidityPeriod", validity));
        }
        let request =
            self.http.post(self.messages.clone()).basic_auth(&self.user, Some(self.password.expose())).form(&form);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        self.read_callback(request)
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 200 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let Some(url) = lookup::address(&self.messages, inquiry) else { return Told::Has(Vec::new()) };
        match self.http.run(self.http.get(url).basic_auth(&self.user, Some(self.password.expose()))).await {
            Ok(reply) => lookup::read(&reply, inquiry),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    fn remarks(&self) -> Vec<String> {
        match &self.sender {
            ("From", from) => sender::remarks(from, &self.descriptor.destinations),
            _ => Vec::new(),
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        check_account(&self.descriptor, &self.http, self.account.clone(), (&self.user, &self.password)).await
    }
}

/// Whether the account is there and takes the credentials.
async fn check_account(
    descriptor: &Descriptor,
    http: &Http,
    account: Url,
    (user, password): (&str, &Secret),
) -> Result<Checked, ProviderFault> {
    let fault = |reason: String| ProviderFault { name: descriptor.name.clone(), reason };
    match http.run(http.get(account).basic_auth(user, Some(password.expose()))).await {
        Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
        Ok(reply) if matches!(reply.status, 401 | 403) => Err(fault(format!(
            "Twilio refuses the credentials ({}); check account_sid, auth_token_file, api_key_sid",
            reply.status
        ))),
        Ok(reply) => Err(fault(format!("Twilio answers {} where the account should be; check base_url", reply.status))),
        Err(error) => Err(fault(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
