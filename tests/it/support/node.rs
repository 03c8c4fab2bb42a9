//! The Node packages that tests talk to, installed under `TEST_COUNTERPARTS`.

use std::path::PathBuf;
use std::process::Command;

/// A file under the directory of the Node packages.
pub fn file(path: &str) -> PathBuf {
    let hint = "run ./tests/run, or install @lob/lob-typescript-sdk, @stoplight/prism-cli@5, ical.js, notifications-node-client, smpp, \
                sms-segments-calculator, sns-validator, standardwebhooks, twilio and web-push-testing with npm into a directory, put \
                twilio_api_v2010.json of @twilio/cli-core beside them, and name it in TEST_COUNTERPARTS";
    let directory =
        std::env::var_os("TEST_COUNTERPARTS").unwrap_or_else(|| panic!("TEST_COUNTERPARTS is not set: {hint}"));
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
