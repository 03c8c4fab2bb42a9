//! `[[providers]]`: one struct a kind.
#![expect(
    missing_docs,
    reason = "default.toml is the documentation of every key, and a test holds it to these structs"
)]

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::secret::{Secret, Slot};
use crate::domain::channel::Channel;

/// One configured account.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ProviderConfig {
    /// Email through a relay.
    Smtp(Box<SmtpConfig>),
    /// SMS through Twilio.
    Twilio(TwilioConfig),
    /// Push through Web Push.
    Webpush(WebPushConfig),
    /// Into a directory.
    Spool(SpoolConfig),
}

/// `kind = "smtp"`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub name: String,
    #[serde(default = "smtp_concurrency")]
    pub concurrency: usize,
    pub rate: Option<f64>,
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
    pub ca_file: Option<PathBuf>,
    pub username: Option<String>,
    pub password_file: Option<PathBuf>,
    pub password: Option<Secret>,
    pub from: String,
    pub reply_to: Option<String>,
    pub domain: Option<String>,
    pub bounce_secret_file: Option<PathBuf>,
    pub bounce_secret: Option<Secret>,
    pub dkim: Option<DkimConfig>,
}

/// How the connection to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS from the first byte.
    Implicit,
    /// Upgraded by STARTTLS, which must succeed.
    Starttls,
    /// In the clear.
    None,
}

/// `dkim = { ... }`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimConfig {
    pub selector: String,
    pub domain: String,
    pub key_file: Option<PathBuf>,
    pub key: Option<Secret>,
}

/// `kind = "twilio"`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioConfig {
    pub name: String,
    #[serde(default = "twilio_concurrency")]
    pub concurrency: usize,
    pub rate: Option<f64>,
    pub account_sid: String,
    pub auth_token_file: Option<PathBuf>,
    pub auth_token: Option<Secret>,
    pub from: Option<String>,
    pub messaging_service_sid: Option<String>,
    pub base_url: Option<Url>,
}

/// `kind = "webpush"`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushConfig {
    pub name: String,
    #[serde(default = "webpush_concurrency")]
    pub concurrency: usize,
    pub rate: Option<f64>,
    pub vapid_private_key_file: Option<PathBuf>,
    pub vapid_private_key: Option<Secret>,
    pub subject: String,
    #[serde(default)]
    pub allow_private_endpoints: bool,
}

/// `kind = "spool"`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolConfig {
    pub name: String,
    #[serde(default = "spool_concurrency")]
    pub concurrency: usize,
    pub rate: Option<f64>,
    pub directory: PathBuf,
    pub channel: Channel,
}

// The defaults below stand in default.toml as the examples' values; a test compares them.
const fn smtp_concurrency() -> usize {
    32
}
const fn twilio_concurrency() -> usize {
    16
}
const fn webpush_concurrency() -> usize {
    64
}
const fn spool_concurrency() -> usize {
    8
}

impl ProviderConfig {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Smtp(p) => &p.name,
            Self::Twilio(p) => &p.name,
            Self::Webpush(p) => &p.name,
            Self::Spool(p) => &p.name,
        }
    }

    /// Its kind, as the configuration spells it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "smtp",
            Self::Twilio(_) => "twilio",
            Self::Webpush(_) => "webpush",
            Self::Spool(_) => "spool",
        }
    }

    /// The channel it carries.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Smtp(_) => Channel::Email,
            Self::Twilio(_) => Channel::Sms,
            Self::Webpush(_) => Channel::Push,
            Self::Spool(p) => p.channel,
        }
    }

    /// Messages in the air at once.
    #[must_use]
    pub const fn concurrency(&self) -> usize {
        match self {
            Self::Smtp(p) => p.concurrency,
            Self::Twilio(p) => p.concurrency,
            Self::Webpush(p) => p.concurrency,
            Self::Spool(p) => p.concurrency,
        }
    }

    /// Messages a second, where it is limited.
    #[must_use]
    pub const fn rate(&self) -> Option<f64> {
        match self {
            Self::Smtp(p) => p.rate,
            Self::Twilio(p) => p.rate,
            Self::Webpush(p) => p.rate,
            Self::Spool(p) => p.rate,
        }
    }

    /// Its secrets, each with the file that may hold it.
    pub(super) fn slots(&mut self) -> Vec<Slot<'_>> {
        let key = format!("providers.{}", self.name());
        let slot = |name: &str, file, secret| Slot { key: format!("{key}.{name}"), file, secret };
        match self {
            Self::Smtp(p) => {
                let mut slots = vec![
                    slot("password", &p.password_file, &mut p.password),
                    slot("bounce_secret", &p.bounce_secret_file, &mut p.bounce_secret),
                ];
                slots.extend(p.dkim.as_mut().map(|d| slot("dkim.key", &d.key_file, &mut d.key)));
                slots
            }
            Self::Twilio(p) => vec![slot("auth_token", &p.auth_token_file, &mut p.auth_token)],
            Self::Webpush(p) => {
                vec![slot("vapid_private_key", &p.vapid_private_key_file, &mut p.vapid_private_key)]
            }
            Self::Spool(_) => Vec::new(),
        }
    }
}
