//! Rates: set by people, drawn on by all workers together.

use candour::domain::attempt::Claimed;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::limit::{Grant, Limit, LimitKind, Slots};
use candour::store::{AuditStore, Delay, DeliveryStore, LimitStore, StoreError};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::on_both;

on_both!(a_rate_is_shared_whoever_draws_on_it, |world| {
    let take = |wanted, at| world.store.take_tokens(LimitKind::Provider, "relay", 10.0, wanted, Millis(T0.0 + at));
    assert_eq!(take(4, 0).await, Ok(Grant { tokens: 4, wait_ms: None }), "a burst of one second");
    assert_eq!(take(20, 0).await, Ok(Grant { tokens: 6, wait_ms: None }));
    assert_eq!(take(1, 0).await, Ok(Grant { tokens: 0, wait_ms: Some(100) }));
    assert_eq!(take(9, 300).await, Ok(Grant { tokens: 3, wait_ms: None }));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            let at = Millis(T0.0 + 10_000);
            tokio::spawn(async move {
                loop {
                    match world.store.take_tokens(LimitKind::Provider, "relay", 10.0, 3, at).await {
                        Err(StoreError::Busy) => {}
                        other => return other.unwrap().tokens,
                    }
                }
            })
        })
        .collect();
    let mut given = 0;
    for task in tasks {
        given += task.await.unwrap();
    }
    assert_eq!(given, 10, "all together no more than there were");
});

on_both!(what_people_set_stands_in_for_the_configuration_until_it_is_removed, |world| {
    let limit = Limit { kind: LimitKind::Provider, name: String::from("relay"), per_second: 2.0, updated_at: T0 };
    let incident = world.incident().await.id;
    world.store.set_limit(&limit, world.audit(incident, "limit.set")).await.unwrap();
    assert_eq!(world.store.limits().await.unwrap(), std::slice::from_ref(&limit));
    let take = |at| world.store.take_tokens(LimitKind::Provider, "relay", 100.0, 50, Millis(T0.0 + at));
    assert_eq!(take(0).await, Ok(Grant { tokens: 0, wait_ms: Some(500) }), "without a burst: slower means now");
    assert_eq!(take(1000).await.map(|g| g.tokens), Ok(2));
    world.store.remove_limit(limit.kind, &limit.name, world.audit(incident, "limit.removed")).await.unwrap();
    assert!(world.store.limits().await.unwrap().is_empty());
    assert_eq!(take(1000).await.map(|g| g.tokens), Ok(50), "what is configured holds again");
    assert!(world.store.limits().await.unwrap().is_empty(), "what is drawn on is no limit of somebody's");
    let again = world.store.remove_limit(limit.kind, &limit.name, world.audit(incident, "limit.removed")).await;
    assert_eq!(again, Err(StoreError::NotFound("limit")));
    let actions: Vec<String> =
        world.store.audit(Some(incident), 0, 10).await.unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions[actions.len() - 2..], ["limit.set", "limit.removed"], "what was refused left none");
});

on_both!(slots_of_a_domain_follow_one_another, |world| {
    let limit = Limit { kind: LimitKind::Domain, name: String::from("a.example"), per_second: 4.0, updated_at: T0 };
    let incident = world.incident().await.id;
    world.store.set_limit(&limit, world.audit(incident, "limit.set")).await.unwrap();
    let slots = |number, at| world.store.take_slots("a.example", number, Millis(T0.0 + at));
    let at = |ms| Ok(Some(Slots { first: Millis(T0.0 + ms), per_second: 4.0 }));
    assert_eq!(slots(8, 0).await, at(0));
    assert_eq!(slots(2, 100).await, at(2000), "after the eight");
    assert_eq!(slots(1, 9000).await, at(9000), "never in the past");
    assert_eq!(world.store.take_slots("b.example", 3, T0).await, Ok(None), "no limit, no wait");
    let faster = Limit { per_second: 8.0, ..limit };
    world.store.set_limit(&faster, world.audit(incident, "limit.set")).await.unwrap();
    let new = Slots { first: Millis(T0.0 + 100), per_second: 8.0 };
    assert_eq!(slots(1, 100).await, Ok(Some(new)), "whoever asks does so at the rate as it is, from now on");
    slots(8_000, 200).await.unwrap();
    let other = Limit { name: String::from("c.example"), ..faster.clone() };
    world.store.set_limit(&other, world.audit(incident, "limit.set")).await.unwrap();
    let behind = slots(1, 300).await.unwrap().unwrap();
    assert!(behind.first.0 > T0.0 + 1_000_000, "a rate for people who had none changes no slot");
    let changed = Limit { per_second: 1.0, updated_at: Millis(T0.0 + 300), ..other };
    world.store.set_limit(&changed, world.audit(incident, "limit.set")).await.unwrap();
    let anew = Slots { first: Millis(T0.0 + 300), per_second: 8.0 };
    assert_eq!(slots(1, 300).await, Ok(Some(anew)), "nobody waits behind slots that are none any more");
});

on_both!(slots_end_with_the_rate_and_an_hour_is_no_slot, |world| {
    let incident = world.incident().await.id;
    let rate =
        |per_second| Limit { kind: LimitKind::Domain, name: String::from("a.example"), per_second, updated_at: T0 };
    let set = async |per_second| {
        world.store.set_limit(&rate(per_second), world.audit(incident, "limit.set")).await.unwrap();
    };
    set(1.0).await;
    let people = (0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running(people).await;
    let worker = world.worker(FOREVER).await;
    let later = Millis(T0.0 + 3_600_000);
    let claim = async |at| world.claim(campaign.id, worker, Channel::Email, 3, at).await.unwrap();
    let put_off = async |which: &[Claimed], delay| {
        let until = which.iter().map(|one| (one.attempt, later)).collect();
        world.store.put_off(campaign.id, worker, until, delay, T0).await.unwrap()
    };
    let slots = |of: &[Claimed]| of.iter().map(|one| one.slot).collect::<Vec<_>>();

    let claimed = claim(T0).await;
    let round = claimed[0].slot_round;
    assert_eq!(put_off(&claimed[..2], Delay::Slot { round }).await, 2);
    assert_eq!(put_off(&claimed[2..], Delay::Hour).await, 1);
    assert!(claim(T0).await.is_empty());
    assert_eq!(world.store.free_slots(T0).await, Ok(0), "the rate is as it was");

    set(2.0).await;
    let mut due = claim(later).await;
    assert_eq!(slots(&due), [None, None, None], "whoever becomes due before being freed meets the new rate too");
    due.sort_by_key(|one| one.person.id);
    let round = due[0].slot_round;
    put_off(&due[..2], Delay::Slot { round }).await;
    put_off(&due[2..], Delay::Hour).await;
    set(3.0).await;
    assert_eq!(world.store.free_slots(T0).await, Ok(2));
    assert_eq!(world.store.free_slots(T0).await, Ok(0), "once");
    let freed = claim(T0).await;
    assert_eq!(slots(&freed), [None, None], "they meet the rate anew");

    let round = freed[0].slot_round;
    world.store.remove_limit(LimitKind::Domain, "a.example", world.audit(incident, "limit.removed")).await.unwrap();
    put_off(&freed[..1], Delay::Slot { round }).await;
    let again = claim(T0).await;
    assert_eq!(slots(&again), [None], "nobody is put off to a slot that was taken at a rate that is gone");
    put_off(&again, Delay::Slot { round: again[0].slot_round }).await;
    put_off(&freed[1..], Delay::Hour).await;
    let rest = claim(later).await;
    let mut of_each = slots(&rest);
    of_each.sort_unstable();
    assert_eq!(of_each, [None, None, Some(later)], "those who waited for an hour have none");
    let with_slot: Vec<Claimed> = rest.into_iter().filter(|one| one.slot.is_some()).collect();
    put_off(&with_slot, Delay::Hour).await;
    assert_eq!(slots(&claim(later).await), [None], "and who has one loses it by waiting");
    world.assert_consistent().await;
});

on_both!(many_are_freed_in_steps, |world| {
    let incident = world.incident().await.id;
    let rate =
        |per_second| Limit { kind: LimitKind::Domain, name: String::from("a.example"), per_second, updated_at: T0 };
    world.store.set_limit(&rate(1.0), world.audit(incident, "limit.set")).await.unwrap();
    let people = (0..4500).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running(people).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 4500, T0).await.unwrap();
    let later = Millis(T0.0 + 3_600_000);
    let until = claimed.iter().map(|one| (one.attempt, later)).collect();
    let delay = Delay::Slot { round: claimed[0].slot_round };
    assert_eq!(world.store.put_off(campaign.id, worker, until, delay, T0).await, Ok(4500));
    world.store.set_limit(&rate(2.0), world.audit(incident, "limit.set")).await.unwrap();
    assert_eq!(world.store.free_slots(T0).await, Ok(4500));
    assert_eq!(world.claim(campaign.id, worker, Channel::Email, 4500, T0).await.unwrap().len(), 4500);
    world.assert_consistent().await;
});
