//! The signature of Twilio's callbacks.
//!
//! Base64 of an HMAC over the public address followed by each distinct name and value of the form, sorted: SHA-1 under
//! an auth token, or SHA-256 under a shared key that a settings header names. Twilio signs the address with or without
//! its port; both are tried. Comparison takes the same time whatever fits.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use subtle::ConstantTimeEq;
use url::Url;

use crate::config::Secret;
use crate::providers::ReceiptRequest;
use crate::providers::protocol::mac::{Hash, hmac};

/// Checks signatures.
pub(super) struct Signatures {
    tokens: Vec<Secret>,
    shared: BTreeMap<String, Secret>,
}

impl Signatures {
    /// With all auth tokens that are good during a rotation, and the shared keys by their id.
    pub(super) const fn new(tokens: Vec<Secret>, shared: BTreeMap<String, Secret>) -> Self {
        Self { tokens, shared }
    }

    /// Whether the request's signature fits one of the secrets.
    pub(super) fn fit(&self, request: &ReceiptRequest, form: &[(String, String)]) -> bool {
        let Some(given) = request.headers.get("x-twilio-signature") else { return false };
        let texts: Vec<String> = addresses(&request.url).iter().map(|url| signed_text(url, form)).collect();
        let settings = request.headers.get("x-twilio-webhooks-signature-settings").map_or("", String::as_str);
        let fits = |expected: String| bool::from(expected.as_bytes().ct_eq(given.trim().as_bytes()));
        match (setting(settings, "algorithm").map(str::to_ascii_uppercase).as_deref(), setting(settings, "key")) {
            (Some("HMAC_SHA256"), Some(key)) => self
                .shared
                .get(key)
                .is_some_and(|secret| texts.iter().any(|text| fits(sign_sha256(secret.expose(), text)))),
            (None | Some("HMAC_SHA1"), _) => {
                self.tokens.iter().any(|token| texts.iter().any(|text| fits(sign_sha1(token.expose(), text))))
            }
            _ => false,
        }
    }
}

fn setting<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(',').filter_map(|part| part.split_once('=')).find(|(n, _)| n.trim() == name).map(|(_, v)| v.trim())
}

fn signed_text(url: &str, form: &[(String, String)]) -> String {
    let sorted: BTreeSet<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    sorted.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
}

/// The address as it stands, without a port, and with the scheme's own.
fn addresses(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    // Cut by hand: a parser would normalise what Twilio signed as written.
    if let Some((scheme, rest)) = url.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host_end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
        let host = match authority[host_end..].rfind(':') {
            Some(colon) => &authority[..host_end + colon],
            None => authority,
        };
        let port = Url::parse(url).ok().and_then(|u| u.port_or_known_default()).unwrap_or(443);
        all.push(format!("{scheme}://{host}{path}"));
        all.push(format!("{scheme}://{host}:{port}{path}"));
    }
    all
}

/// Signs a callback as Twilio does with an auth token, for a stand-in of it.
#[must_use]
pub fn sign_callback(token: &str, url: &str, form: &[(String, String)]) -> String {
    sign_sha1(token, &signed_text(url, form))
}

fn sign_sha1(secret: &str, text: &str) -> String {
    BASE64.encode(hmac(Hash::Sha1, secret.as_bytes(), &[text.as_bytes()]))
}

fn sign_sha256(secret: &str, text: &str) -> String {
    BASE64.encode(hmac(Hash::Sha256, secret.as_bytes(), &[text.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Millis;

    const FORM: [(&str, &str); 5] = [
        ("To", "+18005551212"),
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("Caller", "+14158675309"),
    ];

    fn fits(url: &str, signature: &str, settings: Option<&str>) -> bool {
        let shared = BTreeMap::from([(String::from("k1"), Secret::new("12345"))]);
        let signatures = Signatures::new(vec![Secret::new("new"), Secret::new("12345")], shared);
        let mut headers = BTreeMap::from([(String::from("x-twilio-signature"), signature.to_owned())]);
        if let Some(settings) = settings {
            headers.insert(String::from("x-twilio-webhooks-signature-settings"), settings.to_owned());
        }
        let request = ReceiptRequest { url: url.to_owned(), headers, body: bytes::Bytes::new(), now: Millis(0) };
        let form: Vec<_> = FORM.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        signatures.fit(&request, &form)
    }

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    /// The example in Twilio's documentation and in its libraries' tests.
    const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    #[test]
    fn the_documented_example_fits_under_any_token_of_a_rotation() {
        assert!(fits(URL, SIGNATURE, None));
        assert!(fits(&URL.replace(".com/", ".com:443/"), SIGNATURE, None), "signed without the port");
        assert!(!fits(&URL.replace("bar=2", "bar=3"), SIGNATURE, None));
        assert!(!fits(URL, "RSOYDt4T1cUTdK1PDd93/VVr8B9=", None));
        assert!(!fits(URL, "", None));
    }

    #[test]
    fn a_shared_key_signs_with_sha_256_and_only_under_its_name() {
        let form: Vec<_> = FORM.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let signature = sign_sha256("12345", &signed_text(URL, &form));
        assert!(fits(URL, &signature, Some("key=k1,algorithm=HMAC_SHA256")));
        assert!(!fits(URL, &signature, Some("key=k2,algorithm=HMAC_SHA256")));
        assert!(!fits(URL, &signature, Some("key=k1,algorithm=HMAC_MD5")));
        assert!(!fits(URL, SIGNATURE, Some("key=k1,algorithm=HMAC_SHA256")));
    }
}
