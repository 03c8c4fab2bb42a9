//! What the house asks of its storage about incidents, their people and what is written about them.

use async_trait::async_trait;

use super::{Page, Result};
use crate::domain::actor::ActorRef;
use crate::domain::announcement::Announcement;
use crate::domain::audit::{AuditEntry, ChainedEntry};
use crate::domain::clock::Millis;
use crate::domain::id::{AnnouncementId, IncidentId, NoticeId, PersonId, ReportId};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::notice::Notice;
use crate::domain::person::{Person, PersonRecord};
use crate::domain::reach::Reach;
use crate::domain::report::Report;
use crate::store::{PeopleSealer, SealedPeople, StoreError};

/// Incidents.
#[async_trait]
pub trait IncidentStore: Send + Sync {
    /// Stores a new incident and makes its key, wrapped by the master key.
    async fn create_incident(&self, incident: &Incident, audit: AuditEntry) -> Result<()>;
    /// Reads one. `NotFound` if there is none.
    async fn incident(&self, id: IncidentId) -> Result<Incident>;
    /// Lists newest last, after a cursor.
    async fn incidents(&self, after: Option<IncidentId>, limit: u32) -> Result<Page<Incident>>;
    /// Replaces facts and state if the stored version is `expected`; `Conflict` if it is another. Returns the new one.
    async fn amend_incident(&self, incident: &Incident, expected: i64, audit: AuditEntry) -> Result<Incident>;
    /// Moves an incident's state if it is in `from`; `Conflict` otherwise, or when it is to end and a campaign of it has not.
    async fn move_incident(
        &self,
        id: IncidentId,
        from: IncidentState,
        to: IncidentState,
        audit: AuditEntry,
    ) -> Result<Incident>;
    /// Opens or finds the draft of an alert: the same source and key always give the same incident.
    /// Returns the incident and whether it is new.
    async fn incident_for_alert(
        &self,
        source: &str,
        key: &str,
        draft: &Incident,
        audit: AuditEntry,
    ) -> Result<(Incident, bool)>;
}

/// What became of one row of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportEffect {
    /// A person that was not there.
    Added,
    /// A person that was there and knew less.
    Updated,
    /// A person that was there and knew all of it.
    Unchanged,
}

/// Numbers of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// See [`ImportEffect::Added`].
    pub added: i64,
    /// See [`ImportEffect::Updated`].
    pub updated: i64,
    /// See [`ImportEffect::Unchanged`]; rows that repeat another of the same chunk count here too.
    pub unchanged: i64,
}

/// Affected people.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// What seals people of an incident for [`PeopleStore::import_sealed`]; it can be kept for an import. Refused with
    /// `Conflict` when the incident's key is destroyed.
    async fn people_sealer(&self, incident: IncidentId) -> Result<PeopleSealer>;
    /// Takes in a chunk of people of one incident, merging them with those of the same `ref` that are there
    /// ([`PersonRecord::merge`]). Refused with `Conflict` when the incident has ended or its key is destroyed.
    async fn import_sealed(&self, people: SealedPeople, now: Millis, actor: ActorRef) -> Result<ImportCounts>;
    /// Seals a few people and takes them in. `ids` has one fresh identifier per record, and further ones for guardians.
    async fn import_people(
        &self,
        incident: IncidentId,
        records: Vec<PersonRecord>,
        ids: Vec<PersonId>,
        now: Millis,
        actor: ActorRef,
    ) -> Result<ImportCounts> {
        if ids.len() < records.len() {
            return Err(StoreError::Conflict(format!("{} people came with {} identifiers", records.len(), ids.len())));
        }
        let sealer = self.people_sealer(incident).await?;
        let mut chunk = sealer.chunk(now.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC).date());
        let (of_lines, mut further) = (ids[..records.len()].to_vec(), ids[records.len()..].iter().copied());
        for record in records {
            chunk.add(record);
        }
        let people = sealer.seal(chunk, |arrivals| {
            let mut given = std::collections::BTreeSet::new();
            let fresh =
                |arrival: &usize| if given.insert(*arrival) { Some(of_lines[*arrival]) } else { further.next() };
            arrivals.iter().filter_map(fresh).collect()
        })?;
        self.import_sealed(people, now, actor).await
    }
    /// Tells the database that many people came in, so that it plans for them.
    async fn people_grew(&self) -> Result<()>;
    /// Lists people of an incident in order of identifier.
    async fn people(&self, incident: IncidentId, after: Option<PersonId>, limit: u32) -> Result<Page<Person>>;
    /// Reads one person.
    async fn person(&self, incident: IncidentId, id: PersonId) -> Result<Person>;
    /// Finds a person by the organisation's reference.
    async fn person_by_ref(&self, incident: IncidentId, reference: &str) -> Result<Person>;
    /// How many people per jurisdiction and what they can be reached through: of all, or where there are more than
    /// `at_most`, of about so many that are spread over the whole import, so that the answer never takes long. Says whether
    /// it is all.
    async fn people_by_reach(&self, incident: IncidentId, at_most: u32) -> Result<(Vec<ReachGroup>, bool)>;
    /// How many people per jurisdiction and locale, for planning and previews.
    async fn people_summary(&self, incident: IncidentId) -> Result<Vec<PeopleGroup>>;
}

/// A number of people who share jurisdiction and locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleGroup {
    /// Their jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// Their locale.
    pub locale: Option<Locale>,
    /// How many.
    pub people: i64,
    /// How many of them have no contact point at all.
    pub without_contact: i64,
}

/// A number of people who share jurisdiction and what they can be reached through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachGroup {
    /// Their jurisdiction.
    pub jurisdiction: Option<JurisdictionId>,
    /// How many contact points of each channel they have.
    pub reach: Reach,
    /// How many.
    pub people: i64,
}

/// Notice versions.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Stores the next version of an incident's notice; `notice.version` is set by the store. Writing the same hash
    /// again returns the version that has it. `Conflict` when the incident is closed or discarded, or when a version is
    /// `expected` to be the newest (0: none yet) and another one is.
    async fn put_notice(&self, notice: &Notice, expected: Option<i64>, audit: AuditEntry) -> Result<Notice>;
    /// The newest version. `NotFound` if there is none.
    async fn latest_notice(&self, incident: IncidentId) -> Result<Notice>;
    /// Reads one version.
    async fn notice(&self, id: NoticeId) -> Result<Notice>;
}

/// Public notices.
#[async_trait]
pub trait AnnouncementStore: Send + Sync {
    /// Stores a draft; replaces an earlier draft of the incident. `Conflict` when the incident has ended, one is published or
    /// the slug is taken.
    async fn put_announcement(&self, announcement: &Announcement, audit: AuditEntry) -> Result<Announcement>;
    /// Reads one by its slug, published or withdrawn only.
    async fn public_announcement(&self, slug: &str) -> Result<Announcement>;
    /// The incident's newest announcement.
    async fn announcement(&self, incident: IncidentId) -> Result<Announcement>;
    /// Published and withdrawn ones, newest first.
    async fn public_announcements(&self, limit: u32) -> Result<Vec<Announcement>>;
    /// Makes a draft public, and moves the incident's unreachable people to announced. `Conflict` when it is no draft, or
    /// the incident has ended.
    async fn publish_announcement(
        &self,
        id: AnnouncementId,
        actor: &ActorRef,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement>;
    /// Leaves a tombstone, and moves announced people back to unreachable. `Conflict` when it is not published.
    async fn withdraw_announcement(
        &self,
        id: AnnouncementId,
        reason: &str,
        now: Millis,
        audit: AuditEntry,
    ) -> Result<Announcement>;
}

/// Regulator reports.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores a report.
    async fn create_report(&self, report: &Report, audit: AuditEntry) -> Result<()>;
    /// Reads one.
    async fn report(&self, id: ReportId) -> Result<Report>;
    /// Reads one by its token.
    async fn report_by_token(&self, token: &str) -> Result<Report>;
    /// Reports of an incident, oldest first.
    async fn reports(&self, incident: IncidentId) -> Result<Vec<Report>>;
    /// Records that it was submitted; `Conflict` when it was before.
    async fn submit_report(
        &self,
        id: ReportId,
        reference: &str,
        late_reason: Option<&str>,
        actor: &ActorRef,
        at: Millis,
        audit: AuditEntry,
    ) -> Result<Report>;
}

/// The audit chains.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Entries of a chain after a number, in order. `None` is the installation's own chain.
    async fn audit(&self, incident: Option<IncidentId>, after: i64, limit: u32) -> Result<Vec<ChainedEntry>>;
    /// Number and hash of a chain's last entry as they were noted beside the chain when it was appended; `None` when there is
    /// no such note.
    async fn audit_head(&self, incident: Option<IncidentId>) -> Result<Option<(i64, String)>>;
}
