//! `/console/incidents/{id}`: where one incident stands.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::ConsoleState;
use super::campaign::{self, CampaignCard};
use super::duties::{self, Duty};
use super::respond::Frame;
use super::words::{local, minute, plain};
use crate::domain::announcement::{Announcement, AnnouncementState};
use crate::domain::facts::{IncidentFacts, Timeline};
use crate::domain::id::IncidentId;
use crate::domain::report::Report;
use crate::domain::waiver::Waiver;
use crate::evidence::ChainReport;
use crate::incidents::forecast::{Basis, DutyForecast, Fix, Verdict};
use crate::incidents::severity::{ADVICE, Knowledge, Step, severity};
use crate::incidents::{IncidentError, Requirement};
use crate::store::StoreError;

#[derive(Serialize)]
struct IncidentPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    id: IncidentId,
    state: &'static str,
    people: i64,
    filed: String,
    amended: String,
    facts: Vec<Fact>,
    duties: Vec<Duty>,
    severity: SeverityCard,
    decisions: Vec<Decision>,
    notice: Option<Vec<NoticeLine>>,
    forecast: Vec<ForecastLine>,
    /// Whether it rests on what is seen of a campaign that runs.
    observed: bool,
    campaigns: Vec<CampaignCard>,
    announcement: Option<AnnouncementCard>,
    reports: Vec<ReportLine>,
    chain: Chain,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    values: Vec<String>,
}

/// When one duty to tell individuals will be met.
#[derive(Serialize)]
struct ForecastLine {
    obligation: String,
    people: i64,
    unreachable: i64,
    verdict: &'static str,
    in_time: bool,
    met: Option<String>,
    deadline: Option<String>,
    start_by: Option<String>,
    fixes: Vec<String>,
}

/// What one law asks of the notice.
#[derive(Serialize)]
struct NoticeLine {
    obligation: String,
    force: &'static str,
    /// Whether it keeps a campaign from being approved.
    stops: bool,
    present: Vec<String>,
    missing: Vec<String>,
    forbidden: Vec<String>,
    to_be_read: Vec<String>,
}

/// ENISA's score, as advice.
#[derive(Serialize)]
struct SeverityCard {
    advice: &'static str,
    class: Option<&'static str>,
    formula: Option<String>,
    steps: Vec<SeverityStep>,
    flags: Vec<String>,
}

#[derive(Serialize)]
struct SeverityStep {
    name: &'static str,
    score: f64,
    because: String,
    assumed: bool,
}

/// A decision not to do what a duty asks for.
#[derive(Serialize)]
struct Decision {
    obligation: String,
    reason: String,
    decided: String,
    rules_version: String,
    reversed: Option<String>,
    reversed_reason: Option<String>,
}

#[derive(Serialize)]
struct AnnouncementCard {
    state: &'static str,
    covers: i64,
    /// Nothing is at its address before it is published.
    href: Option<String>,
    published: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Serialize)]
struct ReportLine {
    title: String,
    authority: String,
    /// The duty it answers; two duties to one authority have the same title.
    obligation: String,
    kind: &'static str,
    href: String,
    /// What the authority insists on and the incident does not say.
    missing: usize,
    made: String,
    submitted: Option<String>,
}

#[derive(Serialize)]
struct Chain {
    entries: i64,
    head: String,
    broken: Option<String>,
}

pub(super) async fn page(State(state): State<ConsoleState>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<IncidentId>() else { return state.not_found() };
    match assemble(&state, id).await {
        Ok(page) => state.show("incident.html", &page),
        Err(error) => state.missing(&error),
    }
}

async fn assemble(state: &ConsoleState, id: IncidentId) -> Result<IncidentPage<'_>, IncidentError> {
    let bundle = state.evidence.bundle(id).await?;
    let obligations = state.incidents.obligations(id).await?;
    let announcement = match state.announcements.read(id).await {
        Ok(announcement) => Some(announcement),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let decisions = state.incidents.waivers(id).await?;
    let notice = match state.incidents.check_notice(id, None).await {
        Ok(requirements) => Some(requirements.into_iter().map(notice_line).collect()),
        Err(IncidentError::NoNotice) => None,
        Err(error) => return Err(error),
    };
    let forecast = state.incidents.forecast(id).await?;
    let incident = bundle.incident;
    Ok(IncidentPage {
        facts: in_short(&incident.facts),
        severity: scored(&incident.facts),
        frame: state.frame(incident.facts.title, "../../console"),
        id,
        state: incident.state.as_str(),
        people: incident.people,
        filed: minute(incident.created_at),
        amended: minute(incident.updated_at),
        duties: duties::all(obligations, state.clock.now()),
        notice,
        observed: forecast.basis == Basis::Observed,
        forecast: forecast.duties.into_iter().map(forecast_line).collect(),
        decisions: decisions.into_iter().map(decision).collect(),
        campaigns: bundle.campaigns.into_iter().map(|one| campaign::card(&one.campaign, one.tallies)).collect(),
        announcement: announcement.map(|one| announced(state, &one)),
        reports: bundle.reports.into_iter().map(|report| report_line(state, report)).collect(),
        chain: chain(bundle.chain),
    })
}

/// What is known, in short: no free text, and not the contact, who may be a person.
fn in_short(facts: &IncidentFacts) -> Vec<Fact> {
    let mut found = Vec::new();
    let mut tell = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            found.push(Fact { name: name.to_owned(), values });
        }
    };
    let organisation = [&facts.organisation.name, &facts.organisation.country];
    let organisation: Vec<&str> = organisation.into_iter().flatten().map(String::as_str).collect();
    tell("Organisation", Some(organisation.join(", ")).filter(|text| !text.is_empty()).into_iter().collect());
    tell("Risk", facts.impact.risk.iter().map(|risk| plain(risk.as_str())).collect());
    tell("Cause", facts.scope.cause.iter().map(|cause| plain(cause.as_str())).collect());
    tell("Lost", facts.scope.properties.iter().map(|property| plain(property.as_str())).collect());
    tell("Data", facts.scope.data.iter().map(|category| plain(category.as_str())).collect());
    let affected = facts.scope.affected.iter().map(|one| match one.individuals {
        Some(individuals) => format!("{}: {individuals}", one.jurisdiction),
        None => format!("{}: number not known", one.jurisdiction),
    });
    tell("Affected", affected.collect());
    tell("Still goes on", facts.scope.ongoing.then(|| String::from("yes")).into_iter().collect());
    for event in Timeline::EVENTS {
        if let Some(moment) = facts.timeline.event(event) {
            let name = plain(event);
            let capital = name.chars().next().map(|first| first.to_ascii_uppercase()).into_iter();
            let name: String = capital.chain(name.chars().skip(1)).collect();
            tell(&name, vec![local(moment.as_str())]);
        }
    }
    found
}

fn forecast_line(duty: DutyForecast) -> ForecastLine {
    let (verdict, in_time) = match duty.verdict {
        Verdict::InTime => ("in time", true),
        Verdict::Late => ("late", false),
        Verdict::Never => ("not at all: nothing moves", false),
        Verdict::NoDeadline => ("no deadline", true),
        Verdict::Nobody => ("nobody can be told through a channel", duty.unreachable == 0),
    };
    ForecastLine {
        verdict,
        in_time,
        people: duty.people,
        unreachable: duty.unreachable,
        met: duty.met_at.map(minute),
        deadline: duty.deadline.map(minute),
        start_by: duty.start_by.map(minute),
        fixes: duty.fixes.iter().map(fix).collect(),
        obligation: duty.obligation,
    }
}

fn fix(fix: &Fix) -> String {
    match fix {
        Fix::MoreRate { channel, needed_per_second, now_per_second } => {
            format!("{needed_per_second} a second through {channel} in place of {now_per_second}")
        }
        Fix::AnotherProvider { channel, per_second } => {
            format!("another provider for {channel} that carries {per_second} a second")
        }
        Fix::SubstituteNotice { people, obligations } => {
            let under = if obligations.is_empty() { String::new() } else { format!(" ({})", obligations.join(", ")) };
            format!("a public notice where the law allows it{under}; people without a channel: {people}")
        }
    }
}

fn notice_line(requirement: Requirement) -> NoticeLine {
    let words = |elements: &[String]| elements.iter().map(|element| plain(element)).collect();
    NoticeLine {
        force: super::words::force(requirement.force),
        stops: requirement.stands_in_the_way(),
        present: words(&requirement.present),
        missing: words(&requirement.missing),
        forbidden: words(&requirement.forbidden),
        to_be_read: words(&requirement.to_be_read),
        obligation: requirement.obligation,
    }
}

fn scored(facts: &IncidentFacts) -> SeverityCard {
    let found = severity(facts, &Knowledge::default());
    let step =
        |step: Step| SeverityStep { name: step.name, score: step.score, because: step.because, assumed: step.assumed };
    let steps = found.context.into_iter().chain([found.identification]).chain(found.circumstances);
    SeverityCard {
        advice: ADVICE,
        class: found.score.map(|(_, class)| class.as_str()),
        formula: found.formula,
        steps: steps.map(step).collect(),
        flags: found.flags,
    }
}

fn decision(waiver: Waiver) -> Decision {
    Decision {
        obligation: waiver.obligation,
        reason: waiver.reason,
        decided: minute(waiver.decided_at),
        rules_version: waiver.rules_version,
        reversed: waiver.reversal.as_ref().map(|reversal| minute(reversal.at)),
        reversed_reason: waiver.reversal.map(|reversal| reversal.reason),
    }
}

fn announced(state: &ConsoleState, announcement: &Announcement) -> AnnouncementCard {
    let public = announcement.state != AnnouncementState::Draft;
    AnnouncementCard {
        state: announcement.state.as_str(),
        covers: announcement.covers,
        href: public.then(|| state.public(&format!("notices/{}", announcement.slug))),
        published: announcement.published_at.map(minute),
        withdrawn: announcement.withdrawn_at.map(minute),
    }
}

fn report_line(state: &ConsoleState, report: Report) -> ReportLine {
    ReportLine {
        href: state.public(&format!("reports/{}", report.token)),
        kind: report.kind.as_str(),
        missing: report.document.missing.iter().filter(|field| field.required).count(),
        title: report.document.title,
        authority: report.document.authority,
        obligation: report.obligation,
        made: minute(report.created_at),
        submitted: report.submitted_at.map(minute),
    }
}

fn chain(report: ChainReport) -> Chain {
    Chain { entries: report.entries, head: report.head, broken: report.broken.map(|broken| broken.to_string()) }
}
