//! Incidents: filed, amended, opened and closed; what they oblige to and what is decided about it; the register of them
//! all; what individuals are told and by which campaign.
//!
//! Owns these use cases, once, for every edge. Guarantees that facts name only jurisdictions that have rules, that a
//! notice which cannot be rendered for each of the people is never proposed, and that nobody approves a campaign of
//! their own. Never sends anything (the engine does) and never parses a request (the edges do).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::{CampaignAction, CampaignState};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy, Millis};
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::law::Rules;
use crate::render::{RenderError, Renderer};
use crate::store::{Store, StoreError};

mod approval;
mod campaigns;
mod carrying;
mod cast;
mod cost;
mod declare;
mod duties;
mod flaws;
pub mod forecast;
#[cfg(test)]
mod forecast_tests;
mod fulfilments;
mod history;
mod judge;
mod lanes;
mod lifecycle;
mod notice_check;
mod notices;
mod outlook;
mod progress;
mod register;
mod rehearsal;
mod routing;
mod rule_changes;
pub mod severity;
#[cfg(test)]
mod severity_tests;
mod spending;
mod waivers;
mod ways;

pub use approval::{Approval, Confirmation};
pub use campaigns::CampaignView;
pub use cost::ChannelCost;
pub use flaws::Flaw;
use forecast::Carrier;
pub use history::{History, HistoryEntry};
pub use notice_check::Requirement;
pub use notices::{LetterPreview, Preview, PreviewRequest, Previews};
pub use progress::Progress;
pub use rehearsal::{Misfit, Rehearsal};
pub use routing::WaysOfPeople;
pub use rule_changes::{LoadEntry, Outlook, TouchedIncident, outlook};
pub use ways::SubstituteNotice;

/// Longest reason, in characters.
const MAX_REASON: usize = 4000;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Facts that do not fit.
    #[error("some facts do not fit")]
    Flawed(Vec<Flaw>),
    /// Somebody else has changed it in between; the present version.
    #[error("somebody else has changed it; the present version is {0}")]
    Stale(i64),
    /// Its facts and notice are fixed now.
    #[error("the incident is {}; only a draft or open incident can be changed", .0.as_str())]
    Frozen(IncidentState),
    /// Only an open incident may tell people.
    #[error("the incident is {}; open it first", .0.as_str())]
    NotOpen(IncidentState),
    /// Not possible from where it stands.
    #[error("an incident that is {} cannot become {}", .from.as_str(), .to.as_str())]
    OutOfOrder {
        /// Where it stands.
        from: IncidentState,
        /// Where it was to go.
        to: IncidentState,
    },
    /// A campaign still works on it.
    #[error("a campaign of the incident is {}; complete or cancel it first", .0.as_str())]
    CampaignAlive(CampaignState),
    /// A campaign's action is out of order.
    #[error("a campaign that is {} cannot be told to {}; that is possible when it is {}", .state.as_str(), .action.as_str(), .action.allowed_in())]
    CampaignOutOfOrder {
        /// Where it stands.
        state: CampaignState,
        /// What was asked.
        action: CampaignAction,
    },
    /// The approver is the author.
    #[error("you proposed this campaign; another person must approve it")]
    SecondPerson,
    /// The plan cannot be kept.
    #[error(transparent)]
    Plan(#[from] crate::domain::plan::PlanError),
    /// The notice does not work.
    #[error(transparent)]
    Notice(#[from] RenderError),
    /// The notice lacks something for some of the people.
    #[error("the notice cannot be rendered for {} of the people", .0.people)]
    Misfits(Rehearsal),
    /// There is nothing to send.
    #[error("the incident has no notice yet")]
    NoNotice,
    /// Nobody could be told: no provider carries any channel of the cascade.
    #[error("no provider carries any channel of the notice's cascade; configure one, or change the cascade")]
    NoProvider,
    /// The law demands something of the notice that it surely lacks, or forbids something that it has.
    #[error("the notice does not have all that the law demands, or has what it forbids")]
    NoticeFaults(Vec<Requirement>),
    /// What the law demands or forbids and only a reader can tell has not been confirmed.
    #[error("some of what the law asks of the notice only a reader can tell; confirm it by name")]
    Unconfirmed(Vec<Confirmation>),
    /// What is confirmed is nothing that a law asks for.
    #[error("a notice has no element {name:?}")]
    NoSuchElement {
        /// The field that has it.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// The incident has no such duty.
    #[error("the incident has no obligation {0}")]
    NoSuchDuty(String),
    /// The duty is done.
    #[error("the obligation {0} is done; there is nothing to decide or to record any more")]
    Done(String),
    /// A report meets the duty.
    #[error("the obligation {0} is met by a report, not by a record of its own")]
    MetByReport(String),
    /// What is recorded as done is still to come.
    #[error("the time at which it was done is still to come; record it once it is done")]
    NotDoneYet,
    /// A text that is to say how something was done does not fit.
    #[error("how it was done has 1 to {MAX_REASON} characters")]
    BadAccount,
    /// A text that is to say why does not fit.
    #[error("a reason has 1 to {MAX_REASON} characters, none of them a control character but line breaks")]
    BadReason,
    /// There is nobody to tell.
    #[error("the incident has no people yet")]
    NoPeople,
}

/// The incidents of this installation.
pub struct Incidents {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    rules: Arc<Rules>,
    renderer: Arc<Renderer>,
    carriers: Vec<Carrier>,
    channels: BTreeSet<Channel>,
    wake: Arc<dyn Fn() + Send + Sync>,
    meter: progress::Meter,
    segments: spending::Segments,
}

impl Incidents {
    /// Over a store with its clock and randomness, the rules and the templates. `carriers` are the
    /// configured providers; `wake` is called when a campaign begins or goes on, so that the engine need not wait for its next look.
    #[must_use]
    pub fn new(
        (store, clock, entropy): (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>),
        rules: Arc<Rules>,
        renderer: Arc<Renderer>,
        carriers: Vec<Carrier>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let channels = carriers.iter().map(|carrier| carrier.channel).collect();
        let (meter, segments) = (progress::Meter::default(), spending::Segments::default());
        Self { store, clock, entropy, rules, renderer, carriers, channels, wake, meter, segments }
    }

    /// The rules that facts are judged by.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// An entry for the incident's audit chain. `detail` has identifiers, names of fields, counts and hashes, nothing personal.
fn entry(incident: IncidentId, at: Millis, actor: &ActorRef, action: &str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { incident: Some(incident), at, actor: actor.clone(), action: action.to_owned(), detail }
}
