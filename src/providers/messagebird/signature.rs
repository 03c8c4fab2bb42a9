//! The signature of `MessageBird`'s callbacks: a JWT (HS256, HS384 or HS512) that carries the SHA-256 of the address, and of
//! the body where there is one, and an end.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::config::Secret;
use crate::providers::ReceiptRequest;

/// How far the clocks may differ, in seconds.
const LEEWAY: i64 = 60;

/// Checks signatures.
pub(super) struct Signatures {
    keys: Vec<Secret>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    nbf: i64,
    exp: i64,
    url_hash: String,
    #[serde(default)]
    payload_hash: Option<String>,
}

impl Signatures {
    /// With all keys that are good during a rotation.
    pub(super) const fn new(keys: Vec<Secret>) -> Self {
        Self { keys }
    }

    /// Whether one of the keys signed this address and body, for now.
    pub(super) fn fit(&self, request: &ReceiptRequest) -> bool {
        let token = request.headers.get("messagebird-signature-jwt");
        token.and_then(|token| self.claims(token.trim())).is_some_and(|claims| cover(&claims, request))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&BASE64.decode(header).ok()?).ok()?;
        let given = BASE64.decode(signature).ok()?;
        let fits = self.keys.iter().fold(false, |fits, key| {
            fits | sign(&header.alg, key.expose(), signed).is_some_and(|ours| bool::from(ours.ct_eq(&given)))
        });
        if !fits {
            return None;
        }
        serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()
    }
}

fn cover(claims: &Claims, request: &ReceiptRequest) -> bool {
    let now = request.now.0.div_euclid(1000);
    let is = |hash: &str, of: &[u8]| bool::from(hex::encode(Sha256::digest(of)).as_bytes().ct_eq(hash.as_bytes()));
    let body = match &claims.payload_hash {
        Some(hash) => !request.body.is_empty() && is(hash, &request.body),
        None => request.body.is_empty(),
    };
    claims.iss == "MessageBird"
        && (claims.nbf.saturating_sub(LEEWAY)..=claims.exp.saturating_add(LEEWAY)).contains(&now)
        && is(&claims.url_hash, request.url.as_bytes())
        && body
}

/// The signature of a text by the named way; `None` for every other way, `none` included.
fn sign(way: &str, key: &str, text: &str) -> Option<Vec<u8>> {
    let (key, text) = (key.as_bytes(), text.as_bytes());
    Some(match way {
        "HS256" => Hmac::<Sha256>::new_from_slice(key).ok()?.chain_update(text).finalize().into_bytes().to_vec(),
        "HS384" => Hmac::<Sha384>::new_from_slice(key).ok()?.chain_update(text).finalize().into_bytes().to_vec(),
        "HS512" => Hmac::<Sha512>::new_from_slice(key).ok()?.chain_update(text).finalize().into_bytes().to_vec(),
        _ => return None,
    })
}
