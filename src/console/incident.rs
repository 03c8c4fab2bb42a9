//! `/console/incidents/{id}`: where one incident stands.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::ConsoleState;
use super::campaign::{self, CampaignCard};
use super::duties::{self, Duty};
use super::law::{self, Decision, ForecastLine, Fulfilled, HistoryLine, NoticeLine, SeverityCard};
use super::respond::Frame;
use super::samples::{text, texts};
use super::words::{local, minute, plain};
use crate::domain::announcement::{Announcement, AnnouncementState};
use crate::domain::clock::Millis;
use crate::domain::facts::{IncidentFacts, Timeline};
use crate::domain::id::IncidentId;
use crate::domain::report::Report;
use crate::evidence::ChainReport;
use crate::incidents::IncidentError;
use crate::incidents::forecast::Basis;
use crate::store::StoreError;

/// Moments of the history that the page reads, the last ones; the API has them all.
const HISTORY: u32 = 200;

#[derive(Serialize)]
pub(super) struct IncidentPage<'a> {
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
    fulfilments: Vec<Fulfilled>,
    history: Vec<HistoryLine>,
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
        Ok(requirements) => Some(requirements.into_iter().map(law::notice_line).collect()),
        Err(IncidentError::NoNotice) => None,
        Err(error) => return Err(error),
    };
    let history = state.incidents.latest_duty_history(id, HISTORY).await?;
    let forecast = state.incidents.forecast(id).await?;
    let incident = bundle.incident;
    Ok(IncidentPage {
        facts: in_short(&incident.facts),
        severity: law::scored(&incident.facts),
        frame: state.frame(incident.facts.title, "../../console"),
        id,
        state: incident.state.as_str(),
        people: incident.people,
        filed: minute(incident.created_at),
        amended: minute(incident.updated_at),
        duties: duties::all(obligations, state.clock.now()),
        notice,
        history: law::history_lines(history),
        observed: forecast.basis == Basis::Observed,
        forecast: forecast.duties.into_iter().map(law::forecast_line).collect(),
        decisions: decisions.into_iter().map(law::decision).collect(),
        fulfilments: bundle.fulfilments.into_iter().map(law::fulfilled).collect(),
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

/// The page with what is made up, or with next to nothing.
pub(super) fn sample(frame: Frame<'_>, full: bool, observed: bool) -> IncidentPage<'_> {
    fn some<T>(full: bool, sample: impl Fn(bool) -> T) -> Vec<T> {
        if full { vec![sample(true), sample(false)] } else { Vec::new() }
    }
    let report = |submitted: bool| ReportLine {
        title: text(),
        authority: text(),
        obligation: text(),
        kind: "initial",
        href: text(),
        missing: 1,
        made: text(),
        submitted: submitted.then(text),
    };
    IncidentPage {
        frame,
        id: IncidentId::new(Millis(0), [0; 10]),
        state: "open",
        people: 1,
        filed: text(),
        amended: text(),
        facts: some(full, |_| Fact { name: text(), values: texts() }),
        duties: some(full, Duty::sample),
        severity: SeverityCard::sample(full),
        decisions: some(full, |_| Decision::sample()),
        fulfilments: some(full, |_| Fulfilled::sample()),
        history: some(full, |_| HistoryLine::sample()),
        notice: full.then(|| vec![NoticeLine::sample()]),
        forecast: some(full, ForecastLine::sample),
        observed,
        campaigns: some(full, CampaignCard::sample),
        announcement: full.then(|| AnnouncementCard {
            state: "withdrawn",
            covers: 1,
            href: Some(text()),
            published: Some(text()),
            withdrawn: Some(text()),
        }),
        reports: some(full, report),
        chain: Chain { entries: 1, head: text(), broken: full.then(text) },
    }
}
