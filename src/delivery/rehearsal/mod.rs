//! Rehearsals: a whole campaign, the real people and the real notice through the real engine, without one message leaving.
//!
//! A rehearsal has a stage of its own: a database in a directory that goes with it, sealed under a key that is nowhere but in
//! memory, and sinks in the place of the providers. What plays there knows neither the real database nor a real provider, so
//! that it can neither send, nor take a receipt, nor change where anybody stands. Of the real database a rehearsal only
//! reads, and leaves one entry in the audit chain at its end.
//!
//! Waits between tries and quiet hours are left out; what they would take is not part of the time measured. A process plays one
//! rehearsal at a time. How far it is and how it ended stands in the real database, where every process finds it. A process
//! that ends takes its rehearsal along: it falls silent, and can be asked for again.

mod copy;
mod course;
mod place;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;

use self::copy::copy_people;
use self::course::Course;
use self::place::Place;
use super::engine::{Engine, EngineDeps, EngineHandle, EngineSettings};
use crate::domain::actor::ActorRef;
use crate::domain::attempt::ChannelPolicy;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts, Priority};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{CampaignId, IncidentId, RehearsalId};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::plan::{CanaryStage, Plan};
use crate::domain::rehearsal::{Cast, Ending, Mishaps, Played, Progress, Rehearsal, Rehearsed, Stage};
use crate::domain::retry::RetryPolicy;
use crate::law::Rules;
use crate::providers::sink::Sink;
use crate::providers::{Descriptor, Provider};
use crate::render::Renderer;
use crate::store::seal::{MasterKey, MasterKeys};
use crate::store::{
    CampaignStore, IncidentStore, NoticeStore, RehearsalStore, Sealer, SqlStore, Store, StoreError, StoreOptions, Tally,
};
use crate::telemetry::Metrics;

/// How often to look whether it has come to its end.
const LOOK: Duration = Duration::from_millis(50);
/// Waits between tries, in milliseconds.
const WAIT_MS: i64 = 5;
/// People without a message that are listed.
const LISTED: u32 = 1000;
/// The code of an attempt whose message could not be made.
const UNMADE: &str = "compose";

/// Why there was no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// One is being played.
    #[error("another incident's rehearsal is being played; ask again once it has ended")]
    Busy,
    /// There is no place for it.
    #[error("there is no place for a rehearsal in {directory}: {reason}; make room there")]
    NoPlace {
        /// The directory for temporary files.
        directory: String,
        /// Why.
        reason: String,
    },
    /// Storage, the real one or the rehearsal's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plays rehearsals.
pub struct Rehearsals {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    renderer: Arc<Renderer>,
    rules: Arc<Rules>,
    providers: Vec<Descriptor>,
    settings: EngineSettings,
    turn: Arc<Semaphore>,
}

/// Stops an engine also when nobody waits for its end any more.
struct Playing(Option<EngineHandle>);

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(engine) = self.0.take() {
            engine.tell_to_stop();
        }
    }
}

impl Rehearsals {
    /// Over the real store with its clock and randomness. Of the providers it takes what they are called and carry.
    #[must_use]
    pub fn new(
        (store, clock, entropy): (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>),
        renderer: Arc<Renderer>,
        rules: Arc<Rules>,
        providers: Vec<Descriptor>,
        settings: EngineSettings,
    ) -> Self {
        Self { store, clock, entropy, renderer, rules, providers, settings, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Begins a rehearsal, which is played on by itself.
    ///
    /// # Errors
    /// When one of the incident is being played, this process plays another, or storage fails.
    pub async fn begin(
        self: &Arc<Self>,
        cast: Cast,
        mishaps: Mishaps,
        actor: &ActorRef,
    ) -> Result<Rehearsal, RehearsalError> {
        let turn = Arc::clone(&self.turn).try_acquire_owned().map_err(|_| RehearsalError::Busy)?;
        let people = match cast.campaign {
            None => cast.incident.people,
            Some(campaign) => {
                let counts = self.store.campaign(campaign).await?.counts;
                counts.pending + counts.in_flight
            }
        };
        let now = self.clock.now();
        let rehearsal = Rehearsal {
            id: RehearsalId::new(now, self.entropy.ten()),
            incident: cast.incident.id,
            campaign: cast.campaign,
            mishaps,
            author: actor.clone(),
            began_at: now,
            seen_at: now,
            progress: Progress { stage: Stage::Copying, people, done: 0 },
            ending: None,
        };
        let detail = json!({ "rehearsal": rehearsal.id, "of": cast.campaign, "mishaps": mishaps });
        let audit = entry(&cast.incident, self.clock.as_ref(), actor, "campaign.rehearsal_begun", detail);
        self.store.begin_rehearsal(&rehearsal, audit).await?;
        let (this, played) = (Arc::clone(self), rehearsal.clone());
        tokio::spawn(async move {
            let _turn = turn;
            this.play(&cast, &played).await;
        });
        Ok(rehearsal)
    }

    /// Asks for the end of an incident's rehearsal, whichever process plays it.
    ///
    /// # Errors
    /// When none is being played, or storage fails.
    pub async fn stop(&self, incident: IncidentId, actor: &ActorRef) -> Result<(), RehearsalError> {
        let now = self.clock.now();
        let (action, actor) = (String::from("campaign.rehearsal_stopped"), actor.clone());
        let audit = AuditEntry { incident: Some(incident), at: now, actor, action, detail: json!({}) };
        Ok(self.store.stop_rehearsal(incident, now, audit).await?)
    }

    /// Plays a rehearsal to its end, and notes how that was.
    async fn play(&self, cast: &Cast, rehearsal: &Rehearsal) {
        let course = Course::of(rehearsal);
        let ending = tokio::select! {
            () = course.tell(self.store.as_ref(), self.clock.as_ref()) => Ending::Stopped,
            played = self.play_out(cast, rehearsal.mishaps, &course) => match played {
                Ok(rehearsed) => Ending::Played(rehearsed),
                Err(error) => Ending::Failed(error.to_string()),
            },
        };
        let mut detail = json!({ "rehearsal": rehearsal.id, "of": cast.campaign, "notice_hash": cast.notice.hash });
        match &ending {
            Ending::Played(rehearsed) => {
                (detail["counts"], detail["unmade"]) = (json!(rehearsed.counts), rehearsed.unmade.into());
            }
            Ending::Stopped => detail["ended"] = "stopped".into(),
            Ending::Failed(why) => detail["ended"] = why.as_str().into(),
        }
        let audit = entry(&cast.incident, self.clock.as_ref(), &rehearsal.author, "campaign.rehearsed", detail);
        if let Err(error) = self.store.end_rehearsal(rehearsal.id, &ending, self.clock.now(), audit).await {
            tracing::warn!(rehearsal = %rehearsal.id, %error, "how a rehearsal ended cannot be noted; ask for it again");
        }
    }

    async fn play_out(&self, cast: &Cast, mishaps: Mishaps, course: &Course) -> Result<Rehearsed, RehearsalError> {
        let place = Place::make(self.entropy.as_ref())?;
        let keys = MasterKeys::new(MasterKey::generate(self.entropy.as_ref()));
        let sealer = Sealer::new(keys, Arc::clone(&self.entropy));
        let stage = Arc::new(SqlStore::open(&place.url(), sealer, StoreOptions::default()).await?);
        let campaign = self.set(&stage, cast, course).await?;
        let rehearsed = self.perform(&stage, &campaign, mishaps, course).await;
        stage.close().await;
        rehearsed
    }

    /// Brings incident, notice and people onto the stage, and seals them there.
    async fn set(&self, stage: &SqlStore, cast: &Cast, course: &Course) -> Result<Campaign, RehearsalError> {
        let (incident, notice) = (&cast.incident, &cast.notice);
        let note = |action: &str| entry(incident, self.clock.as_ref(), &ActorRef::engine(), action, json!({}));
        // On the stage it is open, wherever it stands: a play may be given of what is over.
        let staged = Incident { people: 0, state: IncidentState::Open, ..incident.clone() };
        stage.create_incident(&staged, note("rehearsal.filed")).await?;
        let notice = stage.put_notice(notice, None, note("rehearsal.written")).await?;
        let people = copy_people(self.store.as_ref(), stage, cast, self.clock.as_ref(), course).await?;
        if cast.remedy_codes {
            copy::make_up_codes(stage, incident.id, people, self.clock.as_ref()).await?;
        }
        let now = self.clock.now();
        let campaign = Campaign {
            id: CampaignId::new(now, self.entropy.ten()),
            incident: incident.id,
            notice: notice.id,
            notice_hash: notice.hash,
            state: CampaignState::Proposed,
            sealed: 0,
            population_hash: String::new(),
            counts: Counts::default(),
            repeated: 0,
            priority: Priority::Normal,
            plan: Plan::default(),
            canary: CanaryStage::Over,
            remedy_codes: cast.remedy_codes,
            author: ActorRef::engine(),
            approver: None,
            created_at: now,
            started_at: None,
            completed_at: None,
        };
        let sealed = stage.seal_campaign(&campaign, cast.routing.as_ref(), note("rehearsal.sealed")).await?;
        for action in [CampaignAction::Approve, CampaignAction::Start] {
            stage.act_on_campaign(sealed.id, action, &ActorRef::operator(), note("rehearsal.begun")).await?;
        }
        Ok(sealed)
    }

    /// Lets the engine tell everybody, and looks at what came of it.
    async fn perform(
        &self,
        stage: &Arc<SqlStore>,
        campaign: &Campaign,
        mishaps: Mishaps,
        course: &Course,
    ) -> Result<Rehearsed, RehearsalError> {
        let sink = |provider: &Descriptor| -> Arc<dyn Provider> {
            Arc::new(Sink::in_place_of(provider, mishaps, Arc::clone(&self.entropy)))
        };
        let sinks: Vec<Arc<dyn Provider>> = self.providers.iter().map(sink).collect();
        let names = self.providers.iter().map(|provider| (provider.name.as_str(), provider.channel));
        let began = self.clock.now();
        let engine = Engine::new(EngineDeps {
            store: Arc::clone(stage) as _,
            providers: sinks,
            renderer: Arc::clone(&self.renderer),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            metrics: Arc::new(Metrics::new(names)),
            rules: Arc::clone(&self.rules),
            settings: self.unhurried(),
        });
        let mut playing = Playing(Some(engine.start()));
        let ended = loop {
            let now = stage.campaign(campaign.id).await?;
            let (all, left) = (now.counts.total(), now.counts.pending + now.counts.in_flight);
            course.told(all, all - left);
            if now.state == CampaignState::Completed {
                break now;
            }
            tokio::time::sleep(LOOK).await;
        };
        if let Some(engine) = playing.0.take() {
            engine.stop().await;
        }
        let (unmade, unmade_for) = stage.people_with_code(campaign.id, UNMADE, LISTED).await?;
        let tried = stage.attempts_by_residence(campaign.id).await?;
        let tried = tried.into_iter().map(|(of, channel, attempts)| (of, Some(channel), attempts));
        let lost = stage.jurisdiction_counts(campaign.id).await?;
        let lost = lost.into_iter().map(|of| (of.jurisdiction, None, of.counts.unreachable));
        Ok(Rehearsed {
            counts: ended.counts,
            attempts: stage.tallies(campaign.id).await?.into_iter().map(played).collect(),
            reasons: stage.unreachable_reasons(campaign.incident).await?,
            unmade,
            unmade_for,
            took_ms: ended.completed_at.unwrap_or(began).0 - began.0,
            by_residence: tried.chain(lost).filter(|(.., number)| *number > 0).collect(),
        })
    }

    /// The engine's settings, without what would only be waited for.
    fn unhurried(&self) -> EngineSettings {
        let policy = |(channel, policy): &(Channel, ChannelPolicy)| {
            let retry = RetryPolicy { base_ms: WAIT_MS, cap_ms: WAIT_MS, ..policy.retry };
            (*channel, ChannelPolicy { retry, pause_ms: WAIT_MS, receipt_ms: None, quiet: None, ..*policy })
        };
        EngineSettings {
            worker_name: String::from("rehearsal"),
            policies: self.settings.policies.iter().map(policy).collect(),
            alone: true,
            ..self.settings.clone()
        }
    }
}

fn played(tally: Tally) -> Played {
    let Tally { channel, provider, outcome, attempts } = tally;
    Played { channel, provider, outcome, attempts }
}

fn entry(
    incident: &Incident,
    clock: &dyn Clock,
    actor: &ActorRef,
    action: &str,
    detail: serde_json::Value,
) -> AuditEntry {
    let incident: IncidentId = incident.id;
    AuditEntry { incident: Some(incident), at: clock.now(), actor: actor.clone(), action: action.to_owned(), detail }
}
