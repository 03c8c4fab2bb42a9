//! `kind = "smtp"`: a mail relay.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::{Secret, is_loopback};
use crate::providers::settings::Faults;

/// The settings of a mail relay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Host name, or an address; the certificate must be made out to it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Certificates (PEM) to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name to greet with; our address on the connection unless given.
    pub hello_name: Option<String>,
    /// User to log in as. Never sent in clear.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The sender, with or without a name: `Example Org <incident@example.org>`. The address's domain names the messages.
    pub from: String,
    /// Address that answers go to.
    pub reply_to: Option<String>,
    /// Domain of bounce addresses; the sender's unless given.
    pub domain: Option<String>,
    /// Secret that signs bounce addresses, and that whoever posts bounces shows; no bounces without it.
    pub bounce_secret: Option<Secret>,
    /// Secrets from before: believed, no more used.
    #[serde(default)]
    pub previous_bounce_secrets: Vec<Secret>,
    /// Key to sign messages with.
    pub dkim: Option<DkimSettings>,
    /// Messages after which a connection is closed, at least 1.
    #[serde(default = "hundred")]
    pub messages_per_connection: u32,
}

/// How an SMTP connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// TLS after STARTTLS (RFC 3207), or no connection at all.
    Starttls,
    /// None: without credentials, for a relay on this machine.
    None,
}

/// A DKIM key (RFC 6376, RFC 8463).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimSettings {
    /// The selector the public key is published under.
    pub selector: String,
    /// The signing domain.
    pub domain: String,
    /// The private key in PEM: RSA (PKCS#1 or PKCS#8, 2048 bits or more) or Ed25519 (PKCS#8).
    pub key: Option<Secret>,
}

const fn hundred() -> u32 {
    100
}

impl SmtpSettings {
    /// The sender's name and address.
    pub(super) fn sender(&self) -> (Option<&str>, &str) {
        name_and_address(&self.from)
    }

    /// What of it contradicts itself or is no use.
    pub(super) fn check(&self) -> Result<(), Faults> {
        let mut found = Faults::default();
        found.require(
            self.tls != SmtpTls::None || is_loopback(&self.host),
            "tls",
            "personal data does not leave this machine in the clear; use \"implicit\" or \"starttls\"",
        );
        found.require(
            self.username.is_some() == self.password.is_some(),
            "username",
            "a user name and a password go together; give both or neither",
        );
        found.require(
            self.username.is_none() || self.tls != SmtpTls::None,
            "tls",
            "credentials would go in clear; use \"implicit\" or \"starttls\", or give no user name",
        );
        found.require(self.messages_per_connection > 0, "messages_per_connection", "give at least 1");
        let named = |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic());
        found.require(self.hello_name.as_ref().is_none_or(named), "hello_name", "give a host name in ASCII");
        if let Some(dkim) = &self.dkim {
            found.require(dkim.key.is_some(), "dkim.key_file", "name the file with the private key");
            let sender = self.sender().1.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
            let signer = dkim.domain.to_lowercase();
            let aligned = sender.is_none_or(|from| from == signer || from.ends_with(&format!(".{signer}")));
            found.require(
                aligned,
                "dkim.domain",
                "must be the domain of `from` or one above it, or DMARC does not count the signature",
            );
        }
        found.none()
    }
}

/// Splits `Name <address>`; a bare address has no name.
pub(in crate::providers) fn name_and_address(text: &str) -> (Option<&str>, &str) {
    match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            (Some(name).filter(|n| !n.is_empty()), address.trim())
        }
        None => (None, text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_an_address_and_maybe_a_name() {
        for (text, name, address) in [
            ("a@example.org", None, "a@example.org"),
            ("Example Org <a@example.org>", Some("Example Org"), "a@example.org"),
            ("\"Org, Example\" <a@example.org>", Some("Org, Example"), "a@example.org"),
            ("<a@example.org>", None, "a@example.org"),
        ] {
            assert_eq!(name_and_address(text), (name, address), "{text}");
        }
    }
}
