//! JSON Web Tokens (RFC 7519) that we sign: ES256 and RS256 (RFC 7518 sections 3.3, 3.4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::config::Secret;

/// A key that signs tokens.
pub(in crate::providers) enum Key {
    /// ECDSA on P-256 with SHA-256.
    Es256(SigningKey),
    /// RSA with SHA-256.
    Rs256(Box<RsaKeyPair>),
}

/// Reads a private key of P-256: PEM (PKCS#8 or SEC 1), or its 32 octets in base64url.
pub(in crate::providers) fn p256_key(secret: &Secret) -> Option<SecretKey> {
    let text = secret.expose().trim();
    if !text.starts_with("-----") {
        return BASE64.decode(text.trim_end_matches('=')).ok().and_then(|bytes| SecretKey::from_slice(&bytes).ok());
    }
    match PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()? {
        PrivateKeyDer::Pkcs8(der) => SecretKey::from_pkcs8_der(der.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Sec1(der) => SecretKey::from_sec1_der(der.secret_sec1_der()).ok(),
        _ => None,
    }
}

impl Key {
    /// A key for ES256.
    pub(in crate::providers) fn es256(secret: &Secret) -> Option<Self> {
        p256_key(secret).map(|key| Self::Es256(SigningKey::from(key)))
    }

    /// A key for RS256 in PEM (PKCS#1 or PKCS#8), of 2048 bits or more.
    pub(in crate::providers) fn rs256(secret: &Secret) -> Option<Self> {
        let key = match PrivateKeyDer::from_pem_slice(secret.expose().trim().as_bytes()).ok()? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()?,
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?,
            _ => return None,
        };
        Some(Self::Rs256(Box::new(key)))
    }

    /// A token with these claims. `key_id` names the key where the reader has several.
    pub(in crate::providers) fn mint(&self, key_id: Option<&str>, claims: &Value) -> String {
        let algorithm = match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        };
        let mut header = json!({ "typ": "JWT", "alg": algorithm });
        if let Some(id) = key_id {
            header["kid"] = Value::from(id);
        }
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = match self {
            Self::Es256(key) => {
                // Deterministic (RFC 6979): no randomness to get wrong.
                let signature: Signature = key.sign(signed.as_bytes());
                signature.to_bytes().to_vec()
            }
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // PKCS#1 v1.5 draws nothing at random; the argument blinds the computation.
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
                    .expect("the buffer has the key's length");
                signature
            }
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    const RSA: &str = include_str!("../smtp/testdata/dkim_rsa_test_key.pem");

    fn parts(token: &str) -> (Value, Value, Vec<u8>, String) {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |text: &str| serde_json::from_slice(&BASE64.decode(text).unwrap()).unwrap();
        (read(header), read(claims), BASE64.decode(signature).unwrap(), signed.to_owned())
    }

    #[test]
    fn tokens_of_either_kind_verify_under_the_public_key() {
        let secret = Secret::new(BASE64.encode([7; 32]));
        let token = Key::es256(&secret).unwrap().mint(Some("K1"), &json!({ "iss": "team" }));
        let (header, claims, signature, signed) = parts(&token);
        assert_eq!(header, json!({ "typ": "JWT", "alg": "ES256", "kid": "K1" }));
        assert_eq!(claims, json!({ "iss": "team" }));
        let key = VerifyingKey::from(&SigningKey::from(p256_key(&secret).unwrap()));
        key.verify(signed.as_bytes(), &Signature::from_slice(&signature).unwrap()).unwrap();

        let key = Key::rs256(&Secret::new(RSA)).unwrap();
        let (header, _, signature, signed) = parts(&key.mint(None, &json!({})));
        assert_eq!(header, json!({ "typ": "JWT", "alg": "RS256" }));
        let Key::Rs256(key) = key else { panic!("not RSA") };
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref().to_vec());
        public.verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(Key::es256(&Secret::new("nonsense")).is_none() && Key::es256(&Secret::new(RSA)).is_none());
        assert!(Key::rs256(&Secret::new("nonsense")).is_none());
    }
}
