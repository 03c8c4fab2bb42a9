//! Addresses of callbacks that only we could have made, for vendors that sign nothing: the attempt, and an HMAC over it.
//! Who knows such an address can speak of that one attempt and no other.

use super::codes::Codes;
use super::form::Form;
use super::mac::{self, Hash, Spelling};
use crate::config::Secret;
use crate::domain::id::AttemptId;
use crate::domain::outcome::Outcome;
use crate::providers::{ReceiptError, ReceiptRequest};

/// What the HMAC covers before the attempt, so that the secret's other uses give other values.
const PURPOSE: &[u8] = b"candour receipt ";

/// The secrets of a rotation: the one that makes addresses, and those that are still believed.
pub(in crate::providers) fn secrets(current: &Secret, previous: &[Secret]) -> Vec<Secret> {
    std::iter::once(current).chain(previous).cloned().collect()
}

/// The address that a vendor is given for one attempt. The first secret signs; more parameters may be added.
pub(in crate::providers) fn address(receipts: &str, attempt: AttemptId, secrets: &[Secret]) -> String {
    let key = secrets.first().map_or(&b""[..], |secret| secret.expose().as_bytes());
    let token = hex::encode(mac::hmac(Hash::Sha256, key, &[PURPOSE, attempt.0.as_bytes()]));
    format!("{receipts}?attempt={attempt}&token={token}")
}

/// The attempt that a callback's address names, if the address is one of ours: all secrets are believed.
pub(in crate::providers) fn attempt(request: &ReceiptRequest, secrets: &[Secret]) -> Result<AttemptId, ReceiptError> {
    let query = query(request);
    let attempt: AttemptId =
        query.one("attempt")?.ok_or(ReceiptError::Forged)?.parse().map_err(|_| ReceiptError::Forged)?;
    let given = query.one("token")?.ok_or(ReceiptError::Forged)?;
    let fits = mac::fits((Hash::Sha256, Spelling::Hex), secrets, &[PURPOSE, attempt.0.as_bytes()], given);
    if fits { Ok(attempt) } else { Err(ReceiptError::Forged) }
}

/// What a callback's status means, and what is kept of it. A table may know a status and a code together, as the error
/// `STATUS CODE`; a status that it does not know is named and changes nothing.
pub(in crate::providers) fn meaning(codes: &Codes, status: &str, code: Option<&str>) -> (Option<Outcome>, String) {
    let Some(outcome) = codes.status(status) else {
        return (None, codes.read(status, Outcome::Unknown).code);
    };
    let why = code.map(|code| format!("{status} {code}"));
    match why {
        Some(why) if codes.lists(&why) => (Some(codes.read(&why, Outcome::Rejected).outcome), why),
        // It came from outside: a code, and no more than that, is kept.
        Some(why) if outcome.is_some() && code.is_some_and(is_code) => (outcome, why),
        _ => (outcome, status.to_owned()),
    }
}

fn is_code(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text != "0"
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The parameters of a callback's address.
pub(in crate::providers) fn query(request: &ReceiptRequest) -> Form {
    Form::parse(request.url.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Millis;

    const BASE: &str = "https://candour.example.org/v1/receipts/sms";

    fn request(url: &str) -> ReceiptRequest {
        let headers = std::collections::BTreeMap::new();
        ReceiptRequest { url: url.to_owned(), headers, body: bytes::Bytes::new(), now: Millis(0) }
    }

    #[test]
    fn an_address_speaks_of_its_own_attempt_under_any_secret_of_a_rotation() {
        let (one, two) = (AttemptId(uuid::Uuid::from_u128(1)), AttemptId(uuid::Uuid::from_u128(2)));
        let old = [Secret::new("old")];
        let both = [Secret::new("new"), Secret::new("old")];
        let url = address(BASE, one, &old);
        assert_eq!(attempt(&request(&url), &both), Ok(one));
        assert_eq!(attempt(&request(&url), &both[..1]), Err(ReceiptError::Forged));
        let other = url.replace(&one.to_string(), &two.to_string());
        assert_eq!(attempt(&request(&other), &both), Err(ReceiptError::Forged));
        assert_eq!(attempt(&request(BASE), &both), Err(ReceiptError::Forged));
        assert_eq!(attempt(&request(&url), &[]), Err(ReceiptError::Forged));
    }
}
