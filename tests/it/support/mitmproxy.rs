//! mitmproxy between providers and their vendors: loses requests, loses answers, holds them up, and listens in under a
//! certificate of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use tempfile::TempDir;

use super::process::{Running, free_port};
use super::python;

/// What becomes of what goes to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It arrives, and so does the answer.
    Passes,
    /// The request does not arrive, and the connection ends.
    LosesTheRequest,
    /// The request arrives, and the connection ends.
    LosesTheAnswer,
    /// The answer does not come for half a minute.
    HoldsTheAnswer,
}

const ADDON: &str = "
import asyncio

def manner(flow):
    return MANNERS[flow.client_conn.proxy_mode.address[1]]

def request(flow):
    if manner(flow) == 'LosesTheRequest':
        flow.kill()

async def response(flow):
    if manner(flow) == 'LosesTheAnswer':
        flow.kill()
    elif manner(flow) == 'HoldsTheAnswer':
        await asyncio.sleep(30)
";

/// The proxy. It ends with the test.
pub struct Mitmproxy {
    ways: BTreeMap<u16, u16>,
    _running: Running,
    _directory: TempDir,
}

impl Mitmproxy {
    /// Starts it, with a way to each of these ports of this machine.
    pub fn to(ports: &[(u16, Manner)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut manners = String::from("MANNERS = {");
        for (port, manner) in ports {
            write!(manners, "{port}: '{manner:?}', ").unwrap();
        }
        let addon = directory.path().join("manners.py");
        std::fs::write(&addon, format!("{manners}}}\n{ADDON}")).unwrap();
        let mut command = Command::new(python::file("mitmproxy/bin/mitmdump"));
        // It takes no two listeners whose ports it may choose.
        let ways: BTreeMap<u16, u16> = ports.iter().map(|(port, _)| (*port, free_port())).collect();
        for (port, way) in &ways {
            command.args(["--mode", &format!("reverse:http://127.0.0.1:{port}@127.0.0.1:{way}")]);
        }
        command.args(["--flow-detail", "0", "--set", "connection_strategy=lazy"]);
        command.arg("--set").arg(format!("confdir={}", directory.path().display()));
        command.arg("-s").arg(addon).env("PYTHONUNBUFFERED", "1");
        let running = Running::until_it_said(&mut command, "listening at", ports.len());
        Self { ways, _running: running, _directory: directory }
    }

    /// The port at which the way to a port begins.
    pub fn way_to(&self, port: u16) -> u16 {
        self.ways[&port]
    }
}
