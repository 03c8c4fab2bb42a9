//! Text messages through Alibaba Cloud's SMS service (dysmsapi, 2017-05-25), and its delivery reports.
//!
//! In mainland China no free text is carried: the settings name an approved template per language and which of the
//! message's fields fill its parameters. `OutId` carries our attempt and comes back in reports. Reports are not signed;
//! the address that is typed into the vendor's console ends in `?token=` and a secret. A request without an answer may
//! have gone out: it is `unknown` until the service has been asked.

mod acs3;
mod lookup;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use self::acs3::Credentials;
use super::http::{Http, HttpReply};
use super::inquiry::{self, Asking, Inquiry};
use super::protocol::answers::{by_status, of_unlisted};
use super::protocol::callback;
use super::protocol::codes::Codes;
use super::protocol::shown;
use super::settings::{Common, Faults, Surroundings};
use super::{
    Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptReply, ReceiptRequest,
    templates,
};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Alibaba Cloud", include_str!("codes.toml")));

/// An Alibaba Cloud account that sends text messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliyunSettings {
    /// The access key's id.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: Secret,
    /// The approved signature that messages begin with.
    pub sign_name: String,
    /// Approved templates by language (BCP 47), `*` for every other.
    pub templates: BTreeMap<String, AliyunTemplate>,
    /// Ends the address of reports, so that nobody else knows it.
    pub receipt_secret: Secret,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_receipt_secrets: Vec<Secret>,
    /// The service's address.
    #[serde(default = "dysmsapi")]
    pub base_url: Url,
}

/// An approved template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliyunTemplate {
    /// `SMS_...`.
    pub code: String,
    /// Its parameters by name: which of the message's fields fills each.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

fn dysmsapi() -> Url {
    Url::parse("https://dysmsapi.aliyuncs.com").expect("a constant address")
}

/// An Alibaba Cloud account that sends text messages.
pub struct AliyunProvider {
    descriptor: Descriptor,
    http: Http,
    credentials: Credentials,
    sign_name: String,
    templates: BTreeMap<String, AliyunTemplate>,
    secrets: Vec<Secret>,
    base_url: Url,
    host: String,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(rename = "Code")]
    code: String,
    #[serde(default, rename = "BizId")]
    biz_id: Option<String>,
}

#[derive(Deserialize)]
struct Report {
    success: bool,
    #[serde(default)]
    err_code: Option<String>,
    biz_id: String,
    #[serde(default)]
    out_id: Option<String>,
}

impl AliyunProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &AliyunSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        found.require(!settings.templates.is_empty(), "templates", templates::NONE);
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.require(
            settings.base_url.path() == "/",
            "base_url",
            "leave the path out; what is signed is that of the vendor",
        );
        found.none()?;
        let host = settings.base_url.host_str().ok_or_else(|| Faults::one("base_url", "has no host"))?;
        let host = settings.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            descriptor: common.descriptor("aliyun", Channel::Sms, true),
            http: common.http()?,
            credentials: Credentials {
                key_id: settings.access_key_id.clone(),
                secret: settings.access_key_secret.clone(),
            },
            sign_name: settings.sign_name.clone(),
            templates: settings.templates.clone(),
            secrets: callback::secrets(&settings.receipt_secret, &settings.previous_receipt_secrets),
            base_url: settings.base_url.clone(),
            host,
            entropy: Arc::clone(&around.entropy),
            clock: Arc::clone(&around.clock),
        })
    }

    /// A signed call of the service. Its parameters travel in the address; the body is empty.
    fn call(&self, action: &str, parameters: &[(&str, &str)], now: Millis) -> reqwest::RequestBuilder {
        let query = acs3::query(parameters);
        let body_digest = acs3::digest(b"");
        let date = now.to_timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce);
        let nonce = hex::encode(nonce);
        let headers = [
            ("host", self.host.as_str()),
            ("x-acs-action", action),
            ("x-acs-content-sha256", body_digest.as_str()),
            ("x-acs-date", date.as_str()),
            ("x-acs-signature-nonce", nonce.as_str()),
            ("x-acs-version", "2017-05-25"),
        ];
        let authorization = acs3::authorization(&self.credentials, &query, &headers, &body_digest);
        let mut url = self.base_url.clone();
        url.set_path("/");
        url.set_query(Some(&query));
        let request = self.http.post(url).header("Authorization", authorization).header("Accept", "application/json");
        headers[1..].iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    fn parameters(&self, message: &Message) -> Result<(&str, String), Answer> {
        let template = templates::choose(&self.templates, &message.locale)?;
        let mut filled = Map::new();
        for (parameter, field) in &template.parameters {
            filled.insert(parameter.clone(), Value::from(templates::fill(message, field)?));
        }
        Ok((&template.code, Value::Object(filled).to_string()))
    }
}

/// A number as the service takes it: mainland ones without their prefix, others with theirs and without `+`.
fn number(e164: &str) -> &str {
    e164.strip_prefix("+86").unwrap_or_else(|| e164.trim_start_matches('+'))
}

/// What the service's answer to a message means. Its code decides where the table has it, whatever the status.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let mut answer = match serde_json::from_slice::<Told>(&reply.body) {
        Ok(told) => Answer { reference: told.biz_id, ..CODES.read(&told.code, of_unlisted(reply.status)).answer() },
        Err(_) => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for AliyunProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Sms { to, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let (template, parameters) = match self.parameters(message) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let attempt = message.attempt.to_string();
        let fields = [
            ("PhoneNumbers", number(to.expose())),
            ("SignName", self.sign_name.as_str()),
            ("TemplateCode", template),
            ("TemplateParam", parameters.as_str()),
            ("OutId", attempt.as_str()),
        ];
        self.http.ask(self.call("SendSms", &fields, now), &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if !shown::query(request, "token", &self.secrets) {
            return Err(ReceiptError::Forged);
        }
        let reports: Vec<Report> = serde_json::from_slice(&request.body)
            .map_err(|_| ReceiptError::Malformed("its body is no list of reports"))?;
        let event = |report: Report| {
            // Messages that others sent from the same account have no attempt of ours.
            let attempt = report.out_id?.parse().ok()?;
            let word = format!("report {}", report.err_code.as_deref().unwrap_or("none"));
            let verdict = CODES.read(&word, Outcome::Rejected);
            let outcome = if report.success { Outcome::Delivered } else { verdict.outcome };
            let key = format!("{}:{}", report.biz_id, verdict.code);
            Some(ReceiptEvent { attempt, key, outcome: Some(outcome), code: Some(verdict.code) })
        };
        Ok(reports.into_iter().filter_map(event).collect())
    }

    fn reply(&self, _: &ReceiptRequest) -> Option<ReceiptReply> {
        Some(ReceiptReply { content_type: "application/json", body: Bytes::from_static(br#"{"code":0,"msg":"OK"}"#) })
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 500 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> inquiry::Told {
        let Body::Sms { to, .. } = &inquiry.message.body else { return inquiry::Told::Has(Vec::new()) };
        let mut told = inquiry::Told::Has(Vec::new());
        for day in lookup::days(inquiry) {
            let fields = [
                ("PhoneNumber", number(to.expose())),
                ("SendDate", day.as_str()),
                ("PageSize", lookup::PAGE),
                ("CurrentPage", "1"),
            ];
            told = match self.http.run(self.call("QuerySendDetails", &fields, inquiry.now)).await {
                Ok(reply) => lookup::read(&reply, inquiry),
                Err(fault) => inquiry::Told::Nothing(fault.to_string()),
            };
            // One that says nothing of a day might have it on that day.
            if told != inquiry::Told::Has(Vec::new()) {
                break;
            }
        }
        told
    }

    /// There is no call that only tries the key; the templates' own query is the cheapest.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let request = self.call("QuerySmsTemplate", &[("TemplateCode", self.first_template())], self.clock.now());
        match self.http.run(request).await {
            Ok(reply) => match serde_json::from_slice::<Told>(&reply.body) {
                Ok(told) if told.code == "OK" => Ok(Checked::SignsIn),
                Ok(told) => Err(fault(format!(
                    "Alibaba Cloud answers {}; check access_key_id, access_key_secret and templates",
                    told.code
                ))),
                Err(_) => Err(fault(format!("{} is no answer of Alibaba Cloud's; check base_url", reply.status))),
            },
            Err(error) => Err(fault(error.to_string())),
        }
    }
}

impl AliyunProvider {
    fn first_template(&self) -> &str {
        self.templates.values().next().map_or("", |template| &template.code)
    }
}
