//! Files that do not come to their end: nothing is half done, the answer says how far, the same file goes on.

use std::sync::Arc;

use bytes::Bytes;
use candour::people::{Format, ImportError, ImportOutcome, Interruption};
use candour::store::{ImportCounts, IncidentStore};
use futures_util::stream::{self, StreamExt};

use crate::support::features::people;
use crate::support::stores::{on_both, operator};

type Piece = Result<Bytes, &'static str>;

fn lines(from: usize, until: usize) -> Piece {
    let text: String = (from..until).map(|i| format!("P-{i},p{i}@example.org\n")).collect();
    Ok(Bytes::from(text))
}

fn header() -> Piece {
    Ok(Bytes::from_static(b"ref,email\n"))
}

fn interrupted(result: Result<ImportOutcome, ImportError>) -> (ImportOutcome, Interruption) {
    match result {
        Err(ImportError::Interrupted { outcome, why }) => (*outcome, why),
        other => panic!("it must be interrupted: {other:?}"),
    }
}

on_both!(an_upload_that_breaks_off_keeps_what_arrived_whole, |world| {
    let incident = world.incident().await.id;
    let people = people(&world.store);
    let half_a_line = Ok(Bytes::from_static(b"P-250,p250@exam"));
    let body = stream::iter([header(), lines(0, 250), half_a_line, Err("the connection broke")]);
    let (outcome, why) = interrupted(people.import(incident, Format::Csv, body, operator()).await);
    assert_eq!(why, Interruption::Upload);
    assert_eq!((outcome.accepted, outcome.through_line, outcome.rejects.total), (250, 251, 0));
    assert_eq!(world.store.incident(incident).await.unwrap().people, 250);

    let whole = stream::iter([header(), lines(0, 400)]);
    let outcome = people.import(incident, Format::Csv, whole, operator()).await.unwrap();
    assert_eq!(outcome.counts, ImportCounts { added: 150, updated: 0, unchanged: 250 });
});

on_both!(a_database_that_goes_away_leaves_whole_chunks, |world| {
    let incident = world.incident().await.id;
    let failing = Arc::new(world.another().await);
    let closing = Arc::clone(&failing);
    let gone = stream::once(async move {
        closing.close().await;
        lines(500, 1000)
    });
    let body = stream::iter([header(), lines(0, 500)]).chain(gone);
    let (outcome, why) = interrupted(people(&failing).import(incident, Format::Csv, body, operator()).await);
    assert!(matches!(why, Interruption::Store(_)), "{why:?}");
    let stored = world.store.incident(incident).await.unwrap().people;
    assert!(stored < 1000, "it was interrupted");
    assert_eq!(i64::try_from(outcome.accepted).unwrap(), stored, "what the answer says is what is stored");
    if stored > 0 {
        assert_eq!(outcome.through_line, outcome.accepted + 1, "up to that line, the header counted");
    }

    let whole = stream::iter([header(), lines(0, 1000)]);
    let outcome = people(&world.store).import(incident, Format::Csv, whole, operator()).await.unwrap();
    assert_eq!(outcome.counts, ImportCounts { added: 1000 - stored, updated: 0, unchanged: stored });
});
