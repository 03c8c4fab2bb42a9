//! A batch as one JSON parameter and blobs of identifiers.

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

/// What a move writes, in the places that the statements read: state, place, tries, channel, `due_at`, repeats, reason, then
/// the attempt's outcome, code and reference.
pub(super) type MoveRow<'a> = (
    &'static str,
    Option<u16>,
    Option<u16>,
    Option<&'static str>,
    Option<i64>,
    u8,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'a str>,
    Option<&'a str>,
);

/// See [`MoveRow`].
pub(super) fn move_row(one: &Move) -> MoveRow<'_> {
    let (place, tries, due_at, repeats) = match one.next {
        Next::Pending { place, tries, due_at, repeats, .. } => {
            (Some(place), Some(tries), Some(due_at.0), u8::from(repeats))
        }
        Next::Reached | Next::Unknown | Next::Unreachable(_) => (None, None, None, 0),
    };
    let channel = if let Next::Pending { channel, .. } = one.next { Some(channel.as_str()) } else { None };
    let reason = if let Next::Unreachable(reason) = one.next { Some(reason.as_str()) } else { None };
    let settled = one.settled.as_ref();
    (
        one.next.state().as_str(),
        place,
        tries,
        channel,
        due_at,
        repeats,
        reason,
        settled.map(|s| s.outcome.as_str()),
        settled.and_then(|s| s.code.as_deref()),
        settled.and_then(|s| s.reference.as_deref()),
    )
}
