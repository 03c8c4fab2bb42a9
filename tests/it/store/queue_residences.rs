//! Where somebody lives may be learnt after their campaign was sealed: the counts of jurisdictions follow, in whatever state the
//! person is, and nothing that comes after is held up.

use std::collections::BTreeMap;

use candour::domain::campaign::{Campaign, CampaignState};
use candour::domain::channel::Channel;
use candour::domain::id::{AttemptId, WorkerId};
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::outcome::Outcome;
use candour::domain::person::PersonRecord;
use candour::store::{Again, CampaignStore, DeliveryStore, PeopleStore, ReceiptEffect};

use super::queue_silent::LATER;
use super::queue_support::{FOREVER, T0, policies, reachable, settlement};
use crate::support::stores::{World, on_both, operator};

fn living_in(record: PersonRecord, jurisdiction: &str) -> PersonRecord {
    PersonRecord { jurisdiction: Some(JurisdictionId::parse(jurisdiction).unwrap()), ..record }
}

impl World {
    /// Imports what is learnt of somebody of whom no residence was known.
    async fn learn(&self, campaign: &Campaign, record: PersonRecord, jurisdiction: &str) {
        let (people, ids) = (vec![living_in(record, jurisdiction)], self.people_ids(1));
        self.store.import_people(campaign.incident, people, ids, T0, operator()).await.unwrap();
        self.assert_consistent().await;
    }

    /// Somebody, told by email with an outcome, of whom it is learnt after that where they live.
    async fn learnt_after(&self, outcome: Outcome, phones: usize) -> (Campaign, WorkerId, AttemptId) {
        let campaign = self.running(vec![reachable("a", 1, phones), reachable("b", 1, 0)]).await;
        let worker = self.worker(FOREVER).await;
        let claimed = self.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
        assert_eq!(claimed[0].person.record.reference.expose(), "a");
        self.settle_all(worker, &claimed, outcome).await;
        self.learn(&campaign, reachable("a", 2, phones), "us-ca").await;
        (campaign, worker, claimed[0].attempt)
    }

    /// Sealed, reached, unreachable and pending by jurisdiction.
    async fn by_residence(&self, campaign: &Campaign) -> BTreeMap<String, [i64; 4]> {
        let listed = self.store.jurisdiction_counts(campaign.id).await.unwrap();
        let name = |of: Option<JurisdictionId>| of.map_or_else(String::new, |of| of.as_str().to_owned());
        listed
            .into_iter()
            .map(|of| {
                let counts = of.counts;
                (name(of.jurisdiction), [of.sealed, counts.reached, counts.unreachable, counts.pending])
            })
            .collect()
    }
}

fn residences<const N: usize>(of: [(&str, [i64; 4]); N]) -> BTreeMap<String, [i64; 4]> {
    of.into_iter().map(|(name, counts)| (name.to_owned(), counts)).collect()
}

on_both!(who_is_in_flight_is_settled_where_they_live, |world| {
    let campaign = world.running((0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 3, T0).await.unwrap();
    world.learn(&campaign, reachable("p0", 1, 0), "us-ca").await;
    assert_eq!(world.by_residence(&campaign).await, residences([("", [2, 0, 0, 2]), ("us-ca", [1, 0, 0, 1])]));
    world.settle_all(worker, &claimed[..2], Outcome::Accepted).await;
    world.assert_consistent().await;
    // The last of whom nothing was known: nobody is left without a residence.
    world.learn(&campaign, reachable("p1", 1, 0), "cn").await;
    world.learn(&campaign, reachable("p2", 1, 0), "cn").await;
    assert!(world.settle_all(worker, &claimed[2..], Outcome::BadAddress).await.completed);
    world.assert_consistent().await;
    assert_eq!(world.by_residence(&campaign).await, residences([("cn", [2, 1, 1, 0]), ("us-ca", [1, 1, 0, 0])]));
});

on_both!(a_bounce_is_taken, |world| {
    let (campaign, _, attempt) = world.learnt_after(Outcome::Accepted, 0).await;
    assert_eq!(world.receipt("bounce", attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    world.assert_consistent().await;
    assert_eq!(world.by_residence(&campaign).await, residences([("", [1, 0, 0, 1]), ("us-ca", [1, 0, 1, 0])]));
});

on_both!(who_was_given_up_is_told_again, |world| {
    let (campaign, worker, _) = world.learnt_after(Outcome::BadAddress, 0).await;
    let whom = Again { bad_address: true, ..Again::default() };
    let (_, people) = world.tell_again(&campaign, whom, T0).await.unwrap();
    assert_eq!(people, 1);
    world.assert_consistent().await;
    let again = world.claim(campaign.id, worker, Channel::Email, 2, T0).await.unwrap();
    assert!(world.settle_all(worker, &again, Outcome::Accepted).await.completed);
    world.assert_consistent().await;
});

on_both!(who_is_unknown_is_taken_as_reached, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Unknown).await;
    world.learn(&campaign, reachable("a", 0, 1), "us-ca").await;
    let (_, people) = world.store.take_unknown_as_reached(campaign.id, &operator(), T0, "their list").await.unwrap();
    assert_eq!(people, 1);
    world.assert_consistent().await;
});

on_both!(who_has_no_receipt_goes_on, |world| {
    let (campaign, ..) = world.learnt_after(Outcome::Accepted, 1).await;
    assert_eq!(world.break_silence(campaign.id, LATER, "relay").await.moved, 1);
    world.assert_consistent().await;
});

on_both!(whom_a_dead_worker_had_is_taken_over, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
    world.learn(&campaign, reachable("a", 0, 1), "us-ca").await;
    let report = world.store.reap(&policies(), &BTreeMap::new(), Some(worker), T0, 0.5).await.unwrap();
    assert_eq!(report.unknown, 2);
    world.assert_consistent().await;
});

on_both!(whoever_came_after_the_seal_changes_nothing_in_it, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let ids = world.people_ids(1);
    world.store.import_people(campaign.incident, vec![reachable("later", 1, 0)], ids, T0, operator()).await.unwrap();
    world.learn(&campaign, reachable("later", 1, 0), "us-ca").await;
    assert_eq!(world.by_residence(&campaign).await, residences([("", [1, 0, 0, 1])]));
    assert_eq!(
        world.number("SELECT COUNT(*) FROM campaigns WHERE residences_changed <> 0").await,
        0,
        "and costs nothing"
    );
});

on_both!(every_campaign_that_has_them_follows, |world| {
    let first = world.running(vec![reachable("a", 1, 0), reachable("b", 0, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Accepted).await;
    let notice = candour::store::NoticeStore::latest_notice(&*world.store, first.incident).await.unwrap();
    let second = world.seal(first.incident, &notice).await.unwrap();
    world.learn(&first, reachable("a", 1, 0), "us-ca").await;
    world.learn(&first, reachable("b", 0, 0), "us-ca").await;
    assert_eq!(world.by_residence(&first).await, residences([("us-ca", [2, 1, 1, 0])]));
    assert_eq!(world.by_residence(&second).await, residences([("us-ca", [2, 0, 1, 0])]), "a is suppressed there");
});

on_both!(imports_and_settlements_at_once_agree, |world| {
    let names: Vec<String> = (0..60).map(|n| format!("p{n}")).collect();
    let campaign = world.running(names.iter().map(|name| reachable(name, 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 60, T0).await.unwrap();
    let import = async {
        for some in names.chunks(4) {
            let people: Vec<_> = some.iter().map(|name| living_in(reachable(name, 1, 0), "us-ca")).collect();
            let ids = world.people_ids(people.len());
            world.store.import_people(campaign.incident, people, ids, T0, operator()).await.unwrap();
        }
    };
    let settle = async {
        for some in claimed.chunks(3) {
            let batch: Vec<_> = some.iter().map(|one| settlement(one, Outcome::Accepted, T0)).collect();
            world.store.settle(campaign.id, worker, &batch, T0).await.unwrap();
        }
    };
    tokio::join!(import, settle);
    world.assert_consistent().await;
    assert_eq!(world.by_residence(&campaign).await, residences([("us-ca", [60, 60, 0, 0])]));
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);
});
