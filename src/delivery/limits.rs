//! Rates that people set while Candour runs: checked, stored with who did it, and known to every worker within a look.

use std::sync::Arc;

use serde_json::json;

use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Clock;
use crate::domain::id::CampaignId;
use crate::domain::limit::{Limit, LimitKind};
use crate::store::{EngineStore, StoreError};

/// The fastest rate that is one, in attempts a second.
const FASTEST: f64 = 1_000_000.0;

/// Why a rate was not set.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not a rate.
    #[error("a rate is a number of attempts a second from 0 to 1000000")]
    Rate,
    /// A domain that gets nothing would keep its people pending for ever.
    #[error("the rate of a domain is more than 0; to tell nobody, pause the campaign")]
    DomainRate,
    /// Not configured.
    #[error("no provider is named {name:?}; there are: {known}")]
    NoSuchProvider {
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// Not a domain.
    #[error("no domain of email addresses is {0:?}")]
    NotADomain(String),
    /// Not a campaign's identifier.
    #[error("no identifier of a campaign is {0:?}; give its UUID")]
    NotACampaign(String),
}

/// The rates of this installation.
pub struct Limits {
    store: Arc<dyn EngineStore>,
    providers: Vec<String>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Limits {
    /// Over a store; `providers` are the names of those that are configured, `wake` makes the engine look.
    #[must_use]
    pub fn new(
        store: Arc<dyn EngineStore>,
        providers: Vec<String>,
        clock: Arc<dyn Clock>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self { store, providers, clock, wake }
    }

    /// The rates that people have set.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self) -> Result<Vec<Limit>, LimitError> {
        Ok(self.store.limits().await?)
    }

    /// Sets a rate. It holds for all workers together, from their next look on, which is within `delivery.poll_ms`.
    ///
    /// # Errors
    /// When it is no rate, or there is nothing of that name.
    pub async fn set(
        &self,
        kind: LimitKind,
        name: &str,
        per_second: f64,
        actor: &ActorRef,
    ) -> Result<Limit, LimitError> {
        if !(0.0..=FASTEST).contains(&per_second) {
            return Err(LimitError::Rate);
        }
        if kind == LimitKind::Domain && per_second <= 0.0 {
            return Err(LimitError::DomainRate);
        }
        let name = self.name(kind, name).await?;
        let limit = Limit { kind, name, per_second, updated_at: self.clock.now() };
        let detail = json!({ "kind": kind, "name": limit.name, "per_second": per_second });
        self.store.set_limit(&limit, self.entry(actor, "limit.set", detail)).await?;
        self.free_slots(kind).await;
        (self.wake)();
        Ok(limit)
    }

    /// Takes a rate away again.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn remove(&self, kind: LimitKind, name: &str, actor: &ActorRef) -> Result<(), LimitError> {
        let name = self.name(kind, name).await?;
        let detail = json!({ "kind": kind, "name": name });
        self.store.remove_limit(kind, &name, self.entry(actor, "limit.removed", detail)).await?;
        self.free_slots(kind).await;
        (self.wake)();
        Ok(())
    }

    /// Whoever was put off at the rate of a domain as it was before waits no longer by it. The rate holds whether this succeeds or not;
    /// whoever is left waiting is freed by the engine.
    async fn free_slots(&self, kind: LimitKind) {
        if kind == LimitKind::Domain {
            match self.store.free_slots(self.clock.now()).await {
                Ok(people) => tracing::info!(people, "people who waited for a slot meet the rate as it is now"),
                Err(error) => tracing::warn!(%error, "people who wait for a slot are freed later"),
            }
        }
    }

    /// The name as the engine spells it.
    async fn name(&self, kind: LimitKind, name: &str) -> Result<String, LimitError> {
        match kind {
            LimitKind::Provider if self.providers.iter().any(|known| known == name) => Ok(name.to_owned()),
            LimitKind::Provider => {
                Err(LimitError::NoSuchProvider { name: name.to_owned(), known: self.providers.join(", ") })
            }
            LimitKind::Domain => match url::Host::parse(name) {
                Ok(url::Host::Domain(domain)) => Ok(domain),
                _ => Err(LimitError::NotADomain(name.to_owned())),
            },
            LimitKind::Campaign => {
                let id: uuid::Uuid = name.parse().map_err(|_| LimitError::NotACampaign(name.to_owned()))?;
                Ok(self.store.campaign(CampaignId(id)).await?.id.to_string())
            }
        }
    }

    fn entry(&self, actor: &ActorRef, action: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry { incident: None, at: self.clock.now(), actor: actor.clone(), action: action.to_owned(), detail }
    }
}
