//! Alarms: responders are told when a provider's account fails or a campaign has paused by itself, and when that is over.

mod account_fails;
mod campaign_pauses;
mod ends_for_another_worker;
mod only_while_it_is_news;
mod said_once;
mod seen_again_and_anew;

use std::sync::Arc;

use candour::alarms::Alarms;
use candour::domain::alarm::{Alarm, Cause};
use candour::domain::channel::Channel;
use candour::domain::clock::{Clock, Millis};
use candour::domain::id::AlarmId;
use candour::providers::Provider;
use candour::store::{AlarmStore, AuditStore};
use candour::system::System;
use candour::telemetry::Metrics;
use url::Url;

use crate::deadlines::{Hand, responders};
use crate::support::stores::{World, operator};

/// Whoever tells: one process's worth of it.
fn alarms(world: &World, clock: &Arc<Hand>, mail: Vec<Arc<dyn Provider>>, webhook: Option<&Url>) -> Alarms {
    let carriers = ["failing", "well"].map(|name| (String::from(name), Channel::Email)).to_vec();
    let base = (world.store.clone() as _, clock.clone() as _, Arc::new(System) as _);
    let responders = responders(mail, webhook);
    Alarms::new(base, Arc::new(Metrics::new([])), responders, carriers, "https://candour.example.org/")
}

/// Finds that the account of `failing` fails; whether that is news. What was not seen for an hour is over.
async fn fails(world: &World, clock: &Arc<Hand>, code: &str) -> bool {
    let now = clock.now();
    let alarm = Alarm {
        id: world.id::<AlarmId>(),
        cause: Cause::AccountFailure,
        subject: String::from("failing"),
        code: Some(code.to_owned()),
        raised_at: now,
        seen_at: now,
        ended_at: None,
    };
    world.store.raise_alarm(&alarm, now.plus(-3_600_000), entry(now, "alarm.raised")).await.unwrap()
}

/// Finds that it works; whether that is news.
async fn works(world: &World, clock: &Arc<Hand>) -> bool {
    let now = clock.now();
    world.store.end_alarm(Cause::AccountFailure, "failing", now, entry(now, "alarm.ended")).await.unwrap()
}

fn entry(at: Millis, action: &str) -> candour::domain::audit::AuditEntry {
    let detail = serde_json::json!({});
    candour::domain::audit::AuditEntry { incident: None, at, actor: operator(), action: action.to_owned(), detail }
}

/// The actions in the audit chain that belong to no incident, in order.
async fn actions(world: &World) -> Vec<String> {
    world.store.audit(None, 0, 100).await.unwrap().into_iter().map(|entry| entry.action).collect()
}
