//! Alarms in the model: one of each cause and subject is open.

use candour::domain::alarm::{Alarm, Cause};
use candour::domain::clock::Millis;

use super::Model;

impl Model {
    /// Raises one, or sees again the one that is open. Whether it is new.
    pub(crate) fn raise_alarm(&mut self, alarm: Alarm, still: Millis) -> bool {
        let key = (alarm.cause, alarm.subject.clone());
        let known = self.alarms.get_mut(&key).filter(|known| known.seen_at >= still);
        if let Some(known) = known {
            known.seen_at = alarm.seen_at;
            return false;
        }
        self.alarms.insert(key, alarm);
        true
    }

    /// Ends the open one, unless it was seen later. Whether it did.
    pub(crate) fn end_alarm(&mut self, cause: Cause, subject: &str, seen_by: Millis) -> bool {
        let key = (cause, subject.to_owned());
        self.alarms.get(&key).is_some_and(|alarm| alarm.seen_at <= seen_by) && self.alarms.remove(&key).is_some()
    }
}
