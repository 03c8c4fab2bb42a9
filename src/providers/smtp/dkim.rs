//! DKIM signatures (RFC 6376): `rsa-sha256` and `ed25519-sha256` (RFC 8463), relaxed in headers and body.
//!
//! The signature covers the whole body; From, To, Subject and Date are named once more than they occur, so that
//! nobody can add a second one without breaking it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use super::settings::DkimSettings;
use crate::domain::clock::Millis;
use crate::providers::settings::Faults;

/// The headers that are signed, as far as a message has them.
const SIGNED: [&str; 10] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
];
/// The headers of which there must not be one more.
const SEALED: [&str; 4] = ["from", "to", "subject", "date"];

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Signs with one key.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl Signer {
    /// Reads the key.
    pub(super) fn build(settings: &DkimSettings) -> Result<Self, Faults> {
        let fits =
            |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if !fits(&settings.domain) || !fits(&settings.selector) {
            return Err(Faults::one("dkim", "domain and selector are names in ASCII"));
        }
        let unfit = |reason: &str| Faults::one("dkim.key_file", format!("of {}: {reason}", settings.selector));
        let pem = settings.key.as_ref().ok_or_else(|| unfit("name the file with the private key"))?;
        let der = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
            .map_err(|_| unfit("not a private key in PEM form"))?;
        let key = match der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(|k| Key::Rsa(Box::new(k))),
            PrivateKeyDer::Pkcs8(der) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
                .map(Key::Ed25519)
                .or_else(|_| RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(|k| Key::Rsa(Box::new(k)))),
            _ => return Err(unfit("neither RSA nor Ed25519")),
        };
        let key = key.map_err(|e| unfit(&format!("{e}; use RSA of 2048 bits or Ed25519")))?;
        Ok(Self { domain: settings.domain.to_ascii_lowercase(), selector: settings.selector.clone(), key })
    }

    /// Whether a signature takes so little that it may be made between two others' turns.
    pub(super) const fn is_quick(&self) -> bool {
        matches!(self.key, Key::Ed25519(_))
    }

    /// The signature header of a message, line end included, to stand before it.
    pub(super) fn sign(&self, message: &[u8], now: Millis) -> Vec<u8> {
        let (head, body) = split(message);
        let fields = fields(head);
        let mut names: Vec<&str> = Vec::new();
        let mut signed = String::new();
        for name in SIGNED {
            if let Some((_, relaxed)) = fields.iter().find(|(n, _)| n == name) {
                names.push(name);
                signed.push_str(relaxed);
                signed.push_str("\r\n");
            }
        }
        names.extend(SEALED);
        let algorithm = match &self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body_hash = BASE64.encode(Sha256::digest(relaxed_body(body)));
        let mut header = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            now.0.div_euclid(1000),
            names.join(":"),
        );
        signed.push_str(&relaxed_field(&header).1);
        let signature = BASE64.encode(self.seal(signed.as_bytes()));
        for (place, piece) in signature.as_bytes().chunks(72).enumerate() {
            if place > 0 {
                header.push_str("\r\n ");
            }
            header.push_str(&String::from_utf8_lossy(piece));
        }
        header.push_str("\r\n");
        header.into_bytes()
    }

    /// Signs: RSA in the form PKCS#1 v1.5, which hashes by itself; Ed25519 takes the hash for the message (RFC 8463).
    fn seal(&self, signed: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => key.sign(&Sha256::digest(signed)).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // The randomness blinds the computation against timing; the signature does not depend on it.
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
                    .expect("the key's size was checked when it was read, and the buffer has that size");
                signature
            }
        }
    }
}

/// The headers with their last line end, and the body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|w| w == b"\r\n\r\n") {
        Some(end) => (&message[..end + 2], &message[end + 4..]),
        None => (message, &[]),
    }
}

/// Each header field with its name in lower case and its relaxed form.
fn fields(head: &[u8]) -> Vec<(String, String)> {
    let head = String::from_utf8_lossy(head);
    let mut fields: Vec<String> = Vec::new();
    for line in head.split("\r\n").filter(|l| !l.is_empty()) {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => fields.push(line.to_owned()),
        }
    }
    fields.iter().map(|field| relaxed_field(field)).collect()
}

/// A field's name, and its form after RFC 6376 section 3.4.2: name in lower case, folds and runs of blanks one space.
fn relaxed_field(field: &str) -> (String, String) {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let name = name.trim().to_ascii_lowercase();
    let words: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect();
    let relaxed = format!("{name}:{}", words.join(" "));
    (name, relaxed)
}

/// The body after RFC 6376 section 3.4.4: runs of blanks one space, none at a line's end, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut blank = false;
    for &byte in body {
        match byte {
            b' ' | b'\t' => blank = true,
            _ => {
                if blank && byte != b'\r' {
                    out.push(b' ');
                }
                blank = false;
                out.push(byte);
            }
        }
    }
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    if out == b"\r\n" {
        out.clear();
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_body_of_rfc_8463_has_the_hash_the_rfc_gives() {
        let body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        let hash = BASE64.encode(Sha256::digest(relaxed_body(body)));
        assert_eq!(hash, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    }

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    const RSA: &str = include_str!("testdata/dkim_rsa_test_key.pem");
    const MESSAGE: &[u8] =
        b"Date: Tue, 15 Nov 1994 08:12:31 +0000\r\nFrom: =?utf-8?b?TcO8bGxlcg==?=\r\n <a@example.org>\r\n\
        To: b@example.com\r\nSubject: Two  blanks\r\nMIME-Version: 1.0\r\nMessage-ID: <1@example.org>\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\r\nHi \t there. \r\n\r\n.dot\r\n\r\n\r\n";

    fn sign(pem: &str, selector: &str) -> String {
        let settings = DkimSettings {
            domain: String::from("example.org"),
            selector: selector.to_owned(),
            key: Some(Secret::new(pem)),
        };
        String::from_utf8(Signer::build(&settings).unwrap().sign(MESSAGE, Millis(1_700_000_000_999))).unwrap()
    }

    /// Both verify under dkimpy 1.1.8; a changed byte does not.
    #[test]
    fn signatures_are_those_that_another_implementation_has_verified() {
        let last = |header: String| header.rsplit(" b=").next().unwrap().replace("\r\n", "").replace(' ', "");
        assert_eq!(
            last(sign(ED25519, "ed")),
            "VWbmZAKMPJWIssizivXgFufAQhMqY7KRTafHP87/+CIn5xJ7f0vU+Vx9E0dHES1P1BhD2riRuf0bYfxBZNWGDw=="
        );
        assert_eq!(
            hex::encode(Sha256::digest(last(sign(RSA, "rsa")))),
            "5075fdf403b9daf264da14159b47cdf7ce092ba160d768d22ec57f86d27a0682"
        );
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused_with_a_reason() {
        let settings = DkimSettings {
            domain: String::from("example.org"),
            selector: String::from("s1"),
            key: Some(Secret::new("nonsense")),
        };
        let reason = Signer::build(&settings).err().unwrap().to_string();
        assert!(reason.contains("s1") && !reason.contains("nonsense"), "{reason}");
    }

    #[test]
    fn fields_and_bodies_are_relaxed() {
        assert_eq!(relaxed_field("SubJect : a\r\n\tb  c \r\n").1, "subject:a b c");
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
    }
}
