//! The course of one run: hosts take turns in an order that the seed decides, and things happen to them.

use std::sync::Arc;

use candour::domain::campaign::{CampaignAction, CampaignState};
use candour::domain::id::CampaignId;

use super::dice::Dice;
use super::edge::Edge;
use super::host::Host;
use super::provider;
use super::scenario::{Deed, Scenario};
use super::trace::Trace;
use super::world::{Happening, World};
use super::{cast, checks};

/// After the troubles, everybody has been told or cannot be within so many milliseconds.
const BOUND_MS: i64 = 240_000;

/// A process that is told to stop has stopped within so many milliseconds when nothing is wrong any more.
const STOP_MS: i64 = 60_000;

/// What came of a run.
pub(crate) struct Ending {
    pub(crate) scenario: Scenario,
    pub(crate) violations: Vec<String>,
    pub(crate) trace: Trace,
    pub(crate) account: checks::Account,
}

struct Course {
    world: Arc<World>,
    dice: Dice,
    hosts: Vec<Host>,
    edge: Edge,
    /// What the seed has planned, last first.
    plan: Vec<(i64, Deed)>,
    time: i64,
    /// Whether everything is over, and nothing is started any more.
    closing: bool,
}

/// Runs a seed.
pub(crate) fn run(seed: u64) -> Ending {
    let mut dice = Dice::new(seed);
    let scenario = Scenario::draw(&mut dice);
    let runs = cast::runs(&scenario);
    let world = World::new(scenario.clone(), runs, dice.number());
    let hosts = (0..scenario.hosts).map(|number| Host::new(number, &world, dice.split())).collect();
    let edge = Edge::new(&world, &mut dice);
    let plan = scenario.plan.iter().rev().copied().collect();
    let mut course = Course { world, dice, hosts, edge, plan, time: 0, closing: false };
    for number in 0..scenario.hosts {
        let at = course.dice.between(0, 2_000);
        course.world.events().later(at, Happening::Boot(number));
    }
    course.play();
    let Course { world, hosts, edge, .. } = course;
    drop((hosts, edge));
    let broken = world.is_broken();
    let mut events = world.events();
    if broken {
        events.violated(String::from("a step of the model panicked: what was asked of it made no sense"));
    }
    if events.violations.is_empty() {
        let wrong = checks::at_the_end(&scenario, &events.model, &events.witness);
        events.violations.extend(wrong);
    }
    Ending {
        account: checks::Account::of(&events.model, &events.witness),
        violations: std::mem::take(&mut events.violations),
        trace: std::mem::take(&mut events.trace),
        scenario,
    }
}

impl Course {
    fn play(&mut self) {
        let end = self.world.scenario.calm_at + BOUND_MS;
        while !self.is_over() {
            if self.time > end {
                let standing = self.standing();
                self.world.events().violated(format!("{BOUND_MS} ms after the troubles: {standing}"));
            }
            self.step();
            if self.is_broken() {
                return;
            }
        }
        let end = self.time + STOP_MS;
        self.closing = true;
        while self.hosts.iter().any(Host::lives) {
            if self.time > end {
                self.world.events().violated(String::from("a process that was told to stop does not"));
            }
            for host in &mut self.hosts {
                host.stop(None);
            }
            self.step();
            if self.is_broken() {
                return;
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.world.is_broken() || !self.world.events().violations.is_empty()
    }

    /// One turn of everybody.
    fn step(&mut self) {
        while self.plan.last().is_some_and(|(at, _)| *at <= self.time) {
            if let Some((_, deed)) = self.plan.pop() {
                self.do_deed(deed);
            }
        }
        loop {
            let due = self.world.events().due(self.time);
            let Some(happening) = due else { break };
            self.happen(happening);
        }
        if self.world.is_calm(self.time) {
            self.calm_down();
        }
        let until = self.time + self.quantum();
        let mut order: Vec<usize> = (0..self.hosts.len()).collect();
        while !order.is_empty() {
            let next = order.swap_remove(self.dice.below(order.len()));
            self.hosts[next].turn(until);
        }
        self.edge.turn(until);
        self.time = until;
    }

    /// How long the next turn is: short ones mix what hosts do, long ones cost less.
    fn quantum(&mut self) -> i64 {
        if self.world.is_calm(self.time) {
            return self.dice.between(150, 400);
        }
        let (low, high) = self.dice.of(&[(1, 20), (20, 120), (20, 120), (100, 400)]);
        self.dice.between(low, high)
    }

    fn do_deed(&mut self, deed: Deed) {
        match deed {
            Deed::Crash { host, away } => self.hosts[host].crash(away),
            Deed::Stop { host, away } => self.hosts[host].stop(Some(away)),
            Deed::Freeze { host, span, timers_know } => self.hosts[host].freeze(span, timers_know),
            Deed::StepClock { host, by } => self.hosts[host].step_clock(by),
            Deed::Act { campaign, action } => self.edge.act(cast::campaign_id(campaign), action),
            Deed::Again { campaign, whom } => self.edge.decide(cast::campaign_id(campaign), Some(whom)),
            Deed::TakeAsReached { campaign } => self.edge.decide(cast::campaign_id(campaign), None),
            Deed::Limit { nth, per_second } => self.edge.limit(&self.world.scenario.limits[nth], per_second),
        }
    }

    fn happen(&mut self, happening: Happening) {
        let time = self.time;
        match happening {
            Happening::Boot(_) if self.closing => {}
            Happening::Boot(host) => self.hosts[host].boot(time),
            Happening::Receipt(receipt) => self.edge.receive(receipt),
            Happening::Take(attempt) => {
                let events = &mut *self.world.events();
                events.note_at(time, 8, "taken", attempt.0, 0, "from the wire");
                provider::taken(&self.world, events, attempt, time);
            }
            Happening::Commit(what, work) => {
                let events = &mut *self.world.events();
                work(&mut events.model);
                events.note_at(time, 8, what, uuid::Uuid::nil(), 0, "done belatedly");
                events.check(time);
            }
        }
    }

    /// The troubles have ended: who stands still goes on, and what was paused is resumed.
    fn calm_down(&mut self) {
        for host in &mut self.hosts {
            host.thaw_by(self.time);
        }
        if self.edge.is_idle() {
            let set = self.world.events().model.list_limits();
            for limit in self.world.scenario.limits.iter().filter(|limit| limit.changes) {
                if set.iter().any(|set| (set.kind, &set.name) == (limit.kind, &limit.name)) {
                    self.edge.limit(limit, None);
                }
            }
            let mut paused = self.world.events().model.in_state(CampaignState::Paused);
            paused.retain(|campaign| !self.is_changed(*campaign));
            for campaign in paused {
                self.edge.act(campaign, CampaignAction::Resume);
            }
        }
    }

    fn is_changed(&self, campaign: CampaignId) -> bool {
        let planned = self.world.scenario.campaigns.iter().enumerate();
        planned.filter(|(_, planned)| planned.changed).any(|(number, _)| cast::campaign_id(number) == campaign)
    }

    /// Whether nothing is left to happen.
    fn is_over(&self) -> bool {
        let events = self.world.events();
        let settled = |state, pending: i64, in_flight: i64, changed: bool| match state {
            CampaignState::Completed => pending + in_flight == 0,
            CampaignState::Cancelled => in_flight == 0,
            CampaignState::Paused => changed && in_flight == 0,
            _ => false,
        };
        let mut runs = events.model.runs.values().map(|run| &run.campaign);
        self.world.is_calm(self.time)
            && self.plan.is_empty()
            && self.edge.is_idle()
            && events.next().is_none()
            && runs.all(|c| settled(c.state, c.counts.pending, c.counts.in_flight, self.is_changed(c.id)))
    }

    fn standing(&self) -> String {
        let events = self.world.events();
        let of_run = |run: &super::model::Run| format!("{}: {:?}", run.campaign.state.as_str(), run.campaign.counts);
        events.model.runs.values().map(of_run).collect::<Vec<_>>().join(", ")
    }
}
