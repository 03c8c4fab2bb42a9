//! The carriers: one small file per provider, behind one interface.
//!
//! Owns: the settings of each kind, how to ask a provider, what its answers mean (a table kept as data), how to check and
//! read its receipts, the two shared clients ([`http`] and [`smtp`]), and the pieces that vendors' protocols are made of
//! ([`protocol`]).
//!
//! Guarantees: an answer always becomes an [`Outcome`]; a code that the table does not know is a named case, counted
//! and logged, never "delivered". Nothing a provider says in prose is kept: it may repeat an address.
//!
//! Never: decides what follows from an outcome (that is [`crate::domain::attempt::next`]), touches the store, retries.

pub mod aliyun;
pub mod apns;
mod checked;
pub mod configured;
pub mod fcm;
pub mod govuk_notify;
pub mod http;
pub mod inquiry;
pub mod kannel;
pub mod lob;
pub mod mailgun;
pub mod messagebird;
pub mod ntfy;
pub mod pingen;
pub mod postmark;
pub mod press;
pub mod print;
mod protocol;
pub mod registry;
pub mod sendgrid;
pub mod ses;
pub mod settings;
pub mod sink;
pub mod smpp;
pub mod smtp;
pub mod sns;
pub mod spool;
mod templates;
pub mod tencent;
#[cfg(test)]
mod testing;
pub mod twilio;
pub mod vonage;
pub mod webpush;

pub use checked::Checked;
pub use inquiry::{Asking, Finding, Inquiry, Told};
pub use protocol::aws::CredentialsFrom;
pub use registry::Providers;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::ContactPoint;
use crate::domain::destination::Destinations;
use crate::domain::id::AttemptId;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::domain::price::Price;

/// What a provider is and can do.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    /// Name in the configuration; the last part of its receipts' address.
    pub name: String,
    /// Which implementation, e.g. `smtp`, `twilio`.
    pub kind: &'static str,
    /// The channel it carries.
    pub channel: Channel,
    /// How many messages it may have in the air at once.
    pub concurrency: usize,
    /// Messages a second, if it is limited.
    pub rate: Option<f64>,
    /// What one message costs, if that is counted.
    pub price: Option<Price>,
    /// Whether each message that arrives is reported as delivered, so that a long silence means that it has not.
    pub receipts: bool,
    /// What it carries within its channel.
    pub destinations: Destinations,
}

impl Descriptor {
    /// The same for a provider that carries one kind of destination and no other.
    #[must_use]
    pub fn only_to(self, beginning: &str) -> Self {
        Self { destinations: Destinations::only(beginning), ..self }
    }

    /// Whether it carries messages to a contact point.
    #[must_use]
    pub fn carries(&self, to: &ContactPoint) -> bool {
        to.channel() == self.channel && self.destinations.carry(to.destination())
    }
}

/// What a provider answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it means.
    pub outcome: Outcome,
    /// The provider's code, e.g. `550 5.1.1`. Never its prose.
    pub code: Option<String>,
    /// The provider's own name for the message.
    pub reference: Option<String>,
    /// How long it asks to be left alone, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// Whether it is the word of a host that the person's own address names: it says nothing of the provider's health.
    pub of_a_stranger: bool,
}

impl Answer {
    /// An answer that is no more than its outcome and a code.
    #[must_use]
    pub fn of(outcome: Outcome, code: impl Into<String>) -> Self {
        Self { outcome, code: Some(code.into()), reference: None, retry_after_ms: None, of_a_stranger: false }
    }
}

/// A provider's callback, as it came: the raw bytes, because signatures cover them.
#[derive(Clone, Debug)]
pub struct ReceiptRequest {
    /// The public address it was sent to, with its query, as the provider knows it.
    pub url: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// When it came.
    pub now: Millis,
}

/// What a callback says about one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptEvent {
    /// The attempt, from a token of ours that came back.
    pub attempt: AttemptId,
    /// What makes this event itself and no other of its attempt: a redelivery has the same.
    pub key: String,
    /// What it means, or `None` for news that change nothing (queued, sent).
    pub outcome: Option<Outcome>,
    /// The provider's code.
    pub code: Option<String>,
}

/// What a callback is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptReply {
    /// Its media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Why a callback was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// This provider sends none.
    #[error("this provider has no receipts")]
    Unsupported,
    /// The signature is missing or wrong. Nothing of the body was believed.
    #[error("the signature does not fit; check the provider's secret and the public base URL in the configuration")]
    Forged,
    /// The signature fits and the body does not say what it should.
    #[error("the body is not what this provider sends: {0}")]
    Malformed(&'static str),
    /// It cannot be checked for now; the provider should come again.
    #[error("it cannot be checked for now: {0}; send it again")]
    Unready(&'static str),
}

/// What a provider says about a message that it names by its own name alone: the reference of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseReceipt {
    /// The provider's name for the message.
    pub reference: String,
    /// What makes this event itself and no other: a redelivery has the same.
    pub key: String,
    /// What it means, or `None` for news that change nothing.
    pub outcome: Option<Outcome>,
    /// The provider's code.
    pub code: Option<String>,
}

/// Why a receipt that came over a provider's own connection cannot be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InletFault {
    /// No attempt has this reference, or not yet: the answer that gave it may still be on its way into the database.
    #[error("no attempt has this reference")]
    NoSuchAttempt,
    /// It could not be made durable now.
    #[error("the receipt could not be stored")]
    NotDurable,
}

/// Where a provider that holds a connection hands in what comes over it.
#[async_trait]
pub trait ReceiptInlet: Send + Sync + 'static {
    /// Makes a receipt durable. Only then may the provider acknowledge it.
    async fn take(&self, provider: &str, receipt: &LooseReceipt) -> Result<(), InletFault>;
}

/// Why a provider cannot be used, for `candour check`. Its text is the reason alone: whoever shows it says which provider it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProviderFault {
    /// Which.
    pub name: String,
    /// What is wrong and what to do about it. No secrets.
    pub reason: String,
}

/// The address of a receipt that came by mail to no bounce address of ours: what it holds has to show whose it is.
pub const MAIL_TO_NOBODY: &str = "mailto:";

/// One configured account that carries messages of one channel.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What it is and can do.
    fn describe(&self) -> &Descriptor;

    /// Asks it to carry one message. Never retries; every failure is an [`Answer`].
    async fn send(&self, message: &Message, now: Millis) -> Answer;

    /// Checks and reads a callback. Some vendors' keys are fetched for it.
    ///
    /// # Errors
    /// When the signature does not fit, the body makes no sense, or it cannot be checked now.
    async fn receipts(&self, _request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        Err(ReceiptError::Unsupported)
    }

    /// Checks and reads a callback of a provider that names messages by its own references alone.
    ///
    /// # Errors
    /// When the signature does not fit or the body makes no sense.
    fn loose_receipts(&self, _request: &ReceiptRequest) -> Result<Vec<LooseReceipt>, ReceiptError> {
        Err(ReceiptError::Unsupported)
    }

    /// Holds the connection that receipts come in over, until told to stop. Most providers call back instead: for them
    /// there is nothing to hold.
    async fn listen(&self, _inlet: Arc<dyn ReceiptInlet>, _stop: CancellationToken) {}

    /// What a callback is answered with where the provider waits for more than a status, e.g. for what a call says next.
    /// Asked once all events of the callback are durable.
    fn reply(&self, _request: &ReceiptRequest) -> Option<ReceiptReply> {
        None
    }

    /// How it can be asked about a message whose request got no answer; `None` where it cannot.
    fn asking(&self) -> Option<Asking> {
        None
    }

    /// Asks it about such a message. Never retries.
    async fn ask(&self, _inquiry: &Inquiry<'_>) -> Told {
        Told::Nothing(String::from("cannot be asked"))
    }

    /// Whether an address is one of its signed bounce addresses. Mail to it is a receipt whose request has the address
    /// `mailto:...`, which no request over HTTP has.
    fn takes_mail_for(&self, _address: &str) -> bool {
        false
    }

    /// Whether a message that came to no such address holds the name of an attempt under its signature. It is a receipt
    /// whose request has the address [`MAIL_TO_NOBODY`].
    fn signed_mail(&self, _message: &[u8]) -> bool {
        false
    }

    /// What to know of it before it is needed, though nothing is wrong with it.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it can be reached and takes our credentials, as far as that shows without sending anything. What it gives says
    /// what was tried.
    ///
    /// # Errors
    /// What is wrong, in words that name the remedy.
    async fn check(&self) -> Result<Checked, ProviderFault>;
}
