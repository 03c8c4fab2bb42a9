//! What providers say later: checked by the provider's own rules, made durable, and only then answered.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::domain::attempt::ChannelPolicy;
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::providers::{
    InletFault, LooseReceipt, Provider, ReceiptError, ReceiptEvent, ReceiptInlet, ReceiptReply, ReceiptRequest,
};
use crate::store::{DeliveryStore, ReceiptEffect, StoreError};
use crate::telemetry::Metrics;

/// Why a callback was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFailure {
    /// No provider has this name.
    #[error("no provider of this name is configured")]
    NoSuchProvider,
    /// It is about a message that no attempt has the reference of, or not yet.
    #[error("it is about a message that is not known yet; send it again")]
    NotYetKnown,
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
        let events = match provider.receipts(request).await {
            Err(ReceiptError::Unsupported) => self.all_named(name, provider.loose_receipts(request)?).await?,
            named => named?.into_iter().map(Some).collect(),
        };
        // One about a message that is not known here, or not yet, does not hold up the others: what comes again changes nothing.
        for event in events.iter().flatten() {
            self.apply(name, event).await?;
        }
        if events.iter().any(Option::is_none) { Err(ReceiptFailure::NotYetKnown) } else { Ok(provider.reply(request)) }
    }

    async fn all_named(&self, name: &str, loose: Vec<LooseReceipt>) -> Result<Vec<Option<ReceiptEvent>>, StoreError> {
        let mut events = Vec::with_capacity(loose.len());
        for receipt in &loose {
            events.push(self.named(name, receipt).await?);
        }
        Ok(events)
    }

    /// Finds the attempt that a receipt is about by the reference that the provider gave with its answer.
    async fn named(&self, name: &str, loose: &LooseReceipt) -> Result<Option<ReceiptEvent>, StoreError> {
        let attempt = self.store.attempt_by_reference(name, &loose.reference).await?;
        let (key, code) = (loose.key.clone(), loose.code.clone());
        Ok(attempt.map(|attempt| ReceiptEvent { attempt, key, outcome: loose.outcome, code }))
    }

    async fn apply(&self, name: &str, event: &ReceiptEvent) -> Result<(), StoreError> {
        // Reports of two messages may be the same to the letter: what RFC 3464 demands in a bounce names none.
        let key = format!("{}:{}", event.attempt, event.key);
        let effect = self
            .store
            .apply_receipt(
                name,
                &key,
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
        Ok(())
    }
}

#[async_trait]
impl ReceiptInlet for Receipts {
    async fn take(&self, provider: &str, receipt: &LooseReceipt) -> Result<(), InletFault> {
        let not_durable = |error: StoreError| {
            tracing::warn!(provider, %error, "a receipt could not be stored; the provider is asked to bring it again");
            InletFault::NotDurable
        };
        let named = self.named(provider, receipt).await.map_err(not_durable)?;
        let event = named.ok_or(InletFault::NoSuchAttempt)?;
        self.apply(provider, &event).await.map_err(not_durable)
    }
}
