//! Receipts: early, late, twice, about the wrong attempt.

use std::collections::BTreeMap;

use candour::domain::campaign::{CampaignAction, CampaignState, PersonState};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, ReceiptEffect};

use super::queue_support::{FOREVER, T0, policies, reachable};
use crate::support::stores::on_both;

on_both!(a_receipt_before_the_settlement_settles, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    let attempt = claimed[0].attempt;
    assert_eq!(world.receipt("k0", attempt, None).await, ReceiptEffect::Noted, "it decides nothing");
    assert_eq!(world.receipt("k1", attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
    assert_eq!(world.receipt("k1", attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Repeated);
    let done = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((done.counts.reached, done.state), (1, CampaignState::Completed));
    assert_eq!(world.settle_all(worker, &claimed, Outcome::BadAddress).await.stale, 1);
    let row = &world.store.attempts(campaign.id, None, 1).await.unwrap().items[0];
    assert_eq!((row.outcome, row.receipt), (Some(Outcome::Delivered), Some(Outcome::Delivered)));
    assert!(row.reference.is_some(), "the settlement still tells the provider's name for it");
    assert_eq!(world.receipt("k9", world.id(), Some(Outcome::Delivered)).await, ReceiptEffect::NoSuchAttempt);
    world.assert_consistent().await;
});

on_both!(a_bounce_after_the_end_reopens_and_goes_on_with_the_next_step, |world| {
    let campaign = world.running(vec![reachable("a", 1, 1), reachable("b", 0, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let first = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    assert!(world.settle_all(worker, &first, Outcome::Accepted).await.completed);
    assert_eq!(world.receipt("d", first[0].attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    assert_eq!(world.receipt("b", first[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    let open = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((open.state, open.completed_at, open.counts.pending), (CampaignState::Running, None, 1));
    assert_eq!(
        world.receipt("b2", first[0].attempt, Some(Outcome::BadAddress)).await,
        ReceiptEffect::Noted,
        "moved once"
    );
    assert_eq!(world.receipt("d2", first[0].attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    let row = &world.store.attempts(campaign.id, None, 1).await.unwrap().items[0];
    assert_eq!((row.outcome, row.receipt), (Some(Outcome::Accepted), Some(Outcome::BadAddress)), "a failure outweighs");

    let second = world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    assert!(world.settle_all(worker, &second, Outcome::Accepted).await.completed);
    let old = world.receipt("b3", first[0].attempt, Some(Outcome::BadAddress)).await;
    assert_eq!(old, ReceiptEffect::Noted, "it is about an older attempt");
    assert_eq!(world.receipt("s", second[0].attempt, Some(Outcome::Rejected)).await, ReceiptEffect::Moved);
    let last = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((last.counts.unreachable, last.state), (2, CampaignState::Completed), "nobody is pending: not reopened");
    let entries = world.store.audit(Some(campaign.incident), 0, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|e| e.action == "campaign.reopened").count(), 1);
    assert_eq!(entries.iter().filter(|e| e.action == "receipt.moved").count(), 2);
    world.assert_consistent().await;
});

on_both!(a_cancelled_campaign_stays_cancelled, |world| {
    let campaign = world.running(vec![reachable("a", 1, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    assert!(!world.settle_all(worker, &claimed, Outcome::Accepted).await.completed);
    assert_eq!(world.receipt("b", claimed[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    let after = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((after.state, after.counts.pending), (CampaignState::Cancelled, 1));
    world.assert_consistent().await;
});

on_both!(a_delivery_resolves_what_nobody_knew, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 1, 0), reachable("c", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let mut sms = world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
    let email = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.store.reap(&policies(), &BTreeMap::new(), Some(worker), T0, 0.5).await.unwrap();
    assert_eq!(world.receipt("1", sms[0].attempt, Some(Outcome::Accepted)).await, ReceiptEffect::Moved);
    assert_eq!(world.receipt("2", sms[1].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    let saved = world.receipt("3", email[0].attempt, Some(Outcome::Delivered)).await;
    assert_eq!(saved, ReceiptEffect::Moved, "the repeat is saved");
    let rows = world.store.attempts(campaign.id, None, 10).await.unwrap().items;
    sms.extend(email);
    let states: Vec<_> =
        sms.iter().map(|one| rows.iter().find(|row| row.id == one.attempt).unwrap().person_state).collect();
    assert_eq!(states, [PersonState::Reached, PersonState::Unreachable, PersonState::Reached]);
    assert!(rows.iter().all(|row| row.outcome == Some(Outcome::Unknown)), "what was known then stays written");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);
    world.assert_consistent().await;
});

on_both!(the_same_receipt_many_times_at_once_moves_once, |world| {
    let campaign = world.running(vec![reachable("a", 2, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Accepted).await;
    let attempt = claimed[0].attempt;
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let world = world.clone();
            // Three with one key, three with keys of their own.
            let key = if n % 2 == 0 { String::from("same") } else { format!("k{n}") };
            tokio::spawn(async move { world.receipt(&key, attempt, Some(Outcome::BadAddress)).await })
        })
        .collect();
    let mut effects = Vec::new();
    for task in tasks {
        effects.push(task.await.unwrap());
    }
    let number = |of| effects.iter().filter(|effect| **effect == of).count();
    assert_eq!((number(ReceiptEffect::Moved), number(ReceiptEffect::Repeated)), (1, 2), "{effects:?}");
    let again = world.claim(campaign.id, worker, Channel::Email, 5, Millis(T0.0 + 1)).await.unwrap();
    assert_eq!((again.len(), again[0].step.point), (1, 1), "the second address is tried, once");
    world.assert_consistent().await;
});

on_both!(an_attempt_is_found_by_the_providers_own_reference, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
    let found =
        async |provider: &str, reference: &str| world.store.attempt_by_reference(provider, reference).await.unwrap();
    let (provider, attempt) = (claimed[1].intent.provider.to_string(), claimed[1].attempt);
    assert_eq!(found(&provider, "no such").await, None);
    world.settle_all(worker, &claimed, Outcome::Accepted).await;
    assert_eq!(found(&provider, &format!("ref-{attempt}")).await, Some(attempt));
    assert_eq!(found("another", &format!("ref-{attempt}")).await, None);
});
