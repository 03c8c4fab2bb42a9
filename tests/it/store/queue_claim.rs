//! Claims: nobody twice, nobody early, nobody of a campaign that does not run.

use std::collections::HashSet;

use candour::domain::attempt::Progress;
use candour::domain::audit::{GENESIS, verify};
use candour::domain::campaign::CampaignAction;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::domain::queue::Queue;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, StoreError};

use super::queue_support::{FOREVER, T0, reachable, settlement};
use crate::support::stores::on_both;

on_both!(a_claim_gives_people_with_their_intents_recorded, |world| {
    let campaign = world.running(vec![reachable("a", 2, 1), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    assert_eq!(claimed.len(), 1, "the other has no address");
    let one = &claimed[0];
    assert_eq!(one.person.record, reachable("a", 2, 1));
    assert_eq!((one.campaign, one.incident), (campaign.id, campaign.incident));
    assert_eq!((one.step.channel, one.step.point), (Channel::Email, 0));
    assert!(matches!(one.progress, Progress { place: 0, tries: 1, .. }), "{:?}", one.progress);

    let listed = world.store.attempts(campaign.id, None, 10).await.unwrap();
    assert!(!listed.more);
    let row = &listed.items[0];
    assert_eq!((row.id, row.person, row.number, row.repeats), (one.attempt, one.person.id, 1, false));
    assert_eq!((row.notice_hash.as_str(), row.intended_at, row.outcome), ("the-hash", T0, None));
    let counts = world.counts(campaign.id).await;
    assert_eq!((counts.pending, counts.in_flight), (1, 1));

    let entries = world.store.audit(Some(campaign.incident), 0, 100).await.unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.action.as_str(), last.actor.0.clone()), ("delivery.intended", format!("engine:{worker}")));
    assert!(
        last.detail.contains("\"attempts\":1") && last.detail.contains("\"provider\":\"relay\""),
        "{}",
        last.detail
    );
    verify(Some(campaign.incident), (0, GENESIS.to_owned()), &entries).unwrap();
    world.assert_consistent().await;
});

on_both!(eight_tasks_share_people_and_none_is_given_out_twice, |world| {
    let people = (0..400).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running(people).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let worker = world.worker(FOREVER).await;
                let mut mine = Vec::new();
                loop {
                    let claimed = match world.claim(campaign.id, worker, Channel::Email, 7, T0).await {
                        Err(StoreError::Busy) => continue,
                        other => other.unwrap(),
                    };
                    if claimed.is_empty() {
                        return mine;
                    }
                    world.settle_all(worker, &claimed, Outcome::Accepted).await;
                    mine.extend(claimed.into_iter().map(|one| one.person.id));
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (400, 400));
    let campaign = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((campaign.counts.reached, campaign.completed_at), (400, Some(T0)));
    world.assert_consistent().await;
});

on_both!(people_are_given_out_in_due_order_and_not_before, |world| {
    let campaign = world.running((0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    // Each asks to be tried again, the last of them first.
    for (nth, one) in (0..).zip(&claimed) {
        let at = Millis(T0.0 - 60_000 + 1000 * (10 - nth));
        world.store.settle(campaign.id, worker, &[settlement(one, Outcome::Retry, at)], T0).await.unwrap();
    }
    let due = |nth: i64| Millis(T0.0 + 1000 * (10 - nth));
    assert_eq!(world.store.next_due(campaign.id, &Queue::of(Channel::Email)).await, Ok(Some(due(2))));
    assert_eq!(world.store.next_due(campaign.id, &Queue::of(Channel::Sms)).await, Ok(None));
    let early = world.claim(campaign.id, worker, Channel::Email, 10, Millis(due(2).0 - 1)).await.unwrap();
    assert!(early.is_empty(), "nobody is due yet");
    let now = due(1);
    let first = world.claim(campaign.id, worker, Channel::Email, 1, now).await.unwrap();
    assert_eq!(first[0].person.id, claimed[2].person.id, "due first, and the limit is one");
    let second = world.claim(campaign.id, worker, Channel::Email, 10, now).await.unwrap();
    assert_eq!(second.iter().map(|one| one.person.id).collect::<Vec<_>>(), [claimed[1].person.id]);
    assert_eq!(second[0].progress.tries, 2);
    world.assert_consistent().await;
});

on_both!(a_claim_needs_a_lease_that_is_alive, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(Millis(T0.0 + 10)).await;
    let late = world.claim(campaign.id, worker, Channel::Email, 1, Millis(T0.0 + 10)).await;
    assert_eq!(late.err(), Some(StoreError::StaleLease));
    let nobody = world.claim(campaign.id, world.id(), Channel::Email, 1, T0).await;
    assert_eq!(nobody.err(), Some(StoreError::StaleLease));
    world.store.extend_lease(worker, T0, FOREVER).await.unwrap();
    let in_time = world.claim(campaign.id, worker, Channel::Email, 1, Millis(T0.0 + 10)).await.unwrap();
    assert_eq!(in_time.len(), 1);
    assert_eq!(world.store.extend_lease(world.id(), T0, FOREVER).await, Err(StoreError::StaleLease));
});

on_both!(only_a_running_campaign_gives_people_out, |world| {
    let (incident, notice) = world.incident_of(vec![reachable("a", 1, 0)]).await;
    let campaign = world.seal(incident, &notice).await.unwrap();
    let worker = world.worker(FOREVER).await;
    let given = || async { world.claim(campaign.id, worker, Channel::Email, 5, T0).await.unwrap().len() };
    assert_eq!(given().await, 0, "proposed");
    world.act(&campaign, CampaignAction::Approve).await.unwrap();
    assert_eq!(given().await, 0, "approved");
    world.act(&campaign, CampaignAction::Start).await.unwrap();
    world.act(&campaign, CampaignAction::Pause).await.unwrap();
    assert_eq!(given().await, 0, "paused");
    assert_eq!(
        world.store.next_due(campaign.id, &Queue::of(Channel::Email)).await,
        Ok(None),
        "nobody is due while it is paused"
    );
    world.act(&campaign, CampaignAction::Resume).await.unwrap();
    assert_eq!(given().await, 1, "running");
    let none = world.claim(world.id(), worker, Channel::Email, 5, T0).await;
    assert_eq!(none.err(), Some(StoreError::NotFound("campaign")));
});

on_both!(a_record_that_does_not_open_is_put_off_and_holds_up_nobody, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    world
        .execute(
            "UPDATE people SET sealed = people.content_hash WHERE id = (SELECT id FROM people ORDER BY id LIMIT 1)",
        )
        .await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 2, T0).await.unwrap();
    assert_eq!(claimed.len(), 1, "the other is given out");
    let counts = world.counts(campaign.id).await;
    assert_eq!((counts.pending, counts.in_flight), (1, 1));
    let due = world.store.next_due(campaign.id, &Queue::of(Channel::Email)).await.unwrap();
    assert_eq!(due, Some(Millis(T0.0 + 3_600_000)));
    let alone = world.claim(campaign.id, worker, Channel::Email, 2, Millis(T0.0 + 3_600_000)).await;
    assert!(matches!(alone, Err(StoreError::Corrupt { table: "people", .. })), "alone, it is an error");
    world.assert_consistent().await;
});

on_both!(people_that_were_erased_are_not_claimed, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    world.execute("UPDATE incident_keys SET wrapped = NULL").await;
    let erased = world.claim(campaign.id, worker, Channel::Email, 1, T0).await;
    assert_eq!(erased.err(), Some(StoreError::Erased));
    assert_eq!(world.counts(campaign.id).await.in_flight, 0);
});
