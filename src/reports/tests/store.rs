//! The three small stores that reports need, in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::domain::actor::ActorRef;
use crate::domain::attempt::UnreachableReason;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts, Priority};
use crate::domain::cascade::Routing;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, NoticeId, ReportId};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::report::Report;
use crate::store::{
    Again, AttemptRow, CampaignStore, IncidentStore, JurisdictionCounts, Page, ReportStore, Result, StoreError, Tally,
};

const SAMPLE: &str = r#"{
    "title": "Open server",
    "organisation": {"name": "Example GmbH", "country": "DE"},
    "timeline": {"discovered": "2026-11-20T10:30:00+01:00", "aware": "2026-11-20T10:30:00+01:00"},
    "scope": {"properties": ["confidentiality"], "cause": "external_malicious",
        "data": ["name", "email_address", "password"], "affected": [
            {"jurisdiction": "eu-gdpr", "individuals": 900, "minors": 0, "uncontactable": 0},
            {"jurisdiction": "hk", "individuals": 300, "minors": 0, "uncontactable": 0},
            {"jurisdiction": "us-ca", "individuals": 1200, "minors": 0, "uncontactable": 0},
            {"jurisdiction": "cn", "individuals": 1000000, "minors": 0, "uncontactable": 0}]},
    "impact": {"risk": "risk", "consequences": ["phishing"]},
    "remediation": {"taken": ["The server was closed."]},
    "contact": {"name": "Ada Keller", "role": "dpo", "email": "dpo@example.org"}}"#;

#[derive(Default)]
struct State {
    incident: Option<Incident>,
    campaigns: Vec<Campaign>,
    reports: Vec<Report>,
    audit: Vec<AuditEntry>,
}

/// One incident with what belongs to it.
pub(super) struct Memory(Mutex<State>);

/// A campaign with counts.
pub(super) fn campaign(counts: Counts, started_at: Option<Millis>) -> Campaign {
    Campaign {
        id: CampaignId::new(Millis(1), [1; 10]),
        incident: IncidentId::new(Millis(1), [1; 10]),
        notice: NoticeId::new(Millis(1), [1; 10]),
        notice_hash: String::new(),
        state: if started_at.is_some() { CampaignState::Running } else { CampaignState::Proposed },
        sealed: counts.total(),
        population_hash: String::new(),
        counts,
        repeated: 0,
        priority: Priority::Normal,
        plan: crate::domain::plan::Plan::default(),
        canary: crate::domain::plan::CanaryStage::Over,
        remedy_codes: false,
        author: ActorRef::operator(),
        approver: None,
        created_at: Millis(1),
        started_at,
        completed_at: None,
    }
}

impl Memory {
    pub(super) fn with_sample() -> Arc<Self> {
        let incident = Incident {
            id: IncidentId::new(Millis(1), [1; 10]),
            state: IncidentState::Open,
            facts: serde_json::from_str(SAMPLE).expect("the sample is sound"),
            version: 1,
            people: 0,
            created_at: Millis(1),
            updated_at: Millis(1),
        };
        Arc::new(Self(Mutex::new(State { incident: Some(incident), ..State::default() })))
    }

    pub(super) fn incident_id(&self) -> IncidentId {
        self.0.lock().unwrap().incident.as_ref().unwrap().id
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Incident)) {
        change(self.0.lock().unwrap().incident.as_mut().unwrap());
    }

    pub(super) fn add_campaign(&self, campaign: Campaign) {
        self.0.lock().unwrap().campaigns.push(campaign);
    }

    pub(super) fn audit(&self) -> Vec<AuditEntry> {
        self.0.lock().unwrap().audit.clone()
    }

    fn find(&self, wanted: impl Fn(&Report) -> bool) -> Result<Report> {
        let state = self.0.lock().unwrap();
        state.reports.iter().find(|report| wanted(report)).cloned().ok_or(StoreError::NotFound("report"))
    }
}

#[async_trait]
impl ReportStore for Memory {
    async fn create_report(&self, report: &Report, audit: AuditEntry) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        state.reports.push(report.clone());
        state.audit.push(audit);
        Ok(())
    }

    async fn report(&self, id: ReportId) -> Result<Report> {
        self.find(|report| report.id == id)
    }

    async fn report_by_token(&self, token: &str) -> Result<Report> {
        self.find(|report| report.token == token)
    }

    async fn reports(&self, incident: IncidentId) -> Result<Vec<Report>> {
        let state = self.0.lock().unwrap();
        Ok(state.reports.iter().filter(|report| report.incident == incident).cloned().collect())
    }

    async fn submit_report(
        &self,
        id: ReportId,
        reference: &str,
        late_reason: Option<&str>,
        actor: &ActorRef,
        at: Millis,
        audit: AuditEntry,
    ) -> Result<Report> {
        let mut state = self.0.lock().unwrap();
        state.audit.push(audit);
        let report = state.reports.iter_mut().find(|report| report.id == id).ok_or(StoreError::NotFound("report"))?;
        report.submitted_at = Some(at);
        report.submitted_by = Some(actor.clone());
        report.submission_reference = Some(reference.to_owned());
        report.late_reason = late_reason.map(str::to_owned);
        Ok(report.clone())
    }
}

#[async_trait]
impl IncidentStore for Memory {
    async fn incident(&self, id: IncidentId) -> Result<Incident> {
        let state = self.0.lock().unwrap();
        state.incident.clone().filter(|incident| incident.id == id).ok_or(StoreError::NotFound("incident"))
    }

    async fn create_incident(&self, _: &Incident, _: AuditEntry) -> Result<()> {
        unreachable!("reports do not file incidents")
    }

    async fn incidents(&self, _: Option<IncidentId>, _: u32) -> Result<Page<Incident>> {
        unreachable!("reports do not list incidents")
    }

    async fn amend_incident(&self, _: &Incident, _: i64, _: AuditEntry) -> Result<Incident> {
        unreachable!("reports do not amend incidents")
    }

    async fn move_incident(
        &self,
        _: IncidentId,
        _: IncidentState,
        _: IncidentState,
        _: AuditEntry,
    ) -> Result<Incident> {
        unreachable!("reports do not move incidents")
    }

    async fn incident_for_alert(&self, _: &str, _: &str, _: &Incident, _: AuditEntry) -> Result<(Incident, bool)> {
        unreachable!("reports take no alerts")
    }
}

#[async_trait]
impl CampaignStore for Memory {
    async fn campaigns(&self, _: IncidentId) -> Result<Vec<Campaign>> {
        Ok(self.0.lock().unwrap().campaigns.clone())
    }

    async fn seal_campaign(&self, _: &Campaign, _: &dyn Routing, _: AuditEntry) -> Result<Campaign> {
        unreachable!("reports seal nothing")
    }

    async fn campaign(&self, _: CampaignId) -> Result<Campaign> {
        unreachable!("reports ask for all campaigns of an incident")
    }

    async fn act_on_campaign(&self, _: CampaignId, _: CampaignAction, _: &ActorRef, _: AuditEntry) -> Result<Campaign> {
        unreachable!("reports do not act on campaigns")
    }

    async fn tell_again(
        &self,
        _: CampaignId,
        _: Again,
        _: &dyn Routing,
        _: &ActorRef,
        _: Millis,
        _: &str,
    ) -> Result<(Campaign, i64)> {
        unreachable!("reports tell nobody")
    }

    async fn take_unknown_as_reached(
        &self,
        _: CampaignId,
        _: &ActorRef,
        _: Millis,
        _: &str,
    ) -> Result<(Campaign, i64)> {
        unreachable!("reports do not act on campaigns")
    }

    async fn jurisdiction_counts(&self, _: CampaignId) -> Result<Vec<JurisdictionCounts>> {
        unreachable!("reports give numbers of all jurisdictions together")
    }

    async fn running_campaigns(&self) -> Result<Vec<Campaign>> {
        unreachable!("reports ask for all campaigns of an incident")
    }

    async fn attempts(&self, _: CampaignId, _: Option<AttemptId>, _: u32) -> Result<Page<AttemptRow>> {
        unreachable!("reports see no attempts")
    }

    async fn tallies(&self, _: CampaignId) -> Result<Vec<Tally>> {
        unreachable!("reports see no attempts")
    }

    async fn unreachable_reasons(&self, _: IncidentId) -> Result<Vec<(UnreachableReason, i64)>> {
        unreachable!("reports give numbers without reasons")
    }
}
