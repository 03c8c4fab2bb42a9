//! Asking a provider about a message whose request ended without an answer: did it take it or not?
//!
//! A provider that keeps a list of what it was sent can be asked. It answers with what it has, never with what it guesses;
//! whether "nothing" is believed yet is for the engine to decide, because lists lag behind.

use crate::domain::clock::Millis;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;

/// How a provider can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Milliseconds to leave between two questions: a fraction of what the vendor allows, because people look there, too.
    pub gap_ms: u64,
}

/// What it is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// The message, as it was sent or was about to be.
    pub message: &'a Message,
    /// Before this the provider cannot have taken it.
    pub from: Millis,
    /// Nor after this.
    pub until: Millis,
    /// Now, for requests that are signed with it.
    pub now: Millis,
}

/// How far the clocks of providers may be from ours in milliseconds, whole seconds that they round to included.
pub(super) const SKEW_MS: i64 = 60_000;

impl Inquiry<'_> {
    /// Whether a moment by the provider's clock lies within.
    pub(super) fn spans(&self, moment: Millis) -> bool {
        (self.from.0 - SKEW_MS..=self.until.0 + SKEW_MS).contains(&moment.0)
    }
}

/// A message that the provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The provider's name for it.
    pub reference: String,
    /// What became of it, `None` when it is under way.
    pub outcome: Option<Outcome>,
    /// The provider's code.
    pub code: Option<String>,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What it has that may be the message. Several only where the provider keeps no name of ours: then each is as likely, and
    /// one that is known to be another attempt's is none.
    Has(Vec<Finding>),
    /// It gave no answer that can be read; the code says what came instead.
    Nothing(String),
}

impl Told {
    /// The one message, if there is one.
    pub(super) fn one(found: Option<Finding>) -> Self {
        Self::Has(found.into_iter().collect())
    }
}
