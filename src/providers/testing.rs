//! What unit tests of providers have in common.

use std::sync::Arc;

use futures_util::FutureExt;

use super::settings::Surroundings;
use super::{Provider, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::system::System;

/// Surroundings with this machine's clock and randomness, reached from outside at an example's address.
pub(super) fn around() -> Surroundings {
    let public_url = Some("https://candour.example.org".parse().unwrap());
    Surroundings { public_url, ..Surroundings::for_tests(Arc::new(System)) }
}

/// What a provider makes of a callback; none of those tested this way waits for anything.
pub(super) fn receipts(provider: &dyn Provider, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    provider.receipts(request).now_or_never().expect("it answers at once")
}
