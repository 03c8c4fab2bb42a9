//! The record that a duty was done which no document to an authority and no event of the timeline shows: a public notice, a call
//! to credit bureaus, a letter to whoever owns the data.

use super::actor::ActorRef;
use super::clock::Millis;
use super::id::{FulfilmentId, IncidentId};
use super::waiver::Reversal;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// Identifier.
    pub id: FulfilmentId,
    /// The incident.
    pub incident: IncidentId,
    /// The duty.
    pub obligation: String,
    /// How it was done.
    pub how: String,
    /// When it was done.
    pub done_at: Millis,
    /// Version of the rules that asked for it.
    pub rules_version: String,
    /// Who recorded it.
    pub author: ActorRef,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// That the record was taken back.
    pub reversal: Option<Reversal>,
}
