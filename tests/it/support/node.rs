//! The Node packages that tests talk to, installed under `CANDOUR_TEST_NODE`.

use std::path::PathBuf;
use std::process::Command;

/// A file under the directory of the Node packages.
pub fn file(path: &str) -> PathBuf {
    let hint = "run ./tests/run, or install @stoplight/prism-cli@5, web-push-testing and twilio with npm into a \
                directory, put twilio_api_v2010.json of @twilio/cli-core beside them, and name it in CANDOUR_TEST_NODE";
    let directory =
        std::env::var_os("CANDOUR_TEST_NODE").unwrap_or_else(|| panic!("CANDOUR_TEST_NODE is not set: {hint}"));
    let file = PathBuf::from(directory).join(path);
    assert!(file.exists(), "{} is missing: {hint}", file.display());
    file
}

/// A `node` with the packages in reach.
pub fn node() -> Command {
    let packages = file("node_modules");
    let mut command = Command::new("node");
    command.current_dir(packages.parent().unwrap());
    command
}
