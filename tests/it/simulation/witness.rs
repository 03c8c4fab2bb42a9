//! What the providers and the hosts saw, written down apart from the store, so that the two accounts can be compared.

use std::collections::{BTreeMap, BTreeSet};

use candour::domain::campaign::CampaignState;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use candour::domain::limit::LimitKind;
use candour::domain::message::{Body, Message};
use candour::domain::outcome::Outcome;

use super::model::{Model, Tried};
use super::pulse::Pulse;
use super::scenario::Scenario;

/// A message that a provider was asked to carry.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) person: (CampaignId, PersonId),
    /// What the provider answered, once it has.
    pub(crate) answer: Option<Outcome>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) sent: BTreeMap<AttemptId, Sent>,
    /// Whom the far side has taken a message for, in order.
    pub(crate) taken: BTreeMap<(CampaignId, PersonId), Vec<AttemptId>>,
    /// Until when each worker has been told that its lease lasts.
    pub(crate) leases: BTreeMap<WorkerId, i64>,
    /// Which host a worker is.
    pub(crate) hosts: BTreeMap<WorkerId, usize>,
    /// Since when a host knows that a campaign does not run.
    resting: BTreeMap<(usize, CampaignId), i64>,
    /// How many messages have begun that count against a rate.
    begun: BTreeMap<(LimitKind, String), u32>,
    /// Since when a campaign does not run.
    stopped: BTreeMap<CampaignId, i64>,
    /// Receipts whose provider was told that they are taken.
    pub(crate) acknowledged: BTreeSet<(String, AttemptId)>,
    /// Attempts in flight with hosts at the moment they died or froze.
    pub(crate) exposed: BTreeSet<AttemptId>,
}

impl Witness {
    /// A host was told which campaigns run.
    pub(crate) fn told_running(&mut self, pulse: &Pulse, all: &[CampaignId], running: &[CampaignId]) {
        for campaign in all {
            if running.contains(campaign) {
                self.resting.remove(&(pulse.host, *campaign));
            } else {
                self.resting.entry((pulse.host, *campaign)).or_insert_with(|| pulse.time());
            }
        }
    }

    /// A host begins a new life and knows nothing.
    pub(crate) fn born(&mut self, host: usize) {
        self.resting.retain(|(of, _), _| *of != host);
    }

    /// Notes since when campaigns do not run.
    pub(crate) fn follow(&mut self, model: &Model, time: i64) {
        for run in model.runs.values() {
            if run.campaign.state == CampaignState::Running {
                self.stopped.remove(&run.campaign.id);
            } else {
                self.stopped.entry(run.campaign.id).or_insert(time);
            }
        }
    }

    /// Takes down that a message is about to be sent. Returns what is wrong with that.
    pub(crate) fn begin(
        &mut self,
        model: &Model,
        scenario: &Scenario,
        pulse: &Pulse,
        message: &Message,
        now: Millis,
    ) -> Vec<String> {
        let attempt = message.attempt;
        let mut wrong = Vec::new();
        let person = (message.campaign, message.person);
        let sent = Sent { person, answer: None };
        if self.sent.insert(attempt, sent).is_some() {
            wrong.push(format!("attempt {attempt} was sent twice"));
        }
        let Some(tried) = model.attempts.get(&attempt) else {
            wrong.push(format!("attempt {attempt} was sent without an intent"));
            return wrong;
        };
        if (tried.campaign, tried.person) != person {
            wrong.push(format!("attempt {attempt} was sent to somebody else"));
        }
        let record = &model.runs[&tried.campaign].people[&tried.person].person.record;
        let cascade = &model.runs[&tried.campaign].people[&tried.person].progress.cascade;
        let step = cascade.step(tried.place).unwrap();
        if record.contact(step.channel, step.point) != Some(message.body.contact()) {
            wrong.push(format!("attempt {attempt} was sent to another contact point than its step's"));
        }
        if tried.outcome.is_some() {
            wrong.push(format!("attempt {attempt} was sent when it had the outcome {:?}", tried.outcome));
        }
        if model.is_fenced(tried.worker) {
            wrong.push(format!("attempt {attempt} was sent after its worker's lease was reaped"));
        }
        let until = self.leases.get(&tried.worker).copied().unwrap_or(0);
        if now.0 >= until - scenario.lease_ms / 3 {
            wrong.push(format!("attempt {attempt} was sent {} ms before the end of the known lease", until - now.0));
        }
        wrong.extend(self.too_fast(scenario, pulse, tried, &message.body));
        wrong.extend(self.resting(model, scenario, pulse, message.campaign));
        wrong
    }

    /// Counts a message against the rates that hold all the time. Returns what is too fast: a second's worth at the
    /// beginning, and from then on no more than the rate by the fastest clock.
    fn too_fast(&mut self, scenario: &Scenario, pulse: &Pulse, tried: &Tried, body: &Body) -> Vec<String> {
        let rate = |kind, name: &str| {
            let set = scenario.limits.iter().find(|limit| (limit.kind, limit.name.as_str()) == (kind, name));
            match set {
                Some(limit) => (!limit.changes).then_some(limit.per_second),
                None if kind == LimitKind::Provider => scenario.carriers.iter().find(|c| c.name == name)?.rate,
                None => None,
            }
        };
        let mut kinds =
            vec![(LimitKind::Provider, tried.provider.to_string()), (LimitKind::Campaign, tried.campaign.to_string())];
        if matches!(body, Body::Email { .. }) {
            kinds.push((LimitKind::Domain, String::from("example.org")));
        }
        let mut wrong = Vec::new();
        for (kind, name) in kinds {
            let Some(rate) = rate(kind, &name) else { continue };
            let begun = self.begun.entry((kind, name.clone())).or_default();
            *begun += 1;
            #[expect(clippy::cast_precision_loss, reason = "a run takes minutes")]
            let passed = (pulse.time() + 2 * scenario.skew + 1_000) as f64 / 1_000.0;
            if f64::from(*begun) > rate.max(1.0) + rate * passed + 1.0 {
                wrong.push(format!("{begun} messages in {passed} s at {rate} a second for {} {name}", kind.as_str()));
            }
        }
        wrong
    }

    /// What is wrong with beginning something in a campaign that does not run.
    fn resting(&self, model: &Model, scenario: &Scenario, pulse: &Pulse, campaign: CampaignId) -> Option<String> {
        let state = model.runs[&campaign].campaign.state;
        if state == CampaignState::Running {
            return None;
        }
        let known = self.resting.get(&(pulse.host, campaign)).map(|since| pulse.time() - since);
        if known.is_some_and(|known| known > scenario.poll_ms) {
            let known = known.unwrap_or(0);
            return Some(format!("sent for a campaign that is {}, as was known for {known} ms", state.as_str()));
        }
        let stopped = self.stopped.get(&campaign).map_or(0, |since| pulse.time() - since);
        // Nothing keeps the host from knowing: a poll, what a slow store takes, and a turn of another host.
        if scenario.is_orderly() && stopped > 2 * scenario.poll_ms + 1_000 {
            return Some(format!("sent for a campaign that has been {} for {stopped} ms", state.as_str()));
        }
        None
    }

    /// The far side has a message.
    pub(crate) fn take(&mut self, attempt: AttemptId) {
        let Some(sent) = self.sent.get(&attempt) else { return };
        self.taken.entry(sent.person).or_default().push(attempt);
    }

    /// How many people the far side has taken more than one message for.
    pub(crate) fn doubled(&self) -> usize {
        self.taken.values().filter(|taken| taken.len() > 1).count()
    }
}
