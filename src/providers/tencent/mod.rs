//! Text messages through Tencent Cloud's SMS service (2021-01-11), and its status reports.
//!
//! In mainland China no free text is carried: the settings name an approved template per language and which of the
//! message's fields fill its places, in order. A report names the message by the service's own number alone, which is
//! the attempt's reference; it is not signed, so the address that is typed into the vendor's console ends in `?token=`
//! and a secret. A request without an answer may have gone out: it is `unknown`.

mod tc3;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use self::tc3::Credentials;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, of_unlisted};
use super::protocol::codes::Codes;
use super::protocol::{callback, shown};
use super::settings::{Common, Faults, Surroundings};
use super::{
    Answer, Checked, Descriptor, LooseReceipt, Provider, ProviderFault, ReceiptError, ReceiptReply, ReceiptRequest,
    templates,
};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Tencent Cloud", include_str!("codes.toml")));

/// A Tencent Cloud account that sends text messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TencentSettings {
    /// The key's id.
    pub secret_id: String,
    /// The key.
    pub secret_key: Secret,
    /// The SMS application, `1400...`.
    pub sdk_app_id: String,
    /// The approved signature that messages begin with; none for most countries outside mainland China.
    pub sign_name: Option<String>,
    /// Approved templates by language (BCP 47), `*` for every other.
    pub templates: BTreeMap<String, TencentTemplate>,
    /// Ends the address of reports, so that nobody else knows it.
    pub receipt_secret: Secret,
    /// Those from before: still believed.
    #[serde(default)]
    pub previous_receipt_secrets: Vec<Secret>,
    /// The region that the request names.
    #[serde(default = "guangzhou")]
    pub region: String,
    /// The service's address.
    #[serde(default = "tencentcloudapi")]
    pub base_url: Url,
}

/// An approved template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TencentTemplate {
    /// Its number.
    pub id: String,
    /// The fields of the message that fill its places, in order.
    #[serde(default)]
    pub parameters: Vec<String>,
}

fn guangzhou() -> String {
    String::from("ap-guangzhou")
}

fn tencentcloudapi() -> Url {
    Url::parse("https://sms.tencentcloudapi.com").expect("a constant address")
}

/// A Tencent Cloud account that sends text messages.
pub struct TencentProvider {
    descriptor: Descriptor,
    http: Http,
    credentials: Credentials,
    sdk_app_id: String,
    sign_name: Option<String>,
    templates: BTreeMap<String, TencentTemplate>,
    secrets: Vec<Secret>,
    region: String,
    base_url: Url,
    host: String,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    #[serde(default)]
    send_status_set: Vec<Sent>,
    #[serde(default)]
    error: Option<Refused>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    code: String,
    #[serde(default)]
    serial_no: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    code: String,
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "report_status")]
    status: String,
    #[serde(default)]
    errmsg: Option<String>,
    sid: String,
}

impl TencentProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &TencentSettings, around: &Surroundings) -> Result<Self, Faults> {
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
        Ok(Self {
            descriptor: common.descriptor("tencent", Channel::Sms, true),
            http: common.http()?,
            credentials: Credentials { id: settings.secret_id.clone(), secret: settings.secret_key.clone() },
            sdk_app_id: settings.sdk_app_id.clone(),
            sign_name: settings.sign_name.clone(),
            templates: settings.templates.clone(),
            secrets: callback::secrets(&settings.receipt_secret, &settings.previous_receipt_secrets),
            region: settings.region.clone(),
            host: settings.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            base_url: settings.base_url.clone(),
            clock: Arc::clone(&around.clock),
        })
    }

    fn call(&self, action: &str, body: &Value, now: Millis) -> reqwest::RequestBuilder {
        let body = body.to_string().into_bytes();
        self.http
            .post(self.base_url.clone())
            .header("Authorization", tc3::authorization(&self.credentials, &self.host, &body, now))
            .header("Content-Type", tc3::CONTENT_TYPE)
            .header("X-TC-Action", action)
            .header("X-TC-Version", "2021-01-11")
            .header("X-TC-Timestamp", now.to_timestamp().as_second())
            .header("X-TC-Region", &self.region)
            .body(body)
    }

    fn filled(&self, message: &Message) -> Result<(&str, Vec<String>), Answer> {
        let template = templates::choose(&self.templates, &message.locale)?;
        let values = template.parameters.iter().map(|field| templates::fill(message, field).map(str::to_owned));
        Ok((&template.id, values.collect::<Result<_, _>>()?))
    }
}

/// What the service's answer to a message means. Its code decides where the table has it, whatever the status.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let told = serde_json::from_slice::<Told>(&reply.body).ok().map(|told| told.response);
    let mut answer = match told {
        Some(Response { error: Some(refused), .. }) => CODES.read(&refused.code, of_unlisted(reply.status)).answer(),
        Some(Response { send_status_set, .. }) if send_status_set.len() == 1 => {
            let sent = &send_status_set[0];
            let reference = sent.serial_no.clone().filter(|number| !number.is_empty());
            Answer { reference, ..CODES.read(&sent.code, of_unlisted(reply.status)).answer() }
        }
        _ => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for TencentProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Sms { to, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let (template, values) = match self.filled(message) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        let mut body = json!({
            "PhoneNumberSet": [to.expose()],
            "SmsSdkAppId": self.sdk_app_id,
            "TemplateId": template,
            "TemplateParamSet": values,
            "SessionContext": message.attempt,
        });
        if let Some(name) = &self.sign_name {
            body["SignName"] = json!(name);
        }
        self.http.ask(self.call("SendSms", &body, now), &self.descriptor, |reply| read_answer(reply, now)).await
    }

    fn loose_receipts(&self, request: &ReceiptRequest) -> Result<Vec<LooseReceipt>, ReceiptError> {
        if !shown::query(request, "token", &self.secrets) {
            return Err(ReceiptError::Forged);
        }
        let reports: Vec<Report> = serde_json::from_slice(&request.body)
            .map_err(|_| ReceiptError::Malformed("its body is no list of reports"))?;
        let read = |report: Report| {
            let word = format!("report {}", report.errmsg.as_deref().unwrap_or("none"));
            let verdict = CODES.read(&word, Outcome::Rejected);
            let delivered = report.status == "SUCCESS";
            LooseReceipt {
                key: format!("{}:{}", report.sid, verdict.code),
                reference: report.sid,
                outcome: Some(if delivered { Outcome::Delivered } else { verdict.outcome }),
                code: Some(verdict.code),
            }
        };
        Ok(reports.into_iter().map(read).collect())
    }

    fn reply(&self, _: &ReceiptRequest) -> Option<ReceiptReply> {
        Some(ReceiptReply {
            content_type: "application/json",
            body: Bytes::from_static(br#"{"result":0,"errmsg":"OK"}"#),
        })
    }

    /// Asks how many messages the account has sent: that needs the same key and application and sends nothing.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let now = self.clock.now();
        let day = now.to_timestamp().strftime("%Y%m%d00").to_string();
        let body = json!({ "BeginTime": day, "EndTime": day, "Limit": 0, "Offset": 0, "SmsSdkAppId": self.sdk_app_id });
        match self.http.run(self.call("SendStatusStatistics", &body, now)).await {
            Ok(reply) => match serde_json::from_slice::<Told>(&reply.body) {
                Ok(Told { response: Response { error: None, .. } }) => Ok(Checked::SignsIn),
                Ok(Told { response: Response { error: Some(refused), .. } }) => Err(fault(format!(
                    "Tencent Cloud answers {}; check secret_id, secret_key and sdk_app_id",
                    refused.code
                ))),
                Err(_) => Err(fault(format!("{} is no answer of Tencent Cloud's; check base_url", reply.status))),
            },
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
