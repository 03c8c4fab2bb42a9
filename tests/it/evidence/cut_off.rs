//! The end of a chain: what is cut off is missed, whether some of it or all.

use candour::evidence::ChainReport;
use serde_json::json;

use crate::support::features::texts;
use crate::support::stores::{World, on_both};

/// Does something to the chain of an incident, by SQL, and verifies it. Returns how many entries it had before, too.
async fn verified_after(world: &World, sql: &'static str) -> (i64, ChainReport) {
    let incident = world.open_incident().await;
    world.notice(&incident, json!({ "en": texts("Loss") })).await;
    let before = world.evidence().verify(Some(incident.id)).await.unwrap();
    assert!(before.broken.is_none() && before.entries >= 3, "{before:?}");
    assert!(world.execute(sql).await > 0);
    (before.entries, world.evidence().verify(Some(incident.id)).await.unwrap())
}

on_both!(a_last_entry_that_is_taken_out_is_missed, |world| {
    let (last, report) = verified_after(&world, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)").await;
    let broken = report.broken.unwrap();
    assert_eq!((broken.seq, broken.reason, report.entries), (last, "it is missing", last - 1));
});

on_both!(a_chain_that_is_taken_out_whole_is_missed, |world| {
    let (_, report) = verified_after(&world, "DELETE FROM audit").await;
    let broken = report.broken.unwrap();
    assert_eq!((broken.seq, broken.reason, report.entries), (1, "it is missing", 0));
});

on_both!(so_is_one_without_the_note_of_its_end, |world| {
    let (last, report) = verified_after(&world, "DELETE FROM audit_heads").await;
    let broken = report.broken.unwrap();
    assert_eq!((broken.seq, report.entries), (last + 1, last), "{broken}");
    assert!(broken.reason.contains("the note of where the chain ends"), "{broken}");
});

on_both!(a_last_entry_in_place_of_another_is_found, |world| {
    // As if somebody had written the last entry anew, with a hash that fits it.
    let (last, report) = verified_after(&world, "UPDATE audit_heads SET hash = 'of the entry that was there'").await;
    let broken = report.broken.unwrap();
    assert_eq!((broken.seq, report.entries), (last, last - 1), "{broken}");
});
