//! Email end to end: claim, unseal, render, send, durable outcome, exact counts; against the raw generator.

use serde_json::json;

use crate::support::Result;
use crate::support::bench::{Bench, Database};
use crate::support::fanout::Fanout;
use crate::support::listener::Listener;
use crate::support::report::{Reach, Report};
use crate::support::sink::Sink;
use crate::support::source::Source;

/// Where the machine is busy with something else, speeds are noise; processor time is steadier. The inverse ratio is what
/// that of the speeds comes to where both keep all cores busy.
const OURS: &str = "candour, database and sink: processor time";
const THEIRS: &str = "smtp-source and sink: processor time";

/// The subject.
pub(crate) async fn run(bench: &Bench, database: Database) -> Result<Report> {
    let mut report = Report::new(&format!("email-{}", database.short()));
    let sink = Sink::start().await?;
    let size = message_size(bench, "").await?;
    let (source, tried) = Source::best(sink.address, body_length(size).await?).await?;
    settings(&mut report, bench, database, &sink, size).await?;
    report.setting("smtp-source", source.flags(bench.people));
    let tried: Vec<_> = tried.iter().map(|(sessions, rate)| format!("{sessions}: {rate:.0}")).collect();
    report.setting("smtp-source by sessions", tried.join(", "));

    let fanout = Fanout::email(bench, database, bench.people, sink.address.port(), "")?.beside("sink", sink.pid, false);
    let reference = format!("smtp-source -s {}", source.sessions);
    for turn in 1..=bench.repeat {
        let ours = fanout.run().await?;
        println!("  turn {turn}: candour {:.0}/s; cores: {}", ours.rate(), ours.used.cores());
        report.measured("candour", "notices/s", ours.rate());
        report.measured("candour, processor time", "µs a notice", ours.micros(false));
        report.measured(OURS, "µs a notice", ours.micros_of_all());
        report.run(ours.json("candour"));
        let sent = source.send(sink.address, bench.people, &[("sink", sink.pid, false)]).await?;
        println!("  turn {turn}: smtp-source {:.0}/s; cores: {}", sent.rate, sent.used.cores());
        report.measured(&reference, "messages/s", sent.rate);
        report.measured(THEIRS, "µs a message", sent.used.micros(bench.people));
        report.run(json!({ "who": reference, "rate": sent.rate, "used": sent.used.json() }));
        if turn == bench.repeat {
            report.note(format!("cores in the last turn: {}", ours.used.cores()));
        }
    }
    let reach = if database == Database::Sqlite { 1.2 } else { 1.0 };
    report.ratio("candour", &reference, Some(Reach::AtLeast(reach)));
    report.ratio(THEIRS, OURS, None);
    Ok(report)
}

/// The conditions of every subject that sends email.
pub(crate) async fn settings(
    report: &mut Report,
    bench: &Bench,
    database: Database,
    sink: &Sink,
    size: u64,
) -> Result<()> {
    report.setting("people", bench.people);
    report.setting("database", database.name());
    if database == Database::Postgres {
        report.setting("PostgreSQL", bench.postgres()?.settings().await?);
    }
    report.setting("bytes of a message, mean on the wire", size);
    report.setting("connections of Candour", bench.connections);
    report.setting("smtp-sink", sink.flags);
    Ok(())
}

/// Mean bytes of our messages on the wire. `more` is further TOML of the provider.
pub(crate) async fn message_size(bench: &Bench, more: &str) -> Result<u64> {
    const SAMPLE: u64 = 500;
    let listener = Listener::start(0).await?;
    Fanout::email(bench, Database::Sqlite, SAMPLE, listener.address.port(), more)?.run().await?;
    let heard = listener.wait(SAMPLE).await?;
    Ok(heard.bytes / heard.messages)
}

/// The body's length that gives smtp-source's messages that size.
pub(crate) async fn body_length(size: u64) -> Result<u64> {
    const BODY: u64 = 1_000;
    let listener = Listener::start(0).await?;
    Source { sessions: 1, length: BODY }.send(listener.address, 10, &[]).await?;
    let heard = listener.wait(10).await?;
    let around = heard.bytes / heard.messages - BODY;
    Ok(size.saturating_sub(around).max(1))
}
