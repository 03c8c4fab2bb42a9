//! What the house asks of its storage about remedy codes.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId, RemedyCodeId};
use crate::domain::remedy::{RemedyCode, RemedyCounts};

/// What became of some codes that came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodesAdded {
    /// Codes that were not there.
    pub added: i64,
    /// Codes that were there, or came twice.
    pub known: i64,
}

/// A code that is nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedCode {
    /// Identifier, for paging.
    pub id: RemedyCodeId,
    /// The code.
    pub code: RemedyCode,
    /// When it was taken out of the pool for good; else it can still be given out.
    pub returned_at: Option<Millis>,
}

/// The pools of remedy codes, one per incident. A campaign takes from them when it is sealed
/// ([`CampaignStore::seal_campaign`](super::CampaignStore::seal_campaign)).
#[async_trait]
pub trait RemedyStore: Send + Sync {
    /// Adds codes to an incident's pool. The same code again is known and changes nothing. `Conflict` when the incident has
    /// ended, its key is destroyed or the pool would have more than it may.
    async fn add_codes(
        &self,
        incident: IncidentId,
        codes: Vec<RemedyCode>,
        now: Millis,
        actor: &ActorRef,
    ) -> Result<CodesAdded>;
    /// How many there are.
    async fn remedy_counts(&self, incident: IncidentId) -> Result<RemedyCounts>;
    /// Codes that are nobody's, in order of identifier.
    async fn unused_codes(
        &self,
        incident: IncidentId,
        after: Option<RemedyCodeId>,
        limit: u32,
    ) -> Result<Page<UnusedCode>>;
    /// The code of a person, or of whom the person is guardian. `NotFound` when there is no such person, or they have none.
    async fn code_of(&self, incident: IncidentId, person: PersonId) -> Result<RemedyCode>;
    /// Makes nobody's again the codes that were assigned and never sent in an attempt, of people whom no campaign tells or is
    /// still to tell. Returns how many.
    async fn release_codes(&self, incident: IncidentId, now: Millis, actor: &ActorRef) -> Result<i64>;
    /// Takes the codes that are nobody's out of the pool for good. Returns how many.
    async fn return_codes(&self, incident: IncidentId, now: Millis, actor: &ActorRef) -> Result<i64>;
}
