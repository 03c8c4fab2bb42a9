//! The sections, one struct each. What a key means is written once, in `default.toml`.
#![expect(
    missing_docs,
    reason = "default.toml is the documentation of every key, and a test holds it to these structs"
)]

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::secret::{DatabaseUrl, Secret};
use crate::domain::attempt::{ChannelPolicy, UnknownPolicy};
use crate::domain::channel::Channel;
use crate::domain::quiet::QuietHours;
use crate::domain::retry::RetryPolicy;

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: Option<Url>,
    pub max_body_bytes: usize,
    pub request_timeout_seconds: u64,
}

impl Http {
    /// Whether links to this service lead to it: its address is configured, or it is for this machine alone.
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.public_url.is_some() || self.listen.ip().is_loopback()
    }
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    pub url: DatabaseUrl,
    pub connections: u32,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub master_key_file: Option<PathBuf>,
    pub master_key: Option<Secret>,
    pub previous_master_key_files: Vec<PathBuf>,
    /// What those files hold, in their order. Filled on loading.
    #[serde(skip)]
    pub previous_master_keys: Vec<Secret>,
}

/// `[delivery]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    pub lease_seconds: u32,
    pub heartbeat_seconds: u32,
    pub batch: u32,
    pub poll_ms: u64,
    pub ask_after_seconds: u32,
    pub ask_until_seconds: u32,
    pub email: ChannelRules,
    pub sms: ChannelRules,
    pub push: ChannelRules,
    pub letter: ChannelRules,
    pub voice: ChannelRules,
}

impl Delivery {
    /// The policy of a channel.
    #[must_use]
    pub fn policy(&self, channel: Channel) -> ChannelPolicy {
        self.rules(channel).policy()
    }

    pub(super) fn rules(&self, channel: Channel) -> &ChannelRules {
        match channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.sms,
            Channel::Push => &self.push,
            Channel::Letter => &self.letter,
            Channel::Voice => &self.voice,
        }
    }
}

/// `[delivery.CHANNEL]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRules {
    pub max_tries: u16,
    pub base_ms: i64,
    pub cap_ms: i64,
    pub unknown: UnknownPolicy,
    pub unfound: UnknownPolicy,
    pub pause_ms: i64,
    pub receipt_hours: u32,
    pub quiet: QuietHours,
}

impl ChannelRules {
    fn policy(&self) -> ChannelPolicy {
        ChannelPolicy {
            retry: RetryPolicy { max_tries: self.max_tries, base_ms: self.base_ms, cap_ms: self.cap_ms },
            unknown: self.unknown,
            unfound: self.unfound,
            pause_ms: self.pause_ms,
            receipt_ms: (self.receipt_hours > 0).then(|| i64::from(self.receipt_hours) * 3_600_000),
            quiet: (self.quiet.from != self.quiet.until).then_some(self.quiet),
        }
    }
}

/// `[reminders]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemindersSection {
    pub email: Vec<String>,
    pub provider: Option<String>,
    pub webhooks: Vec<Url>,
    pub webhook_secret_file: Option<PathBuf>,
    pub webhook_secret: Option<Secret>,
    pub previous_webhook_secret_files: Vec<PathBuf>,
    /// What those files hold, in their order. Filled on loading.
    #[serde(skip)]
    pub previous_webhook_secrets: Vec<Secret>,
    pub period_seconds: u64,
}

/// `[test_sends]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSends {
    pub allow: Vec<String>,
}

/// `[bounces]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounces {
    pub listen: Option<SocketAddr>,
    pub addresses: Vec<String>,
    pub max_message_bytes: usize,
    pub max_connections: usize,
    pub mailbox: BounceMailbox,
}

/// `[bounces.mailbox]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BounceMailbox {
    pub host: Option<String>,
    pub port: u16,
    pub tls: MailboxTls,
    pub ca_file: Option<PathBuf>,
    pub username: Option<String>,
    pub password_file: Option<PathBuf>,
    pub password: Option<Secret>,
    pub oauth_token_url: Option<Url>,
    pub oauth_client_id: Option<String>,
    pub oauth_client_secret_file: Option<PathBuf>,
    pub oauth_client_secret: Option<Secret>,
    pub oauth_scope: Option<String>,
    pub oauth_refresh_token_file: Option<PathBuf>,
    pub oauth_refresh_token: Option<Secret>,
    pub folder: String,
    pub move_to: Option<String>,
    pub poll_seconds: u64,
}

impl BounceMailbox {
    /// The mailbox, if there is one.
    #[must_use]
    pub fn configured(&self) -> Option<Self> {
        self.host.is_some().then(|| self.clone())
    }
}

/// How the connection to a mailbox is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxTls {
    /// From its first byte (RFC 8314).
    Implicit,
    /// After STARTTLS, or not at all.
    Starttls,
    /// Not. For a server on this machine.
    None,
}

/// `[templates]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    pub directory: Option<PathBuf>,
    pub font_directory: Option<PathBuf>,
}

/// `[law]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    pub overrides: Option<PathBuf>,
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySection {
    pub log_format: LogFormat,
    pub log_level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}
