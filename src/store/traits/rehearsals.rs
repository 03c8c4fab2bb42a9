//! What a rehearsal asks of a storage: of the real one whom a campaign is to tell, of its own what came of them.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::channel::Channel;
use crate::domain::id::{CampaignId, IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::person::Person;

/// Reading for rehearsals. Nothing here changes anything.
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
    /// How many attempts a campaign made, by residence and channel. Reads every attempt.
    async fn attempts_by_residence(&self, campaign: CampaignId) -> Result<Vec<(Option<JurisdictionId>, Channel, i64)>>;
    /// People with an attempt that ended with a code: how many, and the first of them in order of identifier. Reads every
    /// attempt.
    async fn people_with_code(&self, campaign: CampaignId, code: &str, listed: u32) -> Result<(i64, Vec<PersonId>)>;
}
