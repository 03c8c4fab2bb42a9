//! An urgent campaign of one person while a large one runs: from its start to its first attempt.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::email::{message_size, settings};
use crate::support::Result;
use crate::support::bench::{Bench, Database};
use crate::support::campaign::{self, number, text};
use crate::support::candour::Candour;
use crate::support::fanout::Fanout;
use crate::support::report::{Reach, Report, quantile};
use crate::support::sink::Sink;

/// Urgent campaigns, one after the other.
const URGENT: usize = 50;
/// From one's end to the next one's start, so that they are spread over the large campaign.
const BETWEEN: Duration = Duration::from_millis(200);
/// How long one is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Seconds since its start, by Candour's clock and by ours.
struct Told {
    intended: f64,
    settled: f64,
    seen: f64,
}

/// The subject.
pub(crate) async fn run(bench: &Bench, database: Database) -> Result<Report> {
    let mut report = Report::new(&format!("urgent-{}", database.short()));
    let sink = Sink::start().await?;
    settings(&mut report, bench, database, &sink, message_size(bench, "").await?).await?;
    let fanout = Fanout::email(bench, database, bench.people, sink.address.port(), "")?;
    let ready = fanout.beside("sink", sink.pid, false).prepare().await?;
    let mut urgent = Vec::new();
    for _ in 0..URGENT {
        urgent.push(approved(&mut report, &ready.candour).await?);
    }

    let going = ready.begin().await?;
    let large = format!("/v1/campaigns/{}/progress", ready.campaign);
    while number(&ready.candour.get(&large).await?, "done")? == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (mut told, mut late) = (Vec::new(), 0);
    for campaign in &urgent {
        let one = tell(&ready.candour, campaign).await?;
        // What ended after the large campaign waited for nothing.
        if text(&ready.candour.get(&large).await?, "state")? != "running" {
            break;
        }
        match one {
            Some(one) => told.push(one),
            None => late += 1,
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let run = going.end(&ready, Duration::from_millis(500)).await?;
    println!("  the large campaign: {:.0}/s; cores: {}", run.rate(), run.used.cores());
    report.measured("the large campaign meanwhile", "notices/s", run.rate());
    for (what, of) in [
        ("start to first attempt", (|t| t.intended) as fn(&Told) -> f64),
        ("start to its durable outcome", |t| t.settled),
        ("start to its outcome as a client sees it", |t| t.seen),
    ] {
        let times: Vec<_> = told.iter().map(of).collect();
        report.measured(&format!("{what}, p50"), "s", quantile(&times, 0.5));
        report.measured(&format!("{what}, p99"), "s", quantile(&times, 0.99));
        report.run(json!({ "who": what, "seconds": times }));
    }
    report.bound("start to first attempt, p99", Reach::AtMost(1.0));
    report.note(format!(
        "{} urgent campaigns were told while the large one ran; {late} were not within {} s",
        told.len(),
        PATIENCE.as_secs()
    ));
    ready.candour.remove().await?;
    Ok(report)
}

/// An approved campaign of one person; asks for priority where this build knows it.
async fn approved(report: &mut Report, candour: &Candour) -> Result<String> {
    let incident = campaign::incident(candour).await?;
    let line = "ref,name,email,locale,jurisdiction,account,last_order\nU-1,Ava Smith,u@mail.example,en-US,us-ca,A1,2026-01-01\n";
    let people = candour
        .request(&candour.responder, "POST", &format!("/v1/incidents/{incident}/people"))?
        .header("content-type", "text/csv")
        .body(line);
    candour.answer(people).await?;
    let notice = campaign::notice()?;
    let asked = campaign::approved(candour, &incident, &notice, &json!({ "priority": "urgent" })).await;
    let (id, note) = match asked {
        Ok(id) => {
            let knows = candour.get(&format!("/v1/campaigns/{id}")).await?["priority"] == "urgent";
            (id, (!knows).then(|| String::from("this build takes no notice of \"priority\": \"urgent\"")))
        }
        Err(error) => {
            let id = campaign::approved(candour, &incident, &notice, &json!({})).await?;
            (id, Some(format!("this build refuses \"priority\": \"urgent\": {error}")))
        }
    };
    if let Some(note) = note {
        report.note_once(note);
    }
    Ok(id)
}

/// Starts it and waits; `None` when its person was not told in time.
async fn tell(candour: &Candour, campaign: &str) -> Result<Option<Told>> {
    let begun = Instant::now();
    campaign::start(candour, campaign).await?;
    let progress = format!("/v1/campaigns/{campaign}/progress");
    while text(&candour.get(&progress).await?, "state")? != "completed" {
        if begun.elapsed() > PATIENCE {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seen = begun.elapsed().as_secs_f64();
    let started = candour.get(&format!("/v1/campaigns/{campaign}")).await?;
    let attempts = candour.get(&format!("/v1/campaigns/{campaign}/attempts")).await?;
    let attempt = &attempts["items"][0];
    let started: jiff::Timestamp = text(&started, "started_at")?.parse()?;
    let since = |name: &str| -> Result<f64> {
        Ok(text(attempt, name)?.parse::<jiff::Timestamp>()?.duration_since(started).as_secs_f64())
    };
    Ok(Some(Told { intended: since("intended_at")?, settled: since("settled_at")?, seen }))
}
