//! A chunk that the database refuses in the middle of a file: no later one is stored, and the answer says how far it came.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use candour::domain::incident::IncidentState::{Discarded, Draft};
use candour::people::{Format, ImportError, Interruption};
use candour::store::{IncidentStore, RetentionStore, StoreError};
use futures_util::stream;

use crate::support::features::people;
use crate::support::stores::{on_both, operator};

const CHUNK: u64 = 100;
/// The incident's key is destroyed before this piece; the other is far behind what may be under way then.
const BEFORE: u64 = 10;
const LAST: u64 = 40;

on_both!(nothing_behind_a_refused_chunk_is_stored, |world| {
    let incident = world.incident().await.id;
    let asked = world.clone();
    let body = stream::unfold(0, |piece| {
        let world = asked.clone();
        async move {
            if piece == BEFORE {
                world.to_state(incident, Draft, Discarded).await;
                let entry = world.audit(incident, "incident.erased");
                world.store.destroy_incident_key(incident, world.now(), entry).await.unwrap();
            }
            assert!(piece < LAST, "nobody stops reading");
            let mut text = String::from(if piece == 0 { "ref\n" } else { "" });
            for i in 0..CHUNK {
                writeln!(text, "P-{}", piece * CHUNK + i).unwrap();
            }
            Some((Ok::<_, Infallible>(Bytes::from(text)), piece + 1))
        }
    });
    let stopped = people(&world.store).import(incident, Format::Csv, body, operator()).await;
    let Err(ImportError::Interrupted { outcome, why }) = stopped else { panic!("{stopped:?}") };
    assert!(matches!(&why, Interruption::Store(StoreError::Conflict(text)) if text.contains("destroyed")), "{why:?}");
    let stored = u64::try_from(world.store.incident(incident).await.unwrap().people).unwrap();
    assert_eq!(outcome.accepted, stored, "what the answer says is what is stored");
    assert!(stored <= BEFORE * CHUNK, "{stored} were stored, some of them when the key was gone");
    assert_eq!(outcome.through_line, if stored == 0 { 0 } else { stored + 1 }, "up to that line, the header counted");
});
