//! Types and state machines of the whole house.
//!
//! Everything here is pure: no IO, no async, no clock, no randomness. What needs the time or random bytes takes a
//! [`clock::Millis`] or bytes as an argument, so that every decision can be replayed. Parsing happens at the edge into
//! these types; a value that exists is a value that is valid.

pub mod actor;
pub mod alarm;
pub mod announcement;
pub mod attempt;
pub mod audit;
pub mod campaign;
pub mod cascade;
pub mod channel;
pub mod clock;
pub mod contact;
pub mod deadline;
pub mod destination;
pub mod facts;
pub mod fulfilment;
pub mod gsm7;
pub mod history;
pub mod id;
pub mod incident;
pub mod jurisdiction;
pub mod letter;
pub mod limit;
pub mod locale;
pub mod masked;
pub mod message;
pub mod notice;
pub mod obligation;
pub mod outcome;
pub mod person;
pub mod pii;
pub mod plan;
pub mod price;
pub mod queue;
pub mod quiet;
pub mod reach;
pub mod register;
pub mod rehearsal;
pub mod remedy;
pub mod reminder;
pub mod report;
pub mod retry;
pub mod rule_load;
pub mod sample;
pub mod segments;
pub mod spending;
pub mod test_send;
pub mod text;
pub mod variant;
pub mod vocabulary;
pub mod waiver;
