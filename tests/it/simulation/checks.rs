//! What must hold when everything is over: the store's account against what the providers saw.

use std::collections::BTreeMap;

use candour::domain::campaign::PersonState;
use candour::domain::id::{AttemptId, CampaignId, PersonId};
use candour::domain::outcome::Outcome;

use super::cast;
use super::model::{Model, Said, Standing, Tried, is_failure};
use super::scenario::Scenario;
use super::witness::Witness;

/// What a run amounts to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    /// People sealed.
    pub(crate) people: usize,
    /// Messages sent.
    pub(crate) sent: usize,
    /// Attempts of which nobody knows, by a reaper's word.
    pub(crate) reaped: usize,
    /// Attempts that repeat another.
    pub(crate) repeated: usize,
    /// People for whom the far side has more than one message.
    pub(crate) doubled: usize,
}

impl Account {
    pub(crate) fn of(model: &Model, witness: &Witness) -> Self {
        Self {
            people: model.runs.values().map(|run| run.people.len()).sum(),
            sent: witness.sent.len(),
            reaped: model.attempts.values().filter(|tried| is_reaped(tried)).count(),
            repeated: model.attempts.values().filter(|tried| tried.repeats).count(),
            doubled: witness.taken.values().filter(|taken| taken.len() > 1).count(),
        }
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: Self) {
        self.people += other.people;
        self.sent += other.sent;
        self.reaped += other.reaped;
        self.repeated += other.repeated;
        self.doubled += other.doubled;
    }
}

fn is_reaped(tried: &Tried) -> bool {
    tried.outcome == Some((Outcome::Unknown, Said::Reaper))
}

/// Everything that is wrong.
pub(crate) fn at_the_end(scenario: &Scenario, model: &Model, witness: &Witness) -> Vec<String> {
    let mut wrong = Vec::new();
    for run in model.runs.values() {
        for one in run.people.values() {
            wrong.extend(person(model, witness, run.campaign.id, one));
        }
        let flagged = model.attempts.values().filter(|t| t.campaign == run.campaign.id && t.repeats).count();
        if i64::try_from(flagged).unwrap() != run.campaign.repeated {
            wrong.push(format!("{} repeats are counted, {flagged} are flagged", run.campaign.repeated));
        }
    }
    for (attempt, tried) in &model.attempts {
        wrong.extend(outcome(witness, *attempt, tried, nobody_carries(scenario, model, tried)));
    }
    for attempt in model.withdrawn.iter().filter(|attempt| witness.sent.contains_key(attempt)) {
        wrong.push(format!("attempt {attempt} was withdrawn as not begun, and was sent"));
    }
    let known = |attempt| model.attempts.contains_key(attempt);
    for (key, _) in witness.acknowledged.iter().filter(|(key, attempt)| known(attempt) && !model.knows_receipt(key)) {
        wrong.push(format!("the receipt {key} was acknowledged, and is not stored"));
    }
    wrong.extend(changed(scenario, witness));
    wrong.extend(exposed(scenario, model, witness));
    wrong
}

/// A person's end, and that nobody was told twice without a trace.
fn person(model: &Model, witness: &Witness, campaign: CampaignId, one: &Standing) -> Vec<String> {
    let mut wrong = Vec::new();
    let id = one.person.id;
    let none = Vec::new();
    let taken = witness.taken.get(&(campaign, id)).unwrap_or(&none);
    let said_so = |tried: &Tried| tried.receipt.is_some_and(|said| !is_failure(said)) || is_success(tried);
    let mut attempts = model.attempts.values().filter(|t| (t.campaign, t.person) == (campaign, id));
    match one.state {
        PersonState::InFlight => wrong.push(format!("person {id} is in flight at the end")),
        PersonState::Reached if model.taken_as_reached.contains(&(campaign, id)) => {}
        PersonState::Reached if taken.is_empty() && !attempts.any(said_so) => {
            wrong.push(format!("person {id} is called reached, and no provider has a message for them"));
        }
        _ => {}
    }
    // Of several messages all but one are of attempts that are known to have failed, or of which nobody knows.
    let explained = |attempt: &&AttemptId| {
        model.attempts.get(attempt).is_some_and(|tried| {
            tried.receipt.is_some_and(is_failure)
                || tried.outcome.is_some_and(|(outcome, said)| {
                    outcome == Outcome::Unknown || said == Said::Receipt && is_failure(outcome)
                })
        })
    };
    let told: Vec<&AttemptId> = taken.iter().filter(|attempt| !explained(attempt)).collect();
    if told.len() > 1 {
        wrong.push(format!("person {id} was told more than once, and the account does not say why: {told:?}"));
    }
    wrong
}

fn is_success(tried: &Tried) -> bool {
    tried.outcome.is_some_and(|(outcome, _)| matches!(outcome, Outcome::Accepted | Outcome::Delivered))
}

/// Whether no provider carries what the attempt was to send.
fn nobody_carries(scenario: &Scenario, model: &Model, tried: &Tried) -> bool {
    let one = &model.runs[&tried.campaign].people[&tried.person];
    let step = one.progress.cascade.step(tried.place).expect("the step of the attempt");
    let to = one.person.record.contact(step.channel, step.point).expect("a contact point");
    !scenario.carriers.iter().any(|c| c.channel == step.channel && c.destinations.carry(to.destination()))
}

/// An outcome that the engine wrote is the one that the provider gave; of what nobody carries it is the engine's own.
fn outcome(witness: &Witness, attempt: AttemptId, tried: &Tried, nobody_carries: bool) -> Option<String> {
    let answered = witness.sent.get(&attempt).and_then(|sent| sent.answer);
    match tried.outcome {
        None => Some(format!("attempt {attempt} has no outcome at the end")),
        // A provider that panics answers nothing, and nobody knows.
        Some((Outcome::Unknown, Said::Answer)) if answered.is_none() && witness.sent.contains_key(&attempt) => None,
        Some((Outcome::Rejected, Said::Answer)) if answered.is_none() && nobody_carries => None,
        Some((outcome, Said::Answer)) if answered != Some(outcome) => {
            Some(format!("attempt {attempt} has the outcome {outcome}, its answer was {answered:?}"))
        }
        _ => None,
    }
}

/// Nothing is sent of a notice that is not the one that was approved.
fn changed(scenario: &Scenario, witness: &Witness) -> Option<String> {
    let changed = scenario.campaigns.iter().enumerate().filter(|(_, planned)| planned.changed);
    let ids: Vec<CampaignId> = changed.map(|(number, _)| cast::campaign_id(number)).collect();
    let sent = witness.sent.values().filter(|sent| ids.contains(&sent.person.0)).count();
    (sent > 0).then(|| format!("{sent} messages were sent of a notice that was not approved"))
}

/// Whoever may have been told twice was in flight when something went wrong.
fn exposed(scenario: &Scenario, model: &Model, witness: &Witness) -> Vec<String> {
    let mut wrong = Vec::new();
    let reaped = || model.attempts.iter().filter(|(_, tried)| is_reaped(tried));
    let sure_of_the_store = !scenario.store.any() && scenario.outages.is_empty();
    if sure_of_the_store {
        for (attempt, _) in reaped().filter(|(attempt, _)| !witness.exposed.contains(attempt)) {
            wrong.push(format!("attempt {attempt} was reaped, and its process had neither died nor stood still"));
        }
    }
    let mut unknown: BTreeMap<(CampaignId, PersonId), usize> = BTreeMap::new();
    for tried in model.attempts.values().filter(|t| t.outcome.is_some_and(|(o, _)| o == Outcome::Unknown)) {
        *unknown.entry((tried.campaign, tried.person)).or_default() += 1;
    }
    let bounced = model.attempts.values().filter(|t| t.receipt.is_some_and(is_failure)).count();
    if witness.doubled() > unknown.len() + bounced {
        wrong.push(format!("{} people were told twice, {} may have been", witness.doubled(), unknown.len()));
    }
    wrong
}
