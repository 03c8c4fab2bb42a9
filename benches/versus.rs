//! Against what a user would put together instead: a queue on Redis, a mail library, and a row for each result.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::{Child, Command};

use crate::email::{message_size, settings};
use crate::support::bench::{Bench, Database};
use crate::support::fanout::Fanout;
use crate::support::listener::Listener;
use crate::support::postgres::Postgres;
use crate::support::redis::{self, Redis};
use crate::support::report::{Reach, Report};
use crate::support::sink::Sink;
use crate::support::usage::{Used, Watch};
use crate::support::{Result, people};

/// Worker processes that are tried; the best stays.
const PROCESSES: [u32; 3] = [1, 2, 4];
/// Jobs that a Node process has in hand at once, and its connections to the relay.
const AT_ONCE: u32 = 100;
const CONNECTIONS: u32 = 32;
const DATABASE: &str = "versus";
const OURS: &str = "candour on PostgreSQL";

/// One of the programs that are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    BullMq,
    Celery,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::BullMq => "nodemailer pool, BullMQ on Redis, a row per result",
            Self::Celery => "Celery on Redis, smtplib, a row per mail",
        }
    }

    /// Mails of a turn, and of a trial: enough for some ten seconds.
    fn mails(self, people: u64) -> (u64, u64) {
        let (turn, trial) = match self {
            Self::BullMq => (20_000, 4_000),
            Self::Celery => (8_000, 2_000),
        };
        (turn.min(people), trial.min(people))
    }
}

/// What they stand on.
struct Ground<'a> {
    bench: &'a Bench,
    server: Postgres,
    redis: Redis,
    sink: Sink,
    list: PathBuf,
}

/// The subject.
pub(crate) async fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("versus");
    let sink = Sink::start().await?;
    settings(&mut report, bench, Database::Postgres, &sink, message_size(bench, "").await?).await?;
    report.setting("Redis", redis::SETTINGS);
    let list = people::list(&bench.scratch, bench.people)?;
    let ground = Ground { bench, server: bench.postgres()?, redis: Redis::start(&bench.scratch).await?, sink, list };

    let relay = ground.sink.address.port();
    let mut best = Vec::new();
    for kind in [Kind::BullMq, Kind::Celery] {
        let (mails, trial) = kind.mails(bench.people);
        report.setting(&format!("{}, bytes of a mail", kind.name()), ground.mail_size(kind).await?);
        let (mut fastest, mut tried) = ((PROCESSES[0], 0.0), Vec::new());
        for processes in PROCESSES {
            let (rate, _) = ground.turn(kind, trial, processes, relay).await?;
            tried.push(format!("{processes}: {rate:.0}"));
            if rate > fastest.1 {
                fastest = (processes, rate);
            }
        }
        report.setting(&format!("{}, mails/s by processes", kind.name()), tried.join(", "));
        report.setting(&format!("{}, mails of a turn", kind.name()), mails);
        best.push((kind, mails, fastest.0));
    }
    let fanout = Fanout::email(bench, Database::Postgres, bench.people, relay, "")?;
    let fanout = fanout.beside("sink", ground.sink.pid, false);
    for turn in 1..=bench.repeat {
        let ours = fanout.run().await?;
        println!("  turn {turn}: {OURS} {:.0}/s; cores: {}", ours.rate(), ours.used.cores());
        report.measured(OURS, "notices/s", ours.rate());
        report.run(ours.json(OURS));
        for (kind, mails, processes) in &best {
            let (rate, used) = ground.turn(*kind, *mails, *processes, relay).await?;
            println!("  turn {turn}: {} {rate:.0}/s; cores: {}", kind.name(), used.cores());
            report.measured(kind.name(), "mails/s", rate);
            report.run(json!({ "who": kind.name(), "mails": mails, "processes": processes, "rate": rate }));
        }
    }
    for (kind, ..) in &best {
        report.ratio(OURS, kind.name(), Some(Reach::AtLeast(5.0)));
    }
    Ok(report)
}

impl Ground<'_> {
    /// Fills the queue, then lets the workers empty it. The rate is that between the first row and the last.
    async fn turn(&self, kind: Kind, mails: u64, processes: u32, relay: u16) -> Result<(f64, Used)> {
        self.redis.empty().await?;
        self.server.fresh(DATABASE).await?;
        let table = "CREATE TABLE sent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref text NOT NULL, \
                     message_id text NOT NULL, response text NOT NULL, at timestamptz NOT NULL)";
        self.server.run(DATABASE, table).await?;
        self.fill(kind, mails).await?;
        let mut workers = self.workers(kind, processes, relay)?;
        let watch = Watch::begin(&[
            ("workers", workers.id().ok_or("the workers ended at once")?, true),
            ("sink", self.sink.pid, false),
            ("redis", self.redis.pid, false),
            ("postgres", self.server.pid, true),
        ])?;
        let waited = self.written(mails, &mut workers).await;
        let used = watch.end()?;
        end(workers).await?;
        waited?;
        let seconds = "SELECT extract(epoch FROM max(at) - min(at)) FROM sent";
        let seconds: f64 = self.server.run(DATABASE, seconds).await?.parse()?;
        self.server.drop(DATABASE).await?;
        #[expect(clippy::cast_precision_loss, reason = "counts of mails are small")]
        Ok(((mails - 1) as f64 / seconds, used))
    }

    /// Mean bytes of its mails on the wire.
    async fn mail_size(&self, kind: Kind) -> Result<u64> {
        let listener = Listener::start(0).await?;
        self.turn(kind, 200, 1, listener.address.port()).await?;
        let heard = listener.wait(200).await?;
        Ok(heard.bytes / heard.messages)
    }

    /// A command of that program, in its directory, with what it finds in its environment.
    fn command(&self, kind: Kind, program: &Path) -> Command {
        let mut command = Command::new(program);
        let notice = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/notice.json");
        command
            .current_dir(self.directory(kind))
            .env("REDIS_URL", format!("redis://127.0.0.1:{}/0", self.redis.port))
            .env("POSTGRES_URL", self.server.url(DATABASE))
            .env("NOTICE", notice)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn directory(&self, kind: Kind) -> PathBuf {
        self.bench.tools.join(match kind {
            Kind::BullMq => "bullmq",
            Kind::Celery => "celery",
        })
    }

    async fn fill(&self, kind: Kind, mails: u64) -> Result<()> {
        let mut command = match kind {
            Kind::BullMq => self.command(kind, Path::new("node")),
            Kind::Celery => self.command(kind, &self.directory(kind).join("venv/bin/python")),
        };
        command.arg(if kind == Kind::BullMq { "fill.mjs" } else { "fill.py" });
        command.arg(&self.list).arg(mails.to_string());
        if kind == Kind::BullMq {
            command.arg(self.redis.port.to_string());
        }
        if command.status().await?.success() { Ok(()) } else { Err(format!("{}: no queue", kind.name()).into()) }
    }

    fn workers(&self, kind: Kind, processes: u32, relay: u16) -> Result<Child> {
        let log = std::fs::File::create(self.bench.scratch.join("workers.log"))?;
        let mut command = match kind {
            Kind::BullMq => {
                let mut command = self.command(kind, Path::new("node"));
                let numbers = [processes, AT_ONCE, CONNECTIONS].map(|number| number.to_string());
                let ports = [self.redis.port, relay].map(|port| port.to_string());
                command.arg("worker.mjs").args(numbers).args(ports).arg(self.server.url(DATABASE));
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/notice.json"));
                command
            }
            Kind::Celery => {
                let mut command = self.command(kind, &self.directory(kind).join("venv/bin/celery"));
                command.args(["-A", "tasks", "worker", "--loglevel", "warning", "-O", "fair"]);
                command.env("SMTP_PORT", relay.to_string());
                command.args(["--without-gossip", "--without-mingle", "-c", &processes.to_string()]);
                command
            }
        };
        Ok(command.stdout(Stdio::null()).stderr(log).spawn()?)
    }

    /// Waits until there are so many rows.
    async fn written(&self, mails: u64, workers: &mut Child) -> Result<()> {
        let (mut moved, mut seen) = (Instant::now(), 0);
        loop {
            let rows: u64 = self.server.run(DATABASE, "SELECT count(*) FROM sent").await?.parse()?;
            if rows >= mails {
                return Ok(());
            }
            if rows > seen {
                (moved, seen) = (Instant::now(), rows);
            }
            if moved.elapsed() > Duration::from_mins(1) || workers.try_wait()?.is_some() {
                let log = std::fs::read_to_string(self.bench.scratch.join("workers.log"))?;
                return Err(format!("the workers stand still at {rows} of {mails}:\n{log}").into());
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// Ends workers so that they end their own children.
async fn end(mut workers: Child) -> Result<()> {
    if let Some(pid) = workers.id() {
        Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
    }
    if tokio::time::timeout(Duration::from_secs(20), workers.wait()).await.is_err() {
        workers.kill().await?;
    }
    Ok(())
}
