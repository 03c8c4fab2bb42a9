//! Who we are to a push service (VAPID, RFC 8292): a token signed with ES256, one per push service, kept for half its
//! life.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use serde_json::json;
use url::Url;

use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::providers::protocol::jwt::{Key, p256_key};
use crate::providers::settings::Faults;

/// Life of a token in milliseconds: 12 hours; a push service refuses more than 24.
const LIFE: i64 = 12 * 60 * 60 * 1000;
/// Push services remembered at most: there are a handful, but endpoints are written by strangers.
const REMEMBERED: usize = 256;

/// Signs tokens.
pub(super) struct Vapid {
    key: Key,
    public_key: String,
    subject: String,
    tokens: Mutex<HashMap<String, (String, Millis)>>,
}

impl Vapid {
    /// Reads the key: PEM (PKCS#8 or SEC 1), or 32 octets in base64url as the usual generators print them.
    pub(super) fn build(secret: &Secret, subject: &str) -> Result<Self, Faults> {
        let subject_fits = Url::parse(subject).is_ok_and(|u| matches!(u.scheme(), "mailto" | "https"));
        if !subject_fits {
            let reason = "give a mailto: or https: address where push services can reach you, as RFC 8292 wants it";
            return Err(Faults::one("subject", reason));
        }
        let secret = p256_key(secret).ok_or_else(|| {
            Faults::one(
                "vapid_private_key_file",
                "holds neither a P-256 private key in PEM form nor its 32 bytes in base64url",
            )
        })?;
        Ok(Self {
            public_key: BASE64.encode(secret.public_key().to_sec1_point(false).as_bytes()),
            key: Key::Es256(SigningKey::from(secret)),
            subject: subject.to_owned(),
            tokens: Mutex::new(HashMap::new()),
        })
    }

    /// Our public key, base64url.
    pub(super) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The `Authorization` for a push service.
    pub(super) fn authorization(&self, endpoint: &Url, now: Millis) -> String {
        let origin = endpoint.origin().ascii_serialization();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, made)) = tokens.get(&origin)
            && (made.0..made.plus(LIFE / 2).0).contains(&now.0)
        {
            return header.clone();
        }
        let header = format!("vapid t={}, k={}", self.token(&origin, now), self.public_key);
        if tokens.len() >= REMEMBERED {
            tokens.clear();
        }
        tokens.insert(origin, (header.clone(), now));
        header
    }

    fn token(&self, origin: &str, now: Millis) -> String {
        let claims = json!({ "aud": origin, "exp": now.plus(LIFE).0.div_euclid(1000), "sub": self.subject });
        self.key.mint(None, &claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::signature::Verifier;
    use p256::ecdsa::{Signature, VerifyingKey};

    fn vapid() -> Vapid {
        Vapid::build(&Secret::new(BASE64.encode([7; 32])), "mailto:admin@example.org").unwrap()
    }

    fn parts(header: &str) -> (serde_json::Value, String) {
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = VerifyingKey::from_sec1_bytes(&BASE64.decode(key).unwrap()).unwrap();
        let signature = Signature::from_slice(&BASE64.decode(signature).unwrap()).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
        let claims = BASE64.decode(signed.split_once('.').unwrap().1).unwrap();
        (serde_json::from_slice(&claims).unwrap(), token.to_owned())
    }

    #[test]
    fn a_token_names_the_push_service_and_its_end_and_verifies() {
        let endpoint = Url::parse("https://push.example.net:8443/send/abc").unwrap();
        let (claims, _) = parts(&vapid().authorization(&endpoint, Millis(1_000_000)));
        assert_eq!(
            claims,
            json!({"aud": "https://push.example.net:8443", "exp": 1000 + 43_200, "sub": "mailto:admin@example.org"})
        );
    }

    #[test]
    fn a_token_is_kept_per_push_service_for_half_its_life() {
        let vapid = vapid();
        let one = Url::parse("https://one.example.net/a").unwrap();
        let first = parts(&vapid.authorization(&one, Millis(0))).1;
        let same = Url::parse("https://one.example.net/b").unwrap();
        assert_eq!(parts(&vapid.authorization(&same, Millis(LIFE / 2 - 1))).1, first);
        assert_ne!(parts(&vapid.authorization(&same, Millis(LIFE / 2))).1, first);
        let two = Url::parse("https://two.example.net/a").unwrap();
        assert_ne!(parts(&vapid.authorization(&two, Millis(0))).1, first);
    }

    #[test]
    fn keys_come_as_pem_too_and_nonsense_is_refused() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        assert!(Vapid::build(&Secret::new(key.serialize_pem()), "https://example.org/contact").is_ok());
        assert!(Vapid::build(&Secret::new("nonsense"), "https://example.org/contact").is_err());
        assert!(Vapid::build(&Secret::new(BASE64.encode([7; 32])), "admin").is_err());
    }
}
