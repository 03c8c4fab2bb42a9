//! A receipt that an earlier message arrived: whoever was told is not given up and not told again, in whatever order the words come.

use candour::domain::campaign::{CampaignState, Counts};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, WorkerId};
use candour::domain::outcome::Outcome;
use candour::store::{CampaignStore, DeliveryStore, ReceiptEffect};

use super::queue_silent::LATER;
use super::queue_support::{FOREVER, T0, policies, reachable};
use crate::support::stores::{World, on_both};

impl World {
    /// Somebody whose email was accepted and never confirmed, so that the next step was claimed.
    async fn gone_on(
        &self,
        emails: usize,
    ) -> (CampaignId, WorkerId, AttemptId, Vec<candour::domain::attempt::Claimed>) {
        let campaign = self.running(vec![reachable("a", emails, 1)]).await.id;
        let worker = self.worker(FOREVER).await;
        let first = self.claim(campaign, worker, Channel::Email, 1, T0).await.unwrap();
        self.settle_all(worker, &first, Outcome::Accepted).await;
        assert_eq!(self.break_silence(campaign, LATER, "relay").await.moved, 1);
        let second = self.claim(campaign, worker, Channel::Sms, 1, T0).await.unwrap();
        (campaign, worker, first[0].attempt, second)
    }

    async fn ended(&self, campaign: CampaignId) -> Counts {
        let campaign = self.store.campaign(campaign).await.unwrap();
        assert_eq!(campaign.state, CampaignState::Completed);
        self.assert_consistent().await;
        campaign.counts
    }
}

on_both!(who_is_in_flight_is_reached_whatever_comes_of_it, |world| {
    let (campaign, worker, first, second) = world.gone_on(1).await;
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    assert!(world.settle_all(worker, &second, Outcome::BadAddress).await.completed);
    assert_eq!(world.ended(campaign).await.reached, 1);
    let attempts = world.store.attempts(campaign, None, 9).await.unwrap().items;
    assert_eq!(attempts[1].outcome, Some(Outcome::BadAddress), "what came of the attempt stays what it was");
});

on_both!(a_failure_after_it_moves_nobody, |world| {
    let (campaign, worker, first, second) = world.gone_on(1).await;
    world.settle_all(worker, &second, Outcome::Accepted).await;
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    assert_eq!(world.receipt("gone", second[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Noted);
    assert_eq!(world.ended(campaign).await.reached, 1);
});

on_both!(who_was_given_up_is_reached_by_it, |world| {
    let (campaign, worker, first, second) = world.gone_on(1).await;
    assert!(world.settle_all(worker, &second, Outcome::BadAddress).await.completed);
    assert_eq!(world.ended(campaign).await.unreachable, 1);
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Repeated);
    assert_eq!(world.ended(campaign).await.reached, 1);
});

on_both!(a_bounce_of_the_same_message_outweighs_it, |world| {
    let (campaign, worker, first, second) = world.gone_on(1).await;
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    assert_eq!(world.receipt("bounce", first, Some(Outcome::BadAddress)).await, ReceiptEffect::Noted);
    assert!(world.settle_all(worker, &second, Outcome::BadAddress).await.completed);
    assert_eq!(world.ended(campaign).await.unreachable, 1);
});

on_both!(who_is_taken_from_a_dead_worker_is_reached, |world| {
    let (campaign, worker, first, _) = world.gone_on(1).await;
    assert_eq!(world.receipt("late", first, Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    let (asked, after) = (std::collections::BTreeMap::new(), Millis(FOREVER.0 + 1));
    let report = world.store.reap(&policies(), &asked, Some(worker), after, 0.5).await.unwrap();
    assert_eq!((report.unknown, report.repeats), (1, 0));
    assert_eq!(world.ended(campaign).await.reached, 1);
});
