//! Commands as their users run them: what they print, and with which status they end.

mod database_that_is_not_there;
mod environment_that_is_not_text;
mod templates_that_do_not_render;
mod watched;

use std::process::Output;

use tokio::process::Command;

/// What a command said on its standard output and on its standard error, and whether it did what was asked.
async fn said(mut command: Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().await.expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.success(), text(stdout), text(stderr))
}
