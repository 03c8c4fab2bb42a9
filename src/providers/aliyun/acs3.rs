//! Alibaba Cloud's request signature, version 3 (`ACS3-HMAC-SHA256`): an HMAC under the secret itself over the digest of
//! method, path, sorted query, sorted headers and the digest of the body.

use sha2::{Digest, Sha256};

use crate::config::Secret;
use crate::providers::protocol::mac::{self, Hash};

const WAY: &str = "ACS3-HMAC-SHA256";

/// Whom the signature names.
pub(super) struct Credentials {
    pub(super) key_id: String,
    pub(super) secret: Secret,
}

/// The query as it is signed and sent: sorted, everything but letters, digits and `-._~` escaped.
pub(super) fn query(parameters: &[(&str, &str)]) -> String {
    let mut pairs: Vec<String> = parameters.iter().map(|(name, value)| escape(name) + "=" + &escape(value)).collect();
    pairs.sort();
    pairs.join("&")
}

/// The digest of a body, as a header carries it.
pub(super) fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// The `Authorization` of a POST to `/`. Headers have lower-case names and are sorted by them; `x-acs-content-sha256` is
/// one of them.
pub(super) fn authorization(who: &Credentials, query: &str, headers: &[(&str, &str)], body_digest: &str) -> String {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value.trim() + "\n");
    let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{body_digest}");
    let text = format!("{WAY}\n{}", digest(canonical.as_bytes()));
    let signature = hex::encode(mac::hmac(Hash::Sha256, who.secret.expose().as_bytes(), &[text.as_bytes()]));
    format!("{WAY} Credential={},SignedHeaders={names},Signature={signature}", who.key_id)
}

fn escape(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_sorted_and_escaped_as_rfc_3986_says() {
        assert_eq!(query(&[("b", "x y*~"), ("a", "阿里")]), "a=%E9%98%BF%E9%87%8C&b=x%20y%2A~");
    }
}
