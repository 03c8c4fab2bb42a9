//! What size does: memory, cost of a notice, answers while it runs and after, and the restart after a SIGKILL.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::email::{message_size, settings};
use crate::support::Result;
use crate::support::bench::{Bench, Database};
use crate::support::campaign::{self, number, text};
use crate::support::fanout::{Fanout, Ready};
use crate::support::listener::Listener;
use crate::support::report::{Reach, Report, quantile};
use crate::support::sink::Sink;

/// The small campaign that the large one is compared with, and one between.
const SMALL: u64 = 20_000;
const MIDDLE: u64 = 200_000;
/// Requests of each kind.
const REQUESTS: usize = 200;

/// The subject.
pub(crate) async fn run(bench: &Bench, database: Database) -> Result<Report> {
    let mut report = Report::new(&format!("scale-{}", database.short()));
    let sink = Sink::start().await?;
    settings(&mut report, bench, database, &sink, message_size(bench, "").await?).await?;
    let mut sizes = vec![SMALL, MIDDLE, bench.people];
    sizes.retain(|size| *size <= bench.people);
    sizes.dedup();
    for people in &sizes {
        // The largest are run once: they take long, and cost is counted in processor time, which is steadier than speed.
        let turns = if *people > MIDDLE { 1 } else { bench.repeat };
        for turn in 1..=turns {
            let last = turn == turns && *people == bench.people;
            one_size(&mut report, bench, database, &sink, *people, last).await?;
        }
    }
    let (small, large) = (sizes[0], bench.people);
    if small != large {
        report.ratio(&cost(large), &cost(small), Some(Reach::AtMost(1.1)));
        report.ratio(&memory(large), &memory(small), None);
    }
    report.bound(&memory(large), Reach::AtMost(200.0));
    restart(&mut report, bench, database, sink).await?;
    report.bound("restart: first new message", Reach::AtMost(5.0));
    Ok(report)
}

fn cost(people: u64) -> String {
    format!("{people} people: processor time, database included")
}

fn memory(people: u64) -> String {
    format!("{people} people: memory (RssAnon), sending")
}

async fn one_size(
    report: &mut Report,
    bench: &Bench,
    database: Database,
    sink: &Sink,
    people: u64,
    look: bool,
) -> Result<()> {
    let fanout = Fanout::email(bench, database, people, sink.address.port(), "")?.beside("sink", sink.pid, false);
    let ready = fanout.prepare().await?;
    let going = ready.begin().await?;
    if look {
        answers(report, &ready, "while it runs").await?;
    }
    let run = going.end(&ready, Duration::from_millis(500)).await?;
    println!("  {people} people: {:.0}/s; cores: {}", run.rate(), run.used.cores());
    if look {
        answers(report, &ready, "after it").await?;
    }
    report.measured(&format!("{people} people"), "notices/s", run.rate());
    report.measured(&cost(people), "µs a notice", run.micros(true));
    report.measured(&memory(people), "MB", run.memory.anonymous_mb());
    report.measured(&format!("{people} people: memory (VmHWM), sending"), "MB", run.memory.resident_mb());
    report.measured(
        &format!("{people} people: memory (RssAnon), importing"),
        "MB",
        run.memory_importing.anonymous_mb(),
    );
    report.run(run.json(&format!("{people} people")));
    ready.candour.remove().await
}

/// How long answers take.
async fn answers(report: &mut Report, ready: &Ready, when: &str) -> Result<()> {
    let (campaign, incident) = (&ready.campaign, &ready.incident);
    let asked = [
        ("campaign", format!("/v1/campaigns/{campaign}")),
        ("progress", format!("/v1/campaigns/{campaign}/progress")),
        ("attempts", format!("/v1/campaigns/{campaign}/attempts")),
        ("people", format!("/v1/incidents/{incident}/people")),
    ];
    let mut times = vec![Vec::new(); asked.len()];
    'asking: for _ in 0..REQUESTS {
        for ((name, path), times) in asked.iter().zip(&mut times) {
            let begun = Instant::now();
            let answer = ready.candour.get(path).await?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            if *name == "progress" && when == "while it runs" && text(&answer, "state")? == "completed" {
                report.note(format!("the campaign ended before all {REQUESTS} requests of each kind were made"));
                break 'asking;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    for ((name, _), times) in asked.iter().zip(&times) {
        let what = |part: &str| format!("GET {name} {when}, {part}");
        report.measured(&what("p50"), "ms", quantile(times, 0.5));
        report.measured(&what("p99"), "ms", quantile(times, 0.99));
        report.bound(&what("p99"), Reach::AtMost(10.0));
        report.run(json!({ "who": format!("GET {name} {when}"), "ms": times }));
    }
    Ok(())
}

/// SIGKILL with nearly everybody pending; from the next start to the first new message at the mail host.
async fn restart(report: &mut Report, bench: &Bench, database: Database, sink: Sink) -> Result<()> {
    let port = sink.address.port();
    let fanout = Fanout::email(bench, database, bench.people, port, "")?;
    let mut ready = fanout.prepare().await?;
    campaign::start(&ready.candour, &ready.campaign).await?;
    let path = format!("/v1/campaigns/{}/progress", ready.campaign);
    while number(&ready.candour.get(&path).await?, "done")? == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sink.stop().await?;
    for turn in 1..=bench.repeat {
        ready.candour.kill().await?;
        // A mail host that notes when the first message came.
        let listener = Listener::start(port).await?;
        let begun = Instant::now();
        ready.candour.serve().await?;
        let serving = begun.elapsed().as_secs_f64();
        let waiting = tokio::time::timeout(Duration::from_mins(3), listener.wait(1)).await;
        let heard = waiting.map_err(|_| "no message came within three minutes of the restart")??;
        let first = heard.first.ok_or("it came and was not noted")?.duration_since(begun).as_secs_f64();
        println!("  restart {turn}: serving after {serving:.2} s, first message after {first:.2} s");
        report.measured("restart: serving", "s", serving);
        report.measured("restart: first new message", "s", first);
    }
    let progress = ready.candour.get(&path).await?;
    report.note(format!("pending at the last restart: {} of {}", progress["counts"]["pending"], progress["sealed"]));
    ready.candour.remove().await
}
