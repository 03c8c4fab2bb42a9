//! Payloads of Alertmanager 0.25 as they came, with labels of our own.

use candour::domain::incident::IncidentState;
use candour::intake::{IntakeError, Source};
use candour::store::IncidentStore;
use serde_json::{Value, json};

use crate::support::stores::{World, on_both};

fn payload(status: &str, starts_at: &str) -> Value {
    let labels = json!({ "alertname": "CustomerTableExported", "severity": "critical", "instance": "db-7:9100" });
    let ends_at = if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-11-20T23:59:59Z" };
    json!({
        "receiver": "candour", "status": status,
        "alerts": [{
            "status": status, "labels": labels, "annotations": { "summary": "A bulk export left the network" },
            "startsAt": starts_at, "endsAt": ends_at, "generatorURL": "", "fingerprint": "6d2f0a1c6a5b3e9f",
        }],
        "groupLabels": { "alertname": "CustomerTableExported" }, "commonLabels": labels,
        "commonAnnotations": { "summary": "A bulk export left the network" },
        "externalURL": "http://alerts:9093", "version": "4",
        "groupKey": "{}:{alertname=\"CustomerTableExported\"}", "truncatedAlerts": 0,
    })
}

async fn fire(world: &World, payload: &Value) -> candour::intake::Taken {
    world.intake().take(Source::Alertmanager, payload.to_string().as_bytes()).await.unwrap()
}

on_both!(one_group_opens_one_draft_however_often_it_fires, |world| {
    let firing = payload("firing", "2026-11-20T22:10:00.123+08:00");
    let first = fire(&world, &firing).await;
    assert!(first.opened);
    assert_eq!(first.incident.state, IncidentState::Draft);
    assert_eq!(first.incident.facts.title, "CustomerTableExported: A bulk export left the network");
    let noticed = first.incident.facts.timeline.noticed.as_ref().unwrap();
    assert_eq!(noticed.as_str(), "2026-11-20T22:10:00.123+08:00", "the offset is kept");

    // Two senders at once, and an end.
    let (a, b) = (world.intake(), world.intake());
    let body = firing.to_string();
    let (a, b) =
        tokio::join!(a.take(Source::Alertmanager, body.as_bytes()), b.take(Source::Alertmanager, body.as_bytes()));
    for taken in [a.unwrap(), b.unwrap(), fire(&world, &payload("resolved", "2026-11-20T22:10:00.123+08:00")).await] {
        assert_eq!((taken.incident.id, taken.opened), (first.incident.id, false));
        assert_eq!(taken.incident.state, IncidentState::Draft, "an alert that ends closes nothing");
    }
    assert_eq!(world.store.incidents(None, 10).await.unwrap().items.len(), 1);
});

on_both!(two_senders_at_once_open_one_draft, |world| {
    let body = payload("firing", "2026-11-20T22:10:00Z").to_string();
    let taken = futures_util::future::join_all((0..8).map(|_| {
        let (intake, body) = (world.intake(), body.clone());
        async move { intake.take(Source::Alertmanager, body.as_bytes()).await.unwrap() }
    }))
    .await;
    assert_eq!(taken.iter().filter(|taken| taken.opened).count(), 1);
    assert_eq!(world.store.incidents(None, 10).await.unwrap().items.len(), 1);
});

on_both!(an_alert_that_fires_anew_after_the_end_opens_another_draft, |world| {
    let first = fire(&world, &payload("firing", "2026-11-20T22:10:00Z")).await.incident.id;
    world.to_state(first, IncidentState::Draft, IncidentState::Discarded).await;
    let still = fire(&world, &payload("firing", "2026-11-20T22:10:00Z")).await;
    assert_eq!((still.incident.id, still.opened), (first, false), "it was looked at already");
    let anew = payload("firing", "2100-01-01T00:00:00Z");
    let second = fire(&world, &anew).await;
    assert!(second.opened && second.incident.id != first);
    let repeated = fire(&world, &anew).await;
    assert_eq!((repeated.incident.id, repeated.opened), (second.incident.id, false));
});

on_both!(what_is_no_payload_opens_nothing, |world| {
    let refused = world.intake().take(Source::Alertmanager, b"{\"version\":\"3\"}").await;
    assert!(matches!(refused, Err(IntakeError::Payload { .. })), "{refused:?}");
    assert!(world.store.incidents(None, 10).await.unwrap().items.is_empty());
});
