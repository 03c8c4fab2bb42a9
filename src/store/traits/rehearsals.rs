//! What a rehearsal asks of a storage: of the real one whom a campaign is to tell and to keep how far it is, of its own what
//! came of them.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::audit::AuditEntry;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{CampaignId, IncidentId, PersonId, RehearsalId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::person::Person;
use crate::domain::rehearsal::{Ending, Progress, Rehearsal};

/// Rehearsals: the last of each incident, and reading for them. Where anybody stands is never changed.
#[async_trait]
pub trait RehearsalStore: Send + Sync {
    /// Those whom a campaign is still to tell or is telling, in order of identifier, after one.
    async fn people_to_tell(
        &self,
        incident: IncidentId,
        campaign: CampaignId,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Page<Person>>;
    /// How many attempts a campaign made through providers, by residence and channel. Reads every attempt.
    async fn attempts_by_residence(&self, campaign: CampaignId) -> Result<Vec<(Option<JurisdictionId>, Channel, i64)>>;
    /// People with an attempt that ended with a code: how many, and the first of them in order of identifier. Reads every
    /// attempt.
    async fn people_with_code(&self, campaign: CampaignId, code: &str, listed: u32) -> Result<(i64, Vec<PersonId>)>;
    /// Enters a rehearsal in the place of the incident's last one; `Conflict` while that is being played.
    async fn begin_rehearsal(&self, rehearsal: &Rehearsal, audit: AuditEntry) -> Result<()>;
    /// Notes how far it is. `false` when it is to stop: somebody has asked for that, or another has taken its place.
    async fn note_rehearsal(&self, id: RehearsalId, progress: Progress, now: Millis) -> Result<bool>;
    /// Notes how it ended.
    async fn end_rehearsal(&self, id: RehearsalId, ending: &Ending, now: Millis, audit: AuditEntry) -> Result<()>;
    /// Asks whoever plays an incident's rehearsal to stop; `Conflict` when none is being played.
    async fn stop_rehearsal(&self, incident: IncidentId, now: Millis, audit: AuditEntry) -> Result<()>;
    /// The last one of an incident; `NotFound` when there was none.
    async fn rehearsal(&self, incident: IncidentId) -> Result<Rehearsal>;
}
