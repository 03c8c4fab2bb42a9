//! A worker that tells people ends the alarm of another one, which may have died of what it found; but not one that was seen a
//! moment ago, for that machine may be the one at fault.

use std::sync::Arc;
use std::time::Duration;

use candour::delivery::{Engine, EngineDeps, EngineSettings};
use candour::domain::campaign::CampaignAction;
use candour::domain::channel::Channel;
use candour::domain::notice::Notice;
use candour::domain::outcome::Outcome;
use candour::domain::person::PersonRecord;
use candour::law::Rules;
use candour::render::Renderer;
use candour::store::{AlarmCallStore, NoticeStore};
use candour::system::System;
use candour::telemetry::Metrics;
use serde_json::json;

use super::fails;
use crate::deadlines::{Hand, instant};
use crate::support::scripted::Scripted;
use crate::support::stores::{World, on_both};

on_both!(an_alarm_that_its_worker_sees_no_longer_is_ended_by_another, |world| {
    let clock = Hand::at("2096-10-02T08:00:00Z");
    // It is named as the alarms of `fails` are.
    let provider = Arc::new(Scripted::always("failing", Channel::Email, Outcome::Accepted).at_once(1).held());
    start_campaign(&world, 5).await;
    assert!(fails(&world, &clock, "401").await);
    let engine = engine(&world, &clock, &provider).start();

    // The first message that is taken ends what was left behind.
    provider.release(1);
    provider.arrivals(2).await;
    no_alarm_is_open(&world).await;

    // Another worker finds a failure and dies.
    clock.set("2096-10-02T08:01:00Z");
    assert!(fails(&world, &clock, "401").await);
    for (at, next) in [("2096-10-02T08:02:00Z", 3), ("2096-10-02T08:07:00Z", 4), ("2096-10-02T08:22:00Z", 5)] {
        clock.set(at);
        provider.release(1);
        // One at a time: the next one comes when the last was learned from.
        provider.arrivals(next).await;
    }
    // It stops once the last word is written.
    provider.release(1);
    engine.stop().await;
    let all = world.store.alarms(None, 10).await.unwrap().items;
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].ended_at, Some(instant("2096-10-02T08:22:00Z")), "not while it may be this machine that is well");
});

/// Waits for it.
async fn no_alarm_is_open(world: &World) {
    let closed = async {
        while !world.store.open_alarms().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), closed).await.expect("the alarm is ended");
}

fn renderer() -> Arc<Renderer> {
    Arc::new(Renderer::load(None).unwrap())
}

/// A running campaign by email to so many people, with a notice that can be rendered.
async fn start_campaign(world: &World, people: usize) {
    let record = |n: usize| json!({ "ref": format!("p{n}"), "emails": [format!("p{n}@example.org")] });
    let records: Vec<PersonRecord> = (0..people).map(|n| serde_json::from_value(record(n)).unwrap()).collect();
    let (incident, first) = world.incident_of(records).await;
    let facts =
        json!({ "title": "Tape", "organisation": { "name": "Example" }, "contact": { "phone": "+41446681800" } });
    let mut notice = Notice { id: world.id(), facts: serde_json::from_value(facts).unwrap(), ..first };
    renderer().compile(&notice.content, &notice.facts).unwrap().hash().clone_into(&mut notice.hash);
    let notice = world.store.put_notice(&notice, None, world.audit(incident, "notice.written")).await.unwrap();
    let campaign = world.seal(incident, &notice).await.unwrap();
    world.act(&campaign, CampaignAction::Approve).await.unwrap();
    world.act(&campaign, CampaignAction::Start).await.unwrap();
}

fn engine(world: &World, clock: &Arc<Hand>, provider: &Arc<Scripted>) -> Engine {
    Engine::new(EngineDeps {
        store: world.store.clone(),
        providers: vec![provider.clone()],
        renderer: renderer(),
        clock: clock.clone(),
        entropy: Arc::new(System),
        metrics: Arc::new(Metrics::new([("failing", Channel::Email)])),
        rules: Arc::new(Rules::embedded().unwrap()),
        settings: EngineSettings {
            worker_name: String::from("well"),
            // It must outlive the jumps of the clock.
            lease_ms: 86_400_000,
            heartbeat_ms: 15_000,
            poll_ms: 20,
            ask_after_ms: 1_000,
            ask_until_ms: 10_000,
            batch: 100,
            policies: Vec::new(),
            alone: false,
        },
    })
}
