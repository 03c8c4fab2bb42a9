//! The command line: one file per command.
//!
//! Owns: flags, what is printed, exit statuses (0 done, 1 failed with the reason on standard error, 2 wrong usage).
//! Results go to standard output, everything else to standard error. Never decides anything about an incident.

mod alone;
mod check;
mod demo;
mod keys;
mod migrate;
mod obligations;
mod obligations_text;
mod openapi;
mod serve;
mod strays;
mod watch;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::config::Config;

/// Tells everyone whom a personal-data breach touched, on time, and proves it afterwards.
#[derive(Debug, Parser)]
#[command(name = "candour", version, about, max_term_width = 100)]
struct Cli {
    /// Configuration file; `candour check --defaults` prints every key with its explanation.
    #[arg(long, global = true, value_name = "FILE", env = "CANDOUR_CONFIG")]
    config: Option<PathBuf>,
    /// The database, in place of the configured one.
    #[arg(long, global = true, value_name = "URL", id = "store_url")]
    store: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Does the whole job on this machine with made-up people; needs no set-up.
    Demo(demo::Args),
    /// Serves the API, the public pages and the engine in one process.
    Serve(serve::ServeArgs),
    /// Runs the engine only, beside others, on PostgreSQL.
    Worker,
    /// Brings the database's schema up to date.
    Migrate,
    /// Checks configuration, database, master key, providers, templates and rules without sending anything.
    Check(check::Args),
    /// Makes the master key and the API keys.
    Keys(keys::Args),
    /// Prints what the law asks for the facts in a file; reads nothing else. With `--open`, of the incidents that
    /// are being handled.
    Obligations(obligations::Args),
    /// Shows how far a campaign is, until it ends.
    Watch(watch::Args),
    /// Prints the `OpenAPI` document.
    Openapi,
}

/// Why a command failed, for standard error.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// An error with all its causes.
    pub(crate) fn of(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text.push_str(": ");
                text.push_str(&inner_text);
            }
            cause = inner.source();
        }
        Self(text)
    }

    /// What was being done when the system refused.
    pub(crate) fn io(doing: &str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self(format!("{doing}: {error}"))
    }
}

/// Runs the command that the arguments name.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(reason)) => {
            eprintln!("candour: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let configured = || load(cli.config.as_deref(), cli.store.as_deref());
    match cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::serve(configured()?, args).await,
        Command::Worker => serve::worker(configured()?).await,
        Command::Migrate => migrate::run(configured()?).await,
        Command::Check(args) => check::run(cli.config.as_deref(), cli.store.as_deref(), args).await,
        Command::Keys(args) => keys::run(args, configured).await,
        Command::Obligations(args) => obligations::run(&args, configured).await,
        Command::Watch(args) => watch::run(args).await,
        Command::Openapi => openapi::run(),
    }
}

/// The configuration from file, environment and flags.
fn load(file: Option<&std::path::Path>, store: Option<&str>) -> Result<Config, Failure> {
    let flags: Vec<(&str, String)> = store.map(|url| ("store.url", url.to_owned())).into_iter().collect();
    Config::load(file, std::env::vars_os(), &flags).map_err(Failure::of)
}

/// Writes a result to standard output. Whoever reads it may stop reading.
fn output(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::io("standard output")(error)),
        _ => Ok(()),
    }
}

/// Returns when the process is asked to end: Ctrl-C or, on Unix, a termination signal.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
