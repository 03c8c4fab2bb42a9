//! Process entry: the command line, and the exit status.

use std::process::ExitCode;

/// A message is made of some two hundred small allocations, and freed on another thread: with the C library's own allocator that
/// is a sixth of the engine's time.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    candour::cli::main().await
}
