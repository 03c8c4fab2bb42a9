//! The engine: takes people of running campaigns, asks providers, records what came of it.
//!
//! ```text
//!             ┌────────── lane (one per provider) ──────────┐
//!  store ──claim──> queue ──> attempt: compose, send ──> settler ──settle──> store
//!             └──────────────────────────────────────────────┘
//!  heartbeat: extends the worker's lease        upkeep: reaps dead workers, completes campaigns
//!  receipts:  what providers say later moves people on       inquiries: providers are asked about attempts without an answer
//! ```
//!
//! A lane claims from the queue of its channel; where providers of a channel carry different destinations, people are sorted
//! into queues of their own ([`sorting`]).
//!
//! # Guarantees
//!
//! - **At least once, said out loud.** Claiming a person records the intent (an attempt without outcome) in the same
//!   transaction; only then is a provider asked. A process that dies leaves attempts without outcome; whoever reaps its
//!   lease records them as `unknown`, and the channel's policy says whether they are repeated. What may have gone out
//!   twice is at most what was in flight, and every repeat is counted and listed.
//! - **A lease is the worker's.** One row is extended by a heartbeat; a settlement must name the attempt, and is refused
//!   once a reaper has taken the person away. The lease only saves work; correctness rests on the attempt's name.
//! - **No database connection is held while a provider is asked.** Lanes and the settler talk through bounded channels;
//!   memory does not grow with the population.
//! - **What was approved is what is sent.** A notice is compiled from its stored version and compared with the hash that
//!   was approved; a difference pauses the campaign.
//! - **The same events in the same order lead to the same deeds.** Time and randomness are arguments, every `select!` is
//!   `biased` and what is walked through is ordered, so that a simulated run repeats itself.
//!
//! Beside the engine are what tries things out without telling anybody: tests of a notice, which go past the queue to the
//! operator's own people, and rehearsals, which play a campaign on a stage of their own.
//!
//! # Never
//!
//! Decides what follows from an outcome ([`crate::domain::attempt::next`] does), knows SQL, knows a provider by name.

mod attempt;
mod breaker;
mod budget;
mod calling;
mod canary;
mod changes;
mod claims;
mod codes;
mod engine;
mod faults;
mod inquiries;
mod lane;
mod lease;
mod limits;
mod notices;
mod pace;
mod quiet;
mod receipts;
mod rehearsal;
mod returns;
mod settler;
mod silence;
mod sorting;
mod standing;
mod strays;
mod test_send;
mod upkeep;

pub use calling::opens_at as calls_open_at;
pub use engine::{Engine, EngineDeps, EngineHandle, EngineSettings};
pub use limits::{LimitError, Limits};
pub use receipts::{ReceiptFailure, Receipts};
pub use rehearsal::{RehearsalError, Rehearsals};
pub use test_send::{Addressee, TestError, TestRequest, TestSends, Tested};
