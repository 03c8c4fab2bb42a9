//! People of whom no receipt says that their message arrived go on to the next step; once, and not those who have one.

use candour::domain::campaign::CampaignState;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId};
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, ReceiptEffect, Silence, SilenceReport};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::{World, on_both};

/// Far beyond every attempt of the tests.
pub(super) const LATER: Millis = Millis(4_000_000_000_000);

impl World {
    pub(super) async fn break_silence(&self, campaign: CampaignId, before: Millis, provider: &str) -> SilenceReport {
        let (channel, providers) = (Channel::Email, vec![provider.to_owned()]);
        let silence =
            Silence { campaign, channel, providers, after: AttemptId(uuid::Uuid::nil()), before, limit: 10, now: T0 };
        self.store.break_silence(&silence).await.unwrap()
    }
}

on_both!(who_has_no_receipt_goes_on, |world| {
    // b has no further step, c gets a receipt, d fails by one.
    let people = vec![reachable("a", 1, 1), reachable("b", 1, 0), reachable("c", 1, 1), reachable("d", 1, 1)];
    let campaign = world.running(people).await;
    let worker = world.worker(FOREVER).await;
    let sent = world.claim(campaign.id, worker, Channel::Email, 4, T0).await.unwrap();
    let of = |reference: &str| {
        sent.iter().find(|one| one.person.record.reference.expose() == reference).expect("claimed").attempt
    };
    assert!(world.settle_all(worker, &sent, Outcome::Accepted).await.completed);
    assert!(!world.store.gives_receipts("relay").await.unwrap());
    assert_eq!(world.receipt("c", of("c"), Some(Outcome::Delivered)).await, ReceiptEffect::Noted);
    assert!(world.store.gives_receipts("relay").await.unwrap());
    assert_eq!(world.receipt("d", of("d"), Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    assert_eq!(world.store.campaigns_awaiting_receipts(T0).await.unwrap(), [campaign.id]);

    assert_eq!(world.break_silence(campaign.id, Millis(0), "relay").await.moved, 0, "nobody has waited that long");
    assert_eq!(world.break_silence(campaign.id, LATER, "other").await.moved, 0, "another provider's");
    let report = world.break_silence(campaign.id, LATER, "relay").await;
    assert_eq!((report.moved, report.full), (1, false), "only a");
    assert_eq!(world.break_silence(campaign.id, LATER, "relay").await.moved, 0, "once");
    let open = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((open.state, open.counts.pending, open.counts.reached), (CampaignState::Running, 2, 2));
    let audit = world.store.audit(Some(campaign.incident), 0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "people.went_on_without_receipt").count(), 1);

    // It arrived after all, before the next step was tried: nobody is disturbed twice.
    assert_eq!(world.receipt("a", of("a"), Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
    let next = world.claim(campaign.id, worker, Channel::Sms, 4, T0).await.unwrap();
    assert_eq!(next.len(), 1, "d alone");
    assert!(world.settle_all(worker, &next, Outcome::Accepted).await.completed);
    let done = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((done.state, done.counts.reached), (CampaignState::Completed, 4));
    world.assert_consistent().await;
});
