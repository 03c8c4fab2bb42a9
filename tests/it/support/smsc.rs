//! An SMSC by another implementation, which says what it took.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;

use serde_json::Value;

use super::node;
use super::process::{PATIENCE, free_port};

/// A running SMSC. It ends with the test.
pub struct Smsc {
    /// Its port.
    pub port: u16,
    lines: mpsc::Receiver<Value>,
    child: Child,
}

impl Smsc {
    /// Starts one; `plays` is what it does otherwise than usual.
    pub fn start(plays: &Value) -> Self {
        Self::at(free_port(), plays)
    }

    /// Starts one on a port.
    pub fn at(port: u16, plays: &Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/smsc.js");
        let mut child = node::node()
            .env("NODE_PATH", node::file("node_modules"))
            .args([script, &plays.to_string(), &port.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (tell, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The test may have ended.
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let smsc = Self { port, lines, child };
        smsc.until("listening");
        smsc
    }

    /// The next thing it says that has this key.
    pub fn until(&self, key: &str) -> Value {
        loop {
            let said = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the SMSC says nothing of {key}"));
            if said.get(key).is_some() {
                return said;
            }
        }
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
