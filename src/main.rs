//! Process entry: the command line, and the exit status.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    candour::cli::main().await
}
