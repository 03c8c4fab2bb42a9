//! Reaping: what a dead worker had in flight.

use std::collections::BTreeMap;

use candour::domain::campaign::PersonState;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, ReapReport, ReceiptEffect, StoreError};

use super::queue_support::{FOREVER, T0, policies, reachable};
use crate::support::stores::on_both;

const END: Millis = Millis(T0.0 + 10);
const AFTER: Millis = Millis(T0.0 + 11);

on_both!(the_policy_of_the_channel_decides_and_late_settlements_are_noted_but_refused, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 0, 1)]).await;
    let worker = world.worker(END).await;
    let alive = world.worker(FOREVER).await;
    let mut claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    claimed.extend(world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap());
    let nothing = world.store.reap(&policies(), &BTreeMap::new(), None, END, 0.5).await.unwrap();
    assert_eq!(nothing, ReapReport::default(), "the lease ends only now");
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), None, AFTER, 0.5).await.unwrap();
    assert_eq!(reaped, ReapReport { workers: 1, unknown: 2, repeats: 1 });
    let counts = world.counts(campaign.id).await;
    assert_eq!((counts.pending, counts.unknown, counts.in_flight), (1, 1, 0), "email is repeated, SMS is held");
    assert_eq!(world.store.workers().await, Ok(vec![(alive, FOREVER)]));
    world.assert_consistent().await;

    let late = world.settle_all(worker, &claimed, Outcome::Accepted).await;
    assert_eq!((late.applied, late.stale), (0, 2));
    let mut attempts: Vec<_> = claimed.iter().map(|one| one.attempt).collect();
    let mut named = late.late;
    attempts.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, attempts, "whoever asked is to take them as receipts");
    assert_eq!(world.counts(campaign.id).await, counts, "nobody moved");
    let rows = world.store.attempts(campaign.id, None, 10).await.unwrap().items;
    for row in &rows {
        assert_eq!((row.outcome, row.receipt), (Some(Outcome::Unknown), Some(Outcome::Accepted)), "it is evidence");
        assert!(row.reference.is_some());
    }
    assert_eq!(world.store.extend_lease(worker, AFTER, FOREVER).await, Err(StoreError::StaleLease));
    let refused = world.claim(campaign.id, worker, Channel::Email, 1, T0).await;
    assert_eq!(refused.err(), Some(StoreError::StaleLease));
    let actions: Vec<String> =
        world.store.audit(Some(campaign.incident), 0, 100).await.unwrap().into_iter().map(|e| e.action).collect();
    assert!(
        actions.ends_with(&[String::from("delivery.reaped"), String::from("delivery.settled_late")]),
        "{actions:?}"
    );

    // The answer to that may be lost: whoever asks again is told of them again, and each is taken once.
    let mut named = world.settle_all(worker, &claimed, Outcome::Accepted).await.late;
    named.sort_unstable();
    assert_eq!(named, attempts);
    assert!(
        world.settle_all(worker, &claimed, Outcome::Rejected).await.late.is_empty(),
        "of two answers the first counts"
    );
    for attempt in attempts {
        let key = format!("answered {attempt}");
        assert_eq!(world.receipt(&key, attempt, Some(Outcome::Accepted)).await, ReceiptEffect::Moved);
        assert_eq!(world.receipt(&key, attempt, Some(Outcome::Accepted)).await, ReceiptEffect::Repeated);
    }
    assert_eq!(world.counts(campaign.id).await.reached, 2);
    world.assert_consistent().await;
});

on_both!(reapers_at_once_take_each_person_once, |world| {
    let campaign = world.running((0..1300).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(END).await;
    assert_eq!(world.claim(campaign.id, worker, Channel::Email, 1300, T0).await.unwrap().len(), 1300);
    let other = world.another().await;
    let (policies, asked) = (policies(), BTreeMap::new());
    let (one, two, three) = tokio::join!(
        world.store.reap(&policies, &asked, None, AFTER, 0.5),
        other.reap(&policies, &asked, None, AFTER, 0.5),
        world.store.reap(&policies, &asked, Some(worker), AFTER, 0.5),
    );
    let reports = [one.unwrap(), two.unwrap(), three.unwrap()];
    let sum = |of: fn(&ReapReport) -> u32| reports.iter().map(of).sum::<u32>();
    assert_eq!((sum(|r| r.unknown), sum(|r| r.repeats), sum(|r| r.workers)), (1300, 1300, 1), "{reports:?}");
    assert_eq!(world.counts(campaign.id).await.pending, 1300);
    assert_eq!(world.store.workers().await, Ok(vec![]));
    world.assert_consistent().await;
    other.close().await;
});

on_both!(a_worker_can_be_reaped_by_name_whatever_its_lease, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1)]).await;
    let (worker, other) = (world.worker(FOREVER).await, world.worker(END).await);
    world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    world.claim(campaign.id, other, Channel::Sms, 1, T0).await.unwrap();
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), Some(worker), AFTER, 0.5).await.unwrap();
    assert_eq!(reaped, ReapReport { workers: 1, unknown: 1, repeats: 0 });
    assert_eq!(world.store.workers().await, Ok(vec![(other, END)]), "the other is left alone");
    assert_eq!(world.counts(campaign.id).await.in_flight, 1);
});

on_both!(a_reaping_that_died_half_way_is_finished_by_the_next, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    // The fence is down and nothing else is done.
    world.execute("UPDATE workers SET expires_at = 0").await;
    assert_eq!(world.store.extend_lease(worker, T0, FOREVER).await, Err(StoreError::StaleLease));
    assert_eq!(world.store.workers().await.unwrap().len(), 1, "it is not forgotten");
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), None, AFTER, 0.5).await.unwrap();
    assert_eq!((reaped.workers, reaped.unknown), (1, 1));
    let row = &world.store.attempts(campaign.id, None, 1).await.unwrap().items[0];
    assert_eq!(row.person_state, PersonState::Unknown);
});

on_both!(nobody_is_told_again_while_the_provider_is_asked, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(END).await;
    assert_eq!(world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap().len(), 1);
    let asked = BTreeMap::from([(String::from("relay"), 600_000)]);
    let reaped = world.store.reap(&policies(), &asked, None, AFTER, 0.5).await.unwrap();
    assert_eq!(reaped, ReapReport { workers: 1, unknown: 1, repeats: 1 });
    let other = world.worker(FOREVER).await;
    let before = world.claim(campaign.id, other, Channel::Email, 1, AFTER.plus(599_999)).await.unwrap();
    assert_eq!(before.len(), 0);
    assert_eq!(world.claim(campaign.id, other, Channel::Email, 1, AFTER.plus(600_000)).await.unwrap().len(), 1);
    world.assert_consistent().await;
});

on_both!(a_campaign_whose_people_cannot_be_taken_keeps_no_other_waiting, |world| {
    let (first, second) =
        (world.running(vec![reachable("a", 1, 0)]).await, world.running(vec![reachable("b", 1, 0)]).await);
    let worker = world.worker(FOREVER).await;
    for campaign in [&first, &second] {
        assert_eq!(world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap().len(), 1);
    }
    let of_first = "UPDATE campaign_people SET cascade = 'nonsense!' WHERE campaign_id = (SELECT id FROM campaigns ORDER BY id LIMIT 1)";
    world.execute(of_first).await;
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), Some(worker), T0, 0.5).await.unwrap();
    assert_eq!((reaped.unknown, reaped.workers), (1, 0), "the worker stays until all of its people are taken");
    assert_eq!((world.counts(first.id).await.in_flight, world.counts(second.id).await.pending), (1, 1));
    let of_first =
        "UPDATE campaign_people SET cascade = 'e0' WHERE campaign_id = (SELECT id FROM campaigns ORDER BY id LIMIT 1)";
    world.execute(of_first).await;
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), Some(worker), T0, 0.5).await.unwrap();
    assert_eq!((reaped.unknown, reaped.workers), (1, 1));
    world.assert_consistent().await;
});
