//! The composition root: a configuration becomes the parts of a running Candour, the same for the program and for tests.
//!
//! Owns: which part gets which other part, and the order in which they start and end. Never decides anything else.

mod engine;
mod listeners;
mod providers;
mod responders;
mod store;
mod tryouts;

pub use responders::{responders, signer};
pub use store::{master_keys, open_existing, open_store};

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::engine::{Engaged, Threads};
use self::listeners::Listeners;
use crate::access::Access;
use crate::alarms::Alarms;
use crate::announcements::Announcements;
use crate::api;
use crate::api::ApiState;
use crate::bounces::{Door, Open};
use crate::config::Config;
use crate::console::{self, ConsoleError, ConsolePages, ConsoleState};
use crate::deadlines::{DeadlineWatch, Deadlines, Reminders};
use crate::delivery::{Engine, EngineDeps, Limits, Receipts};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::jurisdiction::JurisdictionId;
use crate::evidence::Evidence;
use crate::incidents::{IncidentError, Incidents};
use crate::intake::Intake;
use crate::law::{LawError, Rules};
use crate::people::{ImportLimits, People};
use crate::providers::settings::{Surroundings, UnfitSettings};
use crate::providers::{Provider, Providers};
use crate::public::{self, PageError, Pages, PublicState};
use crate::remedies::Remedies;
use crate::render::pdf::Fonts;
use crate::render::{RenderError, Renderer};
use crate::reports::Reports;
use crate::responders::{WatchHandle, WebhookSecretError, watch};
use crate::retention::Retention;
use crate::store::seal::MasterKeyError;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// How long answers that are under way may take after the process was asked to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(20);

/// What nearly every feature stands on.
type Base = (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>);

/// How many reports are typeset at once; each takes a processor for a while.
const TYPESETTING: usize = 2;

/// Why Candour cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No master key is configured.
    #[error("no master key: make one with `candour keys master FILE` and name it as keys.master_key_file")]
    NoMasterKey,
    /// The master key is none.
    #[error("the master key cannot be used: {0}")]
    MasterKey(#[from] MasterKeyError),
    /// The database.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The rules.
    #[error(transparent)]
    Law(#[from] LawError),
    /// The templates.
    #[error("the templates cannot be used: {0}")]
    Render(#[from] RenderError),
    /// The public pages.
    #[error("the public pages cannot be used: {0}")]
    Pages(#[from] PageError),
    /// The console's pages.
    #[error("the console cannot be used: {0}")]
    Console(#[from] ConsoleError),
    /// The providers.
    #[error(transparent)]
    Providers(#[from] UnfitSettings),
    /// Responders' mailboxes without a provider that carries email.
    #[error("reminders.email needs a provider for email{0}; configure one under [[providers]]")]
    NoMail(String),
    /// The key of calls to responders' systems.
    #[error("reminders.webhook_secret cannot be used: {0}")]
    WebhookSecret(#[from] WebhookSecretError),
    /// Threads for the engine.
    #[error("the engine has no threads: {0}; see the system's limits of processes")]
    Threads(std::io::Error),
    /// The client that calls webhooks.
    #[error("responders cannot be called: {0}")]
    Http(String),
}

/// Builds the configured providers; connects to nothing.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn providers(config: &Config, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Result<Providers, AppError> {
    let fonts = Arc::new(Fonts::new(config.templates.font_directory.as_deref()));
    let public_url = config.http.public_url.clone();
    let around = Surroundings { clock: Arc::clone(clock), entropy: Arc::clone(entropy), public_url, fonts };
    Ok(Providers::build(&config.providers, &around)?)
}

/// Rates that people set.
fn limits(base: Base, carriers: &[Arc<dyn Provider>], engine: &Engine) -> Limits {
    let names = carriers.iter().map(|carrier| carrier.describe().name.clone()).collect();
    Limits::new(base.0 as _, names, base.1, engine.waker())
}

/// Public notices.
fn announcements(base: Base, renderer: &Arc<Renderer>, config: &Config) -> Announcements {
    Announcements::new(base.0, base.1, base.2, Arc::clone(renderer), config.http.has_address())
}

/// Where the outside reaches this service; the address it listens on unless configured.
fn public_url(config: &Config) -> url::Url {
    let listen = || format!("http://{}", config.http.listen).parse().expect("an address and a port make a URL");
    config.http.public_url.clone().unwrap_or_else(listen)
}

/// All parts, put together; nothing runs yet.
pub struct App {
    access: Arc<Access>,
    engine: Engine,
    threads: Threads,
    listeners: Listeners,
    state: ApiState,
    router: axum::Router,
    reminders: Reminders,
    alarms: Arc<Alarms>,
    period: Duration,
    door: Door,
}

/// A running Candour.
pub struct Running {
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<()>,
    engine: Option<Engaged>,
    watches: Vec<WatchHandle>,
    door: Option<Open>,
}

/// A running worker.
pub struct Working {
    engine: Engaged,
    watches: Vec<WatchHandle>,
}

impl App {
    /// Puts everything together.
    ///
    /// # Errors
    /// What cannot be used, in words that name the remedy.
    pub async fn build(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, AppError> {
        let rules = Arc::new(Rules::with_overrides(config.law.overrides.as_deref())?);
        let renderer = Arc::new(Renderer::load(config.templates.directory.as_deref())?);
        let carriers = providers(&config, &clock, &entropy)?;
        let carriers: Vec<Arc<dyn Provider>> = carriers.iter().cloned().collect();
        let metrics =
            Arc::new(Metrics::new(carriers.iter().map(|p| (p.describe().name.as_str(), p.describe().channel))));
        let store: Arc<dyn Store> = open_store(&config, Arc::clone(&entropy)).await?;
        let policies = Channel::ALL.map(|c| (c, config.delivery.policy(c))).to_vec();
        let settings = engine::settings(&config, policies.clone());
        let (threads, apart) = engine::apart(&config, &store, &entropy).await?;
        let engine = Engine::new(EngineDeps {
            store: apart,
            providers: carriers.clone(),
            renderer: Arc::clone(&renderer),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            metrics: Arc::clone(&metrics),
            rules: Arc::clone(&rules),
            settings: settings.clone(),
        });
        let access = Arc::new(Access::new(Arc::clone(&store) as _, Arc::clone(&clock), Arc::clone(&entropy)));
        let receipts = Arc::new(Receipts::new(
            Arc::clone(&store) as _,
            carriers.clone(),
            policies,
            Arc::clone(&clock),
            Arc::clone(&entropy),
            Arc::clone(&metrics),
            engine.waker(),
        ));
        let listeners = Listeners::new(carriers.clone(), Arc::clone(&receipts) as _);
        let known = {
            let rules = Arc::clone(&rules);
            Arc::new(move |id: &JurisdictionId| rules.residence(id).is_some())
        };
        let for_forecasts = carriers.iter().map(|p| providers::carrier(p.describe())).collect();
        let base = (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&entropy));
        let with = || (Arc::clone(&base.0), Arc::clone(&base.1), Arc::clone(&base.2));
        let (store, clock, entropy) = with();
        let deadlines = Arc::new(Deadlines::new(with(), Arc::clone(&rules), public_url(&config).as_str()));
        let (reminders, alarms) = responders::build(&config, &carriers, with(), &deadlines, &metrics)?;
        let fonts = Arc::new(Fonts::new(config.templates.font_directory.as_deref()));
        let state = ApiState {
            incidents: Arc::new(Incidents::new(
                with(),
                Arc::clone(&rules),
                Arc::clone(&renderer),
                for_forecasts,
                engine.waker(),
            )),
            deadlines: Arc::clone(&deadlines),
            alarms: Arc::clone(&alarms),
            rates: Arc::new(limits(with(), &carriers, &engine)),
            people: Arc::new(People::new(with().0, with().1, with().2, known, ImportLimits::default())),
            remedies: Arc::new(Remedies::new(with().0, with().1)),
            rehearsals: tryouts::rehearsals(with(), &carriers, &renderer, &rules, settings),
            tests: tryouts::tests(with(), &carriers, &renderer, &config),
            reports: Arc::new(Reports::new(with().0, with().1, with().2, Arc::clone(&rules))),
            typesetting: Arc::new(Semaphore::new(TYPESETTING)),
            fonts: Arc::clone(&fonts),
            limits: api::Limits::of(&config.http),
            announcements: Arc::new(announcements(with(), &renderer, &config)),
            intake: Arc::new(Intake::new(with().0, with().1, with().2)),
            evidence: Arc::new(Evidence::new(with().0, with().1)),
            retention: Arc::new(Retention::new(with().0, with().1)),
            receipts: Arc::clone(&receipts) as _,
            access: Arc::clone(&access),
            public_url: Arc::from(public_url(&config).as_str().trim_end_matches('/')),
            metrics,
            shutdown: CancellationToken::new(),
            store,
            clock,
            entropy,
        };
        let pages = Arc::new(Pages::load(config.templates.directory.as_deref())?);
        let public =
            PublicState::new(Arc::clone(&state.store), pages, fonts, Arc::clone(&deadlines), public_url(&config));
        let console = ConsoleState {
            access: Arc::clone(&access),
            incidents: Arc::clone(&state.incidents),
            deadlines,
            alarms: Arc::clone(&alarms),
            announcements: Arc::clone(&state.announcements),
            evidence: Arc::clone(&state.evidence),
            clock: Arc::clone(&state.clock),
            fonts: Arc::clone(&state.fonts),
            typesetting: Arc::clone(&state.typesetting),
            pages: Arc::new(ConsolePages::load(config.templates.directory.as_deref())?),
            base: Arc::new(public_url(&config)),
        };
        let pages = public::router(public).merge(console::router(console));
        let router = api::router(state.clone()).merge(api::dressed(pages, &state));
        let period = Duration::from_secs(config.reminders.period_seconds);
        let door = Door::new(carriers, receipts, Arc::clone(&state.clock), config.bounces, Arc::clone(&state.metrics));
        Ok(Self { access, engine, threads, listeners, state, router, reminders, alarms, period, door })
    }

    /// Keys, for whoever makes the first ones.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Says which incidents that are being handled have other obligations under the rules of this start than under those
    /// of the last: in the log, in their history, and by `GET /v1/rules/changes`.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn note_rules(&self) -> Result<(), IncidentError> {
        let Some(load) = self.state.incidents.note_rules().await? else { return Ok(()) };
        for set in &load.changed {
            tracing::info!(set = set.in_words(), "the rules of a jurisdiction are others than at the last start");
        }
        for touched in &load.incidents {
            tracing::warn!(incident = %touched.incident, entry = touched.entry, load = load.seq,
                "an incident has other obligations under the rules that were loaded; see its history of obligations");
        }
        Ok(())
    }

    /// Serves API and pages, takes bounces, and works if `engine` says so.
    ///
    /// # Errors
    /// When the address for bounces cannot be listened on.
    pub async fn serve(self, listener: TcpListener, engine: bool) -> std::io::Result<Running> {
        let door = self.door.open().await?;
        if let Some(address) = door.as_ref().and_then(|open| open.address) {
            tracing::info!(%address, "bounces are taken by LMTP and SMTP");
        }
        let shutdown = self.state.shutdown.clone();
        let stopping = shutdown.clone();
        let router = self.router;
        let server = tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "the server stopped");
            }
        });
        let watches = watches(self.reminders, self.alarms, self.period, engine);
        let engine = engine.then(|| Engaged::start(self.engine, self.listeners, self.threads));
        Ok(Running { shutdown, server, engine, watches, door })
    }

    /// Works without serving.
    #[must_use]
    pub fn work(self) -> Working {
        let watches = watches(self.reminders, self.alarms, self.period, true);
        Working { watches, engine: Engaged::start(self.engine, self.listeners, self.threads) }
    }
}

/// Looks at deadlines and alarms. Whoever has no engine leaves the telling to those who do.
fn watches(reminders: Reminders, alarms: Arc<Alarms>, period: Duration, send: bool) -> Vec<WatchHandle> {
    let deadlines = watch(Arc::new(DeadlineWatch::new(reminders, send)), period);
    std::iter::once(deadlines).chain(send.then(|| watch(alarms, period))).collect()
}

impl Running {
    /// Ends: takes no new connections, finishes answers that are under way, then what the engine has in the air.
    pub async fn stop(self) {
        self.shutdown.cancel();
        let abort = self.server.abort_handle();
        if tokio::time::timeout(LAST_ANSWERS, self.server).await.is_err() {
            tracing::warn!("some answers took too long and were cut off");
            abort.abort();
        }
        if let Some(door) = self.door {
            door.close().await;
        }
        for watch in self.watches {
            watch.stop().await;
        }
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

impl Working {
    /// Ends: finishes what is in the air.
    pub async fn stop(self) {
        for watch in self.watches {
            watch.stop().await;
        }
        self.engine.stop().await;
    }
}
