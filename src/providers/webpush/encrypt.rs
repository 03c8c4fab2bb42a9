//! Encryption to a browser (RFC 8291) in the form `aes128gcm` (RFC 8188), one record.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use crate::domain::clock::Entropy;

/// Record size: every push service takes 4096 octets (RFC 8030 section 7.2).
const RECORD: u32 = 4096;
/// Salt, record size, length of the key, the key.
const HEADER: usize = 16 + 4 + 1 + 65;
/// Authentication tag and the delimiter of the last record.
const OVERHEAD: usize = 16 + 1;
/// Longest content.
pub(super) const PLAINTEXT_CAP: usize = RECORD as usize - HEADER - OVERHEAD;

/// Base64url; some clients pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A browser's keys.
pub(super) struct Recipient {
    key: PublicKey,
    auth: Vec<u8>,
}

impl Recipient {
    /// Reads the two keys of a subscription; `None` if they are not a point of P-256 and 16 octets.
    pub(super) fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let key = PublicKey::from_sec1_bytes(&BASE64.decode(p256dh).ok()?).ok()?;
        let auth = BASE64.decode(auth).ok()?;
        (auth.len() == 16).then_some(Self { key, auth })
    }
}

/// Encrypts a content of at most [`PLAINTEXT_CAP`] octets under a fresh key and salt.
pub(super) fn encrypt(recipient: &Recipient, content: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let secret = loop {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        // All but one in 2^32 are a scalar of the curve.
        if let Ok(secret) = SecretKey::from_slice(&bytes) {
            break secret;
        }
    };
    seal(recipient, content, &secret, salt)
}

fn seal(recipient: &Recipient, content: &[u8], secret: &SecretKey, salt: [u8; 16]) -> Vec<u8> {
    let ours = secret.public_key().to_sec1_point(false);
    let theirs = recipient.key.to_sec1_point(false);
    let shared = secret.diffie_hellman(&recipient.key);
    let mut input = [0; 32];
    derive(
        &recipient.auth,
        shared.raw_secret_bytes(),
        &[b"WebPush: info\0", theirs.as_bytes(), ours.as_bytes()],
        &mut input,
    );
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    derive(&salt, &input, &[b"Content-Encoding: aes128gcm\0"], &mut key);
    derive(&salt, &input, &[b"Content-Encoding: nonce\0"], &mut nonce);

    let mut record = Vec::with_capacity(content.len() + 1);
    record.extend_from_slice(content);
    record.push(2);
    let cipher = Aes128Gcm::new(&key.into());
    let sealed =
        cipher.encrypt(&Nonce::from(nonce), record.as_slice()).expect("a record is far shorter than AES-GCM's limit");

    let mut body = Vec::with_capacity(HEADER + sealed.len());
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD.to_be_bytes());
    body.push(65);
    body.extend_from_slice(ours.as_bytes());
    body.extend_from_slice(&sealed);
    body
}

fn derive(salt: &[u8], input: &[u8], info: &[&[u8]], out: &mut [u8]) {
    Hkdf::<Sha256>::new(Some(salt), input)
        .expand_multi_info(info, out)
        .expect("the lengths are constants within HKDF's limit");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64.decode(text).unwrap()
    }

    /// RFC 8291 appendix A.
    #[test]
    fn the_example_of_the_rfc_is_reproduced() {
        let recipient = Recipient::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .unwrap();
        let secret = SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let body = seal(&recipient, b"When I grow up, I want to be a watermelon", &secret, salt);
        assert_eq!(
            BASE64.encode(body).trim_end_matches('='),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
             yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn broken_keys_are_no_recipient() {
        assert!(Recipient::parse("AAAA", "BTBZMqHH6r4Tts7J_aSIgg").is_none());
        let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        assert!(Recipient::parse(key, "AAAA").is_none());
        assert!(Recipient::parse(&format!("{key}="), "BTBZMqHH6r4Tts7J_aSIgg==").is_some());
    }
}
