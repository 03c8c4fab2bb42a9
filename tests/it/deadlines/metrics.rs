//! The figures of deadlines.

use std::sync::Arc;

use candour::deadlines::Reminders;
use candour::telemetry::Metrics;

use super::{Hand, deadlines, incident, instant, responders};
use crate::support::stores::on_both;

on_both!(the_next_deadline_and_the_overdue_ones_are_figures, |world| {
    let clock = Hand::at("2026-11-21T12:00:00Z");
    let metrics = Arc::new(Metrics::new([]));
    let reminders =
        Reminders::new(deadlines(&world, clock.clone()), Arc::clone(&metrics), responders(Vec::new(), None));
    incident(&world, "Tape", "2026-11-20T10:30:00+01:00").await;
    incident(&world, "Laptop", "2026-11-21T10:30:00+01:00").await;

    let figure = |name: &str| {
        let text = metrics.encode();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    // A process that only serves keeps them, too.
    reminders.pass(false).await.unwrap();
    let next = "candour_next_deadline_timestamp_seconds";
    let overdue = "candour_overdue_obligations{force=\"mandatory\"}";
    assert_eq!((figure(next), figure(overdue)), (instant("2026-11-23T10:00:00Z").0 / 1000, 0));
    clock.set("2026-11-23T10:00:01Z");
    reminders.pass(false).await.unwrap();
    assert_eq!((figure(next), figure(overdue)), (instant("2026-11-24T10:00:00Z").0 / 1000, 1));
    clock.set("2026-11-30T10:00:01Z");
    reminders.pass(false).await.unwrap();
    assert_eq!((figure(next), figure(overdue)), (0, 2));
});
