//! Alarms: responders are told when a provider's account fails or a campaign has paused by itself, and when that is over.
//!
//! Owns what is said of alarms and to whom. The engine raises and ends them; the store sees that of one thing there is one,
//! however many workers find it. Guarantees that what is said is written down before it is sent, once for each recipient, and
//! tried again for about a day until it is taken. What was over before anybody could be told of it is not told. A process that
//! dies between sending and recording leaves it to be sent again under the same Message-ID or `webhook-id`. Never decides
//! whether something is wrong, and never stops or starts anything.
//!
//! | file | owns |
//! |---|---|
//! | `notice.rs` | what is said |

mod notice;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use self::notice::About;
use crate::domain::actor::ActorRef;
use crate::domain::alarm::{Alarm, AlarmCall, Cause, Tidings};
use crate::domain::audit::AuditEntry;
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::id::{AlarmCallId, AlarmId, CampaignId};
use crate::domain::reminder::ReminderState;
use crate::responders::{LEASE_MS, Look, Recipient, Responders, SENDING, Told, channel};
use crate::store::{Page, ReminderSettlement, Store, StoreError};
use crate::telemetry::Metrics;

/// Calls that are claimed at once.
const CLAIM: u32 = 50;

/// The alarms of this installation.
pub struct Alarms {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    metrics: Arc<Metrics>,
    responders: Arc<Responders>,
    /// Names of the configured providers, with what they carry.
    carriers: Vec<(String, Channel)>,
    /// Where the outside reaches this service, without a slash at the end.
    base: String,
}

impl Alarms {
    /// Over a store with its clock and randomness. `carriers` are the configured providers, `base` is where the outside
    /// reaches this service.
    #[must_use]
    pub fn new(
        (store, clock, entropy): (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>),
        metrics: Arc<Metrics>,
        responders: Arc<Responders>,
        carriers: Vec<(String, Channel)>,
        base: &str,
    ) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { store, clock, entropy, metrics, responders, carriers, base }
    }

    /// All alarms, oldest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self, after: Option<AlarmId>, limit: u32) -> Result<Page<Alarm>, StoreError> {
        self.store.alarms(after, limit).await
    }

    /// The open alarms, each in words that lead to the remedy.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn open(&self) -> Result<Vec<(Alarm, String)>, StoreError> {
        let mut open = Vec::new();
        for alarm in self.store.open_alarms().await? {
            let headline = self.about(&alarm).await?.headline(Tidings::Raised);
            open.push((alarm, headline));
        }
        Ok(open)
    }

    /// Looks once: writes down what is to be said, and says what is due. Returns how many took it.
    ///
    /// # Errors
    /// When storage fails; whatever was claimed by then is taken over when its lease has run out.
    pub async fn pass(&self) -> Result<u64, StoreError> {
        let recipients: Vec<String> = self.responders.names().cloned().collect();
        let now = self.clock.now();
        let ids = || AlarmCallId::new(now, self.entropy.ten());
        self.store.write_alarm_calls(&recipients, now, &ids).await?;
        let open = self.store.open_alarms().await?.len();
        self.metrics.open_alarms.set(i64::try_from(open).unwrap_or(i64::MAX));
        let mut taken = 0;
        loop {
            let now = self.clock.now();
            let until = now.plus(LEASE_MS);
            let claimed = self.store.claim_alarm_calls(now, until, CLAIM).await?;
            let full = claimed.len() == CLAIM as usize;
            for call in claimed {
                taken += u64::from(self.say(&call, until).await?);
            }
            if !full {
                return Ok(taken);
            }
        }
    }

    async fn about(&self, alarm: &Alarm) -> Result<About<'_>, StoreError> {
        match alarm.cause {
            Cause::AccountFailure => {
                let channel =
                    self.carriers.iter().find(|(name, _)| *name == alarm.subject).map(|(_, channel)| *channel);
                let others = self.carriers.iter().filter(|(name, of)| Some(*of) == channel && *name != alarm.subject);
                let others = others.map(|(name, _)| name.as_str()).collect();
                Ok(About::Account { provider: alarm.subject.clone(), channel, others })
            }
            Cause::CampaignPaused => {
                let id = alarm.subject.parse().map_err(|_| StoreError::NotFound("campaign"))?;
                let campaign = self.store.campaign(CampaignId(id)).await?;
                let incident = self.store.incident(campaign.incident).await?;
                let (title, state, counts) = (incident.facts.title, campaign.state, campaign.counts);
                Ok(About::Campaign { incident: incident.id, title, state, counts })
            }
        }
    }

    async fn say(&self, call: &AlarmCall, until: Millis) -> Result<bool, StoreError> {
        let over = call.tidings == Tidings::Raised && call.alarm.ended_at.is_some();
        let recipient = self.responders.get(&call.recipient);
        let Some(recipient) = recipient.filter(|_| !over) else {
            self.settle(call, ReminderState::Dropped, None, None).await?;
            return Ok(false);
        };
        let now = self.clock.now();
        if now.plus(i64::try_from(SENDING.as_millis()).unwrap_or(i64::MAX)).0 >= until.0 {
            // Others may think us dead before this one is sent; it is taken up again then.
            return Ok(false);
        }
        let about = self.about(&call.alarm).await?;
        let told = match recipient {
            Recipient::Email(address) => match about.email(call, address, &self.base) {
                Ok(message) => {
                    let complains_of =
                        (call.alarm.cause == Cause::AccountFailure).then_some(call.alarm.subject.as_str());
                    self.responders.write(&message, complains_of, now).await
                }
                Err(error) => {
                    tracing::error!(%error, "an alarm cannot be written");
                    Told::NotTaken(String::from("cannot-be-written"))
                }
            },
            Recipient::Webhook(url) => {
                let body = about.json(call, &self.base, now).to_string();
                self.responders.call(url, &format!("alarm_{}", call.id.0.simple()), body, now).await
            }
        };
        let (state, code, wait) = told.leads_to(call.tries, self.entropy.fraction());
        let channel = channel(&call.recipient);
        self.metrics.alarm_call(channel, state);
        if state != ReminderState::Sent {
            let alarm = call.alarm.id;
            tracing::warn!(%alarm, channel, code, state = state.as_str(), "an alarm was not taken by a responder");
        }
        self.settle(call, state, Some(code), wait).await?;
        Ok(state == ReminderState::Sent)
    }

    async fn settle(
        &self,
        call: &AlarmCall,
        state: ReminderState,
        code: Option<String>,
        wait: Option<i64>,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        let is_news = matches!(state, ReminderState::Sent | ReminderState::Failed);
        let audit = is_news.then(|| AuditEntry {
            incident: None,
            at,
            actor: ActorRef::engine(),
            action: format!("alarm_call.{}", state.as_str()),
            detail: json!({ "alarm": call.alarm.id, "tidings": call.tidings.as_str(), "code": code,
                "channel": channel(&call.recipient) }),
        });
        let settlement = ReminderSettlement { state, due_at: at.plus(wait.unwrap_or(0)), code, at };
        self.store.settle_alarm_call(call.id, call.tries, &settlement, audit).await?;
        Ok(())
    }
}

#[async_trait]
impl Look for Alarms {
    fn at(&self) -> &'static str {
        "the alarms"
    }

    async fn look(&self) -> Result<(), StoreError> {
        self.pass().await.map(drop)
    }
}
