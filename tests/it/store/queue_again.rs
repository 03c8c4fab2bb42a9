//! What people decide about those who were not told, or of whom nobody knows.

use candour::domain::actor::ActorRef;
use candour::domain::campaign::{CampaignAction, CampaignState, Counts};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::incident::IncidentState;
use candour::domain::outcome::Outcome;
use candour::store::{Again, CampaignStore, DeliveryStore, PeopleStore, StoreError};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::on_both;

fn bob() -> ActorRef {
    ActorRef(String::from("key:2:bob"))
}

on_both!(only_the_chosen_classes_are_told_again_and_the_campaign_reopens, |world| {
    let campaign = world.running((0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    world.settle_all(worker, &claimed[..1], Outcome::BadAddress).await;
    world.settle_all(worker, &claimed[1..2], Outcome::Rejected).await;
    world.settle_all(worker, &claimed[2..], Outcome::Accepted).await;
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);

    let rejected = Again { rejected: true, ..Again::default() };
    let later = Millis(T0.0 + 1000);
    let (told, people) = world.tell_again(&campaign, rejected, later).await.unwrap();
    assert_eq!((people, told.state, told.counts.pending, told.counts.unreachable), (1, CampaignState::Running, 1, 1));
    world.assert_consistent().await;
    let again = world.claim(campaign.id, worker, Channel::Email, 10, later).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].person.id, again[0].progress.tries), (claimed[1].person.id, 1), "with all its tries");
    world.settle_all(worker, &again, Outcome::Accepted).await;
    let (_, nobody) = world.tell_again(&campaign, rejected, later).await.unwrap();
    assert_eq!(nobody, 0);
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);
    world.assert_consistent().await;
});

on_both!(a_dead_address_begins_at_the_first_step_again_and_a_refusal_where_it_was, |world| {
    let campaign = world.running(vec![reachable("a", 1, 1), reachable("b", 1, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let emails = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    world.settle_all(worker, &emails, Outcome::BadAddress).await;
    let texts = world.claim(campaign.id, worker, Channel::Sms, 10, T0).await.unwrap();
    world.settle_all(worker, &texts[..1], Outcome::BadAddress).await;
    world.settle_all(worker, &texts[1..], Outcome::Rejected).await;
    let both = Again { bad_address: true, rejected: true, ..Again::default() };
    let (_, people) = world.tell_again(&campaign, both, T0).await.unwrap();
    assert_eq!(people, 2);
    let emails = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    assert_eq!(emails.iter().map(|c| c.person.id).collect::<Vec<_>>(), [texts[0].person.id]);
    let again = world.claim(campaign.id, worker, Channel::Sms, 10, T0).await.unwrap();
    assert_eq!(again.iter().map(|c| c.person.id).collect::<Vec<_>>(), [texts[1].person.id]);
    world.assert_consistent().await;
});

on_both!(the_unknown_are_repeated_or_taken_as_reached, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let texts = world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    world.settle_all(worker, &texts, Outcome::Unknown).await;
    let unknown = Again { unknown: true, ..Again::default() };
    let (told, people) = world.tell_again(&campaign, unknown, T0).await.unwrap();
    assert_eq!((people, told.counts.unknown), (1, 0));
    let texts = world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
    assert_eq!((texts.len(), world.store.campaign(campaign.id).await.unwrap().repeated), (2, 1), "one of them repeats");
    world.settle_all(worker, &texts, Outcome::Unknown).await;
    let (told, people) =
        world.store.take_unknown_as_reached(campaign.id, &bob(), T0, "their list says so").await.unwrap();
    assert_eq!((people, told.counts.unknown, told.counts.reached), (2, 0, 2));
    world.assert_consistent().await;
});

on_both!(a_cancelled_campaign_tells_nobody_again, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    let all = Again { bad_address: true, rejected: true, gave_up: true, unknown: true };
    let refused = world.tell_again(&campaign, all, T0).await;
    assert!(matches!(refused, Err(StoreError::Conflict(reason)) if reason.contains("cancelled")));
});

on_both!(nobody_is_told_again_once_the_incident_has_ended, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let email = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &email, Outcome::Rejected).await;
    let text = world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    world.settle_all(worker, &text, Outcome::Unknown).await;
    world.to_state(campaign.incident, IncidentState::Draft, IncidentState::Open).await;
    world.to_state(campaign.incident, IncidentState::Open, IncidentState::Closed).await;
    let all = Again { bad_address: true, rejected: true, gave_up: true, unknown: true };
    let refused = world.tell_again(&campaign, all, T0).await;
    assert!(matches!(refused, Err(StoreError::Conflict(reason)) if reason.contains("closed; open it first")));
    assert_eq!(world.store.campaign(campaign.id).await.unwrap().state, CampaignState::Completed);
    // What came of a message may be found out later.
    let (_, people) = world.store.take_unknown_as_reached(campaign.id, &bob(), T0, "their list").await.unwrap();
    assert_eq!(people, 1);
});

on_both!(of_whom_nobody_knows_in_a_cancelled_campaign_somebody_may_find_out, |world| {
    let campaign = world.running(vec![reachable("b", 0, 1), reachable("c", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let text = world.claim(campaign.id, worker, Channel::Sms, 1, T0).await.unwrap();
    world.settle_all(worker, &text, Outcome::Unknown).await;
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    let refused = world.tell_again(&campaign, Again { unknown: true, ..Again::default() }, T0).await;
    assert!(matches!(refused, Err(StoreError::Conflict(reason)) if reason.contains("cancelled")));
    let (_, people) = world.store.take_unknown_as_reached(campaign.id, &bob(), T0, "their list").await.unwrap();
    assert_eq!(people, 1);
    assert_eq!(world.counts(campaign.id).await, Counts { reached: 1, pending: 1, ..Counts::default() });
    world.assert_consistent().await;
});

on_both!(jurisdictions_add_up, |world| {
    let campaign = world.running((0..4).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 3, T0).await.unwrap();
    world.settle_all(worker, &claimed[..2], Outcome::Accepted).await;
    let listed = world.store.jurisdiction_counts(campaign.id).await.unwrap();
    let [of] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((of.jurisdiction.as_ref(), of.sealed, of.counts.reached, of.counts.pending), (None, 4, 2, 2));
    world.store.hand_back(campaign.id, worker, vec![claimed[2].attempt], T0).await.unwrap();
    world.assert_consistent().await;
});

on_both!(an_address_that_came_since_is_tried_before_the_dead_ones, |world| {
    let campaign = world.running(vec![reachable("a", 1, 1), reachable("b", 1, 1)]).await;
    let worker = world.worker(FOREVER).await;
    for channel in [Channel::Email, Channel::Sms] {
        let claimed = world.claim(campaign.id, worker, channel, 10, T0).await.unwrap();
        world.settle_all(worker, &claimed, Outcome::BadAddress).await;
    }
    let (people, ids) = (vec![reachable("a", 2, 1)], world.people_ids(1));
    world.store.import_people(campaign.incident, people, ids, T0, bob()).await.unwrap();
    let dead = Again { bad_address: true, ..Again::default() };
    let (_, people) = world.tell_again(&campaign, dead, T0).await.unwrap();
    assert_eq!(people, 2);
    world.assert_consistent().await;
    let tried = world.claim(campaign.id, worker, Channel::Email, 10, T0).await.unwrap();
    let points: Vec<_> =
        tried.iter().map(|one| (one.person.record.reference.expose().as_str(), one.step.point)).collect();
    assert_eq!(points, [("a", 1), ("b", 0)], "the new one of a, and b from the beginning");
    world.settle_all(worker, &tried[..1], Outcome::Accepted).await;
    let listed = world.store.attempts(campaign.id, None, 10).await.unwrap().items;
    assert_eq!(listed.len(), 6, "{listed:?}");
    world.assert_consistent().await;
});

on_both!(each_dead_end_goes_on_by_what_that_person_has_got_since, |world| {
    let before = vec![reachable("a", 1, 0), reachable("b", 1, 1), reachable("c", 0, 1), reachable("d", 1, 0)];
    let campaign = world.running(before).await;
    let worker = world.worker(FOREVER).await;
    for channel in [Channel::Email, Channel::Sms] {
        let claimed = world.claim(campaign.id, worker, channel, 10, T0).await.unwrap();
        world.settle_all(worker, &claimed, Outcome::BadAddress).await;
    }
    let since = vec![reachable("a", 1, 1), reachable("b", 1, 3), reachable("c", 2, 1)];
    let ids = world.people_ids(since.len());
    world.store.import_people(campaign.incident, since, ids, T0, bob()).await.unwrap();
    let dead = Again { bad_address: true, ..Again::default() };
    let (_, people) = world.tell_again(&campaign, dead, T0).await.unwrap();
    assert_eq!(people, 4);
    world.assert_consistent().await;
    let mut steps = Vec::new();
    for channel in [Channel::Email, Channel::Sms] {
        for one in world.claim(campaign.id, worker, channel, 10, T0).await.unwrap() {
            let (cascade, place) = (one.progress.cascade.to_code(), one.progress.place);
            steps.push((one.person.record.reference.expose().clone(), cascade, place));
        }
    }
    steps.sort();
    let expected = [("a", "e0s0", 1), ("b", "e0s0s1s2", 2), ("c", "s0e0e1", 1), ("d", "e0", 0)];
    assert_eq!(steps, expected.map(|(who, cascade, place)| (who.to_owned(), cascade.to_owned(), place)));
});

on_both!(whom_another_campaign_is_to_tell_is_not_told_again, |world| {
    let first = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 2, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Rejected).await;
    let second = world.further(&first).await;
    assert_eq!(second.counts.pending, 2);
    let rejected = Again { rejected: true, ..Again::default() };
    let (still, people) = world.tell_again(&first, rejected, T0).await.unwrap();
    assert_eq!((people, still.counts.unreachable, still.state), (0, 2, CampaignState::Completed));
    // One is told by the second, which is cancelled before the other is.
    let told = world.claim(second.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &told, Outcome::Accepted).await;
    world.act(&second, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 0);
    let (_, people) = world.tell_again(&first, rejected, T0).await.unwrap();
    assert_eq!(people, 1);
    assert!(!world.tell_all(&first, worker).await.contains(&told[0].person.id));
    world.assert_consistent().await;
});

on_both!(whom_a_cancelled_campaign_has_in_flight_is_not_told_again_before_that_has_ended, |world| {
    let first = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 2, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Rejected).await;
    let second = world.further(&first).await;
    let sending = world.claim(second.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.act(&second, CampaignAction::Cancel).await.unwrap();
    let rejected = Again { rejected: true, ..Again::default() };
    let (_, people) = world.tell_again(&first, rejected, T0).await.unwrap();
    assert_eq!(people, 1);
    assert!(!world.tell_all(&first, worker).await.contains(&sending[0].person.id), "the second may tell them yet");
    // It has not, so nobody has told them.
    world.settle_all(worker, &sending, Outcome::Retry).await;
    let (_, people) = world.tell_again(&first, rejected, T0).await.unwrap();
    assert_eq!(people, 1);
    assert_eq!(world.tell_all(&first, worker).await, [sending[0].person.id]);
    world.assert_consistent().await;
});
