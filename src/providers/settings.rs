//! What a configured provider is: one plain structure per kind, as it stands in the configuration.
//!
//! Owns: the names, defaults and units of the settings. Unknown keys are refused, secrets print as a mask.
//!
//! Never: reads a file or checks a value; [`super::registry`] and the providers do when they are built.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;
use zeroize::Zeroize;

use crate::domain::channel::Channel;

/// A secret text. It prints as a mask and is wiped on drop.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that uses it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where a secret comes from: the text itself, or `{ file = "/run/secrets/..." }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SecretSource {
    /// The secret itself.
    Inline(Secret),
    /// A file that holds it; blanks and line ends around it are dropped.
    File(SecretFile),
}

/// A file that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// Its path.
    pub file: PathBuf,
}

impl SecretSource {
    /// A secret given as text.
    #[must_use]
    pub fn inline(value: impl Into<String>) -> Self {
        Self::Inline(Secret::new(value))
    }

    /// The secret, read from its file if it stands in one.
    ///
    /// # Errors
    /// When the file cannot be read or the secret is empty, in words for the operator.
    pub fn read(&self) -> Result<Secret, String> {
        let secret = match self {
            Self::Inline(secret) => secret.clone(),
            Self::File(SecretFile { file }) => {
                let mut text = std::fs::read_to_string(file)
                    .map_err(|e| format!("the secret file {} cannot be read: {e}", file.display()))?;
                let secret = Secret::new(text.trim());
                text.zeroize();
                secret
            }
        };
        if secret.expose().is_empty() { Err(String::from("a secret is empty")) } else { Ok(secret) }
    }
}

/// One configured provider, told apart by its `kind`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProviderSettings {
    /// A mail relay.
    Smtp(SmtpSettings),
    /// Twilio's text messages.
    Twilio(TwilioSettings),
    /// Browsers' push services.
    Webpush(WebPushSettings),
    /// A directory.
    Spool(SpoolSettings),
}

impl ProviderSettings {
    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Smtp(s) => &s.name,
            Self::Twilio(s) => &s.name,
            Self::Webpush(s) => &s.name,
            Self::Spool(s) => &s.name,
        }
    }
}

/// A mail relay.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Name, unique among providers.
    pub name: String,
    /// Host name, or an address; the certificate must be made out to it.
    pub host: String,
    /// Port; 465 for implicit TLS, 587 for STARTTLS, 25 without TLS unless given.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Certificates (PEM) to trust in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name to greet with; our address on the connection unless given.
    #[serde(default)]
    pub hello_name: Option<String>,
    /// Credentials. Never sent in clear.
    #[serde(default)]
    pub login: Option<SmtpLogin>,
    /// Address of the sender; its domain names the messages.
    pub from: String,
    /// Name of the sender.
    #[serde(default)]
    pub from_name: Option<String>,
    /// Where answers go.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Bounce addresses of our own, and their intake.
    #[serde(default)]
    pub bounces: Option<SmtpBounces>,
    /// Keys to sign with.
    #[serde(default)]
    pub dkim: Vec<SmtpDkim>,
    /// Connections at most.
    #[serde(default = "eight")]
    pub concurrency: usize,
    /// Messages a second at most.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Messages after which a connection is closed.
    #[serde(default = "hundred")]
    pub messages_per_connection: u32,
}

/// How an SMTP connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// TLS after STARTTLS (RFC 3207), or no connection at all.
    #[default]
    Starttls,
    /// None. Only without credentials, for a relay on this machine or a protected network.
    None,
}

/// Credentials of a mail relay.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpLogin {
    /// User.
    pub username: String,
    /// Password.
    pub password: SecretSource,
}

/// Bounce addresses of our own: `prefix` + signed token + `@domain`, one per attempt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpBounces {
    /// The domain whose mail is posted to this provider's receipts.
    pub domain: String,
    /// What the local part begins with, its separator included; at most 12 characters.
    #[serde(default = "bounce_prefix")]
    pub prefix: String,
    /// Secrets that sign the tokens. The first signs, all are believed.
    pub secrets: Vec<SecretSource>,
    /// Secrets that the intake shows as `Authorization: Bearer`. All are believed; none means no intake.
    #[serde(default)]
    pub intake_tokens: Vec<SecretSource>,
}

/// A DKIM key (RFC 6376, RFC 8463).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpDkim {
    /// The signing domain.
    pub domain: String,
    /// The selector the public key is published under.
    pub selector: String,
    /// The private key in PEM: RSA (PKCS#1 or PKCS#8, 2048 bits or more) or Ed25519 (PKCS#8).
    pub key: SecretSource,
}

/// A Twilio account that sends text messages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    /// Name, unique among providers.
    pub name: String,
    /// The account, `AC...`.
    pub account_sid: String,
    /// Auth tokens. The first authenticates unless there is an API key; all are believed in callbacks' signatures.
    pub auth_tokens: Vec<SecretSource>,
    /// An API key to authenticate with.
    #[serde(default)]
    pub api_key: Option<TwilioApiKey>,
    /// Shared keys for callbacks that are signed with SHA-256, by key id.
    #[serde(default)]
    pub shared_keys: BTreeMap<String, SecretSource>,
    /// The number or name to send from. Either this or a messaging service.
    #[serde(default)]
    pub from: Option<String>,
    /// The messaging service to send from, `MG...`.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    /// How long Twilio may try, in seconds (1 to 36,000).
    #[serde(default)]
    pub validity_seconds: Option<u32>,
    /// The API's address.
    #[serde(default = "twilio_api")]
    pub base_url: Url,
    /// Requests in the air at most.
    #[serde(default = "sixteen")]
    pub concurrency: usize,
    /// Messages a second at most.
    #[serde(default)]
    pub rate: Option<f64>,
}

/// A Twilio API key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioApiKey {
    /// `SK...`.
    pub sid: String,
    /// Its secret.
    pub secret: SecretSource,
}

/// Browsers' push services.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushSettings {
    /// Name, unique among providers.
    pub name: String,
    /// The VAPID private key: PEM, or its 32 bytes in base64url.
    pub vapid_key: SecretSource,
    /// Whom a push service may write to: `mailto:` or `https:`.
    pub subject: String,
    /// How long a push service keeps a message, in seconds.
    #[serde(default = "four_weeks")]
    pub ttl_seconds: u32,
    /// Whether endpoints may be private addresses or plain HTTP. For tests and closed networks.
    #[serde(default)]
    pub allow_private: bool,
    /// Requests in the air at most.
    #[serde(default = "sixteen")]
    pub concurrency: usize,
    /// Messages a second at most.
    #[serde(default)]
    pub rate: Option<f64>,
}

/// A directory that takes messages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolSettings {
    /// Name, unique among providers.
    pub name: String,
    /// The channel it stands in for.
    pub channel: Channel,
    /// The directory; it is created with access for the owner alone.
    pub directory: PathBuf,
    /// The sender of emails.
    #[serde(default = "spool_from")]
    pub from: String,
    /// Writers at most.
    #[serde(default = "eight")]
    pub concurrency: usize,
    /// Messages a second at most.
    #[serde(default)]
    pub rate: Option<f64>,
}

const fn eight() -> usize {
    8
}

const fn sixteen() -> usize {
    16
}

const fn hundred() -> u32 {
    100
}

const fn four_weeks() -> u32 {
    28 * 24 * 60 * 60
}

fn bounce_prefix() -> String {
    String::from("bounce+")
}

fn spool_from() -> String {
    String::from("notices@localhost.localdomain")
}

fn twilio_api() -> Url {
    Url::parse("https://api.twilio.com").expect("a constant address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ProviderSettings, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_relay_needs_little_and_defaults_to_starttls() {
        let settings =
            parse("kind = 'smtp'\nname = 'relay'\nhost = 'mail.example.org'\nfrom = 'a@example.org'").unwrap();
        let ProviderSettings::Smtp(smtp) = &settings else { panic!("not a relay") };
        assert_eq!((smtp.tls, smtp.concurrency, smtp.port), (SmtpTls::Starttls, 8, None));
        assert_eq!(settings.name(), "relay");
    }

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let error =
            parse("kind = 'spool'\nname = 's'\nchannel = 'sms'\ndirectory = '/tmp/x'\ncolour = 'red'").unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
    }

    #[test]
    fn secrets_come_inline_or_from_a_file_and_never_print() {
        let text = "kind = 'webpush'\nname = 'w'\nsubject = 'mailto:a@example.org'\nvapid_key = 'hush-hush'";
        let settings = parse(text).unwrap();
        assert!(!format!("{settings:?}").contains("hush-hush"));

        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        std::fs::write(&file, "from-file\n").unwrap();
        let source = SecretSource::File(SecretFile { file: file.clone() });
        assert_eq!(source.read().unwrap().expose(), "from-file");
        std::fs::remove_file(&file).unwrap();
        assert!(source.read().unwrap_err().contains("cannot be read"));
        assert!(SecretSource::inline("").read().is_err());
    }
}
