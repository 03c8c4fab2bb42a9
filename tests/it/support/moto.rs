//! Amazon's services as moto plays them, with its own check of signatures and permissions switched on.

use std::process::Command;

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
    /// The user's key, by its id and itself.
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
        Self { url, key, _process: process }
    }
}
