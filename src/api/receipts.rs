//! Where providers' callbacks go. The engine takes them; this room only says what it needs of it.

use async_trait::async_trait;

pub use crate::delivery::ReceiptFailure;
use crate::delivery::Receipts;
use crate::providers::{ReceiptReply, ReceiptRequest};

/// Takes in providers' callbacks.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// Checks the signature, makes what the callback says durable, and only then returns how many events there were.
    async fn receive(&self, provider: &str, request: ReceiptRequest) -> Result<Option<ReceiptReply>, ReceiptFailure>;
}

#[async_trait]
impl ReceiptSink for Receipts {
    async fn receive(&self, provider: &str, request: ReceiptRequest) -> Result<Option<ReceiptReply>, ReceiptFailure> {
        self.receive(provider, &request).await
    }
}
