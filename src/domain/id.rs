//! Typed identifiers: UUID version 7 (RFC 9562), so they sort by creation time.
//!
//! They are built from a time and random bytes given by the caller; nothing here reads a clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::Millis;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Builds the identifier from the time of creation and ten random bytes.
            #[must_use]
            pub fn new(now: Millis, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// One incident, and the aggregate of everything below it.
    IncidentId,
    /// One affected individual of one incident.
    PersonId,
    /// One version of an incident's notice.
    NoticeId,
    /// One approved fan-out of one notice version to one sealed population.
    CampaignId,
    /// One try to tell one person through one provider. It is also the lease token of the person while in flight.
    AttemptId,
    /// One rehearsal of a campaign.
    RehearsalId,
    /// One receipt from a provider.
    ReceiptId,
    /// One public notice.
    AnnouncementId,
    /// One regulator report.
    ReportId,
    /// One API key.
    KeyId,
    /// One engine process, for leases.
    WorkerId,
    /// One HTTP request, shown in problems and logs.
    RequestId,
    /// One address at which a calendar program reads deadlines.
    FeedId,
    /// One reminder of one deadline to one recipient.
    ReminderId,
    /// One alarm.
    AlarmId,
    /// What one recipient is told of an alarm.
    AlarmCallId,
    /// One remedy code.
    RemedyCodeId,
    /// One decision not to do what a duty asks for.
    WaiverId,
    /// One record that a duty was done.
    FulfilmentId,
}

fn uuid_v7(now: Millis, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
