//! A canary: so many attempts and no more, until it is let go or the campaign is paused and resumed.

use std::sync::Arc;

use candour::domain::attempt::{Claimed, NO_PROVIDER, NOBODY_CARRIES_IT, Settlement};
use candour::domain::campaign::{CampaignAction, CampaignState};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::domain::plan::{Canary, CanaryStage, Failing, Plan};
use candour::store::{CampaignStore, Delay, DeliveryStore, ReceiptEffect};

use super::queue_support::{FOREVER, T0, reachable, settlement};
use crate::support::stores::{World, on_both};

fn plan(people: u32) -> Plan {
    Plan { canary: Some(Canary { people, watch_minutes: 10, failing_percent: 20 }), ..Plan::default() }
}

async fn claim(world: &World, campaign: &candour::domain::campaign::Campaign) -> usize {
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 100, T0).await.unwrap();
    if !claimed.is_empty() {
        world.settle_all(worker, &claimed, Outcome::Accepted).await;
    }
    claimed.len()
}

on_both!(so_many_are_told_and_the_others_wait, |world| {
    let people = (0..10).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running_by(people, plan(4)).await;
    assert_eq!(campaign.canary, CanaryStage::Telling(4));
    assert_eq!(world.store.watched_canaries().await.unwrap(), []);
    assert_eq!(claim(&world, &campaign).await, 4);
    assert_eq!(claim(&world, &campaign).await, 0, "the others wait");
    let watched = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((watched.canary, watched.counts.pending), (CanaryStage::Watched(T0), 6));
    assert_eq!(world.store.watched_canaries().await.unwrap(), [campaign.id]);
    assert_eq!(world.store.failing(campaign.id).await.unwrap(), Failing { attempts: 4, failed: 0 });
    let attempt = world.store.attempts(campaign.id, None, 1).await.unwrap().items[0].id;
    assert_eq!(world.receipt("b", attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    assert_eq!(world.store.failing(campaign.id).await.unwrap(), Failing { attempts: 4, failed: 1 });

    let audit = world.audit(campaign.incident, "campaign.canary_passed");
    assert!(world.store.end_canary(campaign.id, audit.clone()).await.unwrap());
    assert!(!world.store.end_canary(campaign.id, audit).await.unwrap(), "once");
    assert_eq!(claim(&world, &campaign).await, 6);
    let done = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((done.state, done.canary), (CampaignState::Completed, CanaryStage::Over));
    world.assert_consistent().await;
});

on_both!(whoever_is_handed_back_is_replaced, |world| {
    let people = (0..6).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running_by(people, plan(4)).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 100, T0).await.unwrap();
    assert_eq!(claimed.len(), 4);
    let later = claimed[1..].iter().map(|one| (one.attempt, Millis(T0.0 + 3_600_000))).collect();
    assert_eq!(world.store.put_off(campaign.id, worker, later, Delay::Slot { round: 1 }, T0).await.unwrap(), 3);
    world.settle_all(worker, &claimed[..1], Outcome::Accepted).await;
    let told = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!(told.canary, CanaryStage::Telling(3), "one was told; nobody is watched yet");
    assert_eq!(claim(&world, &campaign).await, 2, "the others that are due");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().canary, CanaryStage::Telling(1));
    world.assert_consistent().await;
});

on_both!(whom_nobody_carries_is_replaced_and_did_not_fail, |world| {
    let people = (0..6).map(|n| reachable(&format!("p{n}"), 1, 0)).collect();
    let campaign = world.running_by(people, plan(3)).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 100, T0).await.unwrap();
    let uncarried = |one: &Claimed| {
        let mut of = settlement(one, Outcome::Rejected, T0);
        (of.intent.provider, of.code, of.reference) = (NO_PROVIDER.into(), Some(NOBODY_CARRIES_IT.to_owned()), None);
        of
    };
    let settle = |settlements: Vec<Settlement>| {
        let store = Arc::clone(&world.store);
        async move { store.settle(campaign.id, worker, &settlements, T0).await.unwrap() }
    };
    settle(claimed[..2].iter().map(uncarried).collect()).await;
    assert!(!world.store.refill_canary(campaign.id, 3).await.unwrap(), "one is in flight yet");
    settle(vec![settlement(&claimed[2], Outcome::Rejected, T0)]).await;
    assert_eq!(world.store.failing(campaign.id).await.unwrap(), Failing { attempts: 1, failed: 1 });
    assert!(world.store.refill_canary(campaign.id, 3).await.unwrap());
    assert!(!world.store.refill_canary(campaign.id, 3).await.unwrap(), "it is being told again");
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().canary, CanaryStage::Telling(2));
    assert_eq!(claim(&world, &campaign).await, 2);
    assert!(!world.store.refill_canary(campaign.id, 3).await.unwrap(), "all places are taken");
    assert_eq!(world.store.failing(campaign.id).await.unwrap(), Failing { attempts: 3, failed: 1 });
    let tallies = world.store.tallies(campaign.id).await.unwrap();
    assert!(tallies.iter().any(|of| of.provider == NO_PROVIDER && of.attempts == 2), "{tallies:?}");
    world.assert_consistent().await;
});

on_both!(whoever_resumes_lets_the_others_go, |world| {
    let campaign = world.running_by((0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect(), plan(1)).await;
    world.act(&campaign, CampaignAction::Pause).await.unwrap();
    let resumed = world.act(&campaign, CampaignAction::Resume).await.unwrap();
    assert_eq!(resumed.canary, CanaryStage::Telling(1), "nothing has been looked at yet");
    assert_eq!(claim(&world, &campaign).await, 1);
    world.act(&campaign, CampaignAction::Pause).await.unwrap();
    assert_eq!(world.act(&campaign, CampaignAction::Resume).await.unwrap().canary, CanaryStage::Over);
    assert_eq!(claim(&world, &campaign).await, 2);
    world.assert_consistent().await;
});
