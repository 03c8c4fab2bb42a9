//! What the house asks of its storage about alarms.

use async_trait::async_trait;

use super::{Page, ReminderSettlement, Result};
use crate::domain::alarm::{Alarm, AlarmCall, Cause};
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::id::{AlarmCallId, AlarmId};

/// Alarms as the engine finds them. Those of paused campaigns are raised and ended by
/// [`CampaignStore::act_on_campaign`](super::CampaignStore::act_on_campaign).
#[async_trait]
pub trait AlarmStore: Send + Sync {
    /// Raises an alarm; where one of its cause and subject is open and was seen at `still` or later, that one has been seen
    /// again. Returns whether it is a new one, which alone leaves the audit entry.
    async fn raise_alarm(&self, alarm: &Alarm, still: Millis, audit: AuditEntry) -> Result<bool>;
    /// Ends the open alarm of a cause and subject, at the time of the audit entry, unless it was seen after `seen_by`. Returns
    /// whether it did, which alone leaves the entry.
    async fn end_alarm(&self, cause: Cause, subject: &str, seen_by: Millis, audit: AuditEntry) -> Result<bool>;
}

/// What responders are told of alarms.
#[async_trait]
pub trait AlarmCallStore: Send + Sync {
    /// The alarms that are open, oldest first.
    async fn open_alarms(&self) -> Result<Vec<Alarm>>;
    /// All alarms, oldest first.
    async fn alarms(&self, after: Option<AlarmId>, limit: u32) -> Result<Page<Alarm>>;
    /// Writes down for each recipient what is to be said: that an alarm is open, and that one is over of which they were
    /// told. What is written down already stays as it is. `ids` gives the identifiers, as many as are asked for.
    async fn write_alarm_calls(
        &self,
        recipients: &[String],
        now: Millis,
        ids: &(dyn Fn() -> AlarmCallId + Send + Sync),
    ) -> Result<u64>;
    /// Claims calls that are due, and those whose claim has run out, for one sender until an instant. No two callers get the
    /// same one. Oldest first, at most `limit`.
    async fn claim_alarm_calls(&self, now: Millis, until: Millis, limit: u32) -> Result<Vec<AlarmCall>>;
    /// Settles a claimed call if its claim is still the caller's, which its number of tries shows. Returns whether it was.
    async fn settle_alarm_call(
        &self,
        id: AlarmCallId,
        tries: i64,
        settlement: &ReminderSettlement,
        audit: Option<AuditEntry>,
    ) -> Result<bool>;
}
