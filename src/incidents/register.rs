//! The register of all incidents: facts, effects, remedial action (GDPR Art. 33(5)) and what was decided about each duty,
//! also for incidents that nobody was told of.
//!
//! How long it has to be kept is for the rules to say: each entry repeats what its duties to keep a record say.

use super::{IncidentError, Incidents};
use crate::domain::clock::Millis;
use crate::domain::facts::{Affected, IncidentFacts, Moment};
use crate::domain::fulfilment::Fulfilment;
use crate::domain::obligation::{Duty, Force, Obligation, ObligationState};
use crate::domain::register::{Register, RegisterEntry, RegisterField};
use crate::domain::report::Report;
use crate::domain::waiver::{Reversal, Waiver};
use crate::store::Docket;

impl Incidents {
    /// The register, as of now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn register(&self) -> Result<Register, IncidentError> {
        let now = self.clock.now();
        let mut entries = Vec::new();
        for docket in self.store.all_dockets().await? {
            let reports = self.store.reports(docket.incident.id).await?;
            let duties = self.standing(&docket, now);
            entries.push(record(&docket, &duties, &reports));
        }
        Ok(Register { prepared_at: now.to_rfc3339(), entries })
    }
}

fn record(docket: &Docket, duties: &[Obligation], reports: &[Report]) -> RegisterEntry {
    let incident = &docket.incident;
    let facts = &incident.facts;
    let field = |key, label, values| RegisterField { key, label, values };
    let one = |text: Option<String>| text.into_iter().collect::<Vec<String>>();
    let when = |moment: &Option<Moment>| one(moment.as_ref().map(|moment| moment.as_str().to_owned()));
    let timeline = &facts.timeline;
    let fields = vec![
        field("incident", "Incident", vec![incident.id.to_string()]),
        field("state", "State", vec![incident.state.as_str().to_owned()]),
        field("filed_at", "Filed", vec![incident.created_at.to_rfc3339()]),
        field("amended_at", "Last amended", vec![incident.updated_at.to_rfc3339()]),
        field("organisation", "Organisation", one(facts.organisation.name.clone())),
        field("country", "Country", one(facts.organisation.country.clone())),
        field("occurred_from", "Occurred from", when(&timeline.occurred_from)),
        field("occurred_until", "Occurred until", when(&timeline.occurred_until)),
        field("discovered", "Discovered", when(&timeline.discovered)),
        field("aware", "Aware", when(&timeline.aware)),
        field("contained", "Contained", when(&timeline.contained)),
        field("cause", "Cause", one(facts.scope.cause.map(|cause| cause.to_string()))),
        field("lost", "What was lost", facts.scope.properties.iter().map(ToString::to_string).collect()),
        field("data", "Data", facts.scope.data.iter().map(ToString::to_string).collect()),
        field("affected", "People affected", facts.scope.affected.iter().map(affected).collect()),
        field("protection", "Protection", protection(facts)),
        field("risk", "Risk", one(facts.impact.risk.map(|risk| risk.to_string()))),
        field(
            "consequences",
            "Likely consequences",
            facts.impact.consequences.iter().map(ToString::to_string).collect(),
        ),
        field("effects", "Effects", one(facts.impact.description.clone())),
        field("measures_taken", "Measures taken", facts.remediation.taken.clone()),
        field("measures_planned", "Measures planned", facts.remediation.planned.clone()),
        field("individuals_notified", "Individuals notified", when(&timeline.individuals_notified)),
        field("duties", "Duties", duties.iter().filter(|duty| duty.duty != Duty::KeepRecord).map(duty).collect()),
        field("decisions", "Decisions not to act", docket.waivers.iter().map(decision).collect()),
        field(
            "fulfilments",
            "Duties recorded as done",
            docket.fulfilments.iter().map(|done| fulfilment(done, duties)).collect(),
        ),
        field("reports", "Reports to authorities", reports.iter().map(report).collect()),
        field(
            "record_keeping",
            "Keeping this record",
            duties.iter().filter(|duty| duty.duty == Duty::KeepRecord).map(keeping).collect(),
        ),
    ];
    RegisterEntry { title: facts.title.clone(), fields }
}

fn affected(group: &Affected) -> String {
    let number = |number: Option<u64>| number.map_or_else(|| String::from("not known"), |number| number.to_string());
    let records = group.records.map(|records| format!(", {records} records")).unwrap_or_default();
    format!("{}: {}{records}", group.jurisdiction, number(group.individuals))
}

fn protection(facts: &IncidentFacts) -> Vec<String> {
    let protection = facts.scope.protection;
    let said = [
        (protection.unintelligible, "unintelligible to whoever got it"),
        (protection.key_compromised, "the key may be compromised too"),
    ];
    said.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect()
}

fn duty(duty: &Obligation) -> String {
    let state = match duty.state {
        ObligationState::Open => "open",
        ObligationState::Met => "met",
        ObligationState::Overdue => "overdue",
        ObligationState::Waived => "waived",
    };
    let by = duty.deadline.at.as_deref().map(|at| format!(", by {at}")).unwrap_or_default();
    format!("{}: {state} ({}{by}; rules {})", duty.id, duty.force.as_str(), duty.rules_version)
}

fn decision(waiver: &Waiver) -> String {
    format!(
        "{}: {} (decided {} by {}, {}, rules {}){}",
        waiver.obligation,
        waiver.reason,
        waiver.decided_at.to_rfc3339(),
        waiver.author,
        waiver.force.as_str(),
        waiver.rules_version,
        reversed(waiver.reversal.as_ref())
    )
}

fn fulfilment(fulfilment: &Fulfilment, duties: &[Obligation]) -> String {
    let deadline = duties.iter().find(|duty| duty.id == fulfilment.obligation).map(|duty| &duty.deadline);
    let missed = deadline.filter(|deadline| deadline.has_passed(fulfilment.done_at));
    let late = missed.and_then(|deadline| deadline.at.as_deref()).map(|at| format!(", late: due by {at}"));
    format!(
        "{}: {} (done {}{}, recorded {} by {}, rules {}){}",
        fulfilment.obligation,
        fulfilment.how,
        fulfilment.done_at.to_rfc3339(),
        late.unwrap_or_default(),
        fulfilment.recorded_at.to_rfc3339(),
        fulfilment.author,
        fulfilment.rules_version,
        reversed(fulfilment.reversal.as_ref())
    )
}

fn reversed(reversal: Option<&Reversal>) -> String {
    reversal
        .map(|reversal| format!(" Reversed {} by {}: {}", reversal.at.to_rfc3339(), reversal.by, reversal.reason))
        .unwrap_or_default()
}

fn report(report: &Report) -> String {
    let submitted = match (report.submitted_at, &report.submission_reference) {
        (Some(at), Some(reference)) => format!("submitted {} ({reference})", Millis::to_rfc3339(at)),
        (Some(at), None) => format!("submitted {}", Millis::to_rfc3339(at)),
        (None, _) => String::from("drafted, not submitted"),
    };
    let late = report.late_reason.as_deref().map(|reason| format!("; late: {reason}")).unwrap_or_default();
    format!("{} to {} ({}): {submitted}{late}", report.kind.as_str(), report.document.authority, report.obligation)
}

fn keeping(duty: &Obligation) -> String {
    let force = if duty.force == Force::Mandatory { "" } else { " (not mandatory)" };
    format!("{}: {}{force}", duty.jurisdiction, duty.deadline.text)
}
