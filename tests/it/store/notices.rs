//! `NoticeStore`.

use candour::domain::id::IncidentId;
use candour::domain::notice::Notice;
use candour::store::{AuditStore, NoticeStore, StoreError};
use serde_json::json;

use crate::support::stores::{World, on_both};

fn notice(world: &World, incident: IncidentId, hash: &str) -> Notice {
    let texts = json!({
        "what_happened": "Δεδομένα χάθηκαν", "what_we_do": "…", "what_you_can_do": ["a", "b"], "what_we_offer": "…",
    });
    Notice {
        id: world.id(),
        incident,
        version: 0,
        content: serde_json::from_value(json!({ "default_locale": "el", "texts": { "el": texts } })).unwrap(),
        facts: world.draft().facts,
        hash: hash.to_owned(),
        created_at: world.now(),
    }
}

on_both!(each_change_makes_the_next_version_and_the_same_again_makes_none, |world| {
    let incident = world.incident().await.id;
    assert_eq!(world.store.latest_notice(incident).await, Err(StoreError::NotFound("notice")));
    let first = notice(&world, incident, "h1");
    let audit = || world.audit(incident, "notice.written");
    let stored = world.store.put_notice(&first, audit()).await.unwrap();
    assert_eq!(stored, Notice { version: 1, ..first });
    assert_eq!(world.store.put_notice(&notice(&world, incident, "h1"), audit()).await, Ok(stored.clone()));
    let second = world.store.put_notice(&notice(&world, incident, "h2"), audit()).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(world.store.latest_notice(incident).await, Ok(second));
    assert_eq!(world.store.notice(stored.id).await, Ok(stored), "a version never changes");
    let back = world.store.put_notice(&notice(&world, incident, "h1"), audit()).await.unwrap();
    assert_eq!(back.version, 3, "earlier words become the newest again");
    assert_eq!(world.store.latest_notice(incident).await, Ok(back));
    assert_eq!(world.store.audit(Some(incident), 1, 10).await.unwrap().len(), 3);
});

on_both!(versions_written_at_once_do_not_share_a_number, |world| {
    let incident = world.incident().await.id;
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let world = world.clone();
            tokio::spawn(async move {
                let notice = notice(&world, incident, &format!("h{n}"));
                world.store.put_notice(&notice, world.audit(incident, "notice.written")).await.unwrap().version
            })
        })
        .collect();
    let mut versions = Vec::new();
    for task in tasks {
        versions.push(task.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
});

on_both!(a_notice_needs_its_incident, |world| {
    let notice = notice(&world, world.id(), "h1");
    let refused = world.store.put_notice(&notice, world.audit(notice.incident, "notice.written")).await;
    assert_eq!(refused, Err(StoreError::NotFound("incident")));
});
