//! Behaviour of the use cases over a store in memory.

mod document;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Answers, Reports, ReportsError};
use crate::domain::actor::ActorRef;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::facts::Moment;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incident::IncidentState;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::report::{Report, ReportKind};
use crate::domain::vocabulary::{DataCategory, Finding, Trait};
use crate::law::Rules;
use store::Memory;

/// A clock that stands still.
struct At(Millis);

impl Clock for At {
    fn now(&self) -> Millis {
        self.0
    }
}

/// Bytes that count up over all tests, so that no two draws are equal, and that are never all zero.
struct Counting;

static DRAWS: AtomicU64 = AtomicU64::new(1);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(1);
        buffer[..8].copy_from_slice(&DRAWS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    }
}

fn instant(text: &str) -> Millis {
    Moment::parse(text).unwrap().millis()
}

fn jurisdiction(text: &str) -> JurisdictionId {
    JurisdictionId::parse(text).unwrap()
}

fn reports(memory: &Arc<Memory>, now: &str) -> Reports {
    Reports {
        incidents: memory.clone(),
        campaigns: memory.clone(),
        store: memory.clone(),
        clock: Arc::new(At(instant(now))),
        entropy: Arc::new(Counting),
        rules: Arc::new(Rules::embedded().unwrap()),
    }
}

fn ids(reports: &[Report]) -> Vec<&str> {
    reports.iter().map(|report| report.obligation.as_str()).collect()
}

const NOW: &str = "2026-11-21T12:00:00Z";

async fn draft(memory: &Arc<Memory>, of: Option<&str>, kind: ReportKind) -> Result<Vec<Report>, ReportsError> {
    let of = of.map(jurisdiction);
    reports(memory, NOW).draft(memory.incident_id(), of.as_ref(), kind, &ActorRef::operator()).await
}

#[tokio::test]
async fn every_authority_gets_a_draft_and_every_draft_an_audit_entry() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, None, ReportKind::Initial).await.unwrap();
    let expected = [
        "cn/report-incident",
        "eu-gdpr/notify-authority",
        "cn/notify-authority",
        "hk/notify-commissioner",
        "us-ca/notify-attorney-general",
    ];
    assert_eq!(ids(&drafted), expected);
    let audit = memory.audit();
    assert_eq!(audit.len(), 5);
    assert!(audit.iter().all(|entry| entry.action == "report.drafted" && entry.incident == Some(memory.incident_id())));
    let tokens: std::collections::BTreeSet<_> = drafted.iter().map(|report| report.token.clone()).collect();
    assert_eq!(tokens.len(), 5);
    assert!(tokens.iter().all(|token| token.len() == 43));
}

#[tokio::test]
async fn the_final_report_of_cn_goes_with_its_own_form() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("cn"), ReportKind::Final).await.unwrap();
    assert_eq!(ids(&drafted), ["cn/notify-authority", "cn/report-handling"]);
    assert_eq!(drafted[1].document.title, "网络安全事件处置总结报告");
}

#[tokio::test]
async fn a_jurisdiction_is_refused_when_it_has_no_rules_or_no_report_to_get() {
    let memory = Memory::with_sample();
    let unknown = draft(&memory, Some("atlantis"), ReportKind::Initial).await.unwrap_err();
    assert!(matches!(unknown, ReportsError::Invalid { ref field, .. } if field == "jurisdiction"), "{unknown}");
    memory.change(|incident| incident.facts.scope.affected.retain(|a| a.jurisdiction.as_str() != "us-ca"));
    let nothing = draft(&memory, Some("us-ca"), ReportKind::Initial).await.unwrap_err();
    assert!(matches!(nothing, ReportsError::Conflict(_)), "{nothing}");
    assert!(memory.audit().is_empty());
}

#[tokio::test]
async fn only_an_open_incident_has_reports_drafted() {
    for state in [IncidentState::Draft, IncidentState::Closed, IncidentState::Discarded] {
        let memory = Memory::with_sample();
        memory.change(|incident| incident.state = state);
        let refused = draft(&memory, None, ReportKind::Initial).await.unwrap_err();
        assert!(matches!(refused, ReportsError::Conflict(_)), "{refused}");
    }
    let memory = Memory::with_sample();
    let none = IncidentId::new(Millis(1), [9; 10]);
    let refused = reports(&memory, NOW).draft(none, None, ReportKind::Initial, &ActorRef::operator()).await;
    assert_eq!(refused, Err(ReportsError::NotFound("incident")));
}

#[tokio::test]
async fn answers_fill_fields_last_over_drafts_and_are_checked() {
    let memory = Memory::with_sample();
    let reports = reports(&memory, NOW);
    let eu = jurisdiction("eu-gdpr");
    let with = |key: &str, value: &str| Answers::from([(key.to_owned(), value.to_owned())]);
    let actor = ActorRef::operator();
    let wrong = with("shoe_size", "42");
    let refused = reports.draft_with(memory.incident_id(), Some(&eu), ReportKind::Initial, &wrong, &actor).await;
    assert!(matches!(refused, Err(ReportsError::Invalid { ref field, .. }) if field == "answers.shoe_size"));
    let nature = |report: &Report| {
        let fields = report.document.sections.iter().flat_map(|section| &section.fields);
        fields.into_iter().find(|field| field.key == "nature").unwrap().value.clone()
    };
    let given = with("nature", "A server was open.");
    let first = reports.draft_with(memory.incident_id(), Some(&eu), ReportKind::Initial, &given, &actor).await.unwrap();
    assert_eq!(nature(&first[0]), Some(vec![String::from("A server was open.")]));
    let second = reports.draft(memory.incident_id(), Some(&eu), ReportKind::Supplementary, &actor).await.unwrap();
    assert_eq!(nature(&second[0]), nature(&first[0]));
    assert_ne!(second[0].id, first[0].id);
    let back = with("nature", "");
    let third = reports.draft_with(memory.incident_id(), Some(&eu), ReportKind::Initial, &back, &actor).await.unwrap();
    assert_eq!(nature(&third[0]), None);
}

#[tokio::test]
async fn a_report_is_found_by_its_token_and_by_no_other() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("hk"), ReportKind::Initial).await.unwrap();
    let reports = reports(&memory, NOW);
    assert_eq!(reports.by_token(&drafted[0].token).await.unwrap(), drafted[0]);
    assert_eq!(reports.get(drafted[0].id).await.unwrap(), drafted[0]);
    assert_eq!(reports.list(memory.incident_id()).await.unwrap(), drafted);
    for token in ["", "x", "' or 1=1 --", &"A".repeat(43), &"A".repeat(44)] {
        assert_eq!(reports.by_token(token).await, Err(ReportsError::NotFound("report")), "{token}");
    }
}

async fn submit(
    memory: &Arc<Memory>,
    id: ReportId,
    at: &str,
    reference: &str,
    reason: Option<&str>,
) -> Result<Report, ReportsError> {
    let later = reports(memory, "2026-12-24T00:00:00Z");
    later.submitted(id, reference, instant(at), reason, &ActorRef::operator()).await
}

#[tokio::test]
async fn a_submission_in_time_needs_no_reason_and_meets_the_obligation() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("eu-gdpr"), ReportKind::Initial).await.unwrap();
    // The sample is aware at 10:30 in Berlin on the 20th, so 11:00 of the 23rd is the last second.
    let sent = submit(&memory, drafted[0].id, "2026-11-23T11:00:00+01:00", " LfDI-77 ", None).await.unwrap();
    assert_eq!(sent.submission_reference.as_deref(), Some("LfDI-77"));
    assert_eq!(sent.submitted_at, Some(instant("2026-11-23T11:00:00+01:00")));
    assert_eq!(sent.submitted_by, Some(ActorRef::operator()));
    let entry = memory.audit().pop().unwrap();
    assert_eq!(entry.action, "report.submitted");
    assert_eq!(entry.detail["late"], serde_json::json!(false));
    assert!(!entry.detail.to_string().contains("LfDI"));
    let again = submit(&memory, drafted[0].id, "2026-11-23T11:00:00+01:00", "LfDI-78", None).await.unwrap_err();
    assert!(matches!(again, ReportsError::Conflict(_)), "{again}");
    // What follows later is not late: the obligation was met in time.
    let final_one = draft(&memory, Some("eu-gdpr"), ReportKind::Final).await.unwrap();
    submit(&memory, final_one[0].id, "2026-12-20T00:00:00Z", "LfDI-77", None).await.unwrap();
}

#[tokio::test]
async fn a_late_submission_asks_for_its_reason() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("eu-gdpr"), ReportKind::Initial).await.unwrap();
    let id = drafted[0].id;
    for reason in [None, Some("  ")] {
        let refused = submit(&memory, id, "2026-11-23T11:00:01+01:00", "77", reason).await.unwrap_err();
        let ReportsError::Invalid { field, reason } = refused else { panic!("{refused}") };
        assert_eq!(field, "late_reason");
        assert!(reason.contains("2026-11-23T11:00:00+01:00"), "{reason}");
    }
    let sent = submit(&memory, id, "2026-11-23T11:00:01+01:00", "77", Some("Forensics first.")).await.unwrap();
    assert_eq!(sent.late_reason.as_deref(), Some("Forensics first."));
    let entry = memory.audit().pop().unwrap();
    assert_eq!(entry.detail["late"], serde_json::json!(true));
    assert!(!entry.detail.to_string().contains("Forensics"));
}

#[tokio::test]
async fn lateness_goes_by_the_facts_of_today() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("us-ca"), ReportKind::Initial).await.unwrap();
    assert_eq!(drafted[0].document.deadline, None);
    let told = Moment::parse("2026-11-25T10:00:00-08:00").unwrap();
    memory.change(|incident| incident.facts.timeline.individuals_notified = Some(told.clone()));
    let refused = submit(&memory, drafted[0].id, "2026-12-11T00:00:00-08:00", "AG-1", None).await.unwrap_err();
    assert!(matches!(refused, ReportsError::Invalid { ref field, .. } if field == "late_reason"), "{refused}");
    submit(&memory, drafted[0].id, "2026-12-10T23:59:59-08:00", "AG-1", None).await.unwrap();
}

#[tokio::test]
async fn a_supplement_that_alone_is_asked_for_meets_its_duty_and_the_next_is_not_late() {
    let memory = Memory::with_sample();
    memory.change(|incident| {
        incident.facts.organisation.traits = vec![Trait::CriticalInfrastructure];
        incident.facts.scope.affected[0].jurisdiction = jurisdiction("ch");
    });
    let duty = "ch/complete-report-of-cyberattack";
    let completion = async || {
        let drafted = draft(&memory, Some("ch"), ReportKind::Supplementary).await.unwrap();
        drafted.into_iter().find(|report| report.obligation == duty).unwrap()
    };
    // Known on the 20th, so the last day is 4 December.
    let first = completion().await;
    submit(&memory, first.id, "2026-11-25T10:00:00+01:00", "B-1", None).await.unwrap();
    let second = completion().await;
    submit(&memory, second.id, "2026-12-20T10:00:00+01:00", "B-1", None).await.unwrap();
}

#[tokio::test]
async fn a_supplement_is_late_by_the_report_that_it_completes() {
    let memory = Memory::with_sample();
    memory.change(|incident| {
        incident.facts.scope.affected[0].jurisdiction = jurisdiction("br");
        incident.facts.scope.data.push(DataCategory::Health);
        incident.facts.impact.findings = vec![Finding::RightsSignificantlyAffected];
        // It was another authority that was told so early.
        incident.facts.timeline.authority_notified = Some(Moment::parse("2026-11-01T10:00:00Z").unwrap());
    });
    let of = async |kind, duty: &str| {
        let drafted = draft(&memory, Some("br"), kind).await.unwrap();
        drafted.into_iter().find(|report| report.obligation == duty).unwrap()
    };
    let first = of(ReportKind::Initial, "br/notify-authority").await;
    submit(&memory, first.id, "2026-11-23T10:00:00-03:00", "ANPD-1", None).await.unwrap();
    let completion = of(ReportKind::Supplementary, "br/complete-communication").await;
    submit(&memory, completion.id, "2026-12-21T23:59:59-03:00", "ANPD-1", None).await.unwrap();

    let declaration = of(ReportKind::Supplementary, "br/declare-notice").await;
    let refused = submit(&memory, declaration.id, "2026-12-21T23:59:59-03:00", "ANPD-1", None).await.unwrap_err();
    assert!(matches!(refused, ReportsError::Invalid { ref field, .. } if field == "late_reason"), "{refused}");
}

#[tokio::test]
async fn a_reference_and_a_time_that_has_come_are_needed() {
    let memory = Memory::with_sample();
    let drafted = draft(&memory, Some("hk"), ReportKind::Initial).await.unwrap();
    let long = "x".repeat(201);
    for reference in ["", "   ", long.as_str()] {
        let refused = submit(&memory, drafted[0].id, "2026-11-22T00:00:00Z", reference, None).await.unwrap_err();
        assert!(matches!(refused, ReportsError::Invalid { ref field, .. } if field == "reference"), "{refused}");
    }
    let refused = submit(&memory, drafted[0].id, "2026-12-24T00:00:01Z", "PCPD-1", None).await.unwrap_err();
    assert!(matches!(refused, ReportsError::Invalid { ref field, .. } if field == "at"), "{refused}");
    submit(&memory, drafted[0].id, "2026-12-24T00:00:00Z", "PCPD-1", None).await.unwrap();
}
