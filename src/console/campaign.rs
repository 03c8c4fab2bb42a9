//! Campaigns as the pages show them: exact counts, and a bar of them for the eye.

use serde::Serialize;

use super::samples::text;
use super::words::{minute, plain};
use crate::domain::campaign::{Campaign, PersonState};
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::Tally;

/// Length of a bar in units of its drawing.
const LENGTH: i64 = 1000;

/// One campaign.
#[derive(Serialize)]
pub(super) struct CampaignCard {
    id: CampaignId,
    state: &'static str,
    sealed: i64,
    /// People who are neither pending nor in flight.
    done: i64,
    counts: Vec<Count>,
    bar: Vec<Part>,
    /// What the bar says, for who cannot see it.
    spoken: String,
    total: i64,
    /// Whether everybody who was sealed is in exactly one state.
    balances: bool,
    repeated: i64,
    sealed_at: String,
    started: Option<String>,
    completed: Option<String>,
    tallies: Vec<TallyLine>,
}

#[derive(Serialize)]
struct Count {
    name: &'static str,
    label: String,
    meaning: &'static str,
    people: i64,
}

/// A part of a bar. Its place is in attributes of the drawing, since the policy allows no style of its own.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Part {
    name: &'static str,
    from: i64,
    length: i64,
}

#[derive(Serialize)]
struct TallyLine {
    channel: &'static str,
    provider: String,
    outcome: String,
    attempts: i64,
}

/// A campaign in a line of the list.
#[derive(Serialize)]
pub(super) struct CampaignLine {
    state: &'static str,
    done: i64,
    sealed: i64,
    bar: Vec<Part>,
}

impl Part {
    fn sample() -> Self {
        Self { name: "reached", from: 0, length: LENGTH }
    }
}

impl CampaignLine {
    /// A made-up one.
    pub(super) fn sample() -> Self {
        Self { state: "running", done: 1, sealed: 1, bar: vec![Part::sample()] }
    }
}

impl CampaignCard {
    /// A made-up one, with attempts or without.
    pub(super) fn sample(tried: bool) -> Self {
        let tally = TallyLine { channel: "email", provider: text(), outcome: text(), attempts: 1 };
        let count = Count { name: "reached", label: text(), meaning: "a sample", people: 1 };
        Self {
            id: CampaignId::new(Millis(0), [0; 10]),
            state: "running",
            sealed: 1,
            done: 1,
            counts: vec![count],
            bar: vec![Part::sample()],
            spoken: text(),
            total: 1,
            balances: tried,
            repeated: 0,
            sealed_at: text(),
            started: tried.then(text),
            completed: tried.then(text),
            tallies: tried.then_some(tally).into_iter().collect(),
        }
    }
}

const fn meaning(state: PersonState) -> &'static str {
    match state {
        PersonState::Pending => "waiting for an attempt",
        PersonState::InFlight => "an attempt is under way",
        PersonState::Reached => "a provider took or delivered the notice",
        PersonState::Unknown => "nobody knows whether the last attempt went out",
        PersonState::Unreachable => "no contact point is left",
        PersonState::Announced => "unreachable, and the public notice stands in",
        PersonState::Suppressed => "told by an earlier campaign",
    }
}

fn done(campaign: &Campaign) -> i64 {
    campaign.sealed - campaign.counts.pending - campaign.counts.in_flight
}

/// The parts of a bar. Ends are rounded, not lengths, so that the parts fill it without gap or overlap.
fn bar(campaign: &Campaign) -> Vec<Part> {
    let total = campaign.counts.total().max(1);
    let end = |people: i64| people.saturating_mul(LENGTH) / total;
    let mut before = 0;
    let mut parts = Vec::new();
    // What is still to be done stands last.
    let settled = PersonState::ALL.into_iter().skip(2);
    for state in settled.chain([PersonState::InFlight, PersonState::Pending]) {
        let people = campaign.counts.get(state);
        let from = end(before);
        before += people;
        if people > 0 {
            parts.push(Part { name: state.as_str(), from, length: end(before) - from });
        }
    }
    parts
}

/// A campaign in short.
pub(super) fn line(campaign: &Campaign) -> CampaignLine {
    CampaignLine { state: campaign.state.as_str(), done: done(campaign), sealed: campaign.sealed, bar: bar(campaign) }
}

/// A campaign in full.
pub(super) fn card(campaign: &Campaign, tallies: Vec<Tally>) -> CampaignCard {
    let total = campaign.counts.total();
    let count = |state: PersonState| Count {
        name: state.as_str(),
        label: plain(state.as_str()),
        meaning: meaning(state),
        people: campaign.counts.get(state),
    };
    let counts: Vec<Count> = PersonState::ALL.into_iter().map(count).collect();
    let told: Vec<String> =
        counts.iter().filter(|one| one.people > 0).map(|one| format!("{} {}", one.people, one.label)).collect();
    let tally = |one: Tally| TallyLine {
        channel: one.channel.as_str(),
        provider: one.provider,
        outcome: plain(one.outcome.as_str()),
        attempts: one.attempts,
    };
    CampaignCard {
        id: campaign.id,
        state: campaign.state.as_str(),
        sealed: campaign.sealed,
        done: done(campaign),
        bar: bar(campaign),
        spoken: format!("Of {} people: {}.", campaign.sealed, told.join(", ")),
        counts,
        total,
        balances: total == campaign.sealed,
        repeated: campaign.repeated,
        sealed_at: minute(campaign.created_at),
        started: campaign.started_at.map(minute),
        completed: campaign.completed_at.map(minute),
        tallies: tallies.into_iter().map(tally).collect(),
    }
}
