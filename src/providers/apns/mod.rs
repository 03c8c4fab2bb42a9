//! Push messages to apps on Apple's devices (APNs) over HTTP/2, authenticated by a token of a team's key.
//!
//! Apple takes a token for an hour and wants it renewed no more often than every 20 minutes. The message's id is the
//! attempt, and a message to one person replaces the one before it. What is shown may stand on a lock screen: it says
//! nothing of the person. There is no word of delivery: a request without an answer is `unknown`.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::http::{Http, HttpReply};
use super::protocol::answers::{by_status, garbled};
use super::protocol::codes::Codes;
use super::protocol::jwt::Key;
use super::settings::{Common, Faults, Surroundings, below};
use super::webpush::topic;
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("APNs", include_str!("codes.toml")));

/// A token is used so long, in milliseconds: 45 minutes.
const TOKEN_LIFE: i64 = 45 * 60 * 1000;
/// A token that was refused as too old is renewed if it is at least so old: 20 minutes.
const TOKEN_LEAST: i64 = 20 * 60 * 1000;
/// Largest payload, in octets.
const PAYLOAD_CAP: usize = 4096;

/// An app of a team of Apple's developer programme.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsSettings {
    /// The team, ten letters and digits.
    pub team_id: String,
    /// The key's id, ten letters and digits.
    pub key_id: String,
    /// The key, as Apple's `.p8` file has it.
    pub key: Secret,
    /// The app's bundle id.
    pub topic: String,
    /// Whether device tokens are of apps under development.
    #[serde(default)]
    pub sandbox: bool,
    /// How long a message is kept for a device that is away, in seconds.
    #[serde(default = "four_weeks")]
    pub ttl_seconds: u32,
    /// Authorities to trust in place of the system's, as a PEM file: where a gateway of one's own is in between.
    pub ca_file: Option<PathBuf>,
    /// The service's address; Apple's when absent.
    pub base_url: Option<Url>,
}

const fn four_weeks() -> u32 {
    28 * 24 * 60 * 60
}

/// An app of a team.
pub struct ApnsProvider {
    descriptor: Descriptor,
    http: Http,
    team_id: String,
    key_id: String,
    key: Key,
    topic: String,
    ttl_seconds: u32,
    base_url: Url,
    token: Mutex<Option<(String, Millis)>>,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Refused {
    reason: String,
}

impl ApnsProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &ApnsSettings, around: &Surroundings) -> Result<Self, Faults> {
        let host = if settings.sandbox { "api.sandbox.push.apple.com" } else { "api.push.apple.com" };
        let usual = || Url::parse(&format!("https://{host}"));
        let base_url = settings.base_url.clone().map_or_else(usual, Ok);
        let base_url = base_url.map_err(|_| Faults::one("base_url", "is no address"))?;
        let mut found = Faults::default();
        found.require(is_protected(&base_url), "base_url", "use https");
        let ten = |text: &str| text.len() == 10 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        found.require(ten(&settings.team_id), "team_id", "is ten letters and digits");
        found.require(ten(&settings.key_id), "key_id", "is ten letters and digits");
        found.none()?;
        let http = match &settings.ca_file {
            None => common.http()?,
            Some(file) => Http::trusting(file).map_err(Faults::at("ca_file"))?.within(common.timeout),
        };
        Ok(Self {
            descriptor: common.descriptor("apns", Channel::Push, false).only_to("apns"),
            http,
            team_id: settings.team_id.clone(),
            key_id: settings.key_id.clone(),
            key: Key::es256(&settings.key).ok_or_else(|| Faults::one("key_file", "holds no P-256 key in PEM form"))?,
            topic: settings.topic.clone(),
            ttl_seconds: settings.ttl_seconds,
            base_url,
            token: Mutex::new(None),
            clock: Arc::clone(&around.clock),
        })
    }

    /// The token for now.
    fn token(&self, now: Millis) -> String {
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, since)) = held.as_ref()
            && (since.0..since.plus(TOKEN_LIFE).0).contains(&now.0)
        {
            return token.clone();
        }
        let claims = json!({ "iss": self.team_id, "iat": now.0.div_euclid(1000) });
        let token = self.key.mint(Some(&self.key_id), &claims);
        *held = Some((token.clone(), now));
        token
    }

    /// Forgets a token that Apple calls too old, unless it is so young that a new one would be one too many.
    fn forget_token(&self, now: Millis) {
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|(_, since)| now.0 - since.0 >= TOKEN_LEAST) {
            *held = None;
        }
    }

    fn request(&self, device: &str, now: Millis) -> reqwest::RequestBuilder {
        self.http
            .post(below(&self.base_url, &format!("/3/device/{device}")))
            .bearer_auth(self.token(now))
            .header("apns-topic", &self.topic)
            .header("apns-push-type", "alert")
            .header("apns-priority", "10")
    }
}

/// What Apple's answer means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let reason = serde_json::from_slice::<Refused>(&reply.body).ok().map(|refused| refused.reason);
    let mut answer = match (reply.status, reason) {
        (200, _) => {
            let id = reply.headers.get("apns-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
            let taken = |id| Answer { reference: Some(id), ..Answer::of(Outcome::Accepted, "200") };
            id.map_or_else(|| garbled(reply), taken)
        }
        (_, Some(reason)) => CODES.read(&reason, Outcome::Rejected).answer(),
        (410, None) => Answer::of(Outcome::BadAddress, "410"),
        (_, None) => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for ApnsProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Push { to, title, text, url } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let PushTarget::Apns(device) = to else {
            return Answer::of(Outcome::Rejected, "not-an-apns-device");
        };
        let topic = topic(message);
        let mut payload = json!({
            "aps": { "alert": { "title": title.expose(), "body": text.expose() }, "sound": "default", "thread-id": topic },
        });
        if let Some(url) = url {
            payload["url"] = json!(url);
        }
        let payload = payload.to_string();
        if payload.len() > PAYLOAD_CAP {
            return Answer::of(Outcome::Rejected, "PayloadTooLarge");
        }
        let until = now.0.div_euclid(1000).saturating_add(i64::from(self.ttl_seconds));
        let request = self.request(device.expose(), now);
        let request = request
            .header("apns-id", message.attempt.to_string())
            .header("apns-collapse-id", topic)
            .header("apns-expiration", until)
            .body(payload);
        match self.http.run(request).await {
            Ok(reply) => {
                let answer = read_answer(&reply, now);
                if answer.code.as_deref() == Some("ExpiredProviderToken") {
                    self.forget_token(now);
                }
                answer
            }
            Err(fault) => {
                tracing::warn!(provider = %self.descriptor.name, reason = %fault, "no answer from APNs");
                fault.answer()
            }
        }
    }

    /// Sends to a device that cannot exist: who is let in so far has the right team, key and topic.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let now = self.clock.now();
        let request = self.request(&"0".repeat(64), now);
        match self.http.run(request.body(r#"{"aps":{"content-available":1}}"#)).await {
            Ok(reply) => match read_answer(&reply, now) {
                Answer { outcome: Outcome::Misconfigured, code, .. } => Err(fault(format!(
                    "APNs answers {}; check team_id, key_id, key_file, topic and sandbox, and this machine's clock",
                    code.unwrap_or_default()
                ))),
                // It has looked at the device: it has let us in.
                Answer { outcome: Outcome::BadAddress | Outcome::Accepted, .. } => Ok(Checked::SignsIn),
                Answer { code, .. } => {
                    Err(fault(format!("APNs answers {}; check base_url, or try again later", code.unwrap_or_default())))
                }
            },
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
