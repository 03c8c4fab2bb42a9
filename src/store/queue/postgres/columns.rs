//! A batch of moves as `UNNEST` takes it.

use uuid::Uuid;

use crate::domain::attempt::Next;
use crate::store::queue::moves::Move;

/// The lists of one batch of moves, as `UNNEST` takes them.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) persons: Vec<Uuid>,
    pub(super) attempts: Vec<Uuid>,
    pub(super) states: Vec<&'static str>,
    pub(super) places: Vec<Option<i64>>,
    pub(super) tries: Vec<Option<i64>>,
    pub(super) channels: Vec<Option<&'static str>>,
    pub(super) dues: Vec<Option<i64>>,
    pub(super) repeats: Vec<i64>,
    pub(super) reasons: Vec<Option<&'static str>>,
    pub(super) outcomes: Vec<Option<&'static str>>,
    pub(super) codes: Vec<Option<&'a str>>,
    pub(super) references: Vec<Option<&'a str>>,
    pub(super) went_by: Vec<Option<&'static str>>,
    pub(super) providers: Vec<Option<&'a str>>,
    pub(super) at_places: Vec<Option<i64>>,
    pub(super) at_tries: Vec<Option<i64>>,
    pub(super) numbers: Vec<Option<i64>>,
    pub(super) repeated: Vec<Option<i64>>,
    pub(super) intended: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    /// Turns the batch on its side.
    pub(super) fn of(moves: &'a [Move]) -> Self {
        let mut columns = Self::default();
        for one in moves {
            let (place, tries, due, repeats) = match one.next {
                Next::Pending { place, tries, due_at, repeats, .. } => {
                    (Some(i64::from(place)), Some(i64::from(tries)), Some(due_at.0), i64::from(repeats))
                }
                Next::Reached | Next::Unknown | Next::Unreachable(_) => (None, None, None, 0),
            };
            let channel = if let Next::Pending { channel, .. } = one.next { Some(channel.as_str()) } else { None };
            let reason = if let Next::Unreachable(reason) = one.next { Some(reason.as_str()) } else { None };
            let settled = one.settled.as_ref();
            columns.persons.push(one.person.0);
            columns.attempts.push(one.attempt.0);
            columns.states.push(one.next.state().as_str());
            columns.places.push(place);
            columns.tries.push(tries);
            columns.channels.push(channel);
            columns.dues.push(due);
            columns.repeats.push(repeats);
            columns.reasons.push(reason);
            columns.outcomes.push(settled.map(|s| s.outcome.as_str()));
            columns.codes.push(settled.and_then(|s| s.code.as_deref()));
            columns.references.push(settled.and_then(|s| s.reference.as_deref()));
            let intent = settled.map(|s| &s.intent);
            columns.went_by.push(intent.map(|i| i.channel.as_str()));
            columns.providers.push(intent.map(|i| &*i.provider));
            columns.at_places.push(intent.map(|i| i64::from(i.place)));
            columns.at_tries.push(intent.map(|i| i64::from(i.tries)));
            columns.numbers.push(intent.map(|i| i.number));
            columns.repeated.push(intent.map(|i| i64::from(i.repeats)));
            columns.intended.push(intent.map(|i| i.at.0));
        }
        columns
    }
}
