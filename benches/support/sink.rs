//! Postfix's smtp-sink: takes mail and throws it away.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::{Result, free_port, listening};

/// A program of Postfix that is not on everybody's path.
pub(crate) fn postfix_program(name: &str) -> Result<String> {
    ["/usr/sbin", "/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/local/sbin", "/opt/homebrew/sbin"]
        .into_iter()
        .map(|dir| format!("{dir}/{name}"))
        .find(|path| Path::new(path).exists())
        .ok_or_else(|| format!("{name} is not installed: it comes with Postfix; benches/run installs it").into())
}

/// A running sink.
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    /// How it was started, without address and user.
    pub(crate) flags: &'static str,
    child: Child,
}

impl Sink {
    /// Starts it with a backlog of 1,024 connections. It announces PIPELINING and counts nothing: its counters cost a
    /// write for each message.
    pub(crate) async fn start() -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut command = Command::new(postfix_program("smtp-sink")?);
        // Started by root it wants to become somebody else.
        let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        if root {
            command.args(["-u", "nobody"]);
        }
        let child = command
            .args([&address.to_string(), "1024"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().ok_or("smtp-sink ended at once")?;
        listening(address, "smtp-sink").await?;
        Ok(Self { address, pid, flags: "backlog 1024, PIPELINING announced, no counters, no delays", child })
    }
    /// Stops it, so that another can take its port.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
