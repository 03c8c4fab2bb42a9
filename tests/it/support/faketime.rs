//! Processes whose clock is off.

use std::path::PathBuf;

use tokio::process::Command;

/// Has a command run by a clock that is off by so much, like `+30s`.
pub(crate) fn set_clock(command: &mut Command, clock: &str) {
    command.env("LD_PRELOAD", libfaketime()).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

fn libfaketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let places = folders.chain(["/usr/lib64", "/usr/local/lib"].map(PathBuf::from));
    places
        .map(|place| place.join("faketime/libfaketime.so.1"))
        .find(|library| library.exists())
        .expect("libfaketime is not installed (apt-get install libfaketime); ./tests/run installs it")
}
