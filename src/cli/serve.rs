//! `candour serve` and `candour worker`.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::{Failure, alone, stop_signal};
use crate::app::App;
use crate::config::{Config, LogFormat};
use crate::system::System;
use crate::telemetry;

/// Options of `candour serve`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Serve API and pages only: nobody is told anything by this process.
    #[arg(long)]
    no_engine: bool,
}

pub(super) async fn serve(config: Config, args: ServeArgs) -> Result<(), Failure> {
    start_logging(&config)?;
    let listen = config.http.listen;
    let database = config.store.url.expose().to_owned();
    let app = App::build(config, Arc::new(System), Arc::new(System)).await.map_err(Failure::of)?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(Failure::io(&format!("{listen} cannot be listened on; another process may hold it (http.listen)")))?;
    let address = listener.local_addr().map_err(Failure::io("no address"))?;
    app.note_rules().await.map_err(Failure::of)?;
    let _alone = if args.no_engine { None } else { alone::on(&database).await? };
    let no_door =
        Failure::io("the address for bounces cannot be listened on; another process may hold it (bounces.listen)");
    let running = app.serve(listener, !args.no_engine).await.map_err(no_door)?;
    println!("listening on http://{address}");
    stop_signal().await;
    tracing::info!("stopping: nothing new is begun, what is in the air is finished");
    running.stop().await;
    Ok(())
}

pub(super) async fn worker(config: Config) -> Result<(), Failure> {
    start_logging(&config)?;
    if config.store.url.expose().starts_with("sqlite:") {
        return Err(Failure::new(
            "SQLite serves one process; run `candour serve`, which has the engine inside, or move to PostgreSQL (store.url)",
        ));
    }
    let app = App::build(config, Arc::new(System), Arc::new(System)).await.map_err(Failure::of)?;
    // A worker seals populations and reminds by the rules it carries, so what they change is noted from here, too.
    app.note_rules().await.map_err(Failure::of)?;
    let working = app.work();
    println!("working");
    stop_signal().await;
    tracing::info!("stopping: nothing new is begun, what is in the air is finished");
    working.stop().await;
    Ok(())
}

fn start_logging(config: &Config) -> Result<(), Failure> {
    let format = match config.telemetry.log_format {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    telemetry::init(format, &config.telemetry.log_level).map_err(Failure::of)
}
