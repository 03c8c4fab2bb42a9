//! `IncidentStore`.

use candour::domain::incident::{Incident, IncidentState};
use candour::store::{AuditStore, IncidentStore, StoreError};
use serde_json::json;

use crate::support::stores::on_both;

on_both!(an_incident_reads_back_as_it_was_filed, |world| {
    let mut incident = world.draft();
    incident.facts = serde_json::from_value(json!({
        "title": "Šifrované zálohy 备份 🔓 'quoted' \"twice\"",
        "timeline": { "aware": "2026-11-20T22:10:00+08:00" },
    }))
    .unwrap();
    world.store.create_incident(&incident, world.audit(incident.id, "incident.filed")).await.unwrap();
    assert_eq!(world.store.incident(incident.id).await, Ok(incident.clone()));
    let again = world.store.create_incident(&incident, world.audit(incident.id, "incident.filed")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    assert_eq!(world.store.audit(Some(incident.id), 0, 10).await.unwrap().len(), 1, "a refused change leaves no entry");
});

on_both!(what_is_not_there_is_said_so, |world| {
    assert_eq!(world.store.incident(world.id()).await, Err(StoreError::NotFound("incident")));
    let stranger = world.draft();
    let audit = world.audit(stranger.id, "incident.amended");
    assert_eq!(world.store.amend_incident(&stranger, 1, audit.clone()).await, Err(StoreError::NotFound("incident")));
    let moved = world.store.move_incident(stranger.id, IncidentState::Draft, IncidentState::Open, audit).await;
    assert_eq!(moved, Err(StoreError::NotFound("incident")));
    assert!(world.store.audit(Some(stranger.id), 0, 10).await.unwrap().is_empty());
});

on_both!(a_list_goes_on_after_its_cursor_and_ends, |world| {
    let mut filed = Vec::new();
    for _ in 0..5 {
        filed.push(world.incident().await);
    }
    let first = world.store.incidents(None, 2).await.unwrap();
    assert_eq!((first.items.as_slice(), first.more), (&filed[..2], true));
    let second = world.store.incidents(Some(filed[1].id), 3).await.unwrap();
    assert_eq!((second.items.as_slice(), second.more), (&filed[2..], false));
    assert!(world.store.incidents(Some(filed[4].id), 3).await.unwrap().items.is_empty());
});

on_both!(an_amendment_needs_the_version_it_was_made_from, |world| {
    let incident = world.incident().await;
    let mut amended = incident.clone();
    amended.facts.title = String::from("Backup tape stolen");
    amended.updated_at = world.now();
    let audit = || world.audit(incident.id, "incident.amended");
    let stored = world.store.amend_incident(&amended, 1, audit()).await.unwrap();
    assert_eq!(stored, Incident { version: 2, ..amended.clone() });
    assert_eq!(world.store.incident(incident.id).await, Ok(stored));
    let late = world.store.amend_incident(&amended, 1, audit()).await;
    assert!(matches!(&late, Err(StoreError::Conflict(text)) if text.contains("version 2")), "{late:?}");
    assert_eq!(world.store.audit(Some(incident.id), 0, 10).await.unwrap().len(), 2);
});

on_both!(of_many_amendments_at_once_one_wins, |world| {
    let incident = world.incident().await;
    let tries: Vec<_> = (0..8)
        .map(|n| {
            let (world, mut mine) = (world.clone(), incident.clone());
            mine.facts.title = format!("version of {n}");
            tokio::spawn(async move {
                let audit = world.audit(mine.id, "incident.amended");
                world.store.amend_incident(&mine, 1, audit).await.is_ok()
            })
        })
        .collect();
    let mut won = 0;
    for task in tries {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
});

on_both!(an_incident_moves_only_from_the_state_it_is_in, |world| {
    let incident = world.incident().await;
    let audit = || world.audit(incident.id, "incident.opened");
    let open =
        world.store.move_incident(incident.id, IncidentState::Draft, IncidentState::Open, audit()).await.unwrap();
    assert_eq!((open.state, open.version), (IncidentState::Open, 2));
    let again = world.store.move_incident(incident.id, IncidentState::Draft, IncidentState::Open, audit()).await;
    assert!(matches!(&again, Err(StoreError::Conflict(text)) if text.contains("open")), "{again:?}");
});

on_both!(an_alert_that_comes_many_times_at_once_opens_one_incident, |world| {
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let draft = world.draft();
                let audit = world.audit(draft.id, "incident.filed");
                let (incident, new) = world.store.incident_for_alert("siem", "a-1", &draft, audit).await.unwrap();
                (incident.id, new)
            })
        })
        .collect();
    let mut found = Vec::new();
    for task in tries {
        found.push(task.await.unwrap());
    }
    let (first, _) = found[0];
    assert!(found.iter().all(|(id, _)| *id == first), "{found:?}");
    assert_eq!(found.iter().filter(|(_, new)| *new).count(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM incidents").await, 1);
    assert_eq!(world.number("SELECT times FROM alerts").await, 8);
    let actions: Vec<_> =
        world.store.audit(Some(first), 0, 20).await.unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions.len(), 8);
    assert_eq!(actions.iter().filter(|action| *action == "incident.filed").count(), 1);

    let draft = world.draft();
    let other = world.store.incident_for_alert("siem", "a-2", &draft, world.audit(draft.id, "incident.filed")).await;
    assert_eq!(other, Ok((draft, true)), "another key is another incident");
});
