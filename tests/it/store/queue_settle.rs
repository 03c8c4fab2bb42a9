//! Settlements and handing back.

use std::collections::BTreeMap;

use candour::domain::attempt::UnreachableReason;
use candour::domain::campaign::{CampaignAction, CampaignState, PersonState};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, SettleReport, StoreError, Tally};

use super::queue_support::{FOREVER, T0, policies, reachable, settlement};
use crate::support::stores::on_both;

on_both!(each_outcome_sends_its_person_where_the_domain_says, |world| {
    let campaign = world.running((0..5).map(|n| reachable(&format!("p{n}"), 1, n % 2)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    let of = |phones: usize| claimed.iter().filter(move |one| one.person.record.phones.len() == phones);
    let batch = vec![
        settlement(of(0).next().unwrap(), Outcome::Accepted, T0),
        settlement(of(0).nth(1).unwrap(), Outcome::BadAddress, T0),
        settlement(of(0).nth(2).unwrap(), Outcome::Retry, T0),
        settlement(of(1).next().unwrap(), Outcome::Rejected, T0),
        settlement(of(1).nth(1).unwrap(), Outcome::Unknown, T0),
    ];
    let report = world.store.settle(campaign.id, worker, &batch, T0).await.unwrap();
    assert_eq!(report, SettleReport { applied: 5, ..SettleReport::default() });
    let counts = world.counts(campaign.id).await;
    assert_eq!((counts.reached, counts.unreachable, counts.pending, counts.in_flight), (1, 1, 3, 0));
    world.assert_consistent().await;

    let sms = world.claim(campaign.id, worker, Channel::Sms, 10, T0).await.unwrap();
    assert_eq!(sms.len(), 1, "whoever was rejected goes on to the phone at once");
    assert_eq!((sms[0].progress.place, sms[0].progress.tries), (1, 1));
    let later = Millis(T0.0 + 60_000);
    let again = world.claim(campaign.id, worker, Channel::Email, 10, later).await.unwrap();
    assert_eq!(again.len(), 2, "a retry and a repeat");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().repeated, 1);

    let rows = world.store.attempts(campaign.id, None, 100).await.unwrap().items;
    let settled = rows.iter().find(|row| row.id == batch[0].attempt).unwrap();
    assert_eq!((settled.outcome, settled.settled_at), (Some(Outcome::Accepted), Some(T0)));
    assert_eq!(settled.code.as_deref(), Some("250 ok"), "without what PostgreSQL keeps in no text");
    assert_eq!(settled.reference, batch[0].reference);
    let repeat = rows.iter().find(|row| row.person == batch[4].person && row.number == 2).unwrap();
    assert!(repeat.repeats && repeat.person_state == PersonState::InFlight);
    let tally = |outcome| Tally { channel: Channel::Email, provider: String::from("relay"), outcome, attempts: 1 };
    let tallies = world.store.tallies(campaign.id).await.unwrap();
    assert_eq!(tallies.len(), 5);
    assert!(tallies.contains(&tally(Outcome::BadAddress)) && tallies.contains(&tally(Outcome::Unknown)));
    let reasons = world.store.unreachable_reasons(campaign.incident).await.unwrap();
    assert_eq!(reasons, [(UnreachableReason::BadAddress, 1)]);
    world.assert_consistent().await;
});

on_both!(a_batch_applied_again_is_stale_and_one_that_names_an_attempt_twice_counts_it_once, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    let twice = vec![settlement(&claimed[0], Outcome::Accepted, T0), settlement(&claimed[0], Outcome::BadAddress, T0)];
    let first = world.store.settle(campaign.id, worker, &twice, T0).await.unwrap();
    assert_eq!((first.applied, first.stale), (1, 1));
    assert_eq!(world.counts(campaign.id).await.reached, 1);
    let entries = world.store.audit(Some(campaign.incident), 0, 100).await.unwrap().len();
    let second = world.store.settle(campaign.id, worker, &twice, T0).await.unwrap();
    assert_eq!((second.applied, second.stale), (0, 2));
    assert_eq!(world.store.audit(Some(campaign.incident), 0, 100).await.unwrap().len(), entries, "nothing changed");
    world.assert_consistent().await;
});

on_both!(only_the_worker_that_claimed_settles, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let (worker, other) = (world.worker(FOREVER).await, world.worker(FOREVER).await);
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    assert_eq!(world.settle_all(other, &claimed, Outcome::Accepted).await.stale, 1);
    assert_eq!(world.counts(campaign.id).await.in_flight, 1);
    world.assert_consistent().await;
    assert_eq!(world.settle_all(worker, &claimed, Outcome::Accepted).await.applied, 1);
});

on_both!(the_last_settlement_completes_a_running_campaign_but_not_a_paused_one, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 0, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.act(&campaign, CampaignAction::Pause).await.unwrap();
    assert!(!world.settle_all(worker, &claimed, Outcome::Accepted).await.completed);
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![]));
    world.act(&campaign, CampaignAction::Resume).await.unwrap();
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![campaign.id]));
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![]), "once");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);

    let other = world.running(vec![reachable("c", 1, 0)]).await;
    let claimed = world.claim(other.id, worker, Channel::Email, 1, T0).await.unwrap();
    assert!(world.settle_all(worker, &claimed, Outcome::BadAddress).await.completed);
    let entries = world.store.audit(Some(other.incident), 0, 100).await.unwrap();
    let actions: Vec<_> = entries.iter().rev().take(2).map(|e| e.action.as_str()).collect();
    assert_eq!(actions, ["campaign.completed", "delivery.settled"]);
});

on_both!(what_is_handed_back_was_never_claimed, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let mut claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Unknown).await;
    let later = Millis(T0.0 + 600_000);
    claimed = world.claim(campaign.id, worker, Channel::Email, 2, later).await.unwrap();
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().repeated, 1);
    let attempts: Vec<_> = claimed.iter().map(|one| one.attempt).collect();
    let stranger = world.worker(FOREVER).await;
    assert_eq!(world.store.hand_back(campaign.id, stranger, attempts.clone(), later).await, Ok(0));
    assert!(matches!(world.store.retire_worker(worker, later).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.hand_back(campaign.id, worker, attempts.clone(), later).await, Ok(2));
    assert_eq!(world.store.hand_back(campaign.id, worker, attempts, later).await, Ok(0), "once");
    let after = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((after.repeated, after.counts.pending), (0, 2));
    world.assert_consistent().await;
    assert_eq!(world.settle_all(worker, &claimed, Outcome::Accepted).await.stale, 2);
    world.store.retire_worker(worker, later).await.unwrap();
    world.store.retire_worker(worker, later).await.unwrap();

    let again = world.claim(campaign.id, stranger, Channel::Email, 2, later).await.unwrap();
    let tries: Vec<_> = again.iter().map(|one| one.progress.tries).collect();
    assert_eq!(tries.iter().sum::<u16>(), 3, "a first and a second try, as before");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().repeated, 1, "it repeats again");
    world.assert_consistent().await;
});

on_both!(a_settlement_late_by_the_clock_but_before_the_reaper_counts, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(Millis(T0.0 + 10)).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    let late = Millis(T0.0 + 1000);
    let batch = vec![settlement(&claimed[0], Outcome::Accepted, late)];
    assert_eq!(world.store.settle(campaign.id, worker, &batch, late).await.unwrap().applied, 1);
    let reaped = world.store.reap(&policies(), &BTreeMap::new(), None, late, 0.5).await.unwrap();
    assert_eq!((reaped.workers, reaped.unknown), (1, 0));
});
