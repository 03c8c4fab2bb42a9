//! `kind = "ses"`: an account of Amazon SES.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::config::{Secret, is_protected};
use crate::providers::protocol::aws::{CredentialsFrom, Given, Source};
use crate::providers::settings::{Common, Faults};

/// The settings of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SesSettings {
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// Where the credentials come from.
    #[serde(default)]
    pub credentials: CredentialsFrom,
    /// Names the key that signs requests, unless a role's do.
    pub access_key_id: Option<String>,
    /// The key.
    pub secret_access_key: Option<Secret>,
    /// With temporary keys, the token that belongs to them.
    pub session_token: Option<Secret>,
    /// The metadata service of the machine, unless it is where Amazon's is.
    pub instance_url: Option<Url>,
    /// Where the container gets its role's keys. Who knows it may have them.
    pub container_url: Option<Secret>,
    /// What is shown there.
    pub container_token: Option<Secret>,
    /// The file that has what is shown there now.
    pub container_token_path: Option<PathBuf>,
    /// The sender, with or without a name; a verified identity.
    pub from: String,
    /// Address that answers go to.
    pub reply_to: Option<String>,
    /// The configuration set that publishes events.
    pub configuration_set: Option<String>,
    /// SNS topics whose events are believed; no receipts without.
    #[serde(default)]
    pub topic_arns: Vec<String>,
    /// Whether topics may sign with SHA-1.
    #[serde(default)]
    pub accept_sha1: bool,
    /// The API's address, unless it is the region's own.
    pub base_url: Option<Url>,
    /// Stands in for SNS's own hosts, for tests.
    pub sns_base_url: Option<Url>,
}

impl SesSettings {
    /// What of it is no use.
    pub(super) fn check(&self) -> Result<(), Faults> {
        let mut found = Faults::default();
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        found.require(is_word(&self.region), "region", "give a region like eu-west-1");
        found.require(self.configuration_set.as_deref().is_none_or(is_word), "configuration_set", "give its name");
        found.require(self.base_url.as_ref().is_none_or(is_protected), "base_url", "use https");
        found.none()
    }

    /// Whose credentials requests are signed with.
    pub(super) fn source(&self, common: &Common) -> Result<Source, Faults> {
        let given = Given {
            from: self.credentials,
            access_key_id: self.access_key_id.as_deref(),
            secret_access_key: self.secret_access_key.as_ref(),
            session_token: self.session_token.as_ref(),
            instance_url: self.instance_url.as_ref(),
            container_url: self.container_url.as_ref(),
            container_token: self.container_token.as_ref(),
            container_token_path: self.container_token_path.as_ref(),
        };
        given.source(common)
    }

    /// An operation's address.
    pub(super) fn at(&self, path: &str) -> Result<Url, Faults> {
        let china = if self.region.starts_with("cn-") { ".cn" } else { "" };
        let own = format!("https://email.{}.amazonaws.com{china}", self.region);
        let base = self.base_url.as_ref().map_or(own.as_str(), Url::as_str).trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|_| Faults::one("base_url", "cannot be extended with a path"))
    }
}
