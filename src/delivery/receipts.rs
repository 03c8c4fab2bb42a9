//! What providers say later: checked by the provider's own rules, made durable, and only then answered.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::domain::attempt::ChannelPolicy;
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::providers::{Provider, ReceiptError, ReceiptReply, ReceiptRequest};
use crate::store::{DeliveryStore, ReceiptEffect, StoreError};
use crate::telemetry::Metrics;

/// Why a callback was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFailure {
    /// No provider has this name.
    #[error("no provider of this name is configured")]
    NoSuchProvider,
    /// The provider's rules refuse it.
    #[error(transparent)]
    Refused(#[from] ReceiptError),
    /// Too many at once; the provider should come again.
    #[error("too many receipts at once; send it again")]
    Overloaded,
    /// It could not be made durable; the provider should come again.
    #[error("the receipt could not be stored; send it again")]
    Store(#[from] StoreError),
}

/// So many callbacks are worked on at once; more are asked to come again, before they pile up in memory.
const AT_ONCE: usize = 64;

/// Takes receipts.
pub struct Receipts {
    store: Arc<dyn DeliveryStore>,
    providers: Vec<Arc<dyn Provider>>,
    policies: Vec<(Channel, ChannelPolicy)>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    metrics: Arc<Metrics>,
    wake: Arc<dyn Fn() + Send + Sync>,
    room: Semaphore,
}

impl Receipts {
    /// Puts it together; `wake` is called when a receipt may have made somebody pending again.
    #[must_use]
    pub fn new(
        store: Arc<dyn DeliveryStore>,
        providers: Vec<Arc<dyn Provider>>,
        policies: Vec<(Channel, ChannelPolicy)>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        metrics: Arc<Metrics>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self { store, providers, policies, clock, entropy, metrics, wake, room: Semaphore::new(AT_ONCE) }
    }

    /// Takes one callback and returns what it is answered with. When this returns `Ok`, all its events are durable.
    ///
    /// # Errors
    /// When the callback is not genuine or makes no sense (do not send it again), or could not be stored (do).
    pub async fn receive(&self, name: &str, request: &ReceiptRequest) -> Result<Option<ReceiptReply>, ReceiptFailure> {
        let provider =
            self.providers.iter().find(|p| p.describe().name == name).ok_or(ReceiptFailure::NoSuchProvider)?;
        let _room = self.room.try_acquire().map_err(|_| ReceiptFailure::Overloaded)?;
        let events = provider.receipts(request).await?;
        for event in &events {
            let effect = self
                .store
                .apply_receipt(
                    name,
                    &event.key,
                    event.attempt,
                    event.outcome,
                    event.code.as_deref(),
                    &self.policies,
                    self.clock.now(),
                    self.entropy.fraction(),
                )
                .await?;
            self.metrics.receipt(name, effect.as_str());
            match effect {
                ReceiptEffect::Moved => (self.wake)(),
                ReceiptEffect::NoSuchAttempt => {
                    tracing::warn!(provider = name, attempt = %event.attempt, "a receipt names an attempt that is not known");
                }
                ReceiptEffect::Noted | ReceiptEffect::Repeated => {}
            }
        }
        Ok(provider.reply(request))
    }
}
