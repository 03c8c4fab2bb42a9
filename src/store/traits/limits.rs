//! Rates, shared by all workers.

use async_trait::async_trait;

use super::Result;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::limit::{Grant, Limit, LimitKind, Slots};

/// Rates that hold for all workers together.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// The rates that people have set, in order of kind and name.
    async fn limits(&self) -> Result<Vec<Limit>>;
    /// Sets a rate, or changes it.
    async fn set_limit(&self, limit: &Limit, audit: AuditEntry) -> Result<()>;
    /// Takes a rate away: what the configuration says holds again. `NotFound` when nobody has set one.
    async fn remove_limit(&self, kind: LimitKind, name: &str, audit: AuditEntry) -> Result<()>;
    /// Takes tokens of a rate. `configured` is the rate where people have set none.
    async fn take_tokens(
        &self,
        kind: LimitKind,
        name: &str,
        configured: f64,
        wanted: u32,
        now: Millis,
    ) -> Result<Grant>;
    /// Takes so many slots of a domain's rate, one after the other, at the rate as it is by then. `None` when it has been taken
    /// away, and nothing holds anybody back.
    async fn take_slots(&self, domain: &str, number: u32, now: Millis) -> Result<Option<Slots>>;
    /// Makes due whom a change of a domain's rate, or its end, has left waiting for a slot that is none any more: they meet the rates as they
    /// are. So many at most in one call; returns how many.
    async fn free_slots(&self, now: Millis) -> Result<u64>;
}
