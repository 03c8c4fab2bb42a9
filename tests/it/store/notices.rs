//! `NoticeStore`.

use candour::domain::id::IncidentId;
use candour::domain::incident::IncidentState;
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
    let stored = world.store.put_notice(&first, None, audit()).await.unwrap();
    assert_eq!(stored, Notice { version: 1, ..first });
    assert_eq!(world.store.put_notice(&notice(&world, incident, "h1"), None, audit()).await, Ok(stored.clone()));
    let second = world.store.put_notice(&notice(&world, incident, "h2"), None, audit()).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(world.store.latest_notice(incident).await, Ok(second));
    assert_eq!(world.store.notice(stored.id).await, Ok(stored), "a version never changes");
    let back = world.store.put_notice(&notice(&world, incident, "h1"), None, audit()).await.unwrap();
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
                world.store.put_notice(&notice, None, world.audit(incident, "notice.written")).await.unwrap().version
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

on_both!(a_version_goes_only_over_the_one_that_was_seen, |world| {
    let incident = world.incident().await.id;
    let put = async |hash: &str, seen: i64| {
        let notice = notice(&world, incident, hash);
        world.store.put_notice(&notice, Some(seen), world.audit(incident, "notice.written")).await
    };
    assert_eq!(put("h1", 0).await.unwrap().version, 1);
    let none_seen = put("h2", 0).await;
    assert!(
        matches!(&none_seen, Err(StoreError::Conflict(text)) if text.contains("version 1 is stored")),
        "{none_seen:?}"
    );
    assert_eq!(put("h2", 1).await.unwrap().version, 2);
    let first_seen = put("h3", 1).await;
    assert!(
        matches!(&first_seen, Err(StoreError::Conflict(text)) if text.contains("version 2 is stored")),
        "{first_seen:?}"
    );
    assert_eq!(world.store.latest_notice(incident).await.unwrap().hash, "h2");
    assert_eq!(world.store.audit(Some(incident), 1, 10).await.unwrap().len(), 2, "what is refused leaves no entry");
});

on_both!(no_version_is_written_for_an_incident_that_has_ended, |world| {
    let incident = world.incident().await.id;
    world.to_state(incident, IncidentState::Draft, IncidentState::Discarded).await;
    let refused =
        world.store.put_notice(&notice(&world, incident, "h1"), Some(0), world.audit(incident, "notice.written")).await;
    assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("discarded")), "{refused:?}");
});

on_both!(a_notice_needs_its_incident, |world| {
    let notice = notice(&world, world.id(), "h1");
    let refused = world.store.put_notice(&notice, None, world.audit(notice.incident, "notice.written")).await;
    assert_eq!(refused, Err(StoreError::NotFound("incident")));
});
