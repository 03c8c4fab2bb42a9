//! Signature Version 4: how a request to Amazon shows who makes it.
//!
//! Our own, because it is four hashes over a text, and the vendor's crate brings a dozen others for it. The steps and
//! their names are those of the "Signature Version 4 signing process" of the AWS General Reference.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::mac::{Hash, hmac};
use crate::config::Secret;
use crate::domain::clock::Millis;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Keys of an account.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::providers) struct Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// With temporary keys, the token that belongs to them.
    pub session_token: Option<Secret>,
}

/// Signs requests to one service in one region.
pub(in crate::providers) struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
}

impl Signer {
    /// With the service's name for signatures, e.g. `ses`.
    pub(in crate::providers) const fn new(credentials: Credentials, region: String, service: &'static str) -> Self {
        Self { credentials, region, service }
    }

    /// The headers that sign a request with that body, sent with that `Content-Type` if it has one.
    pub(in crate::providers) fn headers(
        &self,
        method: &str,
        url: &Url,
        content_type: Option<&str>,
        body: &[u8],
        now: Millis,
    ) -> Vec<(&'static str, String)> {
        let stamp = timestamp(now);
        let day = &stamp[..8];
        let token = self.credentials.session_token.as_ref().map(|token| token.expose().to_owned());
        // In the order of their names.
        let mut signed = Vec::with_capacity(4);
        signed.extend(content_type.map(|value| ("content-type", value.trim().to_owned())));
        signed.push(("host", host(url)));
        signed.push(("x-amz-date", stamp.clone()));
        signed.extend(token.clone().map(|token| ("x-amz-security-token", token)));
        let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines = signed.iter().flat_map(|(name, value)| [name, ":", value, "\n"]).collect::<String>();

        let request = format!(
            "{method}\n{}\n{}\n{lines}\n{names}\n{}",
            canonical_path(url),
            canonical_query(url),
            hex::encode(Sha256::digest(body)),
        );
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
        let key = format!("AWS4{}", self.credentials.secret_access_key.expose());
        let key = [day, &self.region, self.service, "aws4_request"]
            .iter()
            .fold(key.into_bytes(), |key, part| hmac(Hash::Sha256, &key, &[part.as_bytes()]));
        let signature = hex::encode(hmac(Hash::Sha256, &key, &[text.as_bytes()]));

        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.credentials.access_key_id
        );
        let mut headers = vec![("x-amz-date", stamp), ("authorization", authorization)];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers
    }
}

/// `20150830T123600Z`
fn timestamp(now: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// As the client writes it: the port only where it is not the scheme's own.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Each segment encoded once more than it stands in the address, as every service but S3 wants it.
fn canonical_path(url: &Url) -> String {
    url.path().split('/').map(encode).collect::<Vec<_>>().join("/")
}

fn canonical_query(url: &Url) -> String {
    let mut pairs: Vec<_> = url.query_pairs().map(|(name, value)| (encode(&name), encode(&value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(method: &str, url: &str, content_type: Option<&str>, body: &str) -> String {
        let credentials = Credentials {
            access_key_id: String::from("AKIDEXAMPLE"),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: None,
        };
        let signer = Signer::new(credentials, String::from("us-east-1"), "service");
        // 2015-08-30T12:36:00Z
        let url = Url::parse(url).unwrap();
        let headers = signer.headers(method, &url, content_type, body.as_bytes(), Millis(1_440_938_160_000));
        assert_eq!(headers[0], ("x-amz-date", String::from("20150830T123600Z")));
        headers[1].1.rsplit('=').next().unwrap().to_owned()
    }

    /// From the vendor's own test suite for this signature.
    #[test]
    fn the_vendors_examples_are_reproduced() {
        assert_eq!(
            signature("GET", "https://example.amazonaws.com/", None, ""),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", None, ""),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        assert_eq!(
            signature(
                "POST",
                "https://example.amazonaws.com/",
                Some("application/x-www-form-urlencoded"),
                "Param1=value1"
            ),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
