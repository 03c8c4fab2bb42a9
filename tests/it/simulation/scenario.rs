//! What a seed decides before the run begins: who is there, what goes wrong and when. Each kind of trouble is in some
//! runs and not in others, so that runs differ in kind and not only in detail.

use candour::domain::attempt::{ChannelPolicy, UnknownPolicy};
use candour::domain::campaign::{CampaignAction, Priority};
use candour::domain::channel::Channel;
use candour::domain::contact::{EmailAddress, PhoneNumber, PushTarget};
use candour::domain::destination::Destinations;
use candour::domain::limit::LimitKind;
use candour::domain::outcome::Outcome;
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::domain::retry::RetryPolicy;
use candour::store::Again;

use super::cast;
use super::dice::Dice;
use super::model::Policies;

/// What goes wrong with a call of the store, in calls of a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StoreFaults {
    /// Takes some milliseconds.
    pub(crate) slow: u64,
    /// Takes seconds.
    pub(crate) stalls: u64,
    /// Is refused before anything happened.
    pub(crate) refused: u64,
    /// Is done, and the answer is lost.
    pub(crate) lost: u64,
    /// Its connection breaks, and it is done seconds later.
    pub(crate) belated: u64,
    /// How long there may be between two steps of a reaping, in milliseconds: it is one transaction for many people.
    pub(crate) reaping_ms: i64,
}

impl StoreFaults {
    /// Whether a call can fail or take long.
    pub(crate) fn any(&self) -> bool {
        self.stalls + self.refused + self.lost + self.belated > 0
    }
}

/// What providers answer until the troubles end.
#[derive(Clone, Debug)]
pub(crate) struct Moods {
    /// Outcomes, each as often as it is in the list.
    pub(crate) outcomes: Vec<Outcome>,
    /// Answers in a thousand that take seconds.
    pub(crate) slow: u64,
    /// Answers in a thousand that take longer than a lease.
    pub(crate) hangs: u64,
    /// Messages in a thousand at which the provider's code panics.
    pub(crate) panics: u64,
    /// Messages in a thousand that the far side takes seconds later, whatever becomes of who sent them.
    pub(crate) wire: u64,
    /// Receipts in a thousand messages taken.
    pub(crate) receipts: u64,
}

/// A configured provider.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    pub(crate) name: String,
    pub(crate) channel: Channel,
    pub(crate) concurrency: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) destinations: Destinations,
}

/// A campaign to be started.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) people: Vec<PersonRecord>,
    /// Whether its notice is not the one that was approved.
    pub(crate) changed: bool,
    pub(crate) priority: Priority,
}

/// A rate that somebody has set.
#[derive(Clone, Debug)]
pub(crate) struct Limited {
    pub(crate) kind: LimitKind,
    pub(crate) name: String,
    pub(crate) per_second: f64,
    /// Whether it is set and taken away during the run; else it holds from beginning to end.
    pub(crate) changes: bool,
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// A host dies and comes back after so many milliseconds.
    Crash { host: usize, away: i64 },
    /// A host is told to stop, and started anew so many milliseconds after it has.
    Stop { host: usize, away: i64 },
    /// A host stands still; whether its timers know of it.
    Freeze { host: usize, span: i64, timers_know: bool },
    /// A host's wall clock is set.
    StepClock { host: usize, by: i64 },
    /// Somebody does something with a campaign.
    Act { campaign: usize, action: CampaignAction },
    /// Somebody has people told again.
    Again { campaign: usize, whom: Again },
    /// Somebody takes those of whom nobody knows as reached.
    TakeAsReached { campaign: usize },
    /// Somebody sets a rate, or takes it away: which of the scenario's, and how many a second.
    Limit { nth: usize, per_second: Option<f64> },
}

/// Everything that a seed decides beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) hosts: usize,
    pub(crate) alone: bool,
    pub(crate) lease_ms: i64,
    pub(crate) heartbeat_ms: i64,
    pub(crate) poll_ms: i64,
    pub(crate) batch: u32,
    /// When the troubles end.
    pub(crate) calm_at: i64,
    pub(crate) order: Vec<Channel>,
    pub(crate) policies: Policies,
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) campaigns: Vec<Planned>,
    pub(crate) limits: Vec<Limited>,
    pub(crate) announced: bool,
    pub(crate) store: StoreFaults,
    /// Times in which the store is away.
    pub(crate) outages: Vec<(i64, i64)>,
    pub(crate) moods: Moods,
    /// Contact points in a thousand that are dead, and that bounce later.
    pub(crate) dead: u64,
    pub(crate) bouncing: u64,
    /// Lives in a thousand that die, and that freeze, at some step of theirs.
    pub(crate) crashing: u64,
    pub(crate) freezing: u64,
    /// How far a clock may be off, in milliseconds.
    pub(crate) skew: i64,
    pub(crate) plan: Vec<(i64, Deed)>,
}

impl Scenario {
    /// Draws it.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let hosts = dice.of(&[1, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
        let lease_ms = dice.between(6_000, 12_000);
        let calm_at = dice.between(8_000, 25_000);
        let first = dice.below(3);
        let order = [Channel::Sms, Channel::Push, Channel::Email];
        let order = vec![order[first], order[(first + 1) % 3]];
        let carriers = carriers(dice, &order);
        let campaigns = (0..dice.of(&[1, 1, 1, 2])).map(|n| planned(dice, n)).collect::<Vec<_>>();
        // Two clocks and the turns of hosts together stay within the third of a lease that the engine keeps in hand.
        let skew = if dice.chance(500) { lease_ms / 12 } else { 0 };
        let mut scenario = Self {
            hosts,
            alone: hosts == 1 && dice.chance(500),
            lease_ms,
            heartbeat_ms: lease_ms / dice.between(4, 7),
            poll_ms: dice.between(300, 1_000),
            batch: dice.of(&[1, 2, 5, 50]),
            calm_at,
            policies: order.iter().map(|channel| (*channel, policy(dice))).collect(),
            order,
            carriers,
            limits: Vec::new(),
            announced: dice.chance(300),
            store: store_faults(dice),
            outages: Vec::new(),
            moods: moods(dice),
            dead: dice.of(&[0, 100, 300]),
            bouncing: dice.of(&[0, 0, 150]),
            crashing: dice.of(&[0, 0, 500, 900]),
            freezing: dice.of(&[0, 0, 0, 400]),
            skew,
            plan: Vec::new(),
            campaigns,
        };
        if dice.chance(250) {
            let from = dice.between(0, calm_at);
            scenario.outages.push((from, (from + dice.between(500, 2 * lease_ms)).min(calm_at)));
        }
        scenario.limits = limits(dice, &scenario);
        scenario.plan = plan(dice, &scenario);
        scenario
    }

    /// Whether nothing can make a process late or its words unheard.
    pub(crate) fn is_orderly(&self) -> bool {
        let processes = self.plan.iter().any(|(_, deed)| matches!(deed, Deed::Crash { .. } | Deed::Freeze { .. }));
        !processes && self.crashing + self.freezing == 0 && !self.store.any() && self.outages.is_empty()
    }
}

fn carriers(dice: &mut Dice, order: &[Channel]) -> Vec<Carrier> {
    let mut carriers = Vec::new();
    for channel in order {
        let number = dice.of(&[1, 1, 1, 2]);
        // Two providers of texts carry the same; or one of them Switzerland alone, and the other all, or the others, or only
        // some of them, so that nobody carries the rest.
        let apart = number == 2 && *channel == Channel::Sms && dice.chance(700);
        let other = dice.of(&["", "not +41", "+49"]);
        for number in 0..number {
            let concurrency = dice.of(&[1, 2, 4]);
            let rate = dice.of(&[None, None, Some(2.0), Some(20.0)]);
            let destinations = match (apart, number, other) {
                (true, 0, _) => Destinations::only("+41"),
                (true, _, "+49") => Destinations::only("+49"),
                (true, _, "not +41") => Destinations { not: vec![String::from("+41")], ..Destinations::default() },
                _ => Destinations::default(),
            };
            let name = format!("{channel}-{number}");
            carriers.push(Carrier { name, channel: *channel, concurrency, rate, destinations });
        }
    }
    carriers
}

fn policy(dice: &mut Dice) -> ChannelPolicy {
    let max_tries = dice.of(&[1, 2, 3, 5]);
    let unknown = dice.of(&[UnknownPolicy::Repeat, UnknownPolicy::Repeat, UnknownPolicy::Hold]);
    ChannelPolicy {
        retry: RetryPolicy { max_tries, base_ms: 300, cap_ms: 4_000 },
        unknown,
        unfound: UnknownPolicy::Hold,
        pause_ms: 500,
        receipt_ms: None,
        quiet: None,
    }
}

fn planned(dice: &mut Dice, campaign: usize) -> Planned {
    let people = dice.of(&[1, 3, 5, 8, 12, 20]);
    let people = (0..people).map(|number| record(dice, campaign, number)).collect();
    Planned {
        people,
        changed: dice.chance(30),
        priority: dice.of(&[Priority::Normal, Priority::Normal, Priority::Urgent]),
    }
}

fn record(dice: &mut Dice, campaign: usize, number: usize) -> PersonRecord {
    let name = format!("{campaign}-{number}");
    let mail = |place: usize| EmailAddress::parse(&format!("p{name}-{place}@example.org")).unwrap();
    let country = ["+41", "+49", "+33"][number % 3];
    let phone = |place: usize| PhoneNumber::from_e164(&format!("{country}44668{campaign}{number:02}{place}")).unwrap();
    let push = |place: usize| PushTarget::parse(&format!("fcm:token-{name}-{place}")).unwrap();
    PersonRecord {
        reference: Pii::new(name.clone()),
        emails: (0..dice.of(&[0, 1, 1, 2])).map(mail).collect(),
        phones: (0..dice.of(&[0, 1, 1, 2])).map(phone).collect(),
        pushes: (0..dice.of(&[0, 1, 1, 2])).map(push).collect(),
        ..PersonRecord::default()
    }
}

fn limits(dice: &mut Dice, scenario: &Scenario) -> Vec<Limited> {
    let mut limits = Vec::new();
    let mut add = |dice: &mut Dice, kind, name, rates: &[f64]| {
        if dice.chance(200) {
            limits.push(Limited { kind, name, per_second: dice.of(rates), changes: dice.chance(400) });
        }
    };
    for carrier in &scenario.carriers {
        add(dice, LimitKind::Provider, carrier.name.clone(), &[1.0, 5.0, 100.0]);
    }
    for campaign in 0..scenario.campaigns.len() {
        add(dice, LimitKind::Campaign, cast::campaign_id(campaign).to_string(), &[1.0, 5.0, 100.0]);
    }
    add(dice, LimitKind::Domain, String::from("example.org"), &[2.0, 10.0]);
    limits
}

fn store_faults(dice: &mut Dice) -> StoreFaults {
    let (slow, reaping_ms) = (dice.of(&[0, 300, 900]), dice.of(&[0, 0, 2_000]));
    if dice.chance(300) {
        return StoreFaults { slow, reaping_ms, ..StoreFaults::default() };
    }
    StoreFaults {
        slow,
        reaping_ms,
        stalls: dice.of(&[0, 0, 5, 30]),
        refused: dice.of(&[0, 0, 20, 150]),
        lost: dice.of(&[0, 0, 20, 100]),
        belated: dice.of(&[0, 0, 0, 30]),
    }
}

fn moods(dice: &mut Dice) -> Moods {
    let mut outcomes = vec![Outcome::Accepted; dice.of(&[2, 6, 20])];
    for outcome in Outcome::ALL {
        if dice.chance(350) {
            outcomes.extend(vec![outcome; dice.of(&[1, 3])]);
        }
    }
    Moods {
        outcomes,
        slow: dice.of(&[50, 300, 800]),
        hangs: dice.of(&[0, 0, 20, 80]),
        panics: dice.of(&[0, 0, 0, 0, 0, 0, 0, 15]),
        wire: dice.of(&[0, 100, 500]),
        receipts: dice.of(&[0, 200, 900]),
    }
}

fn plan(dice: &mut Dice, scenario: &Scenario) -> Vec<(i64, Deed)> {
    let mut plan = vec![];
    for campaign in 0..scenario.campaigns.len() {
        plan.push((dice.between(0, 4_000), Deed::Act { campaign, action: CampaignAction::Start }));
        let mut at = 4_000;
        for _ in 0..dice.of(&[0, 0, 1, 2]) {
            at = dice.between(at, scenario.calm_at);
            plan.push((at, Deed::Act { campaign, action: CampaignAction::Pause }));
            at = dice.between(at, scenario.calm_at);
            plan.push((at, Deed::Act { campaign, action: CampaignAction::Resume }));
        }
        let at = dice.between(0, scenario.calm_at);
        if dice.chance(120) {
            plan.push((at, Deed::Act { campaign, action: CampaignAction::Cancel }));
        }
        if dice.chance(150) {
            let mut each = || dice.chance(500);
            let whom = Again { bad_address: each(), rejected: each(), gave_up: each(), unknown: each() };
            plan.push((dice.between(at, scenario.calm_at), Deed::Again { campaign, whom }));
        }
        if dice.chance(50) {
            plan.push((dice.between(at, scenario.calm_at), Deed::TakeAsReached { campaign }));
        }
    }
    for (nth, _) in scenario.limits.iter().enumerate().filter(|(_, limit)| limit.changes) {
        for _ in 0..3 {
            let per_second = dice.of(&[None, Some(0.5), Some(3.0), Some(100.0)]);
            plan.push((dice.between(0, scenario.calm_at), Deed::Limit { nth, per_second }));
        }
    }
    let (crashes, freezes, halts, steps) =
        (dice.of(&[0, 0, 1, 3]), dice.of(&[0, 0, 0, 2]), dice.of(&[0, 0, 1, 2]), dice.of(&[0, 0, 1]));
    let mut add = |dice: &mut Dice, count: usize, deed: &dyn Fn(&mut Dice, usize) -> Deed| {
        for _ in 0..count {
            let host = dice.below(scenario.hosts);
            plan.push((dice.between(0, scenario.calm_at), deed(dice, host)));
        }
    };
    add(dice, crashes, &|dice, host| Deed::Crash { host, away: away(dice, scenario.lease_ms) });
    add(dice, halts, &|dice, host| Deed::Stop { host, away: away(dice, scenario.lease_ms) });
    add(dice, freezes, &|dice, host| {
        let span = dice.between(200, 3 * scenario.lease_ms);
        Deed::Freeze { host, span, timers_know: dice.chance(500) }
    });
    if scenario.skew > 0 {
        add(dice, steps, &|dice, host| Deed::StepClock { host, by: dice.between(-scenario.skew, scenario.skew) / 2 });
    }
    plan.sort_by_key(|(at, _)| *at);
    plan
}

/// How long a host is away: mostly shorter than a lease, sometimes longer.
pub(crate) fn away(dice: &mut Dice, lease_ms: i64) -> i64 {
    if dice.chance(700) { dice.between(0, lease_ms / 2) } else { dice.between(0, 2 * lease_ms) }
}
