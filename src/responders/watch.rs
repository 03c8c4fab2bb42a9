//! Looks again and again whether there is something to say, from start to stop.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::store::StoreError;

/// How long a look that is under way may take after the process was asked to stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Whoever may have something to say.
#[async_trait]
pub trait Look: Send + Sync + 'static {
    /// What is looked at, for the log.
    fn at(&self) -> &'static str;
    /// Looks once, and says what there is to say.
    async fn look(&self) -> Result<(), StoreError>;
}

/// A running watch.
pub struct WatchHandle {
    at: &'static str,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Looks every `period` until stopped.
#[must_use]
pub fn watch(who: Arc<dyn Look>, period: Duration) -> WatchHandle {
    let (at, stop) = (who.at(), CancellationToken::new());
    let stopping = stop.clone();
    let task = tokio::spawn(async move {
        loop {
            // Not cut off in the middle: what was sent is to be recorded.
            if let Err(error) = who.look().await {
                tracing::warn!(%error, "{at} cannot be looked at; trying again");
            }
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(period) => {}
            }
        }
    });
    WatchHandle { at, stop, task }
}

impl WatchHandle {
    /// Ends after what it is doing. What takes longer than a little is cut off and sent again, under the same identifier,
    /// by whoever looks next.
    pub async fn stop(self) {
        self.stop.cancel();
        let abort = self.task.abort_handle();
        match tokio::time::timeout(LAST_WORDS, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the watch over {} ended in a panic", self.at),
            Err(_) => abort.abort(),
        }
    }
}
