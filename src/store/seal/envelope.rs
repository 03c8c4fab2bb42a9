//! One sealed value: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), bound to where it stands.
//!
//! Layout: one version byte (1), 24 bytes of nonce, ciphertext, 16 bytes of tag.

use zeroize::Zeroizing;

use super::Secret;
use super::xchacha::{self, NONCE, TAG};

const VERSION: u8 = 1;

/// Where a sealed value stands. It opens nowhere else.
pub(in crate::store) struct Place<'a> {
    /// Table.
    pub(in crate::store) table: &'static str,
    /// What identifies the row.
    pub(in crate::store) row: &'a [u8],
    /// Column.
    pub(in crate::store) column: &'static str,
}

impl Place<'_> {
    /// The associated data: each part with its length before it, so that no two places share an encoding.
    fn bytes(&self) -> Vec<u8> {
        let parts = [self.table.as_bytes(), self.row, self.column.as_bytes()];
        let mut bytes = Vec::with_capacity(24 + self.table.len() + self.row.len() + self.column.len());
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// Why a value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::store) enum OpenError {
    /// It is too short or has another version.
    #[error("it is no sealed value of a version this binary knows")]
    Format,
    /// It was changed, moved, or sealed under another key.
    #[error("it does not open under its key: changed, moved, or sealed under another")]
    Seal,
}

/// A key that seals and opens. Wiped when it goes.
pub(in crate::store) struct Cipher(Secret);

impl Cipher {
    pub(super) fn new(key: &Secret) -> Self {
        Self(key.clone())
    }

    /// Seals a value. The nonce must be fresh.
    pub(in crate::store) fn seal(&self, place: &Place<'_>, nonce: [u8; NONCE], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
        self.seal_into(place, nonce, plain, &mut sealed);
        sealed
    }

    /// Seals a value behind what `into` holds already. The nonce must be fresh.
    pub(in crate::store) fn seal_into(&self, place: &Place<'_>, nonce: [u8; NONCE], plain: &[u8], into: &mut Vec<u8>) {
        into.push(VERSION);
        into.extend_from_slice(&nonce);
        let body = into.len();
        into.extend_from_slice(plain);
        let tag = xchacha::seal(&self.0, &nonce, &place.bytes(), &mut into[body..]);
        into.extend_from_slice(&tag);
    }

    /// Opens a value.
    pub(in crate::store) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(OpenError::Format) };
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Format)?;
        let mut plain = Zeroizing::new(rest.to_vec());
        let length = xchacha::open(&self.0, nonce, &place.bytes(), &mut plain).map_err(|_| OpenError::Seal)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}
