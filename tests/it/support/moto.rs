//! Amazon's services as moto plays them, with its own check of signatures and permissions switched on.

use std::process::Command;

use serde_json::Value;

use super::process::{Running, free_port, run};
use super::python;

/// Makes a user with a key, who may do what the policy says. Amazon's own client library asks.
const USER: &str = "
import json, sys, boto3
iam = boto3.client('iam', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='root', aws_secret_access_key='root')
iam.create_user(UserName='candour')
key = iam.create_access_key(UserName='candour')['AccessKey']
policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': json.loads(sys.argv[2]), 'Resource': '*'}]}
iam.put_user_policy(UserName='candour', PolicyName='p', PolicyDocument=json.dumps(policy))
print(json.dumps([key['AccessKeyId'], key['SecretAccessKey']]))
";

/// A running moto.
pub struct Moto {
    /// Where it listens.
    pub url: String,
    /// Its port.
    pub port: u16,
    /// The user's key, by its id and itself; empty where no user was asked for.
    pub key: (String, String),
    _process: Running,
}

impl Moto {
    /// Starts it with a user who may do these.
    pub fn allowing(actions: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new(python::file("bin/moto_server"));
        // The three calls that make the user go unchecked.
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("INITIAL_NO_AUTH_ACTION_COUNT", "3");
        let process = Running::listening(&mut command, port);
        let url = format!("http://127.0.0.1:{port}");
        let actions = serde_json::json!(actions).to_string();
        let made = run(python::python().args(["-c", USER, &url, &actions]));
        let key: (String, String) = serde_json::from_str(made.trim()).unwrap();
        Self { url, port, key, _process: process }
    }

    /// Starts it. After that many calls it checks signatures and policies; never, where none is given.
    pub fn start(free_calls: Option<u32>) -> Self {
        let port = free_port();
        let mut command = Command::new(python::file("bin/moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        if let Some(calls) = free_calls {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", calls.to_string());
        }
        let process = Running::listening(&mut command, port);
        Self { url: format!("http://127.0.0.1:{port}"), port, key: Default::default(), _process: process }
    }

    /// Runs Python with `boto3` and `client(service)` at hand; gives what it prints, as JSON.
    pub fn python(&self, script: &str) -> Value {
        let head = format!(
            "import boto3, json\n\
             def client(service, region='eu-west-1'):\n    return boto3.client(service, region_name=region, \
             endpoint_url='http://127.0.0.1:{}', aws_access_key_id='x', aws_secret_access_key='x')\n",
            self.port
        );
        let printed = run(python::python().arg("-c").arg(head + script));
        serde_json::from_str(printed.trim()).unwrap_or_else(|_| panic!("{printed}"))
    }
}
