//! A remembered answer as bytes, and where it stands.
//!
//! Layout: status (2 bytes), length of the headers (4 bytes), headers, body; numbers in network order.

use zeroize::Zeroizing;

use super::error::StoreError;
use super::seal::Place;
use super::traits::{Result, StoredAnswer};
use crate::domain::id::KeyId;

/// The row of an answer, as its seal is bound to it.
pub(in crate::store) struct AnswerRow(Vec<u8>);

impl AnswerRow {
    /// The row of a key's `Idempotency-Key`.
    pub(in crate::store) fn new(key: KeyId, idempotency_key: &str) -> Self {
        Self([key.0.as_bytes(), idempotency_key.as_bytes()].concat())
    }

    /// Where its answer stands.
    pub(in crate::store) fn place(&self) -> Place<'_> {
        Place { table: "idempotency", row: &self.0, column: "answer" }
    }
}

/// Writes an answer as bytes, without the request's hash, which has a column of its own.
pub(in crate::store) fn encode(answer: &StoredAnswer) -> Zeroizing<Vec<u8>> {
    let headers = u32::try_from(answer.headers.len()).expect("headers are far below 4 GiB");
    let mut bytes = Zeroizing::new(Vec::with_capacity(6 + answer.headers.len() + answer.body.len()));
    bytes.extend_from_slice(&answer.status.to_be_bytes());
    bytes.extend_from_slice(&headers.to_be_bytes());
    bytes.extend_from_slice(answer.headers.as_bytes());
    bytes.extend_from_slice(&answer.body);
    bytes
}

/// Reads [`encode`] back.
pub(in crate::store) fn decode(request_hash: String, bytes: &[u8]) -> Result<StoredAnswer> {
    let read = || {
        let (status, rest) = bytes.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (headers, body) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let headers = std::str::from_utf8(headers).ok()?.to_owned();
        Some((u16::from_be_bytes(*status), headers, body.to_vec()))
    };
    let (status, headers, body) =
        read().ok_or_else(|| StoreError::corrupt("idempotency", "answer", "it is no remembered answer"))?;
    Ok(StoredAnswer { request_hash, status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_and_a_cut_one_is_refused() {
        let answer = StoredAnswer {
            request_hash: String::from("h"),
            status: 201,
            headers: String::from(r#"{"etag":"1"}"#),
            body: vec![0, 1, 255],
        };
        let bytes = encode(&answer);
        assert_eq!(decode(String::from("h"), &bytes), Ok(answer));
        assert!(decode(String::from("h"), &bytes[..10]).is_err());
        assert!(decode(String::from("h"), &[]).is_err());
    }
}
