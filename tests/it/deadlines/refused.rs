//! Reminders that are not taken, and those that nobody needs any more.

use candour::domain::incident::IncidentState;
use candour::domain::reminder::ReminderState;
use candour::store::ReminderStore;

use super::{Hand, incident, reminders};
use crate::support::stores::on_both;
use crate::support::webhook_receiver::WebhookReceiver;

on_both!(a_call_that_fails_is_made_again_under_the_same_identifier, |world| {
    let hook = WebhookReceiver::start().await;
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let reminders = reminders(&world, &clock, None, Some(&hook.url));
    hook.answer(&[500, 429]);
    // Waits of a minute and of two, give or take a quarter.
    for (at, calls) in [
        ("2026-11-25T12:00:00Z", 1),
        ("2026-11-25T12:00:40Z", 1),
        ("2026-11-25T12:02:00Z", 2),
        ("2026-11-25T12:03:00Z", 2),
        ("2026-11-25T12:05:00Z", 3),
        ("2026-11-25T13:00:00Z", 3),
    ] {
        clock.set(at);
        reminders.pass(true).await.unwrap();
        assert_eq!(hook.calls().len(), calls, "at {at}");
    }
    let calls = hook.calls();
    assert!(calls.iter().all(|call| call.id == calls[0].id));
    let row = world.store.reminders(id).await.unwrap().into_iter().find(|row| row.tries > 0).unwrap();
    assert_eq!((row.state, row.tries, row.code.as_deref()), (ReminderState::Sent, 3, Some("204")));
});

on_both!(a_receiver_that_is_gone_is_asked_no_more, |world| {
    let hook = WebhookReceiver::start().await;
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let reminders = reminders(&world, &clock, None, Some(&hook.url));
    hook.answer(&[410]);
    reminders.pass(true).await.unwrap();
    clock.set("2026-11-26T12:00:00Z");
    reminders.pass(true).await.unwrap();
    assert_eq!(hook.calls().len(), 1);
    let row = world.store.reminders(id).await.unwrap().into_iter().find(|row| row.tries > 0).unwrap();
    assert_eq!((row.state, row.code.as_deref()), (ReminderState::Failed, Some("410")));
});

on_both!(what_is_over_before_it_could_be_said_is_not_said, |world| {
    let hook = WebhookReceiver::start().await;
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let reminders = reminders(&world, &clock, None, Some(&hook.url));
    hook.answer(&[503]);
    reminders.pass(true).await.unwrap();
    world.to_state(id, IncidentState::Draft, IncidentState::Discarded).await;
    clock.set("2026-11-25T12:02:00Z");
    assert_eq!(reminders.pass(true).await.unwrap().dropped, 1);
    assert_eq!(hook.calls().len(), 1);
    let row = world.store.reminders(id).await.unwrap().into_iter().find(|row| row.tries > 0).unwrap();
    assert_eq!(row.state, ReminderState::Dropped);
});
