//! Each reminder once: whoever looks, how often, and after whatever restart.

use std::sync::Arc;

use candour::domain::reminder::{Mark, ReminderState};
use candour::store::{AuditStore, ReminderStore};
use serde_json::{Value, json};

use super::{Hand, SECRET, incident, instant, reminders};
use crate::support::recording_sink::RecordingSink;
use crate::support::stores::on_both;
use crate::support::webhook_receiver::WebhookReceiver;

on_both!(every_mark_is_said_once_by_mail_and_by_call, |world| {
    let (sink, hook) = (RecordingSink::start().await, WebhookReceiver::start().await);
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-20T12:00:00Z");
    let fresh = || reminders(&world, &clock, Some(&sink), Some(&hook.url));
    // Two processes, each of which keeps what it knows, and one that has just been started each time.
    let (one, two) = (Arc::new(fresh()), Arc::new(fresh()));
    let marks = [
        ("2026-11-21T21:44:59Z", 0, ""),
        ("2026-11-21T21:45:00Z", 1, "half_time"),
        ("2026-11-22T09:59:59Z", 1, "half_time"),
        ("2026-11-22T10:00:00Z", 2, "day_before"),
        ("2026-11-23T06:00:00Z", 3, "hours_before"),
        ("2026-11-23T10:00:00Z", 3, "hours_before"),
        ("2026-11-23T10:00:01Z", 4, "overdue"),
        ("2026-12-23T10:00:01Z", 4, "overdue"),
    ];
    for (at, said, last) in marks {
        clock.set(at);
        for _ in 0..2 {
            let (one, two, three) = (Arc::clone(&one), Arc::clone(&two), fresh());
            let passes = [
                tokio::spawn(async move { one.pass(true).await }),
                tokio::spawn(async move { two.pass(true).await }),
                tokio::spawn(async move { three.pass(true).await }),
            ];
            for pass in passes {
                pass.await.unwrap().unwrap();
            }
        }
        assert_eq!((sink.count(), hook.calls().len()), (said, said), "at {at}");
        if said > 0 {
            assert_eq!(hook.calls()[said - 1].json()["data"]["mark"], last, "at {at}");
        }
    }

    let call = &hook.calls()[3];
    assert_eq!(call.fault(SECRET, instant("2026-11-23T10:01:00Z").0 / 1000), "");
    assert_ne!(call.fault("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", instant("2026-11-23T10:01:00Z").0 / 1000), "");
    assert_ne!(call.fault(SECRET, instant("2026-11-23T11:00:00Z").0 / 1000), "", "an old call is no new one");
    let body = call.json();
    assert_eq!(body["type"], "deadline.reminder");
    assert_eq!(body["data"]["incident"]["title"], "Tape lost");
    assert_eq!(body["data"]["obligations"][0]["id"], "eu-gdpr/notify-authority");
    assert_eq!(body["data"]["obligations"][0]["state"], "overdue");
    let taken = sink.taken();
    assert!(taken.iter().all(|mail| mail.recipient == "duty@example.org"));
    let mut ids: Vec<&String> = taken.iter().map(|mail| &mail.message_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has a Message-ID of its own");

    let rows = world.store.reminders(id).await.unwrap();
    assert!(rows.len() == 8 && rows.iter().all(|row| row.state == ReminderState::Sent && row.tries == 1), "{rows:?}");
    let chain = world.store.audit(Some(id), 0, 100).await.unwrap();
    let said: Vec<Value> = chain
        .iter()
        .filter(|entry| entry.action == "reminder.sent")
        .map(|entry| serde_json::from_str(&entry.detail).unwrap())
        .collect();
    assert_eq!(said.len(), 8, "each is in the audit chain");
    assert!(said.iter().all(|detail| !detail.to_string().contains("duty@")), "{said:?}");
});

on_both!(of_marks_that_were_missed_only_the_last_is_said, |world| {
    let sink = RecordingSink::start().await;
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    let clock = Hand::at("2026-11-23T07:00:00Z");
    reminders(&world, &clock, Some(&sink), None).pass(true).await.unwrap();
    assert_eq!(sink.count(), 1);
    let rows = world.store.reminders(id).await.unwrap();
    let mut stands: Vec<(Mark, ReminderState)> = rows.iter().map(|row| (row.mark, row.state)).collect();
    stands.sort_by_key(|(mark, _)| *mark);
    assert_eq!(
        stands,
        [
            (Mark::HalfTime, ReminderState::Skipped),
            (Mark::DayBefore, ReminderState::Skipped),
            (Mark::HoursBefore, ReminderState::Sent)
        ]
    );
});

on_both!(duties_with_one_deadline_come_together, |world| {
    let hook = WebhookReceiver::start().await;
    let clock = Hand::at("2026-11-25T12:00:00Z");
    incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    incident(&world, "Laptop lost", "2026-11-20T10:30:00+01:00").await;
    reminders(&world, &clock, None, Some(&hook.url)).pass(true).await.unwrap();
    let calls = hook.calls();
    assert_eq!(calls.len(), 2, "one for each incident");
    for call in calls {
        let duties = call.json()["data"]["obligations"].as_array().unwrap().clone();
        let deadlines: Vec<&Value> = duties.iter().map(|duty| &duty["deadline"]["at"]).collect();
        assert!(deadlines.iter().all(|at| *at == deadlines[0]), "{deadlines:?}");
    }
});

on_both!(nobody_is_reminded_where_nobody_is_configured, |world| {
    let clock = Hand::at("2026-11-25T12:00:00Z");
    let id = incident(&world, "Tape lost", "2026-11-20T10:30:00+01:00").await;
    reminders(&world, &clock, None, None).pass(true).await.unwrap();
    assert_eq!(world.store.reminders(id).await.unwrap(), []);
    assert_eq!(json!(world.store.audit(Some(id), 0, 10).await.unwrap().len()), 1);
});
