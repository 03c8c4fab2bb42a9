//! What a provider says of an attempt without an answer: it goes the way of receipts, and a message is one attempt's only.

use candour::domain::campaign::CampaignState;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::AttemptId;
use candour::domain::outcome::Outcome;
use candour::store::{AuditStore, CampaignStore, DeliveryStore, OpenAttempt, ProviderWord, ReceiptEffect, Unanswered};

use super::queue_support::{FOREVER, T0, policies, reachable};
use crate::support::stores::{World, on_both};

const NIL: AttemptId = AttemptId(uuid::Uuid::nil());

async fn open(world: &World) -> Vec<OpenAttempt> {
    let which = Unanswered { provider: String::from("relay"), after: NIL, limit: 10 };
    world.store.unanswered(&which).await.unwrap().open
}

async fn say(world: &World, attempt: AttemptId, reference: Option<&str>, outcome: Outcome) -> ReceiptEffect {
    let said = ProviderWord { provider: "relay", attempt, reference, outcome, code: Some("x") };
    world.store.apply_word(&said, &policies(), T0, 0.5).await.unwrap()
}

on_both!(a_message_that_is_found_is_one_attempts_only, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1), reachable("c", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Sms, 3, T0).await.unwrap();
    world.settle_all(worker, &claimed[..1], Outcome::Accepted).await;
    world.settle_all(worker, &claimed[1..], Outcome::Unknown).await;
    assert_eq!(world.counts(campaign.id).await.unknown, 2, "text messages are held");

    let listed = open(&world).await;
    let mut expected: Vec<_> = claimed[1..].iter().map(|one| one.attempt).collect();
    expected.sort_unstable();
    assert_eq!(listed.iter().map(|one| one.attempt).collect::<Vec<_>>(), expected);
    assert_eq!((listed[0].step.channel, listed[0].campaign), (Channel::Sms, campaign.id));
    assert!(listed.iter().all(|one| !one.person.record.phones.is_empty()), "their records are open");
    let elsewhere = Unanswered { provider: String::from("other"), after: NIL, limit: 10 };
    assert!(world.store.unanswered(&elsewhere).await.unwrap().open.is_empty());

    let taken = format!("ref-{}", claimed[0].attempt);
    let (one, two) = (claimed[1].attempt, claimed[2].attempt);
    assert_eq!(say(&world, one, Some(&taken), Outcome::Accepted).await, ReceiptEffect::Repeated, "it is another's");
    assert_eq!(say(&world, one, Some("SM1"), Outcome::Accepted).await, ReceiptEffect::Moved);
    assert_eq!(say(&world, two, Some("SM1"), Outcome::Accepted).await, ReceiptEffect::Repeated, "it is taken");
    let counts = world.counts(campaign.id).await;
    assert_eq!((counts.reached, counts.unknown), (2, 1));
    let rows = world.store.attempts(campaign.id, None, 10).await.unwrap().items;
    let row = rows.iter().find(|row| row.id == one).unwrap();
    assert_eq!((row.outcome, row.receipt), (Some(Outcome::Unknown), Some(Outcome::Accepted)), "what was, stays");
    assert_eq!(world.store.attempt_by_reference("relay", "SM1").await.unwrap(), None, "an outcome's reference stays");
    assert_eq!(open(&world).await.len(), 1);

    // Later the vendor says by itself that it did not arrive after all.
    assert_eq!(world.receipt("late", one, Some(Outcome::Rejected)).await, ReceiptEffect::Moved);
    assert_eq!(world.counts(campaign.id).await.unreachable, 1);
    let entries = world.store.audit(Some(campaign.incident), 0, 100).await.unwrap();
    let asked: Vec<_> =
        entries.iter().filter(|e| e.action == "receipt.moved").map(|e| e.detail.contains("\"asked\":true")).collect();
    assert_eq!(asked, [true, false], "the audit chain tells an answer from news");
    world.assert_consistent().await;
});

on_both!(one_that_is_not_there_is_tried_again_or_stays_by_the_channels_rules, |world| {
    let campaign = world.running(vec![reachable("a", 0, 1), reachable("b", 0, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
    assert!(world.settle_all(worker, &claimed, Outcome::Unknown).await.completed, "nobody is pending");
    let (one, two) = (claimed[0].attempt, claimed[1].attempt);
    assert_eq!(say(&world, one, None, Outcome::Retry).await, ReceiptEffect::Moved);
    assert_eq!(say(&world, two, None, Outcome::Unknown).await, ReceiptEffect::Noted);
    assert!(open(&world).await.is_empty(), "neither is asked about again");
    let done = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((done.state, done.counts.pending, done.counts.unknown), (CampaignState::Running, 1, 1));
    let later = Millis(T0.0 + 600_000);
    let again = world.claim(campaign.id, worker, Channel::Sms, 2, later).await.unwrap();
    assert_eq!(again.len(), 1, "the one that was not taken");
    assert_eq!(done.repeated, 0, "what was not taken is not repeated");
    world.assert_consistent().await;
});

on_both!(an_email_that_is_found_is_not_repeated, |world| {
    let campaign = world.running(vec![reachable("a", 1, 0)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 1, T0).await.unwrap();
    world.settle_all(worker, &claimed, Outcome::Unknown).await;
    assert_eq!(world.counts(campaign.id).await.pending, 1, "email is to be repeated");
    assert_eq!(open(&world).await.len(), 1, "it is asked about before");
    assert_eq!(say(&world, claimed[0].attempt, Some("m1"), Outcome::Delivered).await, ReceiptEffect::Moved);
    assert_eq!(world.counts(campaign.id).await.reached, 1);
    assert!(world.claim(campaign.id, worker, Channel::Email, 1, FOREVER).await.unwrap_or_default().is_empty());
    world.assert_consistent().await;
});

on_both!(records_that_do_not_open_hide_nobody_behind_them, |world| {
    let worker = world.worker(FOREVER).await;
    let mut attempts = Vec::new();
    for people in [vec![reachable("a", 0, 1), reachable("b", 0, 1)], vec![reachable("c", 0, 1)]] {
        let campaign = world.running(people).await;
        let claimed = world.claim(campaign.id, worker, Channel::Sms, 2, T0).await.unwrap();
        world.settle_all(worker, &claimed, Outcome::Unknown).await;
        attempts.extend(claimed.iter().map(|one| one.attempt));
    }
    attempts.sort_unstable();
    // The first incident's key is no longer its own.
    let spoil = "UPDATE incident_keys SET wrapped = (SELECT wrapped FROM incident_keys ORDER BY incident_id DESC LIMIT 1) \
                 WHERE incident_id = (SELECT incident_id FROM incident_keys ORDER BY incident_id LIMIT 1)";
    assert_eq!(world.execute(spoil).await, 1);

    let mut which = Unanswered { provider: String::from("relay"), after: NIL, limit: 2 };
    let page = world.store.unanswered(&which).await.unwrap();
    assert!(page.open.is_empty());
    assert_eq!(page.last, Some(attempts[1]), "there is more to look at");
    which.after = attempts[1];
    let page = world.store.unanswered(&which).await.unwrap();
    assert_eq!(page.open.iter().map(|one| one.attempt).collect::<Vec<_>>(), [attempts[2]]);
    which.after = attempts[2];
    assert_eq!(world.store.unanswered(&which).await.unwrap().last, None);
});
