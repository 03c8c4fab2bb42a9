//! Text messages through Twilio's Messages API, and its status callbacks.
//!
//! The API has no idempotency key: a request without an answer may have gone out, so it is `unknown`. The address of
//! the callback carries the attempt; Twilio signs it with the rest.

mod codes;
mod signature;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::signature::Signatures;
pub use self::signature::sign_callback;
use super::http::{Http, HttpReply, Reach};
use super::settings::{Secret, SecretSource, TwilioSettings};
use super::{Answer, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
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
    /// Builds the provider; `receipts` is the public address of its callbacks. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(settings: &TwilioSettings, receipts: &str) -> Result<Self, String> {
        let sid = &settings.account_sid;
        if !(sid.len() == 34 && sid.starts_with("AC") && sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(String::from("account_sid is AC and 32 more characters"));
        }
        let sender = match (&settings.from, &settings.messaging_service_sid) {
            (Some(from), None) => ("From", from.clone()),
            (None, Some(service)) => ("MessagingServiceSid", service.clone()),
            _ => return Err(String::from("set either from or messaging_service_sid")),
        };
        if settings.validity_seconds.is_some_and(|s| !(1..=36_000).contains(&s)) {
            return Err(String::from("validity_seconds is 1 to 36000"));
        }
        let tokens = settings.auth_tokens.iter().map(SecretSource::read).collect::<Result<Vec<_>, _>>()?;
        let (user, password) = match (&settings.api_key, tokens.first()) {
            (Some(key), _) => (key.sid.clone(), key.secret.read()?),
            (None, Some(token)) => (sid.clone(), token.clone()),
            (None, None) => return Err(String::from("set auth_tokens or api_key")),
        };
        let shared = settings
            .shared_keys
            .iter()
            .map(|(id, source)| source.read().map(|secret| (id.clone(), secret)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let at = |path: &str| {
            let base = settings.base_url.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}/2010-04-01/Accounts/{sid}{path}.json"))
                .map_err(|_| String::from("base_url cannot be extended with a path"))
        };
        Ok(Self {
            descriptor: Descriptor {
                name: settings.name.clone(),
                kind: "twilio",
                channel: Channel::Sms,
                concurrency: settings.concurrency.max(1),
                rate: settings.rate,
            },
            http: Http::new(Reach::Anywhere)?,
            account_sid: sid.clone(),
            user,
            password,
            sender,
            validity: settings.validity_seconds,
            messages: at("/Messages")?,
            account: at("")?,
            receipts: receipts.to_owned(),
            signatures: Signatures::new(tokens, shared),
        })
    }
}

/// What the API's answer to a message means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let status = reply.status;
    if (200..300).contains(&status) {
        // It is created, whether or not the rest of the answer came through.
        let created = serde_json::from_slice::<Created>(&reply.body).ok();
        let mut answer = match created.as_ref().and_then(|c| c.error_code) {
            Some(code) => codes::read(code).answer(),
            None => Answer::of(Outcome::Accepted, status.to_string()),
        };
        answer.reference = created.map(|c| c.sid);
        return answer;
    }
    let code = serde_json::from_slice::<Refused>(&reply.body).ok().map(|r| r.code);
    let mut answer = match (code, status) {
        // Codes below 1000 only repeat the status.
        (Some(code), _) if code >= 1000 && codes::lists(code) => codes::read(code).answer(),
        (_, 429) => Answer::of(Outcome::Throttled, "429"),
        (_, 300..=399 | 401 | 403 | 404 | 407) => Answer::of(Outcome::Misconfigured, status.to_string()),
        (_, 408) => Answer::of(Outcome::Retry, "408"),
        (Some(code), 400..=499) => codes::read(code).answer(),
        (None, 400..=499) => Answer::of(Outcome::Rejected, format!("unlisted {status}")),
        // With its own error in the body it is Twilio that failed and says so; without, something on the way did, and
        // the request may have gone through.
        (Some(_), _) => Answer::of(Outcome::Retry, status.to_string()),
        (None, _) => Answer::of(Outcome::Unknown, status.to_string()),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
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
        match self.http.run(request).await {
            Ok(reply) => read_answer(&reply, now),
            Err(fault) => {
                tracing::warn!(provider = %self.descriptor.name, reason = %fault, "no answer from Twilio");
                fault.answer()
            }
        }
    }

    fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let form = Form::parse(&request.body);
        if !self.signatures.fit(request, &form.pairs) {
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

    async fn check(&self) -> Result<(), ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request = self.http.get(self.account.clone()).basic_auth(&self.user, Some(self.password.expose()));
        match self.http.run(request).await {
            Ok(reply) if reply.status == 200 => Ok(()),
            Ok(reply) if matches!(reply.status, 401 | 403) => Err(fault(format!(
                "Twilio refuses the credentials ({}); check account_sid, auth_tokens, api_key",
                reply.status
            ))),
            Ok(reply) => {
                Err(fault(format!("Twilio answers {} where the account should be; check base_url", reply.status)))
            }
            Err(error) => Err(fault(error.to_string())),
        }
    }
}

/// A posted form, in the order it came.
struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    fn parse(body: &[u8]) -> Self {
        Self { pairs: url::form_urlencoded::parse(body).into_owned().collect() }
    }

    /// The value of a field that stands at most once.
    fn one(&self, name: &str) -> Result<Option<&str>, ReceiptError> {
        let mut values = self.pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            _ => Err(ReceiptError::Malformed("a field stands twice")),
        }
    }
}

#[cfg(test)]
mod tests;
