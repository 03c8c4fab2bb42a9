//! The signature of Vonage's callbacks: an HMAC over all fields but itself, sorted by name, each as `&name=value` with
//! `&` and `=` in the value made `_`. Hexadecimal in either case.

use serde::Deserialize;

use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::providers::protocol::mac::{self, Hash, Spelling};

/// How old a signed callback may be, in milliseconds. Vonage repeats one for a day.
const OLDEST: i64 = 25 * 60 * 60 * 1000;
/// How far its clock may be ahead.
const AHEAD: i64 = 5 * 60 * 1000;

/// The digest that the account's settings name. The MD5 ways are not believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VonageDigest {
    /// SHA-1 HMAC signature.
    Sha1,
    /// SHA-256 HMAC signature.
    #[default]
    Sha256,
    /// SHA-512 HMAC signature.
    Sha512,
}

/// Checks signatures.
pub(super) struct Signatures {
    secrets: Vec<Secret>,
    digest: VonageDigest,
}

impl Signatures {
    pub(super) const fn new(secrets: Vec<Secret>, digest: VonageDigest) -> Self {
        Self { secrets, digest }
    }

    /// Whether the fields are signed with one of the secrets, and not long ago; always so when the account signs nothing.
    pub(super) fn fit(&self, fields: &[(String, String)], now: Millis) -> bool {
        if self.secrets.is_empty() {
            return true;
        }
        let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let Some(given) = value("sig") else { return false };
        let Some(at) = value("timestamp").and_then(|text| text.parse::<i64>().ok()) else { return false };
        let age = now.0.saturating_sub(at.saturating_mul(1000));
        let hash = match self.digest {
            VonageDigest::Sha1 => Hash::Sha1,
            VonageDigest::Sha256 => Hash::Sha256,
            VonageDigest::Sha512 => Hash::Sha512,
        };
        mac::fits((hash, Spelling::Hex), &self.secrets, &[signed_text(fields).as_bytes()], given)
            && (-AHEAD..=OLDEST).contains(&age)
    }
}

fn signed_text(fields: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = fields.iter().filter(|(name, _)| name != "sig").collect();
    sorted.sort();
    sorted.iter().fold(String::new(), |text, (name, value)| text + "&" + name + "=" + &value.replace(['&', '='], "_"))
}
