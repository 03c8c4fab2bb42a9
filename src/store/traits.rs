//! What the house asks of its storage: small traits of whole operations. One method is one atomic operation; where it
//! changes something, its audit entry is in the same transaction.

mod access;
mod alarms;
mod campaigns;
mod deadlines;
mod delivery;
mod limits;
mod records;
mod rehearsals;
mod remedies;

pub use access::*;
pub use alarms::*;
pub use campaigns::*;
pub use deadlines::*;
pub use delivery::*;
pub use limits::*;
pub use records::*;
pub use rehearsals::*;
pub use remedies::*;

use super::error::StoreError;

/// Result of a storage operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// One page of a list, in order of identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more follow.
    pub more: bool,
}

/// What the engine works with. It never sees people but through a claim, and never an incident, a report or a key.
pub trait EngineStore:
    CampaignStore + DeliveryStore + LimitStore + NoticeStore + AnnouncementStore + HealthStore + AlarmStore + 'static
{
}

impl<T> EngineStore for T where
    T: CampaignStore
        + DeliveryStore
        + LimitStore
        + NoticeStore
        + AnnouncementStore
        + HealthStore
        + AlarmStore
        + 'static
{
}

/// Everything together.
pub trait Store:
    EngineStore
    + IncidentStore
    + PeopleStore
    + RemedyStore
    + RehearsalStore
    + ReportStore
    + AuditStore
    + AccessStore
    + RetentionStore
    + DocketStore
    + WaiverStore
    + FulfilmentStore
    + HistoryStore
    + RuleLoadStore
    + FeedStore
    + ReminderStore
    + AlarmCallStore
{
}

impl<T> Store for T where
    T: EngineStore
        + IncidentStore
        + PeopleStore
        + RemedyStore
        + RehearsalStore
        + ReportStore
        + AuditStore
        + AccessStore
        + RetentionStore
        + DocketStore
        + WaiverStore
        + FulfilmentStore
        + HistoryStore
        + RuleLoadStore
        + FeedStore
        + ReminderStore
        + AlarmCallStore
{
}
