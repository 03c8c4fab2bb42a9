//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) in the two steps by which it is defined: `HChaCha20` derives a key from the
//! key and the first 16 bytes of the nonce, and ChaCha20-Poly1305 (RFC 8439) seals under it with the other 8. The second step
//! is `ring`'s, in assembler: several times as fast as the crate that has both, and every person passes through here twice.

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;
use zeroize::Zeroizing;

use super::Secret;

/// Bytes of a nonce.
pub(super) const NONCE: usize = 24;
/// Bytes of a tag.
pub(super) const TAG: usize = 16;

/// Seals `body` where it stands and gives its tag.
pub(super) fn seal(key: &Secret, nonce: &[u8; NONCE], aad: &[u8], body: &mut [u8]) -> [u8; TAG] {
    let (key, nonce) = derived(key, nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
        .expect("a value in memory is far below the cipher's 256 GiB");
    tag.as_ref().try_into().expect("a tag has 16 bytes")
}

/// Opens `sealed`, a body with its tag behind it, where it stands; gives the body.
pub(super) fn open<'a>(
    key: &Secret,
    nonce: &[u8; NONCE],
    aad: &[u8],
    sealed: &'a mut [u8],
) -> Result<&'a mut [u8], Unspecified> {
    let (key, nonce) = derived(key, nonce);
    key.open_in_place(nonce, Aad::from(aad), sealed)
}

/// The key and the nonce of the second step.
fn derived(key: &Secret, nonce: &[u8; NONCE]) -> (LessSafeKey, Nonce) {
    let (head, tail) = nonce.split_first_chunk::<16>().expect("24 is more than 16");
    let subkey = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(&(**key).into(), &(*head).into())));
    let key = UnboundKey::new(&CHACHA20_POLY1305, subkey.as_slice()).expect("the key has 32 bytes");
    let mut short = [0; 12];
    short[4..].copy_from_slice(tail);
    (LessSafeKey::new(key), Nonce::assume_unique_for_key(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the draft, section A.3.1.
    #[test]
    fn it_is_the_cipher_of_the_draft() {
        let bytes = |text: &str| hex::decode(text).expect("hex");
        let key: Secret = Zeroizing::new(std::array::from_fn(|i| 0x80 + u8::try_from(i).expect("below 32")));
        let nonce: [u8; NONCE] = std::array::from_fn(|i| 0x40 + u8::try_from(i).expect("below 24"));
        let aad = bytes("50515253c0c1c2c3c4c5c6c7");
        let plain = bytes(
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f66666572\
             20796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
        );
        let expected = bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b7\
             2e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e",
        );
        let mut sealed = plain.clone();
        let tag = seal(&key, &nonce, &aad, &mut sealed);
        assert_eq!(sealed, expected);
        assert_eq!(tag.as_slice(), bytes("c0875924c1c7987947deafd8780acf49"));

        sealed.extend_from_slice(&tag);
        assert_eq!(open(&key, &nonce, &aad, &mut sealed.clone()).expect("it opens"), plain);
        sealed[7] ^= 1;
        assert!(open(&key, &nonce, &aad, &mut sealed).is_err(), "a bit was changed");
    }
}
