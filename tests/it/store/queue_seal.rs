//! Sealing a population, acting on campaigns, covering by an announcement.

use candour::domain::actor::ActorRef;
use candour::domain::attempt::UnreachableReason;
use candour::domain::campaign::{CampaignAction, CampaignState, Counts};
use candour::domain::channel::Channel;
use candour::domain::incident::IncidentState;
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, IncidentStore, PeopleStore, StoreError};

use super::queue_support::{FOREVER, T0, reachable, settlement};
use crate::support::stores::{on_both, operator};

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>, with: &str) {
    match result {
        Err(StoreError::Conflict(text)) if text.contains(with) => {}
        other => panic!("a conflict that says {with:?} was expected, not {other:?}"),
    }
}

on_both!(sealing_puts_everybody_somewhere_and_hashes_who_they_are, |world| {
    let people = vec![reachable("a", 1, 1), reachable("b", 0, 2), reachable("c", 0, 0)];
    let (incident, notice) = world.incident_of(people).await;
    let campaign = world.seal(incident, &notice).await.unwrap();
    assert_eq!((campaign.state, campaign.sealed), (CampaignState::Proposed, 3));
    assert_eq!(campaign.counts, Counts { pending: 2, unreachable: 1, ..Counts::default() });
    assert_eq!(campaign.population_hash.len(), 64);
    assert_eq!(world.store.campaign(campaign.id).await, Ok(campaign.clone()));
    assert_eq!(world.store.campaigns(incident).await, Ok(vec![campaign.clone()]));
    let reasons = world.store.unreachable_reasons(incident).await.unwrap();
    assert_eq!(reasons, [(UnreachableReason::NoContact, 1)]);
    let entry = world.store.audit(Some(incident), 0, 100).await.unwrap().pop().unwrap();
    assert!(entry.detail.contains(&campaign.population_hash) && entry.detail.contains("\"of\""), "{}", entry.detail);
    world.assert_consistent().await;

    conflict(world.seal(incident, &notice).await, "is proposed");
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    let again = world.seal(incident, &notice).await.unwrap();
    assert_eq!(again.population_hash, campaign.population_hash, "the same people");
    world.act(&again, CampaignAction::Cancel).await.unwrap();
    let ids = world.people_ids(1);
    world.store.import_people(incident, vec![reachable("d", 1, 0)], ids, T0, operator()).await.unwrap();
    assert_ne!(world.seal(incident, &notice).await.unwrap().population_hash, campaign.population_hash);
    assert_eq!(world.store.unreachable_reasons(incident).await.unwrap(), reasons, "a person counts once");
    world.assert_consistent().await;
});

on_both!(nobody_to_tell_is_a_conflict_and_leaves_nothing, |world| {
    let (incident, notice) = world.incident_of(vec![]).await;
    conflict(world.seal(incident, &notice).await, "import those who are affected");
    assert_eq!(world.store.campaigns(incident).await, Ok(vec![]));
    let mut other = notice;
    other.incident = world.id();
    assert_eq!(world.seal(other.incident, &other).await.err(), Some(StoreError::NotFound("incident")));
});

on_both!(no_campaign_is_sealed_for_an_incident_that_has_ended, |world| {
    let (incident, notice) = world.incident_of(vec![reachable("a", 1, 0)]).await;
    world.to_state(incident, IncidentState::Draft, IncidentState::Open).await;
    world.to_state(incident, IncidentState::Open, IncidentState::Closed).await;
    conflict(world.seal(incident, &notice).await, "the incident is closed; open it first");
    assert_eq!(world.store.campaigns(incident).await, Ok(vec![]));
});

on_both!(no_incident_ends_while_a_campaign_of_it_has_not, |world| {
    let (incident, notice) = world.incident_of(vec![reachable("a", 1, 0)]).await;
    world.to_state(incident, IncidentState::Draft, IncidentState::Open).await;
    let close = async || {
        let audit = world.audit(incident, "incident.closed");
        world.store.move_incident(incident, IncidentState::Open, IncidentState::Closed, audit).await
    };
    let campaign = world.seal(incident, &notice).await.unwrap();
    conflict(close().await, "a campaign of the incident is proposed");
    assert_eq!(world.store.incident(incident).await.unwrap().state, IncidentState::Open);
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    assert_eq!(close().await.unwrap().state, IncidentState::Closed);
});

on_both!(two_proposals_at_once_make_one_campaign, |world| {
    let (incident, notice) = world.incident_of(vec![reachable("a", 1, 0)]).await;
    let (one, two) = tokio::join!(world.seal(incident, &notice), world.seal(incident, &notice));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    assert_eq!(world.store.campaigns(incident).await.unwrap().len(), 1);
});

on_both!(whom_an_earlier_campaign_reached_the_next_leaves_alone, |world| {
    let first = world.running(vec![reachable("a", 1, 0), reachable("b", 1, 0), reachable("c", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 3, T0).await.unwrap();
    let batch = vec![settlement(&claimed[0], Outcome::Accepted, T0), settlement(&claimed[1], Outcome::BadAddress, T0)];
    world.store.settle(first.id, worker, &batch, T0).await.unwrap();
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    let notice = candour::store::NoticeStore::latest_notice(&*world.store, first.incident).await.unwrap();
    conflict(world.seal(first.incident, &notice).await, "1 attempts under way");
    world.settle_all(worker, &claimed[2..], Outcome::Retry).await;
    let second = world.seal(first.incident, &notice).await.unwrap();
    assert_eq!(second.counts, Counts { pending: 2, suppressed: 1, ..Counts::default() });
    world.act(&second, CampaignAction::Approve).await.unwrap();
    world.act(&second, CampaignAction::Start).await.unwrap();
    let told = world.claim(second.id, worker, Channel::Email, 5, T0).await.unwrap();
    assert!(told.iter().all(|one| one.person.id != claimed[0].person.id));
    world.settle_all(worker, &told, Outcome::Accepted).await;
    let reasons = world.store.unreachable_reasons(first.incident).await.unwrap();
    assert_eq!(reasons, [], "whoever was unreachable has been reached since");
    world.assert_consistent().await;
});

on_both!(actions_go_in_order_and_say_what_they_need, |world| {
    let (incident, notice) = world.incident_of(vec![reachable("a", 1, 0)]).await;
    let campaign = world.seal(incident, &notice).await.unwrap();
    conflict(world.act(&campaign, CampaignAction::Start).await, "is proposed; start needs one that is approved");
    let audit = || world.audit(incident, "campaign.approved");
    let own = world.store.act_on_campaign(campaign.id, CampaignAction::Approve, &campaign.author, audit()).await;
    conflict(own, "another person");
    let approved = world.act(&campaign, CampaignAction::Approve).await.unwrap();
    assert_eq!(approved.approver, Some(ActorRef(String::from("key:2:bob"))));
    assert_eq!(approved.started_at, None);
    conflict(world.act(&campaign, CampaignAction::Approve).await, "is approved; approve needs one that is proposed");
    let started = world.act(&campaign, CampaignAction::Start).await.unwrap();
    assert_eq!((started.state, started.started_at), (CampaignState::Running, Some(T0)));
    assert_eq!(world.store.running_campaigns().await, Ok(vec![started]));
    world.act(&campaign, CampaignAction::Pause).await.unwrap();
    assert_eq!(world.store.running_campaigns().await, Ok(vec![]));
    let resumed = world.act(&campaign, CampaignAction::Resume).await.unwrap();
    assert_eq!(resumed.approver, approved.approver);
    world.act(&campaign, CampaignAction::Cancel).await.unwrap();
    conflict(world.act(&campaign, CampaignAction::Resume).await, "is cancelled");
    let none = world.store.act_on_campaign(world.id(), CampaignAction::Start, &operator(), audit()).await;
    assert_eq!(none.err(), Some(StoreError::NotFound("campaign")));
});

on_both!(an_announcement_covers_whoever_becomes_unreachable_after_it, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0), reachable("b", 0, 0)]).await;
    let incident = campaign.incident;
    assert_eq!(world.store.cover_by_announcement(incident, T0).await, Ok(0), "nothing is published");
    world.announce(incident).await;
    assert_eq!(world.counts(campaign.id).await.announced, 1);
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::BadAddress).await;
    assert_eq!(world.counts(campaign.id).await.unreachable, 1);
    assert_eq!(world.store.cover_by_announcement(incident, T0).await, Ok(1));
    assert_eq!(world.store.cover_by_announcement(incident, T0).await, Ok(0));
    assert_eq!(world.counts(campaign.id).await.announced, 2);
    let reasons = world.store.unreachable_reasons(incident).await.unwrap();
    assert_eq!(reasons, [(UnreachableReason::BadAddress, 1), (UnreachableReason::NoContact, 1)]);
    world.assert_consistent().await;
});

on_both!(attempts_are_listed_in_pages, |world| {
    let campaign = world.running((0..5).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let worker = world.worker(FOREVER).await;
    world.claim(campaign.id, worker, Channel::Email, 5, T0).await.unwrap();
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = world.store.attempts(campaign.id, after, 2).await.unwrap();
        seen.extend(page.items.iter().map(|row| row.id));
        after = seen.last().copied();
        if !page.more {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted());
});
