//! Push messages through an ntfy server to a topic that a person listens to.
//!
//! Whoever knows a topic can read it, so that a topic is a secret of the person's and what is sent says nothing of them.
//! Apps that use a server like this through `UnifiedPush` have Web Push subscriptions and are told by that provider. A
//! request without an answer may have gone out: it is `unknown`. ntfy does not tell who has read what.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::http::{Http, HttpReply};
use super::protocol::answers::garbled;
use super::protocol::codes::Codes;
use super::protocol::refusal;
use super::settings::{Common, Faults, below};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("ntfy", include_str!("codes.toml")));

/// An ntfy server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtfySettings {
    /// The server, e.g. `https://ntfy.example.org`.
    pub url: Url,
    /// An access token, `tk_...`, where the server wants one.
    pub token: Option<Secret>,
    /// From 1 (lowest) to 5 (highest).
    #[serde(default = "high")]
    pub priority: u8,
}

const fn high() -> u8 {
    4
}

/// An ntfy server.
pub struct NtfyProvider {
    descriptor: Descriptor,
    http: Http,
    url: Url,
    token: Option<Secret>,
    priority: u8,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    code: u32,
}

impl NtfyProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &NtfySettings) -> Result<Self, Faults> {
        let mut found = Faults::default();
        found.require((1..=5).contains(&settings.priority), "priority", "give 1 to 5");
        found.require(is_protected(&settings.url), "url", "use https");
        found.none()?;
        Ok(Self {
            descriptor: common.descriptor("ntfy", Channel::Push, false).only_to("ntfy"),
            http: common.http()?,
            url: settings.url.clone(),
            token: settings.token.clone(),
            priority: settings.priority,
        })
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }
}

/// What the server's answer means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let code = serde_json::from_slice::<Refused>(&reply.body).ok().map(|refused| refused.code.to_string());
    match (reply.status, code) {
        (status @ 200..=299, _) => match serde_json::from_slice::<Taken>(&reply.body) {
            Ok(taken) => Answer { reference: Some(taken.id), ..Answer::of(Outcome::Accepted, status.to_string()) },
            Err(_) => garbled(reply),
        },
        (_, code) => refusal::read(reply, code.as_deref(), &CODES, now),
    }
}

#[async_trait]
impl Provider for NtfyProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Push { to, title, text, url } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let PushTarget::Ntfy(topic) = to else {
            return Answer::of(Outcome::Rejected, "not-an-ntfy-topic");
        };
        let mut body = json!({
            "topic": topic.expose(),
            "title": title.expose(),
            "message": text.expose(),
            "priority": self.priority,
        });
        if let Some(url) = url {
            body["click"] = json!(url);
        }
        self.http
            .ask(self.signed(self.http.post(self.url.clone())).json(&body), &self.descriptor, |reply| {
                read_answer(reply, now)
            })
            .await
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        match self.http.run(self.signed(self.http.get(below(&self.url, "/v1/account")))).await {
            Ok(reply) if reply.status == 200 => {
                Ok(if self.token.is_some() { Checked::SignsIn } else { Checked::Answers })
            }
            Ok(reply) if matches!(reply.status, 401 | 403) => {
                Err(fault(format!("the ntfy server refuses the token ({}); check token", reply.status)))
            }
            Ok(reply) => Err(fault(format!("{} comes where an ntfy server should be; check url", reply.status))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
