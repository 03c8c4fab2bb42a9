//! `kind = "twilio"`: an account of Twilio.

use serde::Deserialize;
use url::Url;

use crate::config::{Secret, is_protected};
use crate::providers::settings::Faults;

/// The settings of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    /// The account, `AC...`.
    pub account_sid: String,
    /// Authenticates, unless there is an API key, and signs callbacks.
    pub auth_token: Option<Secret>,
    /// Auth tokens from before: believed in callbacks.
    #[serde(default)]
    pub previous_auth_tokens: Vec<Secret>,
    /// An API key to authenticate with, `SK...`.
    pub api_key_sid: Option<String>,
    /// Its secret.
    pub api_key_secret: Option<Secret>,
    /// Name of the key of callbacks that are signed with SHA-256.
    pub shared_key_id: Option<String>,
    /// That key.
    pub shared_key: Option<Secret>,
    /// The number or name to send from. Either this or a messaging service.
    pub from: Option<String>,
    /// The messaging service to send from, `MG...`.
    pub messaging_service_sid: Option<String>,
    /// How long Twilio may try, in seconds (1 to 36,000).
    pub validity_seconds: Option<u32>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

pub(super) fn api() -> Url {
    Url::parse("https://api.twilio.com").expect("a constant address")
}

impl TwilioSettings {
    /// What of it contradicts itself or is no use.
    pub(super) fn check(&self) -> Result<(), Faults> {
        let mut found = Faults::default();
        let digits = self.account_sid.strip_prefix("AC");
        let sid = digits.is_some_and(|d| d.len() == 32 && d.bytes().all(|b| b.is_ascii_alphanumeric()));
        found.require(sid, "account_sid", "an account's SID is AC and 32 hexadecimal digits");
        found.require(self.auth_token.is_some(), "auth_token_file", "name the file with the account's auth token");
        found.require(
            self.api_key_sid.is_some() == self.api_key_secret.is_some(),
            "api_key_sid",
            "an API key and its secret go together; give both or neither",
        );
        found.require(
            self.shared_key_id.is_some() == self.shared_key.is_some(),
            "shared_key_id",
            "a shared key and its name go together; give both or neither",
        );
        found.require(
            self.from.is_some() != self.messaging_service_sid.is_some(),
            "from",
            "give one of `from` and `messaging_service_sid`",
        );
        let fits = self.validity_seconds.is_none_or(|s| (1..=36_000).contains(&s));
        found.require(fits, "validity_seconds", "give 1 to 36000");
        found.require(is_protected(&self.base_url), "base_url", "use https");
        found.none()
    }

    /// User and password of requests.
    pub(super) fn credentials(&self) -> (String, Secret) {
        let of_key = self.api_key_sid.clone().zip(self.api_key_secret.clone());
        let of_account = || (self.account_sid.clone(), self.auth_token.clone().unwrap_or_else(|| Secret::new("")));
        of_key.unwrap_or_else(of_account)
    }
}
