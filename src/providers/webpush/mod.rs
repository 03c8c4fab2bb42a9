//! Push messages to browsers (RFC 8030), encrypted to the browser (RFC 8291) and signed as ours (RFC 8292).
//!
//! The endpoint came from a browser: it must be HTTPS on a public address unless the settings allow otherwise. What
//! push services do not tell: whether the message was shown. Their word is `accepted`, never `delivered`. Anybody can name a host
//! as their push service: what one that is not a browser maker's answers holds up nobody else.

mod encrypt;
mod vapid;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use self::encrypt::{PLAINTEXT_CAP, Recipient, encrypt};
use self::vapid::Vapid;
use super::http::{Http, HttpFault, HttpReply, Reach};
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::config::Secret;
use crate::domain::channel::Channel;
use crate::domain::clock::{Entropy, Millis};
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// `kind = "webpush"`: browsers' push services.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushSettings {
    /// The VAPID private key: PEM, or its 32 bytes in base64url.
    pub vapid_private_key: Option<Secret>,
    /// Whom a push service may write to: `mailto:` or `https:`.
    pub subject: String,
    /// How long a push service keeps a message, in seconds.
    #[serde(default = "four_weeks")]
    pub ttl_seconds: u32,
    /// Whether endpoints may be private addresses or plain HTTP. For tests and closed networks.
    #[serde(default)]
    pub allow_private_endpoints: bool,
}

const fn four_weeks() -> u32 {
    28 * 24 * 60 * 60
}

/// Browsers' push services.
pub struct WebPushProvider {
    descriptor: Descriptor,
    http: Http,
    vapid: Vapid,
    ttl_seconds: u32,
    allow_private: bool,
    entropy: Arc<dyn Entropy>,
}

impl WebPushProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &WebPushSettings, around: &Surroundings) -> Result<Self, Faults> {
        let reach = if settings.allow_private_endpoints { Reach::Anywhere } else { Reach::PublicOnly };
        let missing = || Faults::one("vapid_private_key_file", "name the file with the VAPID private key");
        let key = settings.vapid_private_key.as_ref().ok_or_else(missing)?;
        Ok(Self {
            descriptor: common.descriptor("webpush", Channel::Push, false).only_to("webpush"),
            http: Http::new(reach).map_err(Faults::at(""))?.within(common.timeout),
            vapid: Vapid::build(key, &settings.subject)?,
            ttl_seconds: settings.ttl_seconds,
            allow_private: settings.allow_private_endpoints,
            entropy: Arc::clone(&around.entropy),
        })
    }

    /// The public key that browsers subscribe with (`applicationServerKey`), base64url.
    #[must_use]
    pub fn public_key(&self) -> &str {
        self.vapid.public_key()
    }
}

/// Names the message across repeats, so that a push service replaces one that waits (RFC 8030 section 5.4): 32
/// characters that say nothing of the person.
pub(super) fn topic(message: &Message) -> String {
    let mut hash = Sha256::new();
    hash.update(message.campaign.0.as_bytes());
    hash.update(message.person.0.as_bytes());
    BASE64.encode(&hash.finalize()[..24])
}

/// The push services of browsers' makers, by host, or by its end where that begins with a dot: Chrome (Firebase documentation,
/// "HTTP server protocols"), Firefox (Mozilla, "autopush"), Edge (Microsoft, "Windows Push Notification Services": channel URIs) and
/// Safari (Apple, "Sending web push notifications in web apps and browsers").
const KNOWN: [&str; 4] =
    ["fcm.googleapis.com", "updates.push.services.mozilla.com", ".notify.windows.com", ".push.apple.com"];

/// The longest wait that any other may ask for, in milliseconds.
const STRANGERS_WAIT_MS: i64 = 60 * 60_000;

/// Whether an endpoint is one of [`KNOWN`].
fn is_known(endpoint: &Url) -> bool {
    let fits = |host: &str| {
        KNOWN.iter().any(|known| if known.starts_with('.') { host.ends_with(known) } else { host == *known })
    };
    endpoint.host_str().is_some_and(fits)
}

/// An answer of a host that nobody knows but who gave us its address: it says something of this message alone. Neither the
/// provider nor anybody else waits for it, and the tries of this person come to an end.
fn of_a_stranger(answer: Answer) -> Answer {
    let outcome = match answer.outcome {
        Outcome::Throttled | Outcome::Misconfigured => Outcome::Retry,
        outcome => outcome,
    };
    let retry_after_ms = answer.retry_after_ms.map(|wait| wait.min(STRANGERS_WAIT_MS));
    Answer { of_a_stranger: matches!(outcome, Outcome::Retry | Outcome::Unknown), outcome, retry_after_ms, ..answer }
}

/// What a push service's answer means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let status = reply.status;
    let outcome = match status {
        200..=299 => Outcome::Accepted,
        404 | 410 => Outcome::BadAddress,
        429 => Outcome::Throttled,
        401 | 403 => Outcome::Misconfigured,
        400 | 413 => Outcome::Rejected,
        408 | 500..=599 => Outcome::Retry,
        _ => {
            tracing::warn!(status, "the push service's status is not in the table");
            return Answer::of(Outcome::Rejected, format!("unlisted {status}"));
        }
    };
    Answer { retry_after_ms: reply.retry_after_ms(now), ..Answer::of(outcome, status.to_string()) }
}

#[async_trait]
impl Provider for WebPushProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Push { to, title, text, url } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let PushTarget::Webpush(subscription) = to else {
            return Answer::of(Outcome::Rejected, "not-a-web-push-subscription");
        };
        let Ok(endpoint) = Url::parse(subscription.endpoint.expose()) else {
            return Answer::of(Outcome::BadAddress, "endpoint-not-allowed");
        };
        if endpoint.scheme() != "https" && !self.allow_private {
            return Answer::of(Outcome::BadAddress, "endpoint-not-allowed");
        }
        let Some(recipient) = Recipient::parse(subscription.keys.p256dh.expose(), subscription.keys.auth.expose())
        else {
            return Answer::of(Outcome::BadAddress, "bad-keys");
        };
        let content = json!({
            "title": title.expose(),
            "body": text.expose(),
            "url": url,
            "lang": message.locale,
            "tag": topic(message),
        });
        let content = content.to_string().into_bytes();
        if content.len() > PLAINTEXT_CAP {
            return Answer::of(Outcome::Rejected, "too-large");
        }
        let body = encrypt(&recipient, &content, self.entropy.as_ref());
        let request = self
            .http
            .post(endpoint.clone())
            .header("TTL", self.ttl_seconds)
            .header("Urgency", "high")
            .header("Topic", topic(message))
            .header("Content-Encoding", "aes128gcm")
            .header("Content-Type", "application/octet-stream")
            .header("Authorization", self.vapid.authorization(&endpoint, now))
            .body(body);
        let answer = match self.http.run(request).await {
            Ok(reply) => read_answer(&reply, now),
            // The browser's address, not the operator's, is at fault.
            Err(HttpFault::Forbidden) => Answer::of(Outcome::BadAddress, "endpoint-not-allowed"),
            Err(HttpFault::Certificate) => Answer::of(Outcome::Rejected, "tls-certificate"),
            Err(fault) => fault.answer(),
        };
        if is_known(&endpoint) { answer } else { of_a_stranger(answer) }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        Ok(Checked::NotAsked("each browser has a push service of its own; key and subject are in order"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use reqwest::header::HeaderMap;

    #[test]
    fn statuses_become_outcomes() {
        for (status, outcome) in [
            (201, Outcome::Accepted),
            (404, Outcome::BadAddress),
            (410, Outcome::BadAddress),
            (413, Outcome::Rejected),
            (429, Outcome::Throttled),
            (401, Outcome::Misconfigured),
            (403, Outcome::Misconfigured),
            (503, Outcome::Retry),
            (302, Outcome::Rejected),
        ] {
            let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::new() };
            assert_eq!(read_answer(&reply, Millis(0)).outcome, outcome, "{status}");
        }
    }

    #[test]
    fn a_strangers_host_uses_up_the_tries_of_its_own_person_and_says_nothing_of_the_provider() {
        let answer =
            |status: u16| read_answer(&HttpReply { status, headers: HeaderMap::new(), body: Bytes::new() }, Millis(0));
        for status in [429, 401, 403, 503] {
            let strange = of_a_stranger(answer(status));
            assert_eq!((strange.outcome, strange.of_a_stranger), (Outcome::Retry, true), "{status}");
        }
        for status in [201, 410, 413] {
            let strange = of_a_stranger(answer(status));
            assert_eq!((strange.outcome, strange.of_a_stranger), (answer(status).outcome, false), "{status}");
        }
        assert!(of_a_stranger(HttpFault::TimedOut.answer()).of_a_stranger);
        let patient = Answer { retry_after_ms: Some(86_400_000), ..answer(429) };
        assert_eq!(of_a_stranger(patient).retry_after_ms, Some(3_600_000));
    }

    #[test]
    fn the_push_services_of_browsers_are_known_by_their_hosts() {
        let known = |text: &str| is_known(&Url::parse(text).unwrap());
        for fine in [
            "https://fcm.googleapis.com/fcm/send/a",
            "https://updates.push.services.mozilla.com/wpush/v2/a",
            "https://db5p.notify.windows.com/w/?token=a",
            "https://web.push.apple.com/a",
        ] {
            assert!(known(fine), "{fine}");
        }
        for foul in [
            "https://fcm.googleapis.com.evil.example/a",
            "https://evil-fcm.googleapis.com/a",
            "https://evilnotify.windows.com.example/a",
            "https://xpush.apple.com/a",
            "https://push.example.org/fcm.googleapis.com",
        ] {
            assert!(!known(foul), "{foul}");
        }
    }
}
