//! Looks at the deadlines again and again, from start to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Reminders;

/// How long a look that is under way may take after the process was asked to stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A running watch.
pub struct WatchHandle {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Looks every `period` until stopped. Without `send` it only keeps the figures.
#[must_use]
pub fn watch(reminders: Arc<Reminders>, period: Duration, send: bool) -> WatchHandle {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let task = tokio::spawn(async move {
        loop {
            // Not cut off in the middle: what was sent is to be recorded.
            if let Err(error) = reminders.pass(send).await {
                tracing::warn!(%error, "the deadlines cannot be looked at; trying again");
            }
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(period) => {}
            }
        }
    });
    WatchHandle { stop, task }
}

impl WatchHandle {
    /// Ends after what it is doing. What takes longer than a little is cut off and sent again, under the same identifier,
    /// by whoever looks next.
    pub async fn stop(self) {
        self.stop.cancel();
        let abort = self.task.abort_handle();
        match tokio::time::timeout(LAST_WORDS, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the watch over deadlines ended in a panic"),
            Err(_) => abort.abort(),
        }
    }
}
