//! A process that dies with reminders in its hands: others send them, under the same identifiers.

use candour::domain::reminder::ReminderState;
use candour::store::{ReminderSettlement, ReminderStore};

use super::{Hand, incident, instant, reminders};
use crate::support::stores::on_both;
use crate::support::webhook_receiver::WebhookReceiver;

on_both!(what_a_dead_process_claimed_is_sent_by_another_once_its_lease_is_over, |world| {
    let hook = WebhookReceiver::start().await;
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    // The first call gets no answer worth having, so that it is due again a minute later; whoever claims it then dies.
    hook.answer(&[503]);
    reminders(&world, &clock, None, Some(&hook.url)).pass(true).await.unwrap();
    assert_eq!(hook.calls().len(), 1);
    let (now, until) = (instant("2026-11-25T12:02:00Z"), instant("2026-11-25T12:07:00Z"));
    let claimed = world.store.claim_reminders(now, until, 100).await.unwrap();
    assert!(!claimed.is_empty());
    assert_eq!(world.store.claim_reminders(now, until, 100).await.unwrap(), [], "nobody gets what another has");

    clock.set("2026-11-25T12:06:59Z");
    let living = reminders(&world, &clock, None, Some(&hook.url));
    living.pass(true).await.unwrap();
    assert_eq!(hook.calls().len(), 1, "the lease is not over");
    clock.set("2026-11-25T12:07:00Z");
    living.pass(true).await.unwrap();
    let calls = hook.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].id, calls[1].id, "the receiver can tell that it is the same");

    // The dead one was only slow: what it says now counts no more.
    let tokens: Vec<_> = claimed.iter().map(|reminder| (reminder.id, reminder.tries)).collect();
    let late = ReminderSettlement { state: ReminderState::Failed, due_at: now, code: None, at: now };
    assert_eq!(world.store.settle_reminders(&tokens, &late, None).await, Ok(0));
    let rows = world.store.reminders(id).await.unwrap();
    assert!(rows.iter().filter(|row| row.tries > 0).all(|row| row.state == ReminderState::Sent), "{rows:?}");
});

on_both!(many_claimers_share_without_overlap, |world| {
    let hook = WebhookReceiver::start().await;
    for number in 0..6 {
        incident(&world, &format!("Tape {number}"), "2026-11-20T10:30:00+01:00").await;
    }
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let before = reminders(&world, &clock, None, Some(&hook.url));
    hook.answer(&[503; 6]);
    before.pass(true).await.unwrap();
    let (now, until) = (instant("2026-11-25T12:02:00Z"), instant("2026-11-25T12:07:00Z"));
    let claims: Vec<_> = (0..4)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.claim_reminders(now, until, 100).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for claim in claims {
        ids.extend(claim.await.unwrap().into_iter().map(|reminder| reminder.id));
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), all), (6, 6));
});
