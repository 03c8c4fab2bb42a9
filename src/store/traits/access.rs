//! What the house asks of its storage about keys, answers to repeated requests, erasure and health.

use async_trait::async_trait;

use super::Result;
use crate::domain::actor::{Actor, Role};
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::Counts;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, KeyId};

/// A key as it is stored: only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Identifier, also the readable part of the key.
    pub id: KeyId,
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the secret part, hex.
    pub hash: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// What was answered to a request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// SHA-256 of method, path, actor and body: the same key with another request is refused.
    pub request_hash: String,
    /// HTTP status.
    pub status: u16,
    /// Headers worth repeating, as JSON.
    pub headers: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What became of claiming an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// It is ours: go ahead, then [`AccessStore::remember_answer`] or [`AccessStore::forget_key`].
    Ours,
    /// Another request with it is under way.
    Busy,
    /// It was answered.
    Answered(StoredAnswer),
}

/// Keys and idempotency.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Stores a key.
    async fn create_key(&self, key: &ApiKey, audit: AuditEntry) -> Result<()>;
    /// Reads one.
    async fn key(&self, id: KeyId) -> Result<ApiKey>;
    /// All keys, oldest first.
    async fn keys(&self) -> Result<Vec<ApiKey>>;
    /// Revokes one; `Conflict` when it was before.
    async fn revoke_key(&self, id: KeyId, now: Millis, audit: AuditEntry) -> Result<ApiKey>;
    /// Claims an idempotency key of an actor. A claim older than ten minutes without an answer is taken over.
    async fn claim_idempotency(
        &self,
        actor: &Actor,
        key: &str,
        request_hash: &str,
        now: Millis,
    ) -> Result<IdempotencyClaim>;
    /// Remembers the answer, sealed, under the incident it belongs to (or none).
    async fn remember_answer(
        &self,
        actor: &Actor,
        key: &str,
        incident: Option<IncidentId>,
        answer: &StoredAnswer,
        now: Millis,
    ) -> Result<()>;
    /// Gives up a claim, so that the client may try again.
    async fn forget_key(&self, actor: &Actor, key: &str) -> Result<()>;
}

/// Destroying an incident's key, which erases its people from this database and from backups that are made afterwards.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Destroys the incident's key. `Conflict` while a campaign is running or the incident is not closed or discarded.
    async fn destroy_incident_key(&self, incident: IncidentId, now: Millis, audit: AuditEntry) -> Result<()>;
}

/// Health of the database, for `/readyz` and `candour check`.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;
    /// The counts of all campaigns, for metrics.
    async fn campaign_counts(&self) -> Result<Counts>;
}
