//! Attempts that ended without an answer: their provider is asked whether it has the message, until it says so or is believed
//! that it has not.
//!
//! One task a provider, one question at a time and not faster than the provider's pace; of several workers each asks about its
//! own share. Nothing of it is kept but what the provider says: after a restart it is asked anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::engine::Shared;
use super::faults::or_go_on;
use crate::channels;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, WorkerId};
use crate::domain::outcome::Outcome;
use crate::providers::{Finding, Inquiry, Provider, Told};
use crate::store::{OpenAttempt, ProviderWord, ReceiptEffect, StoreError, Unanswered};

/// So many attempts are looked at at once.
const PAGE: u32 = 100;

/// How long after an attempt its provider is still asked about it, in milliseconds. Some vendors keep their lists for a day.
const GIVEN_UP_MS: i64 = 86_400_000;

/// The code of an attempt that its provider does not know.
const NOT_THERE: &str = "not-there";

pub(super) struct Inquiries {
    shared: Arc<Shared>,
    provider: Arc<dyn Provider>,
    name: String,
    worker: WorkerId,
    gap: Duration,
    /// Attempts that have been asked about, and when that is due again.
    due: HashMap<AttemptId, Millis>,
}

impl Inquiries {
    pub(super) fn new(shared: Arc<Shared>, provider: Arc<dyn Provider>, worker: WorkerId) -> Self {
        let name = provider.describe().name.clone();
        let gap = Duration::from_millis(provider.asking().map_or(0, |asking| asking.gap_ms));
        Self { shared, provider, name, worker, gap, due: HashMap::new() }
    }

    /// Runs until cancelled.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        // Often enough that the first question comes when it should.
        let period = self.shared.settings.ask_after_ms.unsigned_abs().clamp(100, 10_000);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                round = self.round() => {
                    if let Err(error) = round {
                        tracing::warn!(provider = self.name, %error, "attempts without an answer cannot be looked up; trying again");
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(period)) => {}
            }
        }
    }

    /// Looks at all of them once and asks about those that are due.
    async fn round(&mut self) -> Result<(), StoreError> {
        let begun = self.shared.clock.now();
        let mut after = AttemptId::new(begun.plus(-GIVEN_UP_MS), [0; 10]);
        let mut open = HashMap::new();
        loop {
            let which = Unanswered { provider: self.name.clone(), after, limit: PAGE };
            let page = self.shared.store.unanswered(&which).await?;
            let Some(last) = page.last else { break };
            after = last;
            let share = self.share().await?;
            for attempt in page.open.into_iter().filter(|attempt| share.has(attempt.attempt)) {
                let first = attempt.settled_at.plus(self.shared.settings.ask_after_ms);
                let due = self.due.get(&attempt.attempt).copied().unwrap_or(first);
                if due > self.shared.clock.now() {
                    open.insert(attempt.attempt, due);
                    continue;
                }
                let asked = self.ask(&attempt).await;
                if let Some(Some(again)) = or_go_on(asked, "asking about an attempt", attempt.attempt)? {
                    open.insert(attempt.attempt, again);
                }
                tokio::time::sleep(self.gap).await;
            }
        }
        self.due = open;
        Ok(())
    }

    /// Which of them this worker asks about.
    async fn share(&self) -> Result<Share, StoreError> {
        let mut workers: Vec<WorkerId> =
            self.shared.store.workers().await?.into_iter().map(|(worker, _)| worker).collect();
        workers.sort_unstable();
        let own = workers.iter().position(|worker| *worker == self.worker).unwrap_or(0);
        Ok(Share { own: own as u128, of: workers.len().max(1) as u128 })
    }

    /// Asks about one. Returns when to ask again, if it is still open.
    async fn ask(&self, attempt: &OpenAttempt) -> Result<Option<Millis>, StoreError> {
        let settings = &self.shared.settings;
        let asked_at = self.shared.clock.now();
        let believed_at = attempt.settled_at.plus(settings.ask_until_ms);
        // The distance grows with the age; the last question comes when the answer is believed.
        let wait = (asked_at.0 - attempt.settled_at.0).max(settings.ask_after_ms);
        let later = asked_at.plus(wait);
        let again = if asked_at < believed_at { later.min(believed_at) } else { later };
        let told = match self.message_of(attempt).await {
            Ok(message) => {
                let (from, until) = (attempt.intended_at, attempt.settled_at);
                self.provider.ask(&Inquiry { message: &message, from, until, now: asked_at }).await
            }
            Err(reason) => Told::Nothing(reason),
        };
        match told {
            Told::Has(found) => {
                for finding in &found {
                    if self.settle(attempt, finding).await? {
                        return Ok(None);
                    }
                }
                if asked_at < believed_at {
                    self.shared.metrics.inquiry(&self.name, "not_yet");
                    return Ok(Some(again));
                }
                self.give_up(attempt).await?;
                Ok(None)
            }
            Told::Nothing(code) => {
                tracing::warn!(
                    provider = self.name,
                    attempt = %attempt.attempt,
                    code,
                    "the provider does not say whether it has a message; it stays unknown and is asked about again"
                );
                self.shared.metrics.inquiry(&self.name, "no_answer");
                Ok(Some(again))
            }
        }
    }

    /// The message as it was sent: what was approved, for the same person at the same step.
    async fn message_of(&self, attempt: &OpenAttempt) -> Result<crate::domain::message::Message, String> {
        let campaign = self.shared.store.campaign(attempt.campaign).await.map_err(|error| error.to_string())?;
        let notice = self.shared.notices.of(&campaign).await.map_err(|error| error.to_string())?;
        let mut person = attempt.person.clone();
        let (residence, reads) = (person.record.jurisdiction.as_ref(), person.record.locale.as_ref());
        if campaign.remedy_codes && notice.has_remedy_code(residence, reads) {
            // Theirs since the attempt was made: nothing new is given out.
            let (store, now) = (&self.shared.store, self.shared.clock.now());
            let codes = store.give_codes(campaign.incident, &[person.id], now).await;
            person.record.remedy_code = codes.map_err(|error| error.to_string())?.remove(&person.id);
        }
        channels::compose(&notice, attempt.attempt, attempt.campaign, &person, attempt.step)
            .map_err(|error| error.to_string())
    }

    /// Takes a message as the attempt's. `false` when it is another attempt's.
    async fn settle(&self, attempt: &OpenAttempt, finding: &Finding) -> Result<bool, StoreError> {
        let word = ProviderWord {
            provider: &self.name,
            attempt: attempt.attempt,
            reference: Some(&finding.reference),
            outcome: finding.outcome.unwrap_or(Outcome::Accepted),
            code: finding.code.as_deref(),
        };
        let effect = self.apply(&word).await?;
        if effect == ReceiptEffect::Repeated {
            return Ok(false);
        }
        tracing::info!(provider = self.name, attempt = %attempt.attempt, outcome = %word.outcome, "the provider has the message");
        self.shared.metrics.inquiry(&self.name, "has_it");
        Ok(true)
    }

    /// It was not taken: the channel's policy says what follows.
    async fn give_up(&self, attempt: &OpenAttempt) -> Result<(), StoreError> {
        let outcome = self.shared.policy(attempt.step.channel).of_unfound();
        let word = ProviderWord {
            provider: &self.name,
            attempt: attempt.attempt,
            reference: None,
            outcome,
            code: Some(NOT_THERE),
        };
        self.apply(&word).await?;
        tracing::info!(provider = self.name, attempt = %attempt.attempt, %outcome, "the provider does not know the message");
        self.shared.metrics.inquiry(&self.name, "has_it_not");
        Ok(())
    }

    async fn apply(&self, word: &ProviderWord<'_>) -> Result<ReceiptEffect, StoreError> {
        let (now, jitter) = (self.shared.clock.now(), self.shared.entropy.fraction());
        let effect = self.shared.store.apply_word(word, &self.shared.settings.policies, now, jitter).await?;
        if effect == ReceiptEffect::Moved {
            self.shared.wake.notify_one();
        }
        Ok(effect)
    }
}

/// One worker's share of all attempts.
#[derive(Clone, Copy, Debug)]
struct Share {
    own: u128,
    of: u128,
}

impl Share {
    fn has(self, attempt: AttemptId) -> bool {
        // The first half of an identifier is its time; only the end is spread evenly.
        attempt.0.as_u128() % self.of == self.own
    }
}
