//! A provider, and the far side that takes its messages whether or not the asking process lives to hear of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use candour::domain::clock::Millis;
use candour::domain::id::AttemptId;
use candour::domain::message::Message;
use candour::domain::outcome::Outcome;
use candour::providers::{
    Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
};

use super::dice::Dice;
use super::model::Receipt;
use super::pulse::Pulse;
use super::scenario::Carrier;
use super::world::{Events, Happening, World};

/// See the module. One per life of a host; the far side is the world's.
pub(crate) struct FarProvider {
    world: Arc<World>,
    pulse: Arc<Pulse>,
    descriptor: Descriptor,
    dice: Mutex<Dice>,
}

/// What the provider does with one message.
struct Part {
    outcome: Outcome,
    after_ms: i64,
    panics: bool,
    taking: Taking,
    retry_after_ms: Option<i64>,
}

/// When the far side takes it, if it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taking {
    Never,
    AtOnce,
    WithTheAnswer,
    /// After so many milliseconds, whatever becomes of the process.
    OnTheWire(i64),
}

impl FarProvider {
    pub(crate) fn of(world: &Arc<World>, pulse: &Arc<Pulse>, carrier: &Carrier, dice: Dice) -> Arc<dyn Provider> {
        let Carrier { name, channel, concurrency, rate, destinations } = carrier.clone();
        let descriptor = Descriptor {
            name,
            kind: "simulated",
            channel,
            concurrency,
            rate,
            price: None,
            receipts: true,
            destinations,
        };
        Arc::new(Self { world: Arc::clone(world), pulse: Arc::clone(pulse), descriptor, dice: Mutex::new(dice) })
    }

    fn part(&self, fate: ContactFate) -> Part {
        let (moods, time) = (&self.world.scenario.moods, self.pulse.time());
        let dice = &mut *self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let calm = self.world.is_calm(time);
        let mut outcome = if calm { Outcome::Accepted } else { dice.of(&moods.outcomes) };
        if fate == ContactFate::Dead {
            outcome = Outcome::BadAddress;
        }
        let lease_ms = self.world.scenario.lease_ms;
        let after_ms = match () {
            () if !calm && dice.chance(moods.hangs) => dice.between(lease_ms, 3 * lease_ms),
            () if !calm && dice.chance(moods.slow) => dice.between(100, 3_000),
            () => dice.between(0, 30),
        };
        let taken = match outcome {
            Outcome::Accepted | Outcome::Delivered => true,
            Outcome::Unknown => dice.chance(500),
            _ => false,
        };
        let panics = !calm && dice.chance(moods.panics);
        let taking = if !taken {
            Taking::Never
        } else if !calm && dice.chance(moods.wire) {
            Taking::OnTheWire(dice.between(0, 4_000))
        } else {
            dice.of(&[Taking::AtOnce, Taking::WithTheAnswer])
        };
        let asks = matches!(outcome, Outcome::Retry | Outcome::Throttled | Outcome::Misconfigured);
        let retry_after_ms = (asks && dice.chance(300)).then(|| dice.between(1, 10_000));
        Part { outcome, after_ms, panics, taking, retry_after_ms }
    }

    fn take(&self, attempt: AttemptId) {
        let events = &mut *self.world.events();
        events.note(&self.pulse, "taken", attempt.0, 0, "");
        taken(&self.world, events, attempt, self.pulse.time());
    }
}

/// What is true of a contact point in all of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContactFate {
    Good,
    Dead,
    Bouncing,
}

fn contact_fate(world: &World, events: &Events, attempt: AttemptId) -> ContactFate {
    let Some(tried) = events.model.attempts.get(&attempt) else { return ContactFate::Good };
    let person = tried.person.0.as_u128();
    let mut dice = Dice::new(world.contacts ^ u64::try_from(person).unwrap() ^ (u64::from(tried.place) << 40));
    let drawn = dice.number() % 1000;
    match () {
        () if drawn < world.scenario.dead => ContactFate::Dead,
        () if drawn < world.scenario.dead + world.scenario.bouncing => ContactFate::Bouncing,
        () => ContactFate::Good,
    }
}

/// The far side has a message: from now on nothing can call it back. What it says later is planned here.
pub(crate) fn taken(world: &World, events: &mut Events, attempt: AttemptId, time: i64) {
    events.witness.take(attempt);
    let fate = contact_fate(world, events, attempt);
    let Some(channel) = events.model.attempts.get(&attempt).map(|tried| tried.channel) else { return };
    let mut dice = Dice::new(world.contacts ^ u64::try_from(attempt.0.as_u128() & u128::from(u64::MAX)).unwrap());
    let outcome = match fate {
        ContactFate::Bouncing => Some(dice.of(&[Outcome::BadAddress, Outcome::Rejected])),
        _ if !dice.chance(world.scenario.moods.receipts) => return,
        _ => dice.of(&[None, Some(Outcome::Delivered), Some(Outcome::Delivered), Some(Outcome::Unknown)]),
    };
    let provider = world.scenario.carriers.iter().find(|c| c.channel == channel).unwrap().name.clone();
    let receipt = Receipt { provider, key: format!("{attempt}-{outcome:?}"), attempt, outcome };
    for _ in 0..dice.of(&[1, 1, 2]) {
        let high = dice.of(&[1, 2_000, 20_000]);
        let after = dice.between(0, high);
        events.later(time + after, Happening::Receipt(receipt.clone()));
    }
}

#[async_trait]
impl Provider for FarProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let attempt = message.attempt;
        let part = {
            let events = &mut *self.world.events();
            if !self.descriptor.carries(&message.body.contact()) {
                events.violated(format!("attempt {attempt} goes by a provider that does not carry it"));
            }
            let wrong = events.witness.begin(&events.model, &self.world.scenario, &self.pulse, message, now);
            events.note(&self.pulse, "send", attempt.0, wrong.len(), "");
            events.violations.extend(wrong);
            self.part(contact_fate(&self.world, events, attempt))
        };
        match part.taking {
            Taking::AtOnce => self.take(attempt),
            Taking::OnTheWire(ms) => {
                let at = self.pulse.time() + ms;
                self.world.events().later(at, Happening::Take(attempt));
            }
            Taking::Never | Taking::WithTheAnswer => {}
        }
        self.pulse.point().await;
        tokio::time::sleep(Duration::from_millis(part.after_ms.unsigned_abs())).await;
        self.pulse.point().await;
        if part.panics {
            // A panic as any other, only without the message on the console.
            std::panic::resume_unwind(Box::new("a defect in a provider, on purpose"));
        }
        if part.taking == Taking::WithTheAnswer {
            self.take(attempt);
            self.pulse.point().await;
        }
        let events = &mut *self.world.events();
        events.note(&self.pulse, "answer", attempt.0, 0, part.outcome.as_str());
        if let Some(sent) = events.witness.sent.get_mut(&attempt) {
            sent.answer = Some(part.outcome);
        }
        Answer { retry_after_ms: part.retry_after_ms, ..Answer::of(part.outcome, "simulated") }
    }

    /// One line: attempt, outcome or `none`, key.
    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let text = std::str::from_utf8(&request.body).map_err(|_| ReceiptError::Malformed("text"))?;
        let words: Vec<&str> = text.split(' ').collect();
        let [attempt, outcome, key] = words[..] else { return Err(ReceiptError::Malformed("words")) };
        let attempt = attempt.parse().map_err(|_| ReceiptError::Malformed("attempt"))?;
        let event = ReceiptEvent { attempt, key: key.to_owned(), outcome: outcome.parse().ok(), code: None };
        Ok(vec![event])
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        Ok(Checked::SignsIn)
    }
}

/// The callback that carries a receipt.
pub(crate) fn callback(receipt: &Receipt, now: Millis) -> ReceiptRequest {
    let outcome = receipt.outcome.map_or("none", Outcome::as_str);
    let body = format!("{} {outcome} {}", receipt.attempt, receipt.key);
    ReceiptRequest { url: String::new(), headers: std::collections::BTreeMap::new(), body: body.into(), now }
}
