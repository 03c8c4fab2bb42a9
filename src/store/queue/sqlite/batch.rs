//! A batch as one JSON parameter and blobs of identifiers.

use std::collections::BTreeMap;

use crate::domain::attempt::Next;
use crate::store::queue::moves::Move;

/// Identifiers one after the other, 16 bytes each.
pub(in crate::store) fn blob<'a>(ids: impl Iterator<Item = &'a [u8; 16]>) -> Vec<u8> {
    ids.flatten().copied().collect()
}

/// A JSON list of so many zeros: only its keys are read, as the numbers of the identifiers in a blob.
pub(in crate::store) fn numbers(count: usize) -> String {
    let mut json = String::with_capacity(count * 2 + 2);
    json.push('[');
    json.extend(std::iter::repeat_n("0,", count));
    if count > 0 {
        json.pop();
    }
    json.push(']');
    json
}

/// The rows of a batch as one JSON parameter.
pub(in crate::store) fn json<T: serde::Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).expect("lists of texts and numbers have a JSON form")
}

/// What moves have in common that are written by one statement.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind<'a> {
    pub(super) state: &'static str,
    pub(super) place: Option<u16>,
    pub(super) tries: Option<u16>,
    pub(super) channel: Option<&'static str>,
    pub(super) repeats: bool,
    pub(super) reason: Option<&'static str>,
    pub(super) settled: Option<SettledKind<'a>>,
}

/// What their attempts have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SettledKind<'a> {
    pub(super) channel: &'static str,
    pub(super) provider: &'a str,
    pub(super) place: u16,
    pub(super) tries: u16,
    pub(super) number: i64,
    pub(super) repeats: bool,
    pub(super) intended_at: i64,
    pub(super) outcome: &'static str,
    pub(super) code: Option<&'a str>,
}

impl<'a> Kind<'a> {
    fn of(one: &'a Move) -> Self {
        let (place, tries, channel, repeats) = match one.next {
            Next::Pending { place, tries, channel, repeats, .. } => {
                (Some(place), Some(tries), Some(channel.as_str()), repeats)
            }
            Next::Reached | Next::Unknown | Next::Unreachable(_) => (None, None, None, false),
        };
        let reason = if let Next::Unreachable(reason) = one.next { Some(reason.as_str()) } else { None };
        let settled = one.settled.as_ref().map(|settled| SettledKind {
            channel: settled.intent.channel.as_str(),
            provider: &settled.intent.provider,
            place: settled.intent.place,
            tries: settled.intent.tries,
            number: settled.intent.number,
            repeats: settled.intent.repeats,
            intended_at: settled.intent.at.0,
            outcome: settled.outcome.as_str(),
            code: settled.code.as_deref(),
        });
        Self { state: one.next.state().as_str(), place, tries, channel, repeats, reason, settled }
    }
}

/// What differs from move to move: the reference, or the due time and the reference.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Row<'a> {
    Due(i64, Option<&'a str>),
    Reference(Option<&'a str>),
}

/// Moves that are written by one statement.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub(super) persons: Vec<u8>,
    pub(super) attempts: Vec<u8>,
    pub(super) rows: Vec<Row<'a>>,
}

/// Sorts moves by what they have in common: nearly all of a batch have everything.
pub(super) fn batches(moves: &[Move]) -> BTreeMap<Kind<'_>, Batch<'_>> {
    let mut batches: BTreeMap<Kind<'_>, Batch<'_>> = BTreeMap::new();
    for one in moves {
        let batch = batches.entry(Kind::of(one)).or_default();
        batch.persons.extend_from_slice(one.person.0.as_bytes());
        batch.attempts.extend_from_slice(one.attempt.0.as_bytes());
        let reference = one.settled.as_ref().and_then(|settled| settled.reference.as_deref());
        batch.rows.push(match one.next {
            Next::Pending { due_at, .. } => Row::Due(due_at.0, reference),
            Next::Reached | Next::Unknown | Next::Unreachable(_) => Row::Reference(reference),
        });
    }
    batches
}
