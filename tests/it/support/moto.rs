//! Amazon's services as moto plays them, and boto3, which speaks to it. Both in a Python environment beside the Node packages.

use std::process::Command;

use serde_json::Value;

use super::node;
use super::process::{Running, free_port, run};

/// A running moto.
pub struct Moto {
    /// Its port.
    pub port: u16,
    _process: Running,
}

impl Moto {
    /// Starts it. After that many calls it checks signatures and policies.
    pub fn start(free_calls: Option<u32>) -> Self {
        let port = free_port();
        let mut command = Command::new(node::file("venv/bin/moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        if let Some(calls) = free_calls {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", calls.to_string());
        }
        let process = Running::listening(&mut command, port);
        Self { port, _process: process }
    }

    /// Runs Python with `boto3` and `client(service)` at hand; gives what it prints, as JSON.
    pub fn python(&self, script: &str) -> Value {
        let head = format!(
            "import boto3, json\n\
             def client(service, region='eu-west-1'):\n    return boto3.client(service, region_name=region, \
             endpoint_url='http://127.0.0.1:{}', aws_access_key_id='x', aws_secret_access_key='x')\n",
            self.port
        );
        let printed = run(Command::new(node::file("venv/bin/python")).arg("-c").arg(head + script));
        serde_json::from_str(printed.trim()).unwrap_or_else(|_| panic!("{printed}"))
    }
}
