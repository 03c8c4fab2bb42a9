//! Calls to responders' own systems, signed as Standard Webhooks (version 1.0.0, symmetric) says: the headers `webhook-id`,
//! `webhook-timestamp` and `webhook-signature`, the last an HMAC-SHA256 over identifier, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use super::Told;
use crate::domain::clock::Millis;
use crate::providers::http::Http;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// Fewest and most bytes of a secret, as the specification has them.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A text is no secret to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is whsec_ and 24 to 64 random bytes in base64, as `openssl rand -base64 32` gives them")]
pub struct WebhookSecretError;

/// Signs calls: with the present secret, and while it is changed also with those that were before, so that receivers may
/// follow one after the other.
pub struct Signer(Vec<Zeroizing<Vec<u8>>>);

impl Signer {
    /// Reads a secret; the prefix may be missing.
    ///
    /// # Errors
    /// When it is no base64, or too short or long to be safe.
    pub fn parse(secret: &str) -> Result<Self, WebhookSecretError> {
        Ok(Self(vec![bytes(secret)?]))
    }

    /// Signs with a secret that was before, too.
    ///
    /// # Errors
    /// As [`Signer::parse`].
    pub fn and_previous(mut self, secret: &str) -> Result<Self, WebhookSecretError> {
        self.0.push(bytes(secret)?);
        Ok(self)
    }

    /// The value of `webhook-signature`: one signature for each secret, with blanks between.
    fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let signature = |secret: &Zeroizing<Vec<u8>>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
            mac.update(format!("{id}.{seconds}.{body}").as_bytes());
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

fn bytes(secret: &str) -> Result<Zeroizing<Vec<u8>>, WebhookSecretError> {
    let text = secret.trim().strip_prefix(PREFIX).unwrap_or(secret.trim());
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| WebhookSecretError)?);
    if SECRET_BYTES.contains(&bytes.len()) { Ok(bytes) } else { Err(WebhookSecretError) }
}

/// Makes one call. `id` is the same for every try, so that the receiver can tell a repeat.
pub(super) async fn call(http: &Http, signer: &Signer, url: &Url, id: &str, body: String, now: Millis) -> Told {
    let seconds = now.0.div_euclid(1000);
    let request = http
        .post(url.clone())
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signer.sign(id, seconds, &body))
        .body(body);
    match http.run(request).await {
        Ok(reply) if (200..300).contains(&reply.status) => Told::Taken(reply.status.to_string()),
        Ok(reply) if reply.status == 410 => Told::Gone(reply.status.to_string()),
        Ok(reply) => Told::NotTaken(reply.status.to_string()),
        Err(fault) => Told::NotTaken(fault.answer().code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_bytes_enough() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(Signer::parse(&of(23)).is_err() && Signer::parse(&of(65)).is_err());
        assert!(Signer::parse(&of(24)).is_ok() && Signer::parse(&of(64)).is_ok());
        assert!(Signer::parse("whsec_not base64").is_err());
    }
}
