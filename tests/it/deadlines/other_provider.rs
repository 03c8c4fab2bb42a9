//! A reminder that one provider does not take goes through the next, under the same Message-ID; where nobody knows whether it went
//! out, it does not.

use std::sync::Arc;

use candour::domain::channel::Channel;
use candour::domain::outcome::Outcome;
use candour::domain::reminder::ReminderState;
use candour::store::ReminderStore;
use candour::telemetry::Metrics;

use super::{Hand, deadlines, incident, responders};
use crate::support::scripted::Scripted;
use crate::support::stores::{World, on_both};

/// Reminds through two providers, of which the first answers so; how often each was asked, and what came of it.
async fn reminded(world: &World, first: Outcome) -> ([usize; 2], ReminderState) {
    let id = incident(world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let mail = [("first", first), ("second", Outcome::Accepted)];
    let mail = mail.map(|(name, outcome)| Arc::new(Scripted::always(name, Channel::Email, outcome)));
    let who = responders(mail.iter().map(|one| Arc::clone(one) as _).collect(), None);
    let reminders = candour::deadlines::Reminders::new(deadlines(world, clock), Arc::new(Metrics::new([])), who);
    reminders.pass(true).await.unwrap();
    let asked: Vec<_> = mail.iter().map(|one| one.asked()).collect();
    if let ([first], [second]) = (&asked[0][..], &asked[1][..]) {
        assert_eq!(first.message_id("example.org"), second.message_id("example.org"));
    }
    let rows = world.store.reminders(id).await.unwrap();
    let row = rows.into_iter().find(|row| row.tries > 0).unwrap();
    ([asked[0].len(), asked[1].len()], row.state)
}

on_both!(what_the_first_does_not_take_the_second_carries, |world| {
    for outcome in [Outcome::Misconfigured, Outcome::Retry, Outcome::Throttled] {
        assert_eq!(reminded(&world, outcome).await, ([1, 1], ReminderState::Sent), "{outcome:?}");
    }
});

on_both!(what_may_have_gone_out_or_is_refused_is_not_sent_by_another, |world| {
    assert_eq!(reminded(&world, Outcome::Unknown).await, ([1, 0], ReminderState::Due));
    assert_eq!(reminded(&world, Outcome::Rejected).await, ([1, 0], ReminderState::Failed));
    assert_eq!(reminded(&world, Outcome::Accepted).await, ([1, 0], ReminderState::Sent));
});
