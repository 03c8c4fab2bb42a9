//! Signatures that do not cover what comes with them: each is good for a while, and for one body.
//!
//! What has come is remembered by this process alone, and no longer than it runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::domain::clock::Millis;

/// How far ahead of ours the vendor's clock may be, in milliseconds.
const AHEAD: i64 = 5 * 60 * 1000;
/// Tokens remembered at most; the oldest go first.
const REMEMBERED: usize = 100_000;

/// How long a signature is good, and which body each token came with.
pub(in crate::providers) struct Fresh {
    lasting_ms: i64,
    seen: Mutex<BTreeMap<(i64, String), [u8; 32]>>,
}

impl Fresh {
    /// Signatures are good for so many seconds.
    pub(in crate::providers) fn lasting(seconds: u32) -> Self {
        Self { lasting_ms: i64::from(seconds) * 1000, seen: Mutex::default() }
    }

    /// When a signature was made, by its timestamp in seconds since 1970, in milliseconds; nothing if it is none or too old.
    pub(in crate::providers) fn made(&self, timestamp: &str, now: Millis) -> Option<i64> {
        let made = timestamp.parse::<i64>().ok()?.checked_mul(1000)?;
        let age = now.0.checked_sub(made)?;
        (-AHEAD..=self.lasting_ms).contains(&age).then_some(made)
    }

    /// Whether the token of a signature made then has come with no other body before.
    pub(in crate::providers) fn is_for(&self, made: i64, token: String, body: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(body).into();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *seen.entry((made, token)).or_insert(hash);
        if seen.len() > REMEMBERED {
            seen.pop_first();
        }
        known == hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_a_while_whatever_its_clock_says() {
        let (fresh, now) = (Fresh::lasting(60), Millis(1_800_000_000_000));
        assert_eq!(fresh.made("1800000000", now), Some(now.0));
        assert_eq!(fresh.made("1799999940", now), Some(now.0 - 60_000));
        for none in ["1799999939", "1800000301", "", "soon", "9223372036854775807", "-9223372036854775"] {
            assert_eq!(fresh.made(none, now), None, "{none}");
        }
    }

    #[test]
    fn a_token_is_good_for_one_body() {
        let fresh = Fresh::lasting(60);
        assert!(fresh.is_for(1, String::from("t"), b"a") && fresh.is_for(1, String::from("t"), b"a"));
        assert!(!fresh.is_for(1, String::from("t"), b"b") && fresh.is_for(1, String::from("u"), b"b"));
    }
}
