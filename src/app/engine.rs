//! The engine on threads of its own, so that whoever asks how far it is does not wait behind the messages that it sends.

use std::sync::Arc;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

use super::listeners::{Listeners, ListenersHandle};
use super::{AppError, open_store};
use crate::config::Config;
use crate::delivery::{Engine, EngineHandle, EngineSettings};
use crate::domain::attempt::ChannelPolicy;
use crate::domain::channel::Channel;
use crate::domain::clock::Entropy;
use crate::store::{EngineStore, Store};

/// The threads. They end when this is dropped, wherever that is.
pub(super) struct Threads(Option<Runtime>, Handle);

impl Threads {
    /// As many as the machine has processors.
    ///
    /// # Errors
    /// When the system gives none.
    fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().enable_all().thread_name("engine").build()?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    /// While the guard lives, what is spawned runs there.
    fn enter(&self) -> EnterGuard<'_> {
        self.1.enter()
    }

    /// Where it runs.
    fn handle(&self) -> &Handle {
        &self.1
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Not waited for: this may be a thread that must not block, and the engine has been stopped before.
            runtime.shutdown_background();
        }
    }
}

/// Where the engine works, and on what: connections to PostgreSQL of its own, opened on its own threads. SQLite has threads of its
/// own, and one writer.
pub(super) async fn apart(
    config: &Config,
    store: &Arc<dyn Store>,
    entropy: &Arc<dyn Entropy>,
) -> Result<(Threads, Arc<dyn EngineStore>), AppError> {
    let threads = Threads::new().map_err(AppError::Threads)?;
    if config.store.url.expose().starts_with("sqlite:") {
        return Ok((threads, Arc::clone(store) as _));
    }
    let (config, entropy) = (config.clone(), Arc::clone(entropy));
    let opening = threads.handle().spawn(async move { open_store(&config, entropy).await });
    let store = opening.await.expect("opening the store does not panic")?;
    Ok((threads, store))
}

/// How it is to work.
pub(super) fn settings(config: &Config, policies: Vec<(Channel, ChannelPolicy)>) -> EngineSettings {
    EngineSettings {
        worker_name: format!("{}-{}", env!("CARGO_PKG_NAME"), std::process::id()),
        lease_ms: i64::from(config.delivery.lease_seconds) * 1000,
        heartbeat_ms: u64::from(config.delivery.heartbeat_seconds) * 1000,
        poll_ms: config.delivery.poll_ms,
        ask_after_ms: i64::from(config.delivery.ask_after_seconds) * 1000,
        ask_until_ms: i64::from(config.delivery.ask_until_seconds) * 1000,
        batch: config.delivery.batch,
        policies,
        alone: config.store.url.expose().starts_with("sqlite:"),
    }
}

/// The engine at work, with what hears from providers by itself.
pub(super) struct Engaged {
    engine: EngineHandle,
    listeners: ListenersHandle,
    /// Dropped last.
    _threads: Threads,
}

impl Engaged {
    /// Starts both, there.
    pub(super) fn start(engine: Engine, listeners: Listeners, threads: Threads) -> Self {
        let (engine, listeners) = {
            let _there = threads.enter();
            (engine.start(), listeners.start())
        };
        Self { engine, listeners, _threads: threads }
    }

    /// Finishes what is in the air.
    pub(super) async fn stop(self) {
        self.engine.stop().await;
        self.listeners.stop().await;
    }
}
