//! A posted form (`application/x-www-form-urlencoded`), in the order it came.

use crate::providers::ReceiptError;

/// A posted form.
pub(in crate::providers) struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Reads a body, or the query of an address.
    pub(in crate::providers) fn parse(body: &[u8]) -> Self {
        Self { pairs: url::form_urlencoded::parse(body).into_owned().collect() }
    }

    /// All names and values.
    pub(in crate::providers) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The value of a field that stands at most once.
    pub(in crate::providers) fn one(&self, name: &str) -> Result<Option<&str>, ReceiptError> {
        let mut values = self.pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            _ => Err(ReceiptError::Malformed("a field stands twice")),
        }
    }

    /// The value of a field that must be there, once.
    pub(in crate::providers) fn must(&self, name: &str) -> Result<&str, ReceiptError> {
        self.one(name)?.ok_or(ReceiptError::Malformed("a field is missing"))
    }
}
