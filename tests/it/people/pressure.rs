//! A database that is slower than the client slows the client down: what was read and is not stored yet stays bounded.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use candour::people::Format;
use candour::store::IncidentStore;
use futures_util::stream;

use crate::support::features::people;
use crate::support::stores::{on_both, operator};

/// Lines of a piece of the body, which make a chunk of the tests' limits.
const PIECE: i64 = 100;
const PIECES: i64 = 80;
/// One chunk is being stored, one waits for that, one for room; and the piece in hand.
const UNDER_WAY: i64 = 4 * PIECE;

on_both!(what_is_read_and_not_stored_stays_bounded, |world| {
    let incident = world.incident().await.id;
    let store = world.store.clone();
    let body = stream::unfold(0, |piece| {
        let store = store.clone();
        async move {
            if piece == PIECES {
                return None;
            }
            let stored = store.incident(incident).await.unwrap().people;
            let read = piece * PIECE;
            assert!(read - stored <= UNDER_WAY, "{read} lines were read when {stored} were stored");
            let mut text = String::from(if piece == 0 { "ref\n" } else { "" });
            for i in 0..PIECE {
                writeln!(text, "P-{}", piece * PIECE + i).unwrap();
            }
            Some((Ok::<_, Infallible>(Bytes::from(text)), piece + 1))
        }
    });
    let outcome = people(&world.store).import(incident, Format::Csv, body, operator()).await.unwrap();
    assert_eq!(outcome.counts.added, PIECE * PIECES);
});
