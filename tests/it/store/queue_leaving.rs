//! Campaigns of one incident: whoever one leaves to another is told by one of the two, whatever becomes of either.

use candour::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{PersonId, WorkerId};
use candour::domain::incident::IncidentState::{Closed, Draft, Open};
use candour::domain::notice::Notice;
use candour::domain::outcome::Outcome;
use candour::domain::person::PersonRecord;
use candour::store::{
    AuditStore, CampaignStore, DeliveryStore, IncidentStore, Left, NoticeStore, PeopleStore, ReceiptEffect, StoreError,
};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::{World, on_both, operator};

impl World {
    /// A further campaign of the same incident, running.
    pub(super) async fn further(&self, first: &Campaign) -> Campaign {
        let notice: Notice = self.store.latest_notice(first.incident).await.unwrap();
        self.started(self.seal(first.incident, &notice).await.unwrap()).await
    }

    /// The same, by these channels only.
    async fn further_by(&self, first: &Campaign, channels: &[Channel]) -> Campaign {
        let notice: Notice = self.store.latest_notice(first.incident).await.unwrap();
        self.started(self.seal_through(first.incident, &notice, channels).await.unwrap()).await
    }

    async fn started(&self, campaign: Campaign) -> Campaign {
        self.act(&campaign, CampaignAction::Approve).await.unwrap();
        self.act(&campaign, CampaignAction::Start).await.unwrap()
    }

    /// What upkeep does after campaigns were cancelled. Returns how many people are left to others.
    pub(super) async fn leave(&self) -> i64 {
        let mut left = 0;
        for campaign in self.store.campaigns_leaving().await.unwrap() {
            loop {
                let step = self.store.leave_untold(campaign, T0).await.unwrap();
                left += step.people;
                if !step.more {
                    break;
                }
            }
        }
        assert_eq!(self.store.campaigns_leaving().await, Ok(vec![]), "all are looked through");
        self.assert_consistent().await;
        left
    }

    /// Tells whoever is due. Returns whom.
    pub(super) async fn tell_all(&self, campaign: &Campaign, worker: WorkerId) -> Vec<PersonId> {
        let claimed = self.claim(campaign.id, worker, Channel::Email, 1000, T0).await.unwrap();
        if !claimed.is_empty() {
            self.settle_all(worker, &claimed, Outcome::Accepted).await;
        }
        claimed.into_iter().map(|one| one.person.id).collect()
    }
}

fn three() -> Vec<PersonRecord> {
    (0..3).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()
}

on_both!(whom_a_paused_campaign_was_to_tell_the_next_tells_when_it_is_cancelled, |world| {
    let first = world.running(three()).await;
    let worker = world.worker(FOREVER).await;
    let one = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &one, Outcome::Accepted).await;
    world.act(&first, CampaignAction::Pause).await.unwrap();
    let second = world.further(&first).await;
    assert_eq!(second.counts, Counts { suppressed: 3, ..Counts::default() });
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![second.id]));
    assert_eq!(world.leave().await, 0, "the first may go on");

    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 2);
    let open = world.store.campaign(second.id).await.unwrap();
    assert_eq!((open.state, open.counts.pending, open.counts.suppressed), (CampaignState::Running, 2, 1));
    assert_eq!(world.tell_all(&second, worker).await.len(), 2);
    assert_eq!(world.store.campaign(second.id).await.unwrap().state, CampaignState::Completed);
    let audit = world.store.audit(Some(first.incident), 0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "people.left_to_campaign").count(), 1);
    world.assert_consistent().await;
});

on_both!(of_three_campaigns_the_first_that_is_left_tells_them, |world| {
    let first = world.running(three()).await;
    let (second, third) = (world.further(&first).await, world.further(&first).await);
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 3);
    assert_eq!((world.counts(second.id).await.pending, world.counts(third.id).await.pending), (3, 0));
    world.act(&second, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 3);
    let worker = world.worker(FOREVER).await;
    assert_eq!(world.tell_all(&third, worker).await.len(), 3);
    world.assert_consistent().await;
});

on_both!(whom_the_law_has_nobody_tell_is_left_to_nobody, |world| {
    let guardian = PersonRecord { ward: Some(candour::domain::person::Ward::default()), ..reachable("g", 1, 0) };
    let first = world.running(vec![guardian, reachable("nowhere", 0, 0), reachable("a", 1, 0)]).await;
    assert_eq!(first.counts, Counts { pending: 1, unreachable: 1, suppressed: 1, ..Counts::default() });
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 1);
    assert_eq!(
        world.counts(second.id).await,
        Counts { pending: 1, unreachable: 1, suppressed: 1, ..Counts::default() }
    );
});

on_both!(more_people_than_one_step_takes, |world| {
    let first = world.running((0..2100).map(|n| reachable(&format!("p{n}"), 1, 0)).collect()).await;
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 2100);
    assert_eq!(world.counts(second.id).await.pending, 2100);
});

on_both!(who_was_in_flight_at_the_cancellation_is_left_when_that_has_ended, |world| {
    let first = world.running(three()).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 3, T0).await.unwrap();
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 0);
    world.settle_all(worker, &claimed[..1], Outcome::Retry).await;
    world.settle_all(worker, &claimed[1..2], Outcome::Accepted).await;
    assert_eq!(world.store.hand_back(first.id, worker, vec![claimed[2].attempt], T0).await, Ok(1));
    world.assert_consistent().await;
    assert_eq!(world.counts(second.id).await, Counts { pending: 2, suppressed: 1, ..Counts::default() });
    let told = world.tell_all(&second, worker).await;
    assert!(!told.contains(&claimed[1].person.id), "who was told is told once");
});

on_both!(who_bounces_after_the_cancellation_is_told_by_the_next, |world| {
    let first = world.running(vec![reachable("a", 2, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let told = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    let ids = world.people_ids(1);
    world.store.import_people(first.incident, vec![reachable("b", 1, 0)], ids, T0, operator()).await.unwrap();
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    world.settle_all(worker, &told, Outcome::Accepted).await;
    assert_eq!(world.tell_all(&second, worker).await.len(), 1, "b");
    assert_eq!(world.store.campaign(second.id).await.unwrap().state, CampaignState::Completed);
    assert_eq!(world.receipt("bounce", told[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    world.assert_consistent().await;
    assert_eq!(world.store.campaign(second.id).await.unwrap().state, CampaignState::Running);
    assert_eq!(world.tell_all(&second, worker).await, [told[0].person.id]);
    world.assert_consistent().await;
});

on_both!(a_step_looks_at_so_many_people_whatever_became_of_them, |world| {
    let nowhere = (0..5100).map(|n| reachable(&format!("n{n}"), 0, 0));
    let first = world.running(nowhere.chain([reachable("last", 1, 0)]).collect()).await;
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    let step = async || world.store.leave_untold(first.id, T0).await.unwrap();
    assert_eq!(step().await, Left { people: 0, more: true });
    assert_eq!(step().await, Left { people: 1, more: false });
    assert_eq!(world.counts(second.id).await.pending, 1);
});

on_both!(whoever_may_have_been_told_waits_for_the_answer_and_is_spared_when_it_comes, |world| {
    let first = world.running(vec![reachable("a", 2, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Unknown).await;
    let second = world.further(&first).await;
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![second.id]));
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 1);
    assert_eq!(world.tell_all(&second, worker).await, [], "the answer may come yet");

    assert_eq!(world.receipt("arrived", claimed[0].attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
    world.assert_consistent().await;
    let spared = world.store.campaign(second.id).await.unwrap();
    assert_eq!((spared.state, spared.counts.suppressed), (CampaignState::Completed, 1));
    let audit = world.store.audit(Some(first.incident), 0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "people.told_by_cancelled").count(), 1);

    // It was wrong: the mailbox is none.
    assert_eq!(world.receipt("bounce", claimed[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    world.assert_consistent().await;
    assert_eq!(world.tell_all(&second, worker).await.len(), 1);
});

on_both!(whoever_may_have_been_told_is_told_by_the_next_when_no_answer_comes, |world| {
    let first = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Unknown).await;
    let second = world.further(&first).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 1);
    let later = Millis(T0.0 + 3_600_000);
    let repeated = world.claim(second.id, worker, Channel::Email, 1, later).await.unwrap();
    assert_eq!(repeated.len(), 1);
    assert!(repeated[0].intent.repeats, "and it is said");
    // Too late to spare them.
    assert_eq!(world.receipt("arrived", claimed[0].attempt, Some(Outcome::Delivered)).await, ReceiptEffect::Moved);
    assert_eq!(world.counts(second.id).await.in_flight, 1);
    world.assert_consistent().await;
});

on_both!(whom_a_cancelled_campaign_has_in_flight_no_other_is_given, |world| {
    let first = world.running(vec![reachable("a", 1, 0)]).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    let second = world.further(&first).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(second.id, worker, Channel::Email, 1, T0).await.unwrap();
    let third = world.further(&first).await;
    world.act(&second, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 0, "it may be told by the second yet");
    world.settle_all(worker, &claimed, Outcome::Retry).await;
    world.assert_consistent().await;
    assert_eq!(world.counts(third.id).await, Counts { pending: 1, ..Counts::default() });
});

on_both!(no_incident_is_closed_while_people_are_being_left_to_a_campaign, |world| {
    let first = world.running(three()).await;
    world.to_state(first.incident, Draft, Open).await;
    let close = async || {
        let audit = world.audit(first.incident, "incident.closed");
        world.store.move_incident(first.incident, Open, Closed, audit).await
    };
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(first.id, worker, Channel::Email, 1, T0).await.unwrap();
    let second = world.further(&first).await;
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![second.id]));
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    let refused = close().await;
    assert!(
        matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("1 attempts under way")),
        "{refused:?}"
    );
    world.settle_all(worker, &claimed, Outcome::Accepted).await;
    let refused = close().await;
    assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("to a later one")), "{refused:?}");
    assert_eq!(world.leave().await, 2);
    assert_eq!(world.tell_all(&second, worker).await.len(), 2);
    assert_eq!(close().await.unwrap().state, Closed);
});

on_both!(nobody_is_left_to_a_campaign_that_can_tell_nobody, |world| {
    let first = world.running(three()).await;
    let worker = world.worker(FOREVER).await;
    let second = world.further(&first).await;
    assert_eq!(world.store.complete_campaigns(T0).await, Ok(vec![second.id]));
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    // As if it had been closed and erased by a version that let it.
    world.execute("UPDATE incident_keys SET wrapped = NULL").await;
    assert_eq!(world.leave().await, 0);
    assert_eq!(world.store.campaign(second.id).await.unwrap().state, CampaignState::Completed);
    assert_eq!(world.tell_all(&second, worker).await, []);
});

on_both!(the_first_campaign_that_can_tell_them_tells_them, |world| {
    let first = world.running(vec![reachable("a", 0, 1)]).await;
    let second = world.further_by(&first, &[Channel::Email]).await;
    let third = world.further_by(&first, &[Channel::Sms]).await;
    let fourth = world.further_by(&first, &[Channel::Sms]).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 1);
    let suppressed = Counts { suppressed: 1, ..Counts::default() };
    assert_eq!(world.counts(third.id).await, Counts { pending: 1, ..Counts::default() });
    assert_eq!([world.counts(second.id).await, world.counts(fourth.id).await], [suppressed; 2]);
});

on_both!(whom_no_campaign_can_tell_is_unreachable_in_the_last, |world| {
    let first = world.running(vec![reachable("a", 0, 1)]).await;
    let second = world.further_by(&first, &[Channel::Email]).await;
    let third = world.further_by(&first, &[Channel::Email]).await;
    world.act(&first, CampaignAction::Cancel).await.unwrap();
    assert_eq!(world.leave().await, 1);
    assert_eq!(world.counts(second.id).await, Counts { suppressed: 1, ..Counts::default() });
    assert_eq!(world.counts(third.id).await, Counts { unreachable: 1, ..Counts::default() });
});
