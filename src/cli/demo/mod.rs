//! `candour demo`: the whole job on this machine, with made-up people and real servers on loopback.
//!
//! It is a client like any other: it starts Candour as `candour serve` does and talks to it over HTTP with keys. Only the
//! counterparts are its own: a mail host, and stand-ins for a text-message API and a push service.

mod account;
mod client;
mod mail_host;
mod people;
mod returns;
mod stand_ins;
mod steps;
mod world;

use std::path::PathBuf;

use super::Failure;

/// Options of the demo.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// How many people to make up.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    people: u64,
    /// Where to put everything; emptied first if a demo made it.
    #[arg(long, value_name = "DIR", default_value = "candour-demo")]
    dir: PathBuf,
    /// The database: `sqlite:FILE` or `postgres://USER@HOST/NAME`. A file in DIR unless given.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Address and port to serve on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
    /// End when the job is done, with status 0 only if every person is accounted for.
    #[arg(long)]
    exit: bool,
}

/// Runs the demo.
///
/// # Errors
/// When a step fails, in the words of whoever refused; or with `--exit` when the account does not balance.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    // Warnings only: what is well shows on the screen anyway.
    crate::telemetry::init(crate::telemetry::Format::Text, "warn").map_err(Failure::of)?;
    let world = world::start(&args).await?;
    let outcome = steps::all(&world, &args).await;
    let account = match outcome {
        Ok(account) => account,
        Err(error) => {
            world.stop().await;
            return Err(Failure::new(format!("the demo stopped: {error}")));
        }
    };
    account.print();
    let balances = account.balances();
    world.print_places();
    if !args.exit {
        println!("\n  Serving until Ctrl-C.");
        super::stop_signal().await;
    }
    world.stop().await;
    if balances || !args.exit { Ok(()) } else { Err(Failure::new("the account does not balance")) }
}
