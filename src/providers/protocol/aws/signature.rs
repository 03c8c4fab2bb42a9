//! Signature Version 4: how a request to Amazon shows who makes it.
//!
//! Our own, because it is four hashes over a text, and the vendor's crate brings a dozen others for it. The steps and
//! their names are those of the "Signature Version 4 signing process" of the AWS General Reference.

use sha2::{Digest, Sha256};
use url::Url;

use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::providers::protocol::mac::{Hash, hmac};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Keys of an account.
#[derive(Clone, Debug)]
pub(in crate::providers) struct Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// With temporary keys, the token that belongs to them.
    pub session_token: Option<Secret>,
}

/// What is signed.
pub(super) struct Request<'a> {
    /// Its method.
    pub(super) method: &'a str,
    /// Its address.
    pub(super) url: &'a Url,
    /// Its `Content-Type`, if it has one.
    pub(super) content_type: Option<&'a str>,
    /// Its body.
    pub(super) body: &'a [u8],
}

/// The headers that sign a request to a service in a region.
pub(super) fn headers(
    credentials: &Credentials,
    (region, service): (&str, &str),
    request: &Request<'_>,
    now: Millis,
) -> Vec<(&'static str, String)> {
    let Request { method, url, content_type, body } = request;
    let stamp = timestamp(now);
    let day = &stamp[..8];
    let token = credentials.session_token.as_ref().map(|token| token.expose().to_owned());
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
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
    let key = format!("AWS4{}", credentials.secret_access_key.expose());
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(key.into_bytes(), |key, part| hmac(Hash::Sha256, &key, &[part.as_bytes()]));
    let signature = hex::encode(hmac(Hash::Sha256, &key, &[text.as_bytes()]));

    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key_id
    );
    let mut headers = vec![("x-amz-date", stamp), ("authorization", authorization)];
    headers.extend(token.map(|token| ("x-amz-security-token", token)));
    headers
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

    fn signature(method: &str, url: &str, content_type: Option<&str>, body: &str, token: Option<&str>) -> String {
        let credentials = Credentials {
            access_key_id: String::from("AKIDEXAMPLE"),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: token.map(Secret::new),
        };
        let url = Url::parse(url).unwrap();
        let request = Request { method, url: &url, content_type, body: body.as_bytes() };
        // 2015-08-30T12:36:00Z
        let headers = headers(&credentials, ("us-east-1", "service"), &request, Millis(1_440_938_160_000));
        assert_eq!(headers[0], ("x-amz-date", String::from("20150830T123600Z")));
        assert_eq!(
            headers.get(2).map(|(name, value)| (*name, value.as_str())),
            token.map(|t| ("x-amz-security-token", t))
        );
        headers[1].1.rsplit('=').next().unwrap().to_owned()
    }

    /// From the vendor's own test suite for this signature.
    #[test]
    fn the_vendors_examples_are_reproduced() {
        assert_eq!(
            signature("GET", "https://example.amazonaws.com/", None, "", None),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", None, "", None),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        assert_eq!(
            signature(
                "POST",
                "https://example.amazonaws.com/",
                Some("application/x-www-form-urlencoded"),
                "Param1=value1",
                None
            ),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }

    /// `post-sts-header-before` of that suite: the token of temporary keys is signed with the rest.
    #[test]
    fn a_session_token_is_part_of_what_is_signed() {
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7\
                     mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+\
                     xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        assert_eq!(
            signature("POST", "https://example.amazonaws.com/", None, "", Some(token)),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        );
    }
}
