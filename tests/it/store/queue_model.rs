//! Random steps against a model in memory: whatever happens in whatever order, each person is where the model says.

use std::collections::BTreeMap;

use candour::domain::attempt::{Claimed, Next, Progress, next};
use candour::domain::campaign::{Counts, PersonState};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, PersonId, WorkerId};
use candour::domain::outcome::Outcome;
use candour::store::{CampaignStore, DeliveryStore, ReceiptEffect};

use super::queue_support::{FOREVER, T0, policies, policy, reachable, settlement};
use crate::support::stores::{World, on_both};

/// A small generator (xorshift64*), so that a failing seed fails again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % limit
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

/// What the model knows of a person, once claimed for the first time.
#[derive(Clone, Debug)]
struct Modelled {
    state: PersonState,
    progress: Progress,
    due: Millis,
    repeats: bool,
    current: Option<AttemptId>,
    worker: Option<WorkerId>,
}

/// What the model knows of an attempt.
#[derive(Clone, Debug)]
struct Tried {
    person: PersonId,
    outcome: Option<Outcome>,
    failed_later: bool,
}

struct Model {
    world: World,
    campaign: CampaignId,
    now: Millis,
    dice: Dice,
    workers: Vec<WorkerId>,
    people: BTreeMap<PersonId, Modelled>,
    tried: BTreeMap<AttemptId, Tried>,
    /// Everything ever claimed: settled again and again, mostly too late.
    claims: Vec<(WorkerId, Claimed)>,
    keys: u32,
    moved: u32,
}

impl Model {
    fn go(&mut self, person: PersonId, to: Next) {
        let known = self.people.get_mut(&person).unwrap();
        known.state = to.state();
        known.worker = None;
        known.repeats = false;
        if let Next::Pending { place, tries, due_at, repeats, .. } = to {
            known.progress.place = place;
            known.progress.tries = tries;
            (known.due, known.repeats) = (due_at, repeats);
        }
    }

    async fn claim(&mut self) {
        let worker = self.dice.of(&self.workers);
        let channel = self.dice.of(&[Channel::Email, Channel::Sms]);
        let limit = 1 + self.dice.below(4);
        let due = |known: &Modelled| {
            let step = known.progress.cascade.step(known.progress.place);
            known.state == PersonState::Pending && known.due <= self.now && step.unwrap().channel == channel
        };
        let expected = self.people.values().filter(|known| due(known)).count().min(limit);
        let claimed =
            self.world.claim(self.campaign, worker, channel, u32::try_from(limit).unwrap(), self.now).await.unwrap();
        assert_eq!(claimed.len(), expected, "all who are due, up to the limit");
        for one in claimed {
            let known = self.people.get_mut(&one.person.id).unwrap();
            assert_eq!((known.state, one.step.channel), (PersonState::Pending, channel));
            known.progress.tries += 1;
            assert_eq!(one.progress, known.progress);
            (known.state, known.current, known.worker) = (PersonState::InFlight, Some(one.attempt), Some(worker));
            let tried = Tried { person: one.person.id, outcome: None, failed_later: false };
            self.tried.insert(one.attempt, tried);
            self.claims.push((worker, one));
        }
    }

    fn mine(&self, worker: WorkerId, one: &Claimed) -> bool {
        let known = &self.people[&one.person.id];
        known.state == PersonState::InFlight && known.current == Some(one.attempt) && known.worker == Some(worker)
    }

    async fn settle(&mut self) {
        let worker = self.dice.of(&self.workers);
        let mut batch = Vec::new();
        for _ in 0..=self.dice.below(5) {
            if let Some((_, one)) = (!self.claims.is_empty()).then(|| self.dice.of(&self.claims)) {
                batch.push((one, self.dice.of(&Outcome::ALL)));
            }
        }
        let settlements: Vec<_> = batch.iter().map(|(one, outcome)| settlement(one, *outcome, self.now)).collect();
        let report = self.world.store.settle(self.campaign, worker, &settlements, self.now).await.unwrap();
        let mut applied = 0;
        for (one, outcome) in &batch {
            if self.mine(worker, one) {
                applied += 1;
                self.tried.get_mut(&one.attempt).unwrap().outcome = Some(*outcome);
                self.go(one.person.id, settlement(one, *outcome, self.now).next);
            } else if let Some(tried) = self.tried.get_mut(&one.attempt) {
                // A late word about an unknown attempt is evidence, and a failure among them outlasts.
                tried.failed_later |= tried.outcome == Some(Outcome::Unknown) && failure(*outcome);
            }
        }
        assert_eq!(report.applied, applied);
    }

    async fn hand_back(&mut self) {
        let Some((worker, one)) = (!self.claims.is_empty()).then(|| self.dice.of(&self.claims)) else { return };
        let back = self.world.store.hand_back(self.campaign, worker, vec![one.attempt], self.now).await.unwrap();
        assert_eq!(back, u32::from(self.mine(worker, &one)));
        if back == 1 {
            let known = self.people.get_mut(&one.person.id).unwrap();
            (known.state, known.current, known.worker) = (PersonState::Pending, None, None);
            known.progress.tries -= 1;
            self.tried.remove(&one.attempt);
        }
    }

    async fn reap(&mut self) {
        let nth = self.dice.below(self.workers.len());
        let dead = std::mem::replace(&mut self.workers[nth], self.world.worker(FOREVER).await);
        let report = self.world.store.reap(&policies(), &BTreeMap::new(), Some(dead), self.now, 0.5).await.unwrap();
        let held: Vec<PersonId> =
            self.people.iter().filter(|(_, known)| known.worker == Some(dead)).map(|(id, _)| *id).collect();
        assert_eq!(report.unknown as usize, held.len());
        for person in held {
            let known = self.people[&person].clone();
            self.tried.get_mut(&known.current.unwrap()).unwrap().outcome = Some(Outcome::Unknown);
            self.go(person, self.after(&known.progress, Outcome::Unknown));
        }
    }

    fn after(&self, progress: &Progress, outcome: Outcome) -> Next {
        let channel = progress.cascade.step(progress.place).unwrap().channel;
        next(progress, outcome, None, &policy(channel), self.now, 0.5)
    }

    async fn receipt(&mut self) {
        // Mostly about what people were last tried with, for the others only note.
        let attempts: Vec<AttemptId> = match self.dice.below(3) {
            0 => self.tried.keys().copied().collect(),
            _ => self.people.values().filter_map(|known| known.current).collect(),
        };
        if attempts.is_empty() {
            return;
        }
        let attempt = self.dice.of(&attempts);
        let said = self.dice.of(&Outcome::ALL);
        self.keys += 1;
        let key = format!("{}-{}", self.campaign, self.keys);
        let (store, policies) = (&self.world.store, policies());
        let effect =
            store.apply_receipt("relay", &key, attempt, Some(said), None, &policies, self.now, 0.5).await.unwrap();
        let again =
            store.apply_receipt("relay", &key, attempt, Some(said), None, &policies, self.now, 0.5).await.unwrap();
        assert_eq!(again, ReceiptEffect::Repeated);
        let tried = self.tried[&attempt].clone();
        let known = self.people[&tried.person].clone();
        let to = match known.state {
            _ if known.current != Some(attempt) || said == Outcome::Unknown => None,
            PersonState::InFlight => {
                self.tried.get_mut(&attempt).unwrap().outcome = Some(said);
                Some(self.after(&known.progress, said))
            }
            PersonState::Reached if failure(said) => Some(self.after(&known.progress, said)),
            PersonState::Unknown => Some(self.after(&known.progress, said)),
            PersonState::Pending
                if tried.outcome == Some(Outcome::Unknown) && !failure(said) && !tried.failed_later =>
            {
                Some(Next::Reached)
            }
            _ => None,
        };
        self.tried.get_mut(&attempt).unwrap().failed_later |= failure(said);
        assert_eq!(effect, if to.is_some() { ReceiptEffect::Moved } else { ReceiptEffect::Noted });
        if let Some(to) = to {
            self.moved += 1;
            self.go(tried.person, to);
        }
    }

    async fn check(&self) {
        let mut counts = Counts::default();
        for known in self.people.values() {
            *counts.get_mut(known.state) += 1;
        }
        let stored = self.world.store.campaign(self.campaign).await.unwrap();
        assert_eq!(stored.counts, counts);
        let completed = stored.completed_at.is_some();
        assert!(!completed || counts.is_settled());
    }
}

fn failure(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Accepted | Outcome::Delivered | Outcome::Unknown)
}

async fn play(world: &World, seed: u64) -> u32 {
    let records = (0..12).map(|n| reachable(&format!("p{n}"), n % 3, n % 2)).collect();
    let campaign = world.running(records).await;
    let mut model = Model {
        campaign: campaign.id,
        now: T0,
        dice: Dice(seed),
        workers: vec![world.worker(FOREVER).await, world.worker(FOREVER).await],
        people: BTreeMap::new(),
        tried: BTreeMap::new(),
        claims: Vec::new(),
        keys: 0,
        moved: 0,
        world: world.clone(),
    };
    // Who there is: the model plans their cascades as sealing does.
    let people = candour::store::PeopleStore::people(&*world.store, campaign.incident, None, 100).await.unwrap().items;
    for person in people {
        let cascade = candour::domain::cascade::Cascade::plan(
            &[Channel::Email, Channel::Sms],
            person.record.reach(jiff::civil::date(2026, 11, 22)),
        );
        let state = if cascade.is_empty() { PersonState::Unreachable } else { PersonState::Pending };
        let progress = Progress { cascade, place: 0, tries: 0 };
        let known = Modelled { state, progress, due: T0, repeats: false, current: None, worker: None };
        model.people.insert(person.id, known);
    }
    for _ in 0..150 {
        match model.dice.below(10) {
            0..=3 => model.claim().await,
            4..=5 => model.settle().await,
            6 => model.hand_back().await,
            7 => model.reap().await,
            8 => model.receipt().await,
            _ => model.now = model.now.plus(45_000),
        }
        model.check().await;
    }
    world.assert_consistent().await;
    let rows = world.store.attempts(campaign.id, None, 1000).await.unwrap().items;
    assert_eq!(rows.len(), model.tried.len());
    for row in rows {
        assert_eq!((row.outcome, row.person), (model.tried[&row.id].outcome, model.tried[&row.id].person));
        assert_eq!(row.person_state, model.people[&row.person].state);
    }
    model.moved
}

on_both!(random_steps_agree_with_the_model, |world| {
    let mut moved = 0;
    for seed in [1, 0x00C0_FFEE, 0x5EED_5EED] {
        moved += play(&world, seed).await;
    }
    assert!(moved > 3, "the steps hardly did anything");
});
