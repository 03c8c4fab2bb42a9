//! A Redis of our own, for the queues that are compared with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::{Result, free_port, listening};

/// A running server.
pub(crate) struct Redis {
    pub(crate) port: u16,
    pub(crate) pid: u32,
    _child: Child,
}

/// What decides about durability: as the manual of `BullMQ` recommends, less than what Candour does.
pub(crate) const SETTINGS: &str = "appendonly yes, appendfsync everysec, maxmemory-policy noeviction";

impl Redis {
    /// Starts it with its files below a directory.
    pub(crate) async fn start(dir: &Path) -> Result<Self> {
        let dir = dir.join("redis");
        std::fs::create_dir_all(&dir)?;
        let port = free_port()?;
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--dir"])
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("redis-server cannot start: {error}"))?;
        let pid = child.id().ok_or("redis-server ended at once")?;
        listening(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "redis-server").await?;
        Ok(Self { port, pid, _child: child })
    }

    /// Forgets everything.
    pub(crate) async fn empty(&self) -> Result<()> {
        let status = Command::new("redis-cli")
            .args(["-p", &self.port.to_string(), "flushall"])
            .stdout(Stdio::null())
            .status()
            .await?;
        if status.success() { Ok(()) } else { Err("redis-cli could not empty the database".into()) }
    }
}
