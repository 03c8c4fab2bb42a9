//! `ReportStore`.

use candour::domain::actor::ActorRef;
use candour::domain::id::IncidentId;
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::report::{Report, ReportKind};
use candour::store::{AuditStore, ReportStore, StoreError};
use serde_json::json;

use crate::support::stores::{World, on_both};

fn report(world: &World, incident: IncidentId, token: &str) -> Report {
    let field = json!({ "key": "k", "label": "Étiquette", "value": ["one", "two"], "required": true });
    Report {
        id: world.id(),
        incident,
        jurisdiction: JurisdictionId::parse("eu-gdpr").unwrap(),
        obligation: String::from("eu-gdpr/notify-authority"),
        kind: ReportKind::Initial,
        document: serde_json::from_value(json!({
            "title": "t", "locale": "fr", "authority": "CNIL", "citations": ["Art. 33"], "rules_version": "1",
            "deadline": null, "deadline_text": "72 hours", "late": false,
            "sections": [{ "heading": "h", "fields": [field] }], "missing": [], "prepared_at": "2026-11-20T00:00:00Z",
        }))
        .unwrap(),
        late_reason: Some(String::from("first reason")),
        token: token.to_owned(),
        created_at: world.now(),
        submitted_at: None,
        submitted_by: None,
        submission_reference: None,
    }
}

on_both!(a_report_reads_back_by_identifier_token_and_incident, |world| {
    let (incident, other) = (world.incident().await.id, world.incident().await.id);
    let (one, two) = (report(&world, incident, "t1"), report(&world, incident, "t2"));
    for report in [&one, &two] {
        world.store.create_report(report, world.audit(incident, "report.prepared")).await.unwrap();
    }
    assert_eq!(world.store.report(one.id).await.as_ref(), Ok(&one));
    assert_eq!(world.store.report_by_token("t2").await.as_ref(), Ok(&two));
    assert_eq!(world.store.reports(incident).await, Ok(vec![one.clone(), two]));
    assert_eq!(world.store.reports(other).await, Ok(Vec::new()));
    assert_eq!(world.store.report(world.id()).await, Err(StoreError::NotFound("report")));
    assert_eq!(world.store.report_by_token("T1").await, Err(StoreError::NotFound("report")));
    let same_token = world.store.create_report(&report(&world, incident, "t1"), world.audit(incident, "x.y")).await;
    assert!(matches!(same_token, Err(StoreError::Conflict(_))));
    let stranger = world.store.create_report(&report(&world, world.id(), "t3"), world.audit(incident, "x.y")).await;
    assert!(matches!(stranger, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.audit(Some(incident), 1, 10).await.unwrap().len(), 2);
});

on_both!(a_report_is_submitted_once, |world| {
    let incident = world.incident().await.id;
    let audit = || world.audit(incident, "report.submitted");
    let (kept, replaced) = (report(&world, incident, "t1"), report(&world, incident, "t2"));
    for report in [&kept, &replaced] {
        world.store.create_report(report, audit()).await.unwrap();
    }
    let (at, by) = (world.now(), ActorRef(String::from("key:1:ann")));
    let submitted = world.store.submit_report(kept.id, "REF-1", None, &by, at, audit()).await.unwrap();
    let expected = Report {
        submitted_at: Some(at),
        submitted_by: Some(by.clone()),
        submission_reference: Some(String::from("REF-1")),
        ..kept.clone()
    };
    assert_eq!(submitted, expected);
    let again = world.store.submit_report(kept.id, "REF-2", None, &by, world.now(), audit()).await;
    assert!(matches!(&again, Err(StoreError::Conflict(text)) if text.contains(&at.to_rfc3339())), "{again:?}");
    assert_eq!(world.store.report(kept.id).await, Ok(expected));
    let late = world.store.submit_report(replaced.id, "REF-3", Some("holidays"), &by, at, audit()).await.unwrap();
    assert_eq!(late.late_reason.as_deref(), Some("holidays"));
    let missing = world.store.submit_report(world.id(), "REF-4", None, &by, at, audit()).await;
    assert_eq!(missing, Err(StoreError::NotFound("report")));
});
