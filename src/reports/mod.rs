//! Reports to authorities: a draft per obligation, what it still misses, and the record that it was submitted.
//!
//! Owns the way from facts and obligations to [`ReportDocument`], and the two changes of a report's life. Guarantees
//! that a draft is kept as it was when made (a new draft is a new report), that a late submission has its reason, and
//! that no audit entry holds free text. Never renders a page and never sends anything to an authority.
//!
//! [`ReportDocument`]: crate::domain::report::ReportDocument

mod collect;
mod error;
#[cfg(test)]
mod tests;
mod values;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

pub use collect::{Answers, Figures, Material, collect};
pub use error::ReportsError;

use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::facts::IncidentFacts;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incident::{Incident, IncidentState};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::Obligation;
use crate::domain::report::{Report, ReportDocument, ReportKind, Submission};
use crate::domain::text::is_stray;
use crate::law::{Form, ReportOf, RuleSet, Rules, Source};
use crate::store::{CampaignStore, IncidentStore, ReportStore, Store};
use error::invalid;

/// An authority's reference has at most so many characters.
const REFERENCE_LIMIT: usize = 200;

/// A reason for lateness has at most so many characters.
const REASON_LIMIT: usize = 4000;

/// What is wrong with a text that cannot be read, or not even be stored.
const HOLDS_CONTROL: &str = "it holds a control character other than a line break; leave that out";

/// The use cases of reports.
#[derive(Clone)]
pub struct Reports {
    incidents: Arc<dyn IncidentStore>,
    campaigns: Arc<dyn CampaignStore>,
    store: Arc<dyn ReportStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    rules: Arc<Rules>,
}

/// A report to be written.
struct Wanted<'a> {
    obligation: &'a Obligation,
    set: &'a RuleSet,
    report: &'a ReportOf,
    form: &'a Form,
}

impl Reports {
    /// Over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, rules: Arc<Rules>) -> Self {
        Self { incidents: store.clone(), campaigns: store.clone(), store, clock, entropy, rules }
    }

    /// Drafts one report per obligation to an authority: of one jurisdiction, or of all when none is given. What an
    /// earlier draft for the same obligation was told in words is taken over.
    ///
    /// # Errors
    /// `NotFound` without the incident; `Conflict` when it is not open, or when a jurisdiction is given whose
    /// authorities are to get no such document; `Invalid` for a jurisdiction without rules; `Store`.
    pub async fn draft(
        &self,
        incident: IncidentId,
        jurisdiction: Option<&JurisdictionId>,
        kind: ReportKind,
        actor: &ActorRef,
    ) -> Result<Vec<Report>, ReportsError> {
        self.draft_with(incident, jurisdiction, kind, &Answers::new(), actor).await
    }

    /// The same, with words for fields that the incident's body has no place for; an empty answer takes one back.
    ///
    /// # Errors
    /// As [`Reports::draft`], and `Invalid` for an answer that no form of the drafts asks for.
    pub async fn draft_with(
        &self,
        incident: IncidentId,
        jurisdiction: Option<&JurisdictionId>,
        kind: ReportKind,
        answers: &Answers,
        actor: &ActorRef,
    ) -> Result<Vec<Report>, ReportsError> {
        if let Some(id) = jurisdiction.filter(|id| self.rules.jurisdiction(id).is_none()) {
            let known: Vec<&str> = self.rules.known().map(JurisdictionId::as_str).collect();
            return Err(invalid(
                "jurisdiction",
                format!("there are no rules for {id}; there are for {}", known.join(", ")),
            ));
        }
        let now = self.clock.now();
        let stored = self.open_incident(incident).await?;
        let earlier = self.store.reports(incident).await?;
        let obligations = self.rules.obligations(&stored.facts, &self.met_by(&earlier), now);
        let wanted = self.wanted(&obligations, jurisdiction, kind);
        if let Some(id) = jurisdiction.filter(|_| wanted.is_empty()) {
            let kind = kind.as_str();
            return Err(ReportsError::Conflict(format!(
                "no authority of {id} is to get a report of kind {kind} on these facts; see the incident's obligations"
            )));
        }
        check_answers(answers, &wanted)?;
        let figures = Figures::of(&self.campaigns.campaigns(incident).await?);
        let body = body_of(&stored.facts);
        let mut drafted = Vec::with_capacity(wanted.len());
        for want in wanted {
            let answers = with_earlier(answers, &want, &earlier);
            let document = collect(&Material {
                facts: &stored.facts,
                body: &body,
                obligation: want.obligation,
                rules: &self.rules,
                set: want.set,
                report: want.report,
                form: want.form,
                kind,
                figures,
                answers: &answers,
                now,
            });
            let report = self.report(incident, want.obligation, kind, document, now);
            self.store.create_report(&report, drafted_entry(&report, actor)).await?;
            drafted.push(report);
        }
        Ok(drafted)
    }

    /// Reads one.
    ///
    /// # Errors
    /// `NotFound`; `Store`.
    pub async fn get(&self, id: ReportId) -> Result<Report, ReportsError> {
        Ok(self.store.report(id).await?)
    }

    /// Reads one by the unguessable part of its address.
    ///
    /// # Errors
    /// `NotFound`, also for what cannot be a token; `Store`.
    pub async fn by_token(&self, token: &str) -> Result<Report, ReportsError> {
        match URL_SAFE_NO_PAD.decode(token) {
            Ok(bytes) if bytes.len() == 32 => Ok(self.store.report_by_token(token).await?),
            _ => Err(ReportsError::NotFound("report")),
        }
    }

    /// The reports of an incident, oldest first.
    ///
    /// # Errors
    /// `NotFound` without the incident; `Store`.
    pub async fn list(&self, incident: IncidentId) -> Result<Vec<Report>, ReportsError> {
        self.incidents.incident(incident).await?;
        Ok(self.store.reports(incident).await?)
    }

    /// Records that a report was submitted: when, by whom, under which reference of the authority.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it was submitted before; `Invalid` for a reference or reason that is empty, too long or no text, a time
    /// to come, or a submission after the deadline without a reason; `Store`.
    pub async fn submitted(
        &self,
        id: ReportId,
        reference: &str,
        at: Millis,
        late_reason: Option<&str>,
        actor: &ActorRef,
    ) -> Result<Report, ReportsError> {
        let reference = reference.trim();
        if reference.is_empty() || reference.chars().count() > REFERENCE_LIMIT {
            return Err(invalid(
                "reference",
                format!(
                    "give the authority's reference or, without one, how it was submitted, in at most {REFERENCE_LIMIT} characters"
                ),
            ));
        }
        if reference.chars().any(is_stray) {
            return Err(invalid("reference", HOLDS_CONTROL));
        }
        let now = self.clock.now();
        if at > now {
            return Err(invalid("at", "the time of submission is still to come; record it once it is done"));
        }
        let report = self.store.report(id).await?;
        if report.submitted_at.is_some() {
            return Err(ReportsError::Conflict(String::from(
                "the report was submitted before; draft a supplementary one for what is new",
            )));
        }
        let deadline = self.deadline_missed(&report, at).await?;
        let reason = late_reason.map(str::trim).filter(|reason| !reason.is_empty());
        if reason.is_some_and(|reason| reason.chars().count() > REASON_LIMIT) {
            return Err(invalid("late_reason", format!("at most {REASON_LIMIT} characters")));
        }
        if reason.is_some_and(|reason| reason.chars().any(is_stray)) {
            return Err(invalid("late_reason", HOLDS_CONTROL));
        }
        if let (Some(deadline), None) = (&deadline, reason) {
            return Err(invalid("late_reason", format!("the report was due by {deadline}; say why it is late")));
        }
        let entry = AuditEntry {
            incident: Some(report.incident),
            at: now,
            actor: actor.clone(),
            action: String::from("report.submitted"),
            detail: json!({
                "report": report.id,
                "obligation": report.obligation,
                "kind": report.kind.as_str(),
                "submitted_at": at.to_rfc3339(),
                "reference_sha256": hex::encode(Sha256::digest(reference)),
                "late": deadline.is_some(),
            }),
        };
        Ok(self.store.submit_report(id, reference, reason, actor, at, entry).await?)
    }

    async fn open_incident(&self, id: IncidentId) -> Result<Incident, ReportsError> {
        let incident = self.incidents.incident(id).await?;
        if incident.state == IncidentState::Open {
            return Ok(incident);
        }
        let state = incident.state.as_str();
        Err(ReportsError::Conflict(format!("reports are drafted for an open incident; this one is {state}")))
    }

    /// When obligations were met by these reports. What is done by a report is never recorded otherwise.
    fn met_by(&self, reports: &[Report]) -> BTreeMap<String, Millis> {
        let submissions: Vec<Submission> = reports.iter().filter_map(Report::submission).collect();
        self.rules.met_by(&submissions, &[])
    }

    fn wanted<'a>(
        &'a self,
        obligations: &'a [Obligation],
        jurisdiction: Option<&JurisdictionId>,
        kind: ReportKind,
    ) -> Vec<Wanted<'a>> {
        obligations
            .iter()
            .filter(|obligation| jurisdiction.is_none_or(|id| obligation.jurisdiction == *id))
            .filter_map(|obligation| {
                let set = self.rules.jurisdiction(&obligation.jurisdiction)?;
                let (report, form) = set.report_for(&obligation.id)?;
                report.kinds.contains(&kind).then_some(Wanted { obligation, set, report, form })
            })
            .collect()
    }

    fn report(
        &self,
        incident: IncidentId,
        obligation: &Obligation,
        kind: ReportKind,
        document: ReportDocument,
        now: Millis,
    ) -> Report {
        let mut token = [0; 32];
        self.entropy.fill(&mut token);
        Report {
            id: ReportId::new(now, self.entropy.ten()),
            incident,
            jurisdiction: obligation.jurisdiction.clone(),
            obligation: obligation.id.clone(),
            kind,
            document,
            late_reason: None,
            token: URL_SAFE_NO_PAD.encode(token),
            created_at: now,
            submitted_at: None,
            submitted_by: None,
            submission_reference: None,
        }
    }

    /// The deadline that a submission at this time misses. Facts may have changed since the draft, so the rules are asked
    /// again; what an earlier report met in time is not missed by a later one.
    async fn deadline_missed(&self, report: &Report, at: Millis) -> Result<Option<String>, ReportsError> {
        let others = self.store.reports(report.incident).await?;
        let met = self.met_by(&others);
        if met.get(&report.obligation).is_some_and(|met| *met <= at) {
            return Ok(None);
        }
        let facts = self.incidents.incident(report.incident).await?.facts;
        let obligations = self.rules.obligations(&facts, &met, at);
        let deadline = obligations.into_iter().find(|o| o.id == report.obligation).map(|o| o.deadline);
        Ok(deadline.filter(|deadline| deadline.has_passed(at)).and_then(|deadline| deadline.at))
    }
}

/// The facts as the API writes them.
fn body_of(facts: &IncidentFacts) -> serde_json::Value {
    serde_json::to_value(facts).expect("facts are plain data with names for keys, which always become JSON")
}

fn check_answers(answers: &Answers, wanted: &[Wanted<'_>]) -> Result<(), ReportsError> {
    let asked: Vec<&str> = wanted
        .iter()
        .flat_map(|want| want.form.fields())
        .filter(|field| field.from == Source::Answer)
        .map(|field| field.key.as_str())
        .collect();
    match answers.keys().find(|key| !asked.contains(&key.as_str())) {
        Some(key) => Err(invalid(
            format!("answers.{key}"),
            format!("none of these reports asks for it; they ask for {}", asked.join(", ")),
        )),
        None => Ok(()),
    }
}

/// The answers for one report: those of the newest earlier draft for the obligation, and over them those given now.
fn with_earlier(given: &Answers, want: &Wanted<'_>, earlier: &[Report]) -> Answers {
    let mut answers = Answers::new();
    if let Some(last) = earlier.iter().rev().find(|report| report.obligation == want.obligation.id) {
        let asked = |key: &str| want.form.fields().any(|field| field.from == Source::Answer && field.key == key);
        for field in last.document.sections.iter().flat_map(|section| &section.fields) {
            if let Some(value) = field.value.as_ref().filter(|_| asked(&field.key)) {
                answers.insert(field.key.clone(), value.join("\n"));
            }
        }
    }
    answers.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
    answers
}

fn drafted_entry(report: &Report, actor: &ActorRef) -> AuditEntry {
    AuditEntry {
        incident: Some(report.incident),
        at: report.created_at,
        actor: actor.clone(),
        action: String::from("report.drafted"),
        detail: json!({
            "report": report.id,
            "obligation": report.obligation,
            "kind": report.kind.as_str(),
            "rules_version": report.document.rules_version,
            "late": report.document.late,
            "missing": report.document.missing.len(),
        }),
    }
}
