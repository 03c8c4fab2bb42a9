//! The API's process: takes receipts as the providers post them, again until they are taken, and does what people ask.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use candour::delivery::{LimitError, Limits, ReceiptFailure, Receipts};
use candour::domain::actor::ActorRef;
use candour::domain::audit::AuditEntry;
use candour::domain::campaign::CampaignAction;
use candour::domain::channel::Channel;
use candour::domain::clock::Clock;
use candour::domain::id::CampaignId;
use candour::store::{Again, CampaignStore, StoreError};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::cast;
use super::dice::{Chance, Dice};
use super::host::runtime;
use super::model::Receipt;
use super::provider::{FarProvider, callback};
use super::pulse::{Pulse, Trip};
use super::scenario::Limited;
use super::store::FaultyStore;
use super::world::World;

/// How long one waits before asking again, in milliseconds.
const AGAIN: Duration = Duration::from_millis(700);

/// The number under which the edge is in the trace.
const EDGE: usize = 9;

/// See the module. It does not die.
pub(crate) struct Edge {
    runtime: Runtime,
    pulse: Arc<Pulse>,
    world: Arc<World>,
    store: Arc<FaultyStore>,
    receipts: Arc<Receipts>,
    limits: Arc<Limits>,
    tasks: Vec<JoinHandle<()>>,
    time: i64,
}

impl Edge {
    pub(crate) fn new(world: &Arc<World>, dice: &mut Dice) -> Self {
        let runtime = runtime();
        let pulse = Arc::new(Pulse::new(EDGE, 0, 0, 0, Trip::Never));
        let store = FaultyStore::new(world, &pulse, dice.split());
        let carriers = &world.scenario.carriers;
        let providers: Vec<_> = carriers.iter().map(|c| FarProvider::of(world, &pulse, c, dice.split())).collect();
        let receipts = Receipts::new(
            Arc::clone(&store) as _,
            providers.clone(),
            world.scenario.policies.clone(),
            cast::clock(&pulse),
            Arc::new(Chance::new(dice.split())),
            cast::metrics(&providers),
            waker(world),
        );
        let names = carriers.iter().map(|carrier| carrier.name.clone()).collect();
        let limits = Arc::new(Limits::new(Arc::clone(&store) as _, names, cast::clock(&pulse), waker(world)));
        let (world, receipts) = (Arc::clone(world), Arc::new(receipts));
        Self { runtime, pulse, world, store, receipts, limits, tasks: Vec::new(), time: 0 }
    }

    /// A provider posts a receipt.
    pub(crate) fn receive(&mut self, receipt: Receipt) {
        let (receipts, pulse, world) = (Arc::clone(&self.receipts), Arc::clone(&self.pulse), Arc::clone(&self.world));
        self.tasks.push(self.runtime.spawn(async move {
            loop {
                match receipts.receive(&receipt.provider, &callback(&receipt, pulse.now())).await {
                    Ok(_) => {
                        world
                            .events()
                            .witness
                            .acknowledged
                            .insert((format!("{}:{}", receipt.attempt, receipt.key), receipt.attempt));
                        return;
                    }
                    Err(ReceiptFailure::Store(_) | ReceiptFailure::Overloaded) => tokio::time::sleep(AGAIN).await,
                    Err(failure) => return world.events().violated(format!("a receipt was refused: {failure}")),
                }
            }
        }));
    }

    /// Somebody does something with a campaign, and asks again while the store is away.
    pub(crate) fn act(&mut self, campaign: CampaignId, action: CampaignAction) {
        let (store, pulse, wake) = (Arc::clone(&self.store), Arc::clone(&self.pulse), waker(&self.world));
        self.tasks.push(self.runtime.spawn(async move {
            loop {
                let actor = ActorRef::operator();
                let audit = AuditEntry {
                    incident: Some(cast::INCIDENT),
                    at: pulse.now(),
                    actor: actor.clone(),
                    action: String::from("campaign.acted"),
                    detail: serde_json::Value::Null,
                };
                match store.act_on_campaign(campaign, action, &actor, audit).await {
                    Ok(_) | Err(StoreError::Conflict(_)) => return wake(),
                    Err(_) => tokio::time::sleep(AGAIN).await,
                }
            }
        }));
    }

    /// Somebody sets a rate, or takes it away.
    pub(crate) fn limit(&mut self, limit: &Limited, per_second: Option<f64>) {
        let (limits, world, limit) = (Arc::clone(&self.limits), Arc::clone(&self.world), limit.clone());
        self.tasks.push(self.runtime.spawn(async move {
            let actor = ActorRef::operator();
            loop {
                let done = match per_second {
                    Some(rate) => limits.set(limit.kind, &limit.name, rate, &actor).await.map(|_| ()),
                    None => limits.remove(limit.kind, &limit.name, &actor).await,
                };
                match done {
                    Ok(()) | Err(LimitError::Store(StoreError::NotFound(_))) => return,
                    Err(LimitError::Store(_)) => tokio::time::sleep(AGAIN).await,
                    Err(error) => return world.events().violated(format!("a rate was refused: {error}")),
                }
            }
        }));
    }

    /// Somebody has people of a campaign told again, or takes those of whom nobody knows as reached.
    pub(crate) fn decide(&mut self, campaign: CampaignId, again: Option<Again>) {
        let (store, pulse, wake) = (Arc::clone(&self.store), Arc::clone(&self.pulse), waker(&self.world));
        self.tasks.push(self.runtime.spawn(async move {
            let actor = ActorRef::operator();
            loop {
                let done = match again {
                    // Nobody gets further contact points here.
                    Some(whom) => {
                        store.tell_again(campaign, whom, &Vec::<Channel>::new(), &actor, pulse.now(), "").await
                    }
                    None => store.take_unknown_as_reached(campaign, &actor, pulse.now(), "").await,
                };
                match done {
                    Ok(_) | Err(StoreError::Conflict(_)) => return wake(),
                    Err(_) => tokio::time::sleep(AGAIN).await,
                }
            }
        }));
    }

    /// Whether it has nothing to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Runs until a time.
    pub(crate) fn turn(&mut self, until: i64) {
        if !self.is_idle() {
            let (pulse, time) = (&self.pulse, self.time);
            self.runtime.block_on(async {
                pulse.set(time);
                tokio::time::sleep(Duration::from_millis((until - time).unsigned_abs())).await;
            });
            self.tasks.retain(|task| !task.is_finished());
        }
        self.time = until;
    }
}

fn waker(world: &Arc<World>) -> Arc<dyn Fn() + Send + Sync> {
    let world = Arc::clone(world);
    Arc::new(move || {
        let wake = world.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    })
}
