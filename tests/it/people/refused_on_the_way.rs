//! A chunk that the database refuses in the middle of a file, because the incident has ended: no later one is stored, and the
//! answer says how far it came.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use candour::domain::id::IncidentId;
use candour::domain::incident::IncidentState::{Closed, Discarded, Draft, Open};
use candour::people::{Format, ImportError, Interruption};
use candour::store::{IncidentStore, RetentionStore, StoreError};
use futures_util::stream;

use crate::support::features::people;
use crate::support::stores::{World, on_both, operator};

const CHUNK: u64 = 100;
/// The incident ends before this piece; the other is far behind what may be under way then.
const BEFORE: u64 = 10;
const LAST: u64 = 40;

/// Imports a file without an end, during which something happens to the incident; what the database says to it.
async fn interrupted<H: Future<Output = ()> + Send>(
    world: &World,
    incident: IncidentId,
    happens: impl Fn() -> H + Send + Sync,
) -> StoreError {
    let happens = &happens;
    let body = stream::unfold(0, |piece| async move {
        if piece == BEFORE {
            happens().await;
        }
        assert!(piece < LAST, "nobody stops reading");
        let mut text = String::from(if piece == 0 { "ref\n" } else { "" });
        for i in 0..CHUNK {
            writeln!(text, "P-{}", piece * CHUNK + i).unwrap();
        }
        Some((Ok::<_, Infallible>(Bytes::from(text)), piece + 1))
    });
    let stopped = people(&world.store).import(incident, Format::Csv, body, operator()).await;
    let Err(error) = &stopped else { panic!("{stopped:?}") };
    assert!(!error.to_string().contains("send the file again"), "it would be refused again: {error}");
    let Err(ImportError::Interrupted { outcome, why }) = stopped else { panic!("{stopped:?}") };
    let stored = u64::try_from(world.store.incident(incident).await.unwrap().people).unwrap();
    assert_eq!(outcome.accepted, stored, "what the answer says is what is stored");
    assert!(stored <= BEFORE * CHUNK, "{stored} were stored, some of them when the incident had ended");
    assert_eq!(outcome.through_line, if stored == 0 { 0 } else { stored + 1 }, "up to that line, the header counted");
    match why {
        Interruption::Store(error) => error,
        Interruption::Upload => panic!("the upload did not break off"),
    }
}

on_both!(nothing_is_stored_once_the_incident_is_closed, |world| {
    let incident = world.incident().await.id;
    world.to_state(incident, Draft, Open).await;
    let close = || async {
        world.to_state(incident, Open, Closed).await;
    };
    let refused = interrupted(&world, incident, close).await;
    let expected = "the incident is closed; people can be imported while it is draft or open";
    assert_eq!(refused, StoreError::Conflict(String::from(expected)), "as whoever begins now is told");
});

on_both!(nothing_is_stored_once_the_key_is_destroyed, |world| {
    let incident = world.incident().await.id;
    let destroy = || async {
        world.to_state(incident, Draft, Discarded).await;
        let entry = world.audit(incident, "incident.erased");
        world.store.destroy_incident_key(incident, world.now(), entry).await.unwrap();
    };
    let refused = interrupted(&world, incident, destroy).await;
    // A chunk may be on its way between the two.
    let said = |word: &str| matches!(&refused, StoreError::Conflict(text) if text.contains(word));
    assert!(said("destroyed") || said("discarded"), "{refused:?}");
});
