//! The bounce address of an attempt: its envelope sender names it, and the name is signed.
//!
//! `bounce+` + 32 hex digits (the attempt) + 20 hex digits (HMAC-SHA256 over it, cut to 80 bits) + `@domain`. Hex,
//! because mail systems may change the case of a local part; 64 octets at most (RFC 5321 section 4.5.3.1.1). Without
//! the signature anyone could send a bounce and have a person's address marked dead.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::config::Secret;
use crate::domain::id::AttemptId;
use crate::providers::settings::Faults;

const ID: usize = 32;
const TAG: usize = 20;
/// What a local part begins with; mail systems that split at `+` deliver it to one mailbox.
const PREFIX: &str = "bounce+";
/// Separates this use of the secret from any other.
const PURPOSE: &[u8] = b"candour bounce address 1\0";

/// Makes and recognises bounce addresses.
pub(super) struct Verp {
    domain: String,
    secrets: Vec<Secret>,
}

impl Verp {
    /// With the domain of the addresses and the secrets: the first signs, all are believed.
    pub(super) fn build(domain: &str, secrets: Vec<Secret>) -> Result<Self, Faults> {
        let mut found = Faults::default();
        let named = !domain.is_empty() && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        found.require(named, "domain", "give a domain in ASCII");
        let long = !secrets.is_empty() && secrets.iter().all(|s| s.expose().len() >= 16);
        found.require(long, "bounce_secret_file", "the secret has 16 characters or more");
        found.none()?;
        Ok(Self { domain: domain.to_ascii_lowercase(), secrets })
    }

    /// The secrets.
    pub(super) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The bounce address of an attempt.
    pub(super) fn address(&self, attempt: AttemptId) -> String {
        format!("{PREFIX}{}@{}", self.token(attempt), self.domain)
    }

    /// The signed name of an attempt, as it stands in its bounce address and its envelope identifier.
    pub(super) fn token(&self, attempt: AttemptId) -> String {
        format!("{}{}", attempt.0.simple(), tag(&self.secrets[0], attempt))
    }

    /// The attempt whose bounce address that is.
    pub(super) fn of_address(&self, address: &str) -> Option<AttemptId> {
        let address = address.to_ascii_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        let token = local.strip_prefix(PREFIX).filter(|token| domain == self.domain && token.len() == ID + TAG)?;
        self.verify(token.as_bytes())
    }

    /// The attempt whose signed name a text mentions.
    pub(super) fn find(&self, text: &[u8]) -> Option<AttemptId> {
        let text = text.to_ascii_lowercase();
        let words = text.split(|byte| !byte.is_ascii_hexdigit());
        words.filter(|word| word.len() == ID + TAG).find_map(|word| self.verify(word))
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
        Verp::build("bounces.example.org", secrets.iter().map(|secret| Secret::new(*secret)).collect()).unwrap()
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
