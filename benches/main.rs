//! The benchmarks: Candour as its users run it, beside what they would compare it with, on the same machine in the same run.
//!
//! `benches/run` prepares what is needed and starts this; `benches/README.md` says what each subject measures.

mod dkim;
mod email;
mod http;
mod import;
mod law;
mod letter;
mod scale;
mod support;
mod urgent;
mod versus;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use support::Result;
use support::bench::{Bench, Database};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Email end to end on SQLite, against smtp-source.
    EmailSqlite,
    /// Email end to end on PostgreSQL, against smtp-source.
    EmailPostgres,
    /// Email against nodemailer and a queue, and against Celery.
    Versus,
    /// What DKIM signatures cost.
    Dkim,
    /// Text messages through an HTTP API, against wrk and h2load.
    Http,
    /// Import of people, against bare loads of the same file.
    Import,
    /// Memory, cost, answers and restart of a large campaign on SQLite.
    Scale,
    /// The same on PostgreSQL.
    ScalePostgres,
    /// The rules: reading them, and all obligations of an incident that touches every jurisdiction.
    Law,
    /// A letter's PDF.
    Letter,
    /// An urgent campaign during a large one on SQLite.
    Urgent,
    /// The same on PostgreSQL.
    UrgentPostgres,
}

/// Measures Candour beside its references.
#[derive(Debug, Parser)]
struct Args {
    /// What to measure; everything when nothing is named.
    subjects: Vec<Subject>,
    /// The full size: 2,000,000 people in place of 200,000.
    #[arg(long)]
    full: bool,
    /// So many people in place of either.
    #[arg(long)]
    people: Option<u64>,
    /// Turns: each runs ours, then the reference.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Connections of Candour to the mail sink.
    #[arg(long, default_value_t = 32)]
    connections: u16,
    /// Records a profile of each campaign with `perf`; the figures of such a run mean little.
    #[arg(long)]
    profile: bool,
    /// Another build of Candour than the one that Cargo made with this, to compare two.
    #[arg(long, env = "BENCH_BINARY", default_value = support::candour::BINARY)]
    binary: PathBuf,
    /// Where everything is written while it runs: on the disk that is to be measured.
    #[arg(long, env = "BENCH_SCRATCH")]
    scratch: PathBuf,
    /// Where the JSON goes.
    #[arg(long, env = "BENCH_OUT")]
    out: PathBuf,
    /// Where programs of others are installed.
    #[arg(long, env = "BENCH_TOOLS")]
    tools: PathBuf,
    /// A PostgreSQL server of this run, without a database's name at the end.
    #[arg(long, env = "BENCH_POSTGRES_URL")]
    postgres_url: Option<String>,
    /// Its first process.
    #[arg(long, env = "BENCH_POSTGRES_PID")]
    postgres_pid: Option<u32>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let work = async {
        tokio::select! {
            done = measure(&args) => done,
            () = told_to_stop() => Err("stopped".into()),
        }
    };
    match work.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nbenches: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: &Args) -> Result<()> {
    let bench = Bench {
        people: args.people.unwrap_or(if args.full { 2_000_000 } else { 200_000 }),
        people_given: args.people,
        repeat: args.repeat,
        connections: args.connections,
        binary: args.binary.clone(),
        scratch: args.scratch.clone(),
        tools: args.tools.clone(),
        profile: args.profile.then(|| args.out.clone()),
        postgres: args.postgres_url.clone().zip(args.postgres_pid),
    };
    let machine = support::machine::describe(&bench)?;
    support::machine::print(&machine);
    let subjects = if args.subjects.is_empty() { Subject::value_variants() } else { &args.subjects };
    for subject in subjects {
        let report = match subject {
            Subject::EmailSqlite => email::run(&bench, Database::Sqlite).await?,
            Subject::EmailPostgres => email::run(&bench, Database::Postgres).await?,
            Subject::Versus => versus::run(&bench).await?,
            Subject::Dkim => dkim::run(&bench).await?,
            Subject::Http => http::run(&bench).await?,
            Subject::Import => import::run(&bench).await?,
            Subject::Scale => scale::run(&bench, Database::Sqlite).await?,
            Subject::ScalePostgres => scale::run(&bench, Database::Postgres).await?,
            Subject::Law => law::run(&bench)?,
            Subject::Letter => letter::run(&bench)?,
            Subject::Urgent => urgent::run(&bench, Database::Sqlite).await?,
            Subject::UrgentPostgres => urgent::run(&bench, Database::Postgres).await?,
        };
        report.print();
        let path = report.save(&args.out, &machine)?;
        println!("  written to {}", path.display());
    }
    Ok(())
}

/// An interrupt or a termination signal: what was started is then stopped as it is dropped.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
}
