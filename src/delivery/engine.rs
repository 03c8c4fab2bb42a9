//! Starts and stops the engine's tasks, and starts them anew when a lease was lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::inquiries::Inquiries;
use super::lane::Lane;
use super::lease::Lease;
use super::notices::Notices;
use super::quiet::Nights;
use super::sorting::Sorting;
use super::{settler, upkeep};
use crate::domain::attempt::ChannelPolicy;
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::limit::LimitKind;
use crate::law::Rules;
use crate::providers::{Descriptor, Provider};
use crate::render::Renderer;
use crate::store::{EngineStore, StoreError};
use crate::telemetry::Metrics;

/// How the engine works.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Name of this process in the list of workers.
    pub worker_name: String,
    /// How long this process may be silent before others take over what it had in flight, in milliseconds.
    pub lease_ms: i64,
    /// How often to say that it is alive, in milliseconds.
    pub heartbeat_ms: u64,
    /// How often to look for work when there was none, in milliseconds.
    pub poll_ms: u64,
    /// How long after an attempt without an answer its provider is first asked about it, in milliseconds.
    pub ask_after_ms: i64,
    /// How long after it a provider that does not know the message is believed, in milliseconds.
    pub ask_until_ms: i64,
    /// At most so many people are claimed in one transaction.
    pub batch: u32,
    /// The rules of each channel.
    pub policies: Vec<(Channel, ChannelPolicy)>,
    /// Whether no other process works on this database (SQLite): then whoever is still entered as a worker is dead.
    pub alone: bool,
}

/// How long the last question may take that a provider is asked, in milliseconds.
const ASKED_MS: i64 = 60_000;

/// What the engine works with.
pub struct EngineDeps {
    /// The store.
    pub store: Arc<dyn EngineStore>,
    /// The carriers.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for identifiers and jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
    /// The law, for quiet hours and the deadlines that outweigh them.
    pub rules: Arc<Rules>,
    /// How to work.
    pub settings: EngineSettings,
}

/// What all tasks of the engine share.
pub(super) struct Shared {
    pub(super) store: Arc<dyn EngineStore>,
    pub(super) notices: Notices,
    pub(super) nights: Nights,
    pub(super) sorting: Sorting,
    /// For how long nobody is told again because of an attempt of which nobody knows, by provider that is asked about it
    /// meanwhile, in milliseconds.
    pub(super) asked: BTreeMap<String, i64>,
    /// What each provider of this process is.
    pub(super) carriers: Vec<Descriptor>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) settings: EngineSettings,
    /// Somebody has done something that the engine should look at.
    pub(super) wake: Notify,
    /// There may be something new for lanes.
    pub(super) changes: Changes,
    pub(super) running: watch::Sender<Arc<Vec<Campaign>>>,
    pub(super) rates: watch::Sender<Arc<Rates>>,
}

/// The rates that people have set.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rates(BTreeMap<(LimitKind, String), f64>);

impl Rates {
    pub(super) fn of(&self, kind: LimitKind, name: &str) -> Option<f64> {
        // Mostly nobody has set any.
        if self.0.is_empty() { None } else { self.0.get(&(kind, name.to_owned())).copied() }
    }

    /// The rate of a provider: what people have set, else what the configuration says.
    pub(super) fn of_provider(&self, provider: &Descriptor) -> Option<f64> {
        self.of(LimitKind::Provider, &provider.name).or(provider.rate)
    }

    /// Whether what is claimed for a provider may draw on a rate.
    pub(super) fn hold(&self, provider: &Descriptor) -> bool {
        provider.rate.is_some() || !self.0.is_empty()
    }

    pub(super) fn any_domain(&self) -> bool {
        self.0.keys().any(|(kind, _)| *kind == LimitKind::Domain)
    }
}

impl Shared {
    pub(super) fn policy(&self, channel: Channel) -> ChannelPolicy {
        let configured = self.settings.policies.iter().find(|(c, _)| *c == channel).map(|(_, policy)| *policy);
        configured.unwrap_or_else(|| ChannelPolicy::standard(channel))
    }
}

/// The engine, not yet started.
pub struct Engine {
    shared: Arc<Shared>,
    providers: Vec<Arc<dyn Provider>>,
}

/// A running engine.
pub struct EngineHandle {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Puts the engine together; nothing runs yet.
    #[must_use]
    pub fn new(deps: EngineDeps) -> Self {
        let (running, _) = watch::channel(Arc::new(Vec::new()));
        let (rates, _) = watch::channel(Arc::new(Rates::default()));
        let shared = Shared {
            notices: Notices::new(Arc::clone(&deps.store), deps.renderer),
            nights: Nights::new(deps.rules),
            sorting: Sorting::of(deps.providers.iter().map(|provider| provider.describe())),
            asked: deps
                .providers
                .iter()
                .filter(|provider| provider.asking().is_some())
                .map(|provider| (provider.describe().name.clone(), deps.settings.ask_until_ms + ASKED_MS))
                .collect(),
            carriers: deps.providers.iter().map(|provider| provider.describe().clone()).collect(),
            store: deps.store,
            clock: deps.clock,
            entropy: deps.entropy,
            metrics: deps.metrics,
            settings: deps.settings,
            wake: Notify::new(),
            changes: Changes::default(),
            running,
            rates,
        };
        Self { shared: Arc::new(shared), providers: deps.providers }
    }

    /// What wakes the engine, for those who start and resume campaigns or move people on.
    #[must_use]
    pub fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || shared.wake.notify_one())
    }

    /// Starts. A lost lease starts the tasks anew as a new worker; only [`EngineHandle::stop`] ends it.
    #[must_use]
    pub fn start(self) -> EngineHandle {
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let stop = stop.clone();
            async move { self.run(&stop).await }
        });
        EngineHandle { stop, task }
    }

    async fn run(self, stop: &CancellationToken) {
        let mut first = true;
        while !stop.is_cancelled() {
            match Lease::register(&self.shared).await {
                Ok(lease) => {
                    if std::mem::take(&mut first) && self.shared.settings.alone {
                        self.reap_former_lives(&lease, stop).await;
                    }
                    self.live(lease, stop).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the engine cannot enter itself as a worker; trying again");
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                }
            }
        }
    }

    async fn reap_former_lives(&self, lease: &Lease, stop: &CancellationToken) {
        while let Err(error) = upkeep::reap_former_lives(&self.shared, lease).await {
            tracing::warn!(%error, "what the last run left cannot be taken over yet; trying again");
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    /// One worker's life: until it is told to stop or its lease is lost.
    async fn live(&self, lease: Arc<Lease>, stop: &CancellationToken) {
        let ending = stop.child_token();
        let (outcomes, inbox) = mpsc::channel(2 * usize::try_from(self.shared.settings.batch).unwrap_or(512));
        let settler = tokio::spawn(settler::run(Arc::clone(&self.shared), lease.worker, inbox, ending.clone()));
        let mut lanes = JoinSet::new();
        for provider in &self.providers {
            let lane = Lane::new(Arc::clone(&self.shared), Arc::clone(provider), Arc::clone(&lease), outcomes.clone());
            lanes.spawn(lane.run(ending.clone()));
        }
        drop(outcomes);
        let mut chores = JoinSet::new();
        chores.spawn({
            let (shared, lease, ending) = (Arc::clone(&self.shared), Arc::clone(&lease), ending.clone());
            let providers = self
                .providers
                .iter()
                .map(|provider| provider.describe())
                .filter(|about| about.receipts)
                .map(|about| (about.name.clone(), about.channel))
                .collect();
            async move { upkeep::run(&shared, &lease, providers, &ending).await }
        });
        for provider in self.providers.iter().filter(|provider| provider.asking().is_some()) {
            let inquiries = Inquiries::new(Arc::clone(&self.shared), Arc::clone(provider), lease.worker);
            chores.spawn(inquiries.run(ending.clone()));
        }
        chores.spawn({
            let (shared, ending) = (Arc::clone(&self.shared), ending.clone());
            async move { refresh(&shared, &ending).await }
        });

        // The lease is kept until the last outcome is written, or lost.
        let written = CancellationToken::new();
        let keeper = tokio::spawn({
            let (shared, lease, ending, written) =
                (Arc::clone(&self.shared), Arc::clone(&lease), ending.clone(), written.clone());
            async move {
                lease.keep(&shared, &written).await;
                ending.cancel();
            }
        });
        while lanes.join_next().await.is_some() {}
        let _ = settler.await;
        written.cancel();
        ending.cancel();
        let _ = keeper.await;
        while chores.join_next().await.is_some() {}
        if let Err(error) = self.shared.store.retire_worker(lease.worker, self.shared.clock.now()).await
            && error != StoreError::StaleLease
        {
            tracing::warn!(%error, "the worker could not say goodbye; its lease will run out");
        }
    }
}

/// Keeps fresh what people may change at any time: which campaigns run, in which order, and the rates.
async fn refresh(shared: &Shared, stop: &CancellationToken) {
    let period = Duration::from_millis(shared.settings.poll_ms);
    let mut woken = false;
    loop {
        match refresh_once(shared).await {
            // Whoever waits in a lane for a campaign that rests now is handed back at once, and a new one begins at once.
            Ok(changed) if changed || woken => shared.changes.announce(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "running campaigns and rates cannot be read; trying again"),
        }
        woken = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = shared.wake.notified() => true,
            () = tokio::time::sleep(period) => false,
        };
    }
}

/// Returns whether something is other than it was.
async fn refresh_once(shared: &Shared) -> Result<bool, StoreError> {
    let limits = shared.store.limits().await?;
    let rates = Rates(limits.into_iter().map(|limit| ((limit.kind, limit.name), limit.per_second)).collect());
    let other_rates = shared.rates.send_if_modified(|known| {
        let changed = **known != rates;
        if changed {
            *known = Arc::new(rates);
        }
        changed
    });
    let campaigns = shared.store.running_campaigns().await?;
    let other_campaigns = shared.running.send_if_modified(|known| {
        let same = |(a, b): (&Campaign, &Campaign)| a.id == b.id && a.priority == b.priority;
        let changed = known.len() != campaigns.len() || !known.iter().zip(&campaigns).all(same);
        if changed {
            *known = Arc::new(campaigns);
        }
        changed
    });
    Ok(other_rates || other_campaigns)
}

impl EngineHandle {
    /// Tells it to stop, as [`EngineHandle::stop`] does, without waiting for the end.
    pub(super) fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Stops: claims nothing new, hands back what was not begun, finishes what is in the air, writes every outcome.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}
