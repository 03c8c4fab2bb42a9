//! Push messages to apps through Firebase Cloud Messaging (HTTP v1).
//!
//! The registration is a token, or the newer Firebase installation id. What is shown may stand on a lock screen: it says
//! nothing of the person, and devices are asked to hide it there all the same. A message to one person replaces the one
//! before it. There is no idempotency key and no word of delivery: a request without an answer is `unknown`.

#[cfg(test)]
mod tests;
mod token;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use self::token::Account;
use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled, of_unlisted};
use super::protocol::codes::Codes;
use super::settings::{Common, Faults, Surroundings, below};
use super::webpush::topic;
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("FCM", include_str!("codes.toml")));

/// How long to wait after a refusal for too many messages that names no time, in milliseconds; Google asks for a minute.
const QUOTA_WAIT: i64 = 60_000;

/// A Firebase project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmSettings {
    /// The content of a service account's JSON key file.
    pub service_account: Secret,
    /// How long a message is kept for a device that is away, in seconds, up to four weeks.
    #[serde(default = "four_weeks")]
    pub ttl_seconds: u32,
    /// The service's address.
    #[serde(default = "googleapis")]
    pub base_url: Url,
}

const fn four_weeks() -> u32 {
    28 * 24 * 60 * 60
}

fn googleapis() -> Url {
    Url::parse("https://fcm.googleapis.com").expect("a constant address")
}

/// A Firebase project.
pub struct FcmProvider {
    descriptor: Descriptor,
    http: Http,
    account: Account,
    url: Url,
    ttl_seconds: u32,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Taken {
    name: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Complaint,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    details: Vec<Value>,
}

impl FcmProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &FcmSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        found.require(settings.ttl_seconds <= four_weeks(), "ttl_seconds", "give 0 to 2419200");
        found.require(is_protected(&settings.base_url), "base_url", "use https");
        found.none()?;
        let account = Account::read(&settings.service_account)?;
        let url = below(&settings.base_url, &format!("/v1/projects/{}/messages:send", account.project));
        Ok(Self {
            descriptor: common.descriptor("fcm", Channel::Push, false).only_to("fcm"),
            http: common.http()?,
            account,
            url,
            ttl_seconds: settings.ttl_seconds,
            clock: Arc::clone(&around.clock),
        })
    }

    fn body(&self, message: &Message) -> Result<Value, Answer> {
        let Body::Push { to, title, text, url } = &message.body else {
            return Err(Answer::of(Outcome::Misconfigured, "wrong-channel"));
        };
        let (kind, registration) = match to {
            PushTarget::Fcm(token) => ("token", token),
            PushTarget::FcmInstallation(id) => ("fid", id),
            _ => return Err(Answer::of(Outcome::Rejected, "not-a-firebase-registration")),
        };
        let topic = topic(message);
        let ttl = format!("{}s", self.ttl_seconds);
        let mut body = json!({ "message": {
            "notification": { "title": title.expose(), "body": text.expose() },
            "android": {
                "priority": "HIGH", "ttl": ttl, "collapseKey": topic,
                "notification": { "visibility": "PRIVATE", "tag": topic },
            },
            "apns": { "headers": { "apns-collapse-id": topic, "apns-priority": "10" } },
            "webpush": { "headers": { "TTL": self.ttl_seconds.to_string(), "Topic": topic, "Urgency": "high" } },
        }});
        body["message"][kind] = json!(registration.expose());
        if let Some(url) = url {
            body["message"]["data"] = json!({ "url": url });
            if url.starts_with("https://") {
                body["message"]["webpush"]["fcmOptions"] = json!({ "link": url });
            }
        }
        Ok(body)
    }
}

/// The code of a refusal: FCM's own where it gives one, marked where it is about the registration.
fn code_of(complaint: &Complaint) -> Option<String> {
    let of_kind = |kind: &str| {
        complaint.details.iter().find(|detail| detail["@type"].as_str().is_some_and(|name| name.ends_with(kind)))
    };
    let own = of_kind("FcmError").and_then(|detail| detail["errorCode"].as_str()).map(str::to_owned);
    let code = own.or_else(|| complaint.status.clone())?;
    let of_token = |violation: &Value| matches!(violation["field"].as_str(), Some("message.token" | "message.fid"));
    let about = of_kind("BadRequest").and_then(|detail| detail["fieldViolations"].as_array());
    if about.is_some_and(|violations| violations.iter().any(of_token)) {
        return Some(format!("{code} token"));
    }
    Some(code)
}

/// What the service's answer means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let code = serde_json::from_slice::<Refused>(&reply.body).ok().and_then(|refused| code_of(&refused.error));
    let mut answer = match (reply.status, code) {
        (status @ 200..=299, _) => match serde_json::from_slice::<Taken>(&reply.body) {
            Ok(taken) => Answer { reference: Some(taken.name), ..Answer::of(Outcome::Accepted, status.to_string()) },
            Err(_) => garbled(reply),
        },
        (_, Some(code)) => CODES.read(&code, of_unlisted(reply.status)).answer(),
        // Without FCM's own word a 404 says that the project or the address is wrong, not the registration.
        (_, None) => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    if answer.outcome == Outcome::Throttled && answer.retry_after_ms.is_none() {
        answer.retry_after_ms = Some(QUOTA_WAIT);
    }
    answer
}

#[async_trait]
impl Provider for FcmProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let body = match self.body(message) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let token = match self.account.token(&self.http, now).await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        match self.http.run(self.http.post(self.url.clone()).bearer_auth(token.expose()).json(&body)).await {
            Ok(reply) => {
                let answer = read_answer(&reply, now);
                // A token can be taken back before its end; a new one is worth a try, once.
                if reply.status == 401
                    && answer.outcome == Outcome::Misconfigured
                    && self.account.refused(&token, now).await
                {
                    return Answer { outcome: Outcome::Retry, ..answer };
                }
                answer
            }
            Err(fault) => {
                tracing::warn!(provider = %self.descriptor.name, reason = %fault, "no answer from FCM");
                fault.answer()
            }
        }
    }

    /// Fetches an access token.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        self.account.token(&self.http, self.clock.now()).await.map(|_| Checked::SignsIn).map_err(|answer| ProviderFault {
            name: self.descriptor.name.clone(),
            reason: format!(
                "Google gives no access token ({}); check service_account_file, the network, and this machine's clock",
                answer.code.unwrap_or_default()
            ),
        })
    }
}
