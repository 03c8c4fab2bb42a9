//! Who is to be reminded of what, once: written down, claimed, sent, settled.
//!
//! A pass works out which marks have come, writes a row for each duty, mark, deadline and recipient (there can be only
//! one), claims what is due under a lease, sends it and records what came of it. Any number of processes may do so on one
//! database. Duties of an incident with the same mark and deadline go out together.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::Deadlines;
use super::docket::{Filter, Wanted};
use super::notice::Occasion;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::Millis;
use crate::domain::deadline::Entry;
use crate::domain::id::{IncidentId, ReminderId};
use crate::domain::obligation::{Force, ObligationState};
use crate::domain::reminder::{Mark, Reminder, ReminderState, marks_by};
use crate::responders::{LEASE_MS, Recipient, Responders, SENDING, Told, channel};
use crate::store::{ReminderSettlement, StoreError};
use crate::telemetry::Metrics;

/// Rows that are claimed at once.
const CLAIM: u32 = 200;
/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Reminders that were written down.
    pub written: u64,
    /// Messages that were taken.
    pub sent: u64,
    /// Messages that were not, and are tried again or given up.
    pub not_sent: u64,
    /// Reminders that nobody needs any more.
    pub dropped: u64,
}

/// What goes out together: incident, mark, deadline and recipient.
type Together<'a> = (IncidentId, Mark, Millis, &'a str);

/// What a row of a reminder is, without its identifier.
type Key = (IncidentId, String, Mark, Millis, String);

/// Reminds responders of deadlines.
pub struct Reminders {
    deadlines: Deadlines,
    metrics: Arc<Metrics>,
    responders: Arc<Responders>,
    /// What this process knows to be written down, so that not every pass asks the database to refuse it.
    written: Mutex<HashSet<Key>>,
}

impl Reminders {
    /// Over the deadlines.
    #[must_use]
    pub fn new(deadlines: Deadlines, metrics: Arc<Metrics>, responders: Arc<Responders>) -> Self {
        Self { deadlines, metrics, responders, written: Mutex::default() }
    }

    /// Looks once: sets the figures and, where `send` says so, reminds whoever is to be reminded.
    ///
    /// # Errors
    /// When storage fails; whatever was claimed by then is taken over when its lease has run out.
    pub async fn pass(&self, send: bool) -> Result<Pass, StoreError> {
        let docket = self.deadlines.docket(&Filter { wanted: Wanted::ToBeDone, ..Filter::default() }).await?;
        self.figures(&docket);
        let mut pass = Pass::default();
        if !send {
            return Ok(pass);
        }
        pass.written = self.write_down(&docket).await?;
        loop {
            let now = self.deadlines.clock.now();
            let until = now.plus(LEASE_MS);
            let claimed = self.deadlines.store.claim_reminders(now, until, CLAIM).await?;
            let full = claimed.len() == CLAIM as usize;
            self.send(&docket, &claimed, until, &mut pass).await?;
            if !full {
                return Ok(pass);
            }
        }
    }

    fn figures(&self, docket: &[Entry]) {
        let next = docket.iter().filter(|entry| entry.obligation.state == ObligationState::Open).find_map(Entry::at);
        let overdue = |force| {
            let is =
                |entry: &&Entry| entry.obligation.state == ObligationState::Overdue && entry.obligation.force == force;
            docket.iter().filter(is).count()
        };
        let overdue = [Force::Mandatory, Force::Recommended, Force::Review].map(|force| (force, overdue(force)));
        self.metrics.set_deadlines(next, overdue);
    }

    /// Writes down which reminders have come, before any is sent. Of several marks that came together only the last is
    /// sent: nobody needs to hear at the end that half of the time was over.
    async fn write_down(&self, docket: &[Entry]) -> Result<u64, StoreError> {
        let now = self.deadlines.clock.now();
        let mut fresh = Vec::new();
        let mut keys = HashSet::new();
        for entry in docket {
            let Some(deadline) = entry.at() else { continue };
            let come = marks_by(entry.obligation.deadline.began, deadline, now);
            for (place, mark) in come.iter().enumerate() {
                for recipient in self.responders.names() {
                    let key = (entry.incident, entry.obligation.id.clone(), *mark, deadline, recipient.clone());
                    let known = self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(&key);
                    keys.insert(key);
                    if known {
                        continue;
                    }
                    let last = place + 1 == come.len();
                    fresh.push(Reminder {
                        id: ReminderId::new(now, self.deadlines.entropy.ten()),
                        incident: entry.incident,
                        obligation: entry.obligation.id.clone(),
                        mark: *mark,
                        deadline,
                        recipient: recipient.clone(),
                        state: if last { ReminderState::Due } else { ReminderState::Skipped },
                        tries: 0,
                        due_at: now,
                        code: None,
                        created_at: now,
                        settled_at: (!last).then_some(now),
                    });
                }
            }
        }
        let written = if fresh.is_empty() { 0 } else { self.deadlines.store.write_reminders(&fresh).await? };
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(written)
    }

    async fn send(
        &self,
        docket: &[Entry],
        claimed: &[Reminder],
        until: Millis,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let mut occasions: BTreeMap<Together<'_>, Vec<(&Reminder, Option<&Entry>)>> = BTreeMap::new();
        for reminder in claimed {
            let current = docket.iter().find(|entry| {
                entry.incident == reminder.incident
                    && entry.obligation.id == reminder.obligation
                    && entry.at() == Some(reminder.deadline)
            });
            let key = (reminder.incident, reminder.mark, reminder.deadline, reminder.recipient.as_str());
            occasions.entry(key).or_default().push((reminder, current));
        }
        for ((incident, mark, _, recipient), rows) in occasions {
            // What is done, waived, moved or without a recipient by now is nobody's business any more.
            let (alive, gone): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|(_, entry)| entry.is_some() && self.responders.get(recipient).is_some());
            let gone: Vec<&Reminder> = gone.into_iter().map(|(reminder, _)| reminder).collect();
            pass.dropped += self.settle(&gone, ReminderState::Dropped, None, None).await?;
            let now = self.deadlines.clock.now();
            let in_time = now.plus(i64::try_from(SENDING.as_millis()).unwrap_or(i64::MAX)).0 < until.0;
            let Some(id) = alive.iter().map(|(reminder, _)| reminder.id).min().filter(|_| in_time) else { continue };
            let Some(to) = self.responders.get(recipient) else { continue };
            let entries = alive.iter().filter_map(|(_, entry)| *entry).collect();
            let claimed = alive.into_iter().map(|(reminder, _)| reminder).collect();
            let occasion = Occasion { id, mark, entries, claimed };
            let answer = self.tell(to, &occasion).await;
            self.record(incident, recipient, &occasion, answer, pass).await?;
        }
        Ok(())
    }

    async fn tell(&self, to: &Recipient, occasion: &Occasion<'_>) -> Told {
        let now = self.deadlines.clock.now();
        match to {
            Recipient::Email(address) => match occasion.email(address, &self.deadlines.base, now) {
                Ok(message) => self.responders.write(&message, None, now).await,
                Err(error) => {
                    tracing::error!(%error, "a reminder cannot be written");
                    Told::NotTaken(String::from("cannot-be-written"))
                }
            },
            Recipient::Webhook(url) => {
                let id = format!("rem_{}", occasion.id.0.simple());
                let body = occasion.json(&self.deadlines.base, now).to_string();
                self.responders.call(url, &id, body, now).await
            }
        }
    }

    async fn record(
        &self,
        incident: IncidentId,
        recipient: &str,
        occasion: &Occasion<'_>,
        answer: Told,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let now = self.deadlines.clock.now();
        let channel = channel(recipient);
        let tries = occasion.claimed.iter().map(|reminder| reminder.tries).min().unwrap_or(1);
        let (state, code, wait) = answer.leads_to(tries, self.deadlines.entropy.fraction());
        self.metrics.reminder(channel, state);
        if state == ReminderState::Sent {
            pass.sent += 1;
        } else {
            pass.not_sent += 1;
            tracing::warn!(%incident, channel, code, state = state.as_str(), "a reminder of a deadline was not taken");
        }
        let obligations: Vec<&str> = occasion.claimed.iter().map(|reminder| reminder.obligation.as_str()).collect();
        let detail = json!({ "mark": occasion.mark, "channel": channel, "obligations": obligations,
            "reminder": occasion.id, "code": code });
        let audit = (state != ReminderState::Due).then(|| AuditEntry {
            incident: Some(incident),
            at: now,
            actor: ActorRef::engine(),
            action: format!("reminder.{}", state.as_str()),
            detail,
        });
        let due_at = wait.map(|wait| now.plus(wait));
        self.settle_with(&occasion.claimed, state, Some(code), due_at, audit).await?;
        Ok(())
    }

    async fn settle(
        &self,
        claimed: &[&Reminder],
        state: ReminderState,
        code: Option<String>,
        due_at: Option<Millis>,
    ) -> Result<u64, StoreError> {
        self.settle_with(claimed, state, code, due_at, None).await
    }

    async fn settle_with(
        &self,
        claimed: &[&Reminder],
        state: ReminderState,
        code: Option<String>,
        due_at: Option<Millis>,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError> {
        if claimed.is_empty() {
            return Ok(0);
        }
        let at = self.deadlines.clock.now();
        let tokens: Vec<(ReminderId, i64)> = claimed.iter().map(|reminder| (reminder.id, reminder.tries)).collect();
        let settlement = ReminderSettlement { state, due_at: due_at.unwrap_or(at), code, at };
        self.deadlines.store.settle_reminders(&tokens, &settlement, audit).await
    }
}
