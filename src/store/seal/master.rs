//! The operator's keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::envelope::Cipher;
use super::{Secret, cipher, derive};
use crate::domain::clock::Entropy;

/// Why a text is no master key. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Neither hex nor base64.
    #[error("a master key is 32 random bytes as 64 hex digits or as base64; this text is neither")]
    Encoding,
    /// Another number of bytes.
    #[error("a master key has 32 bytes, this one has {0}; make one with `openssl rand -base64 32`")]
    Length(usize),
    /// All bytes alike: a placeholder.
    #[error("this master key is a placeholder; make one with `openssl rand -base64 32`")]
    Placeholder,
}

/// A key that wraps the incidents' keys.
pub struct MasterKey {
    id: String,
    key: Secret,
    wrapping: Cipher,
    installation: Cipher,
}

impl MasterKey {
    /// Reads 64 hex digits or the base64 (either alphabet, padded or not) of 32 bytes; blanks around are forgiven.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let bytes = decode(text).ok_or(MasterKeyError::Encoding)?;
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| MasterKeyError::Length(bytes.len()))?;
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(MasterKeyError::Placeholder);
        }
        Ok(Self::new(Secret::new(key)))
    }

    /// Makes a new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = Secret::default();
        entropy.fill(key.as_mut_slice());
        Self::new(key)
    }

    fn new(key: Secret) -> Self {
        let fingerprint = derive(&key, "candour 1 master key fingerprint");
        Self {
            id: hex::encode(&fingerprint[..6]),
            wrapping: cipher(&key, "candour 1 wrapping of incident keys"),
            installation: cipher(&key, "candour 1 installation"),
            key,
        }
    }

    /// A short fingerprint that names the key and tells nothing of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as [`MasterKey::parse`] reads it: base64. For the file where the operator keeps it.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.key.as_slice()))
    }

    pub(super) fn wrapping(&self) -> &Cipher {
        &self.wrapping
    }

    pub(super) fn installation(&self) -> &Cipher {
        &self.installation
    }
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() == 64
        && let Ok(bytes) = hex::decode(text)
    {
        return Some(Zeroizing::new(bytes));
    }
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(text).ok())
        .map(Zeroizing::new)
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The master key in use, and those before it, which still open what they wrapped.
#[derive(Debug)]
pub struct MasterKeys {
    /// Wraps what is new.
    pub current: MasterKey,
    /// Only open.
    pub previous: Vec<MasterKey>,
}

impl MasterKeys {
    /// One key and none before it.
    #[must_use]
    pub fn new(current: MasterKey) -> Self {
        Self { current, previous: Vec::new() }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    pub(super) fn find(&self, id: &str) -> Option<&MasterKey> {
        self.all().find(|key| key.id == id)
    }
}
