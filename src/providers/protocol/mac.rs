//! Keyed hashes over what a vendor sends or takes. Comparison takes the same time whatever fits.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// The hash under the HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::providers) enum Hash {
    /// SHA-1; weak as a hash, sound in an HMAC. For vendors that know no other.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a hash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::providers) enum Spelling {
    /// Hexadecimal, in either case.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// HMAC over the parts, one after the other.
pub(in crate::providers) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn over<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        Hash::Sha1 => over::<Hmac<Sha1>>(key, parts),
        Hash::Sha256 => over::<Hmac<Sha256>>(key, parts),
        Hash::Sha512 => over::<Hmac<Sha512>>(key, parts),
    }
}

/// Whether what was given is the HMAC of the parts under one of the secrets. Every secret is tried.
pub(in crate::providers) fn fits(
    (hash, spelling): (Hash, Spelling),
    secrets: &[Secret],
    parts: &[&[u8]],
    given: &str,
) -> bool {
    let given = match spelling {
        Spelling::Hex => hex::decode(given.trim()).ok(),
        Spelling::Base64 => BASE64.decode(given.trim()).ok(),
    };
    let Some(given) = given else { return false };
    let fit = |secret: &Secret| hmac(hash, secret.expose().as_bytes(), parts).ct_eq(&given);
    secrets.iter().fold(subtle::Choice::from(0), |found, secret| found | fit(secret)).into()
}

/// Whether two texts are the same, in a time that depends on their lengths alone.
pub(in crate::providers) fn same(secret: &Secret, given: &str) -> bool {
    secret.expose().as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 section 4.3 (SHA-256, SHA-512) and RFC 2202 section 3, case 2 (SHA-1).
    #[test]
    fn the_examples_of_the_rfcs_fit_and_others_do_not() {
        let secrets = [Secret::new("another"), Secret::new("Jefe")];
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        for (hash, given) in [
            (Hash::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Hash::Sha256, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"),
            (
                Hash::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            assert!(fits((hash, Spelling::Hex), &secrets, &parts, given), "{hash:?}");
            assert!(!fits((hash, Spelling::Hex), &secrets[..1], &parts, given), "{hash:?}");
            assert!(!fits((hash, Spelling::Hex), &secrets, &parts[..1], given), "{hash:?}");
            assert!(!fits((hash, Spelling::Hex), &secrets, &parts, &given[2..]), "{hash:?}");
            assert!(!fits((hash, Spelling::Base64), &secrets, &parts, given), "{hash:?}");
        }
        assert!(!fits((Hash::Sha256, Spelling::Hex), &[], &parts, ""));
    }
}
