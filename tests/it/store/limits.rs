//! Rates: set by people, drawn on by all workers together.

use candour::domain::clock::Millis;
use candour::domain::limit::{Grant, Limit, LimitKind};
use candour::store::{AuditStore, LimitStore, StoreError};

use super::queue_support::T0;
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
    assert_eq!(world.store.limits().await.unwrap(), [limit.clone()]);
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
    let slots = |number, at| world.store.take_slots("a.example", 4.0, number, Millis(T0.0 + at));
    assert_eq!(slots(8, 0).await, Ok(T0));
    assert_eq!(slots(2, 100).await, Ok(Millis(T0.0 + 2000)), "after the eight");
    assert_eq!(slots(1, 9000).await, Ok(Millis(T0.0 + 9000)), "never in the past");
    assert_eq!(world.store.take_slots("b.example", 4.0, 3, T0).await, Ok(T0), "no limit, no wait");
});
