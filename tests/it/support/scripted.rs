//! A provider that plays a list of answers, remembers what it was asked, and can be held until a test lets go.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::destination::Destinations;
use candour::domain::message::Message;
use candour::domain::outcome::Outcome;
use candour::providers::{
    Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
};
use tokio::sync::{Notify, Semaphore};

/// The secret its receipts are posted with, as `Authorization: Bearer`.
pub const RECEIPT_TOKEN: &str = "scripted";

/// The provider.
pub struct Scripted {
    descriptor: Descriptor,
    answers: Mutex<VecDeque<Answer>>,
    otherwise: Answer,
    asked: Mutex<Vec<Message>>,
    arrived: AtomicUsize,
    arrival: Notify,
    gate: Option<Semaphore>,
}

impl Scripted {
    /// Answers every message with that outcome.
    pub fn always(name: &str, channel: Channel, outcome: Outcome) -> Self {
        Self {
            descriptor: Descriptor {
                name: name.to_owned(),
                kind: "scripted",
                channel,
                concurrency: 32,
                rate: None,
                price: None,
                receipts: true,
                destinations: Destinations::default(),
            },
            answers: Mutex::new(VecDeque::new()),
            otherwise: Answer::of(outcome, "scripted"),
            asked: Mutex::new(Vec::new()),
            arrived: AtomicUsize::new(0),
            arrival: Notify::new(),
            gate: None,
        }
    }

    /// Gives these answers first, one per message.
    #[must_use]
    pub fn first(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.answers.lock().unwrap().extend(answers);
        self
    }

    /// Changes how many messages it takes at once.
    #[must_use]
    pub fn at_once(mut self, concurrency: usize) -> Self {
        self.descriptor.concurrency = concurrency;
        self
    }

    /// Answers nothing until [`Scripted::release`].
    #[must_use]
    pub fn held(mut self) -> Self {
        self.gate = Some(Semaphore::new(0));
        self
    }

    /// Lets that many messages through.
    pub fn release(&self, count: usize) {
        self.gate.as_ref().expect("the provider is held").add_permits(count);
    }

    /// Waits until that many messages have come, answered or not.
    pub async fn arrivals(&self, count: usize) {
        loop {
            let next = self.arrival.notified();
            if self.arrived.load(Ordering::SeqCst) >= count {
                return;
            }
            next.await;
        }
    }

    /// The messages it was asked to carry, in order.
    pub fn asked(&self) -> Vec<Message> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, _now: Millis) -> Answer {
        self.asked.lock().unwrap().push(message.clone());
        self.arrived.fetch_add(1, Ordering::SeqCst);
        self.arrival.notify_waiters();
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| self.otherwise.clone())
    }

    /// Takes lines of `attempt outcome key`; the outcome `none` is news that changes nothing.
    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if request.headers.get("authorization").is_none_or(|h| h != &format!("Bearer {RECEIPT_TOKEN}")) {
            return Err(ReceiptError::Forged);
        }
        let text = std::str::from_utf8(&request.body).map_err(|_| ReceiptError::Malformed("not text"))?;
        text.lines().map(event).collect::<Option<Vec<_>>>().ok_or(ReceiptError::Malformed("not attempt outcome key"))
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        Ok(Checked::SignsIn)
    }
}

fn event(line: &str) -> Option<ReceiptEvent> {
    let mut words = line.split_whitespace();
    let attempt = words.next()?.parse().ok()?;
    let outcome = match words.next()? {
        "none" => None,
        word => Some(word.parse().ok()?),
    };
    Some(ReceiptEvent { attempt, key: words.next()?.to_owned(), outcome, code: Some(String::from("scripted")) })
}
