//! One sealed value: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), bound to where it stands.
//!
//! Layout: one version byte (1), 24 bytes of nonce, ciphertext, 16 bytes of tag.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::Secret;

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

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
pub(in crate::store) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(super) fn new(key: &Secret) -> Self {
        Self(XChaCha20Poly1305::new_from_slice(key.as_slice()).expect("the key has 32 bytes"))
    }

    /// Seals a value. The nonce must be fresh.
    pub(in crate::store) fn seal(&self, place: &Place<'_>, nonce: [u8; NONCE], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .encrypt_inout_detached(&XNonce::from(nonce), &place.bytes(), (&mut sealed[1 + NONCE..]).into())
            .expect("a value in memory is far below the cipher's 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens a value.
    pub(in crate::store) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(OpenError::Format) };
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Format)?;
        let (body, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError::Format)?;
        let mut plain = Zeroizing::new(body.to_vec());
        self.0
            .decrypt_inout_detached(&XNonce::from(*nonce), &place.bytes(), plain.as_mut_slice().into(), &(*tag).into())
            .map_err(|_| OpenError::Seal)?;
        Ok(plain)
    }
}
