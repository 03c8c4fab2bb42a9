//! A client that goes away in the middle: whole chunks stay, nothing else, and the same file goes on.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use candour::people::Format;
use candour::store::{AuditStore, ImportCounts, IncidentStore, PeopleStore};
use futures_util::stream::{self, StreamExt};
use tokio::sync::Notify;

use crate::support::features::people;
use crate::support::stores::{on_both, operator};

const CHUNK: i64 = 100;

fn lines(chunks: std::ops::Range<i64>) -> impl Iterator<Item = Result<Bytes, Infallible>> {
    chunks.map(|chunk| {
        let mut text = String::from(if chunk == 0 { "ref\n" } else { "" });
        for i in 0..CHUNK {
            writeln!(text, "P-{}", chunk * CHUNK + i).unwrap();
        }
        Ok(Bytes::from(text))
    })
}

on_both!(whole_chunks_stay_and_the_same_file_goes_on, |world| {
    let incident = world.incident().await.id;
    let people = people(&world.store);
    let (reached, silent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let tail = stream::once({
        let (reached, silent) = (Arc::clone(&reached), Arc::clone(&silent));
        async move {
            reached.notify_one();
            silent.notified().await;
            Ok(Bytes::new())
        }
    });
    let body = stream::iter(lines(0..10)).chain(tail);
    let import = people.import(incident, Format::Csv, body, operator());
    tokio::select! {
        _ = import => panic!("the client has not said anything yet"),
        () = reached.notified() => {}
    }

    // The import is dropped. What was handed on is stored by a task of its own, one entry a chunk.
    let all_stored = async {
        while world.store.audit(Some(incident), 0, 20).await.unwrap().len() < 11 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all_stored).await.expect("what was handed on is stored");
    assert_eq!(world.store.incident(incident).await.unwrap().people, 10 * CHUNK);
    assert!(world.store.person_by_ref(incident, "P-999").await.is_ok());

    let outcome = people.import(incident, Format::Csv, stream::iter(lines(0..12)), operator()).await.unwrap();
    assert_eq!(outcome.counts, ImportCounts { added: 2 * CHUNK, updated: 0, unchanged: 10 * CHUNK });
});
