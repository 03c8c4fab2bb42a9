//! Email end to end: claim, unseal, render, send, durable outcome, exact counts; against the raw generator.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bench::{Bench, Database};
use crate::support::candour::Candour;
use crate::support::listener::Listener;
use crate::support::report::{Reach, Report};
use crate::support::sink::Sink;
use crate::support::source::Source;
use crate::support::usage::{Memory, MemoryWatch, Used, Watch};
use crate::support::{Result, campaign, people};

/// One campaign, from its start to its end.
pub(crate) struct Run {
    pub(crate) people: u64,
    pub(crate) seconds: f64,
    pub(crate) used: Used,
    pub(crate) memory: Memory,
    pub(crate) importing: campaign::Imported,
    pub(crate) memory_importing: Memory,
}

impl Run {
    #[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
    pub(crate) fn rate(&self) -> f64 {
        self.people as f64 / self.seconds
    }

    /// Candour's own processor time, in microseconds a notice.
    #[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
    pub(crate) fn micros(&self) -> f64 {
        self.used.parts.first().map_or(f64::NAN, |(_, cpu)| cpu.total() * 1e6 / self.people as f64)
    }

    pub(crate) fn json(&self, who: &str) -> Value {
        json!({
            "who": who, "people": self.people, "seconds": self.seconds, "rate": self.rate(), "used": self.used.json(),
            "memory": self.memory.json(), "import_seconds": self.importing.seconds,
            "memory_importing": self.memory_importing.json(),
        })
    }
}

/// The subject.
pub(crate) async fn run(bench: &Bench, database: Database) -> Result<Report> {
    let mut report = Report::new(&format!("email-{}", database.short()));
    let sink = Sink::start().await?;
    let size = message_size(bench, "").await?;
    let length = body_length(size).await?;
    let (source, tried) = Source::best(sink.address, length).await?;
    let list = people::list(&bench.scratch, bench.people)?;
    report.setting("people", bench.people);
    report.setting("database", database.name());
    if database == Database::Postgres {
        report.setting("PostgreSQL", bench.postgres()?.settings().await?);
    }
    report.setting("bytes of a message (mean on the wire)", size);
    report.setting("connections", bench.connections);
    report.setting("smtp-sink", sink.flags);
    report.setting("smtp-source", source.flags(bench.people));
    let tried: Vec<_> = tried.iter().map(|(sessions, rate)| format!("{sessions}: {rate:.0}")).collect();
    report.setting("smtp-source by sessions", tried.join(", "));

    let reference = format!("smtp-source -s {}", source.sessions);
    for turn in 1..=bench.repeat {
        let ours = candour(bench, database, &list, bench.people, &smtp(&sink, bench, ""), Some(&sink)).await?;
        println!("  turn {turn}: candour {:.0}/s; cores: {}", ours.rate(), ours.used.cores());
        report.measured("candour", "notices/s", ours.rate());
        report.measured("candour, processor time", "µs a notice", ours.micros());
        report.run(ours.json("candour"));
        let sent = source.send(sink.address, bench.people, &[("sink", sink.pid, false)]).await?;
        println!("  turn {turn}: smtp-source {:.0}/s; cores: {}", sent.rate, sent.used.cores());
        report.measured(&reference, "messages/s", sent.rate);
        report.run(json!({ "who": reference, "rate": sent.rate, "used": sent.used.json() }));
        if turn == bench.repeat {
            report.note(format!("cores in the last turn: {}", ours.used.cores()));
        }
    }
    let reach = if database == Database::Sqlite { 1.2 } else { 1.0 };
    report.ratio("candour", &reference, Some(Reach::AtLeast(reach)));
    Ok(report)
}

/// The provider's table. `more` is further TOML of it.
pub(crate) fn smtp(sink: &Sink, bench: &Bench, more: &str) -> String {
    smtp_at(sink.address.port(), bench.connections, more)
}

fn smtp_at(port: u16, connections: u16, more: &str) -> String {
    format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"relay\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         from = \"Larkspur Travel <incident@larkspur-travel.example>\"\nconcurrency = {connections}\n{more}\n"
    )
}

/// The database of a run, fresh; and the process to watch beside Candour's.
pub(crate) async fn database_url(
    bench: &Bench,
    database: Database,
    dir: &Path,
) -> Result<(String, Option<(&'static str, u32, bool)>)> {
    match database {
        Database::Sqlite => Ok((format!("sqlite:{}", dir.join("candour.db").display()), None)),
        Database::Postgres => {
            let server = bench.postgres()?;
            Ok((server.fresh("candour_bench").await?, Some(("postgres", server.pid, true))))
        }
    }
}

/// One campaign to everybody on the list, on a fresh database.
pub(crate) async fn candour(
    bench: &Bench,
    database: Database,
    list: &Path,
    people: u64,
    providers: &str,
    sink: Option<&Sink>,
) -> Result<Run> {
    let dir = bench.scratch.join("candour");
    let (url, server) = database_url(bench, database, &dir).await?;
    let candour = Candour::start(&dir, &url, providers).await?;
    let importing = MemoryWatch::begin(candour.pid()?)?;
    let incident = campaign::incident(&candour).await?;
    let imported = campaign::import(&candour, &incident, list).await?;
    let memory_importing = importing.end();
    let id = campaign::approved(&candour, &incident, &campaign::notice()?, &json!({})).await?;
    if database == Database::Postgres {
        bench.postgres()?.run("postgres", "CHECKPOINT").await?;
    }

    let mut watched = vec![("candour", candour.pid()?, false)];
    watched.extend(sink.map(|sink| ("sink", sink.pid, false)));
    watched.extend(server);
    let memory = MemoryWatch::begin(candour.pid()?)?;
    let watch = Watch::begin(&watched)?;
    campaign::start(&candour, &id).await?;
    let ended = campaign::completed(&candour, &id, Duration::from_millis(100)).await?;
    let used = watch.end()?;
    let memory = memory.end();
    if campaign::number(&ended, "sealed")? != people {
        return Err(format!("{people} people were listed: {ended}").into());
    }
    let run = Run { people, seconds: campaign::took(&ended)?, used, memory, importing: imported, memory_importing };
    candour.remove().await?;
    Ok(run)
}

/// Mean bytes of our messages on the wire.
pub(crate) async fn message_size(bench: &Bench, more: &str) -> Result<u64> {
    const SAMPLE: u64 = 500;
    let listener = Listener::start(0).await?;
    let list = people::list(&bench.scratch, SAMPLE)?;
    let providers = smtp_at(listener.address.port(), 4, more);
    candour(bench, Database::Sqlite, &list, SAMPLE, &providers, None).await?;
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
