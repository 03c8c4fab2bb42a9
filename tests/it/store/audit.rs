//! `AuditStore`, and that the chain shows what was tampered with.

use candour::domain::audit::{AuditEntry, BrokenChain, GENESIS, verify};
use candour::domain::id::IncidentId;
use candour::store::{AuditStore, IncidentStore};

use crate::support::stores::{World, on_both};

async fn check(world: &World, incident: IncidentId) -> Result<(i64, String), BrokenChain> {
    let entries = world.store.audit(Some(incident), 0, 100).await.unwrap();
    verify(Some(incident), (0, GENESIS.to_owned()), &entries)
}

async fn amended(world: &World, times: i64) -> IncidentId {
    let incident = world.incident().await;
    for version in 1..=times {
        world.store.amend_incident(&incident, version, world.audit(incident.id, "incident.amended")).await.unwrap();
    }
    incident.id
}

on_both!(a_chain_holds_what_was_given_and_verifies_in_parts, |world| {
    let incident = amended(&world, 4).await;
    let other = amended(&world, 1).await;
    let (last, hash) = check(&world, incident).await.unwrap();
    assert_eq!((last, hash.len()), (5, 64));
    assert_eq!(check(&world, other).await.unwrap().0, 2, "chains are apart");
    let head = world.store.audit(Some(incident), 0, 2).await.unwrap();
    assert_eq!(head.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
    let tail = world.store.audit(Some(incident), 2, 10).await.unwrap();
    let middle = verify(Some(incident), (0, GENESIS.to_owned()), &head).unwrap();
    assert_eq!(verify(Some(incident), middle, &tail), Ok((5, hash)));
    let AuditEntry { actor, detail, .. } = world.audit(incident, "x.y");
    assert_eq!((&head[0].actor, head[0].detail.as_str()), (&actor, detail.to_string().as_str()));
});

on_both!(a_changed_entry_is_found, |world| {
    let incident = amended(&world, 4).await;
    assert_eq!(world.execute("UPDATE audit SET detail = '{}' WHERE seq = 3").await, 1);
    assert_eq!(check(&world, incident).await, Err(BrokenChain { seq: 3, reason: "its content was changed" }));
});

on_both!(a_removed_entry_is_found, |world| {
    let incident = amended(&world, 4).await;
    assert_eq!(world.execute("DELETE FROM audit WHERE seq = 2").await, 1);
    assert_eq!(check(&world, incident).await, Err(BrokenChain { seq: 2, reason: "it is missing" }));
});

on_both!(a_renumbered_chain_is_found, |world| {
    let incident = amended(&world, 4).await;
    world.execute("DELETE FROM audit WHERE seq = 2").await;
    world.execute("UPDATE audit SET seq = 2 WHERE seq = 3").await;
    let reason = "it does not follow the entry before it";
    assert_eq!(check(&world, incident).await, Err(BrokenChain { seq: 2, reason }));
});

on_both!(entries_written_at_once_make_one_chain, |world| {
    let incident = world.incident().await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (world, incident) = (world.clone(), incident.clone());
            tokio::spawn(async move {
                let mut version = 1;
                loop {
                    let audit = world.audit(incident.id, "incident.amended");
                    if world.store.amend_incident(&incident, version, audit).await.is_ok() {
                        break;
                    }
                    version = world.store.incident(incident.id).await.unwrap().version;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(check(&world, incident.id).await.unwrap().0, 9);
});
