//! What a call says, sealed into the address that Twilio asks: nothing of it is kept here, and nobody on the way reads it.
//!
//! The process that answers may be another than the one that called, and may have started since. AES-256-GCM under a key of
//! the account's auth token (HKDF, RFC 5869), bound to the attempt; deflated before, because addresses are short.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hkdf::Hkdf;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sha2::Sha256;

use crate::config::Secret;
use crate::domain::clock::Entropy;
use crate::domain::id::AttemptId;
use crate::domain::letter::{Script, Speech};
use crate::domain::locale::Locale;
use crate::domain::pii::Pii;

/// What separates the texts: no text has it, all are on one line.
const BETWEEN: char = '\u{1e}';
/// Texts of one language, its tag included.
const TEXTS: usize = 7;
/// Level of compression, of ten: the texts are short.
const LEVEL: u8 = 9;
/// Longest text that is opened, in bytes; far more than is ever sealed.
const LONGEST: usize = 64 * 1024;
const NONCE: usize = 12;

/// Seals and opens.
pub(super) struct Seal {
    keys: Vec<[u8; 32]>,
}

impl Seal {
    /// The first secret seals, all open.
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let key = |secret: &Secret| {
            let mut key = [0; 32];
            let derived =
                Hkdf::<Sha256>::new(None, secret.expose().as_bytes()).expand(b"candour call script v1", &mut key);
            derived.expect("32 bytes are less than HKDF gives");
            key
        };
        Self { keys: secrets.iter().map(key).collect() }
    }

    /// The script of an attempt, fit to stand in an address.
    pub(super) fn seal(&self, script: &Script, attempt: AttemptId, entropy: &dyn Entropy) -> Option<String> {
        let mut bytes = vec![0; NONCE];
        entropy.fill(&mut bytes);
        let texts: Vec<&str> =
            [Some(&script.speech), script.other.as_ref()].into_iter().flatten().flat_map(texts).collect();
        let plain = compress_to_vec(texts.join(&BETWEEN.to_string()).as_bytes(), LEVEL);
        let cipher = Aes256Gcm::new(self.keys.first()?.into());
        let nonce = Nonce::try_from(bytes.as_slice()).ok()?;
        let sealed = cipher.encrypt(&nonce, Payload { msg: &plain, aad: attempt.0.as_bytes() }).ok()?;
        bytes.extend(sealed);
        Some(BASE64.encode(bytes))
    }

    /// The script again; `None` if it is not of this attempt or of none of the secrets.
    pub(super) fn open(&self, text: &str, attempt: AttemptId) -> Option<Script> {
        let bytes = BASE64.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = Nonce::try_from(nonce).ok()?;
        let payload = || Payload { msg: sealed, aad: attempt.0.as_bytes() };
        let plain = self.keys.iter().find_map(|key| Aes256Gcm::new(key.into()).decrypt(&nonce, payload()).ok())?;
        let plain = String::from_utf8(decompress_to_vec_with_limit(&plain, LONGEST).ok()?).ok()?;
        let texts: Vec<&str> = plain.split(BETWEEN).collect();
        let mut speeches = texts.chunks(TEXTS).map(speech);
        Some(Script { speech: speeches.next()??, other: speeches.next().flatten() })
    }
}

fn texts(speech: &Speech) -> [&str; TEXTS] {
    let Speech { locale, greeting, message, choices, offer, machine, farewell } = speech;
    [
        locale.as_str(),
        greeting.expose(),
        message.expose(),
        choices.expose(),
        offer.expose(),
        machine.expose(),
        farewell.expose(),
    ]
}

fn speech(texts: &[&str]) -> Option<Speech> {
    let [locale, greeting, message, choices, offer, machine, farewell] = texts.try_into().ok()?;
    let pii = |text: &str| Pii::new(text.to_owned());
    Some(Speech {
        locale: Locale::parse(locale).ok()?,
        greeting: pii(greeting),
        message: pii(message),
        choices: pii(choices),
        offer: pii(offer),
        machine: pii(machine),
        farewell: pii(farewell),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::System;

    fn said(tag: &str) -> Speech {
        let text = |part: &str| Pii::new(format!("{part} in {tag}: äöü 您好"));
        Speech {
            locale: Locale::parse(tag).unwrap(),
            greeting: text("greeting"),
            message: text("message"),
            choices: text("choices"),
            offer: text("offer"),
            machine: text("machine"),
            farewell: text("farewell"),
        }
    }

    #[test]
    fn a_script_is_opened_by_whoever_has_a_secret_of_the_rotation_and_for_its_attempt_alone() {
        let attempt = |number| AttemptId(uuid::Uuid::from_u128(number));
        let before = Seal::new(&[Secret::new("old")]);
        let after = Seal::new(&[Secret::new("new"), Secret::new("old")]);
        for other in [None, Some(said("en"))] {
            let script = Script { speech: said("de"), other };
            let sealed = before.seal(&script, attempt(1), &System).unwrap();
            assert_eq!(after.open(&sealed, attempt(1)), Some(script.clone()));
            assert_eq!(after.open(&sealed, attempt(2)), None);
            assert_eq!(Seal::new(&[Secret::new("new")]).open(&sealed, attempt(1)), None);
            assert_eq!(after.open(&sealed[..20], attempt(1)), None);
            assert_ne!(before.seal(&script, attempt(1), &System), before.seal(&script, attempt(1), &System));
        }
        assert_eq!(after.open("", attempt(1)), None);
    }
}
