//! What a callback shows of itself where the vendor signs nothing: basic authentication, a bearer token, a header of
//! ours, or a token in the address. All are compared in constant time, with every secret of a rotation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::form::Form;
use super::mac::same;
use crate::config::Secret;
use crate::providers::ReceiptRequest;

/// Whether the request comes with basic authentication (RFC 7617) of that user and one of the passwords.
pub(in crate::providers) fn basic(request: &ReceiptRequest, user: &str, passwords: &[Secret]) -> bool {
    let given = authorization(request, "basic").and_then(|text| BASE64.decode(text).ok());
    let given = given.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((name, password)) = given.as_deref().and_then(|text| text.split_once(':')) else { return false };
    any(passwords, password) & same(&Secret::new(user), name)
}

/// Whether the request comes with one of the tokens as a bearer token (RFC 6750).
pub(in crate::providers) fn bearer(request: &ReceiptRequest, tokens: &[Secret]) -> bool {
    authorization(request, "bearer").is_some_and(|given| any(tokens, given))
}

/// Whether a header, named in lower case, holds one of the values.
pub(in crate::providers) fn header(request: &ReceiptRequest, name: &str, values: &[Secret]) -> bool {
    request.headers.get(name).is_some_and(|given| any(values, given.trim()))
}

/// Whether a parameter of the address holds one of the values.
pub(in crate::providers) fn query(request: &ReceiptRequest, name: &str, values: &[Secret]) -> bool {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    matches!(Form::parse(query.as_bytes()).one(name), Ok(Some(given)) if any(values, given))
}

fn authorization<'a>(request: &'a ReceiptRequest, scheme: &str) -> Option<&'a str> {
    let (given, rest) = request.headers.get("authorization")?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn any(secrets: &[Secret], given: &str) -> bool {
    secrets.iter().fold(false, |found, secret| found | same(secret, given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Millis;

    fn request(header: &str, value: &str) -> ReceiptRequest {
        ReceiptRequest {
            url: String::from("https://candour.example.org/v1/receipts/mail?token=t%201&x=y"),
            headers: [(header.to_owned(), value.to_owned())].into(),
            body: bytes::Bytes::new(),
            now: Millis(0),
        }
    }

    #[test]
    fn each_is_believed_under_any_secret_of_a_rotation_and_no_other() {
        let secrets = [Secret::new("new"), Secret::new("open sesame")];
        // RFC 7617 section 2.
        assert!(basic(&request("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin", &secrets));
        assert!(!basic(&request("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Ali", &secrets));
        assert!(!basic(&request("authorization", "Basic QWxhZGRpbg=="), "Aladdin", &secrets));
        assert!(bearer(&request("authorization", "bearer new"), &secrets));
        assert!(!bearer(&request("authorization", "Bearer newer"), &secrets));
        assert!(!bearer(&request("other", "Bearer new"), &secrets));
        assert!(header(&request("x-key", " new "), "x-key", &secrets));
        assert!(!header(&request("x-key", "New"), "x-key", &secrets));
        assert!(query(&request("a", "b"), "token", &[Secret::new("t 1")]));
        assert!(!query(&request("a", "b"), "token", &[Secret::new("t1")]) && !query(&request("a", "b"), "x", &[]));
    }
}
