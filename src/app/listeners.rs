//! Keeps the connections that receipts come in over, beside the engine, for the providers that have such.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::providers::{Provider, ReceiptInlet};

/// How long leave-taking may last.
const LEAVE: Duration = Duration::from_secs(5);

/// The providers, and where they hand receipts in.
pub(super) struct Listeners {
    providers: Vec<Arc<dyn Provider>>,
    inlet: Arc<dyn ReceiptInlet>,
}

/// Running listeners.
pub(super) struct ListenersHandle {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Listeners {
    pub(super) fn new(providers: Vec<Arc<dyn Provider>>, inlet: Arc<dyn ReceiptInlet>) -> Self {
        Self { providers, inlet }
    }

    pub(super) fn start(self) -> ListenersHandle {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for provider in self.providers {
            let (inlet, stop) = (Arc::clone(&self.inlet), stop.clone());
            tasks.spawn(async move { provider.listen(inlet, stop).await });
        }
        tasks.close();
        ListenersHandle { stop, tasks }
    }
}

impl ListenersHandle {
    /// Takes leave. After the engine, so that nothing that is on its way loses its connection.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        if tokio::time::timeout(LEAVE, self.tasks.wait()).await.is_err() {
            tracing::warn!("a provider's connection was cut without leave");
        }
    }
}
