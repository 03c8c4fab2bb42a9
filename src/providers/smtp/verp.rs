//! The bounce address of an attempt: its envelope sender names it, and the name is signed.
//!
//! `prefix` + 32 hex digits (the attempt) + 20 hex digits (HMAC-SHA256 over it, cut to 80 bits) + `@domain`. Hex,
//! because mail systems may change the case of a local part; 64 octets at most (RFC 5321 section 4.5.3.1.1). Without
//! the signature anyone could send a bounce and have a person's address marked dead.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::domain::id::AttemptId;
use crate::providers::settings::{Secret, SecretSource, SmtpBounces};

const ID: usize = 32;
const TAG: usize = 20;
/// Longest prefix that leaves room for the token in 64 octets.
const PREFIX: usize = 64 - ID - TAG;
/// Separates this use of the secret from any other.
const PURPOSE: &[u8] = b"candour bounce address 1\0";

/// Makes and recognises bounce addresses.
pub(super) struct Verp {
    prefix: String,
    domain: String,
    secrets: Vec<Secret>,
}

impl Verp {
    /// Reads the settings.
    pub(super) fn build(settings: &SmtpBounces) -> Result<Self, String> {
        let fits = |text: &str, also: &[u8]| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
        };
        if settings.prefix.len() > PREFIX || !fits(&settings.prefix, b"+-_=.") {
            return Err(format!("bounces.prefix is 1 to {PREFIX} letters, digits and + - _ = ."));
        }
        if !fits(&settings.domain, b"-.") {
            return Err(String::from("bounces.domain is not a domain in ASCII"));
        }
        let secrets = settings.secrets.iter().map(SecretSource::read).collect::<Result<Vec<_>, _>>()?;
        if secrets.iter().any(|s| s.expose().len() < 16) || secrets.is_empty() {
            return Err(String::from("bounces.secrets needs at least one secret of 16 characters or more"));
        }
        Ok(Self { prefix: settings.prefix.to_ascii_lowercase(), domain: settings.domain.to_ascii_lowercase(), secrets })
    }

    /// The bounce address of an attempt.
    pub(super) fn address(&self, attempt: AttemptId) -> String {
        let tag = tag(&self.secrets[0], attempt);
        format!("{}{}{tag}@{}", self.prefix, attempt.0.simple(), self.domain)
    }

    /// The attempt that a text mentions the bounce address of, if its signature fits.
    pub(super) fn find(&self, text: &[u8]) -> Option<AttemptId> {
        let text = text.to_ascii_lowercase();
        let prefix = self.prefix.as_bytes();
        let mut at = 0;
        while let Some(found) = text[at..].windows(prefix.len()).position(|w| w == prefix) {
            let start = at + found + prefix.len();
            if let Some(attempt) = text.get(start..start + ID + TAG).and_then(|token| self.verify(token)) {
                return Some(attempt);
            }
            at += found + 1;
        }
        None
    }

    fn verify(&self, token: &[u8]) -> Option<AttemptId> {
        let (id, given) = std::str::from_utf8(token).ok()?.split_at_checked(ID)?;
        let attempt = AttemptId(Uuid::try_parse(id).ok()?);
        let known = self.secrets.iter().any(|s| tag(s, attempt).as_bytes().ct_eq(given.as_bytes()).into());
        known.then_some(attempt)
    }
}

fn tag(secret: &Secret, attempt: AttemptId) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(PURPOSE);
    mac.update(attempt.0.as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..TAG / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Millis;

    fn verp(secrets: &[&str]) -> Verp {
        Verp::build(&SmtpBounces {
            domain: String::from("bounces.example.org"),
            prefix: String::from("bounce+"),
            secrets: secrets.iter().copied().map(SecretSource::inline).collect(),
            intake_tokens: Vec::new(),
        })
        .unwrap()
    }

    fn attempt() -> AttemptId {
        AttemptId::new(Millis(1_800_000_000_000), [7; 10])
    }

    #[test]
    fn an_address_leads_back_to_its_attempt_whatever_its_case() {
        let verp = verp(&["a secret of some length"]);
        let address = verp.address(attempt());
        assert!(address.split('@').next().unwrap().len() <= 64);
        let text = format!("To: <other@example.org>\r\nX-To: <{}>", address.to_uppercase());
        assert_eq!(verp.find(text.as_bytes()), Some(attempt()));
    }

    #[test]
    fn a_changed_token_or_another_secret_leads_nowhere() {
        let verp = verp(&["a secret of some length"]);
        let address = verp.address(attempt());
        let at = address.find('@').unwrap();
        let last = if address.as_bytes()[at - 1] == b'0' { "1" } else { "0" };
        let forged = format!("{}{last}{}", &address[..at - 1], &address[at..]);
        assert_eq!(verp.find(forged.as_bytes()), None);
        assert_eq!(super::tests::verp(&["another secret, as long"]).find(address.as_bytes()), None);
        assert_eq!(verp.find(b"bounce+bounce+abc"), None);
    }

    #[test]
    fn the_old_secret_is_believed_while_the_new_one_signs() {
        let old = verp(&["a secret of some length"]).address(attempt());
        let both = verp(&["the new one, also long", "a secret of some length"]);
        assert_eq!(both.find(old.as_bytes()), Some(attempt()));
        assert_ne!(both.address(attempt()), old);
    }
}
