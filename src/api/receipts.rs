//! Where providers' callbacks go. The engine takes them; this room only says what it needs.

use async_trait::async_trait;
use axum::http::HeaderMap;
use bytes::Bytes;

/// A callback as it came.
#[derive(Clone)]
pub struct ReceiptRequest {
    /// Path and query as the provider called them; some signatures cover them.
    pub target: String,
    /// The host the provider called.
    pub host: Option<String>,
    /// Headers, the signature among them.
    pub headers: HeaderMap,
    /// Body, byte for byte.
    pub body: Bytes,
}

/// Why a callback is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFailure {
    /// No provider of that name is configured, or it sends no receipts.
    #[error("no provider of this name takes receipts")]
    NoSuchProvider,
    /// The signature is missing or does not fit.
    #[error("the signature is missing or does not fit")]
    BadSignature,
    /// The body is not what this provider sends.
    #[error("the body is not what this provider sends: {0}")]
    Malformed(String),
    /// More than can be taken in; the provider will send it again.
    #[error("too many receipts at once")]
    Overloaded,
    /// Storage failed; the provider will send it again.
    #[error("the receipt could not be stored: {0}")]
    Store(#[from] crate::store::StoreError),
}

/// Takes in providers' callbacks.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// Checks the signature, makes the receipts durable, and only then returns how many there were.
    async fn receive(&self, provider: &str, request: ReceiptRequest) -> Result<usize, ReceiptFailure>;
}
