//! Text messages through Kannel's smsbox, an SMS gateway one runs oneself, and its delivery reports.
//!
//! A request without an answer may have gone out: it is `unknown`. Kannel signs nothing; the address of a report carries
//! the attempt and an HMAC over it. Kannel fills in the kind of the report (`%d`); its other fields may hold the number
//! and are not asked for.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::http::{Http, HttpReply};
use super::protocol::answers::by_status;
use super::protocol::callback;
use super::protocol::codes::Codes;
use super::protocol::sender;
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::config::Secret;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::domain::segments::{self, Encoding};

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Kannel", include_str!("codes.toml")));

/// Reports wanted: delivered, not delivered, taken by the SMSC, refused by it.
const DLR_MASK: &str = "27";

/// A Kannel gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KannelSettings {
    /// Where sendsms is, e.g. `http://127.0.0.1:13013/cgi-bin/sendsms`.
    pub url: Url,
    /// The sendsms user.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// The number or name to send from.
    pub from: String,
    /// The link to use, where there are several.
    pub smsc: Option<String>,
    /// Makes reports' addresses, so that nobody else can.
    pub receipt_secret: Secret,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_receipt_secrets: Vec<Secret>,
    /// How long the network may try, in minutes.
    pub validity_minutes: Option<u32>,
}

/// A Kannel gateway.
pub struct KannelProvider {
    descriptor: Descriptor,
    http: Http,
    url: Url,
    username: String,
    password: Secret,
    from: String,
    smsc: Option<String>,
    validity: Option<String>,
    receipts: String,
    secrets: Vec<Secret>,
}

impl KannelProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &KannelSettings, around: &Surroundings) -> Result<Self, Faults> {
        Ok(Self {
            descriptor: common.descriptor("kannel", Channel::Sms, true),
            http: common.http()?,
            url: settings.url.clone(),
            username: settings.username.clone(),
            password: settings.password.clone(),
            from: settings.from.clone(),
            smsc: settings.smsc.clone(),
            validity: settings.validity_minutes.map(|minutes| minutes.to_string()),
            receipts: around.receipts_url(&common.name)?,
            secrets: callback::secrets(&settings.receipt_secret, &settings.previous_receipt_secrets),
        })
    }

    fn request(&self, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("username", &self.username)
            .append_pair("password", self.password.expose())
            .extend_pairs(fields);
        self.http.get(url)
    }
}

/// What an answer means: the status, and the number that its text begins with.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let text = String::from_utf8_lossy(&reply.body);
    let read = |code: &str| CODES.read(code, Outcome::Rejected).answer();
    let number: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    match (reply.status, number.as_str()) {
        (status, number) if CODES.lists(&format!("{status} {number}")) => read(&format!("{status} {number}")),
        // It was taken, or so the status says, and the text does not.
        (200..=299, _) => Answer::of(Outcome::Unknown, format!("unlisted {}", reply.status)),
        (status, _) if CODES.lists(&status.to_string()) => read(&status.to_string()),
        // Not Kannel: something on the way.
        _ => by_status(reply, false, now),
    }
}

#[async_trait]
impl Provider for KannelProvider {
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
        let report = format!("{}&dlr=%d", callback::address(&self.receipts, message.attempt, &self.secrets));
        let coding = match segments::measure(text.expose()).encoding {
            Encoding::Gsm7 => "0",
            Encoding::Ucs2 => "2",
        };
        let mut fields = vec![
            ("from", self.from.as_str()),
            ("to", to.expose()),
            ("text", text.expose().as_str()),
            ("charset", "UTF-8"),
            ("coding", coding),
            ("dlr-mask", DLR_MASK),
            ("dlr-url", report.as_str()),
        ];
        fields.extend(self.smsc.as_deref().map(|smsc| ("smsc", smsc)));
        fields.extend(self.validity.as_deref().map(|minutes| ("validity", minutes)));
        self.http.ask(self.request(&fields), &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let attempt = callback::attempt(request, &self.secrets)?;
        let query = callback::query(request);
        let kind = query.must("dlr")?;
        if kind.parse::<u8>().is_err() {
            return Err(ReceiptError::Malformed("its kind is no number"));
        }
        let (outcome, code) = callback::meaning(&CODES, kind, None);
        Ok(vec![ReceiptEvent { attempt, key: format!("{attempt}:{kind}"), outcome, code: Some(format!("dlr {code}")) }])
    }

    fn remarks(&self) -> Vec<String> {
        sender::remarks(&self.from, &self.descriptor.destinations)
    }

    /// Asks with nothing but the login, which a right login makes a complaint of missing fields and a wrong one a refusal.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        match self.http.run(self.request(&[])).await {
            Ok(reply) if matches!(reply.status, 200..=299 | 400) => Ok(Checked::SignsIn),
            Ok(reply) if reply.status == 403 => Err(fault(String::from(
                "Kannel refuses the login; check username and password of the sendsms-user group",
            ))),
            Ok(reply) => Err(fault(format!("Kannel answers {} where sendsms should be; check url", reply.status))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
