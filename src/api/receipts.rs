//! Where providers' callbacks go. The engine takes them; this room only says what it needs.

use async_trait::async_trait;

use crate::providers::{ReceiptError, ReceiptRequest};
use crate::store::StoreError;

/// Why a callback was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFailure {
    /// No provider has this name.
    #[error("no provider of this name is configured")]
    NoSuchProvider,
    /// The provider's own rules refuse it.
    #[error(transparent)]
    Refused(#[from] ReceiptError),
    /// Too many at once; the provider should come again.
    #[error("too many receipts at once; send it again")]
    Overloaded,
    /// It could not be made durable; the provider should come again.
    #[error("the receipt could not be stored; send it again")]
    Store(#[from] StoreError),
}

/// Takes in providers' callbacks.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// Checks the signature, makes what the callback says durable, and only then returns how many events there were.
    async fn receive(&self, provider: &str, request: ReceiptRequest) -> Result<usize, ReceiptFailure>;
}
