//! Twilio's API as its own `OpenAPI` document describes it, mocked by Prism: requests that do not fit it are refused.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::node;
use super::process::{Running, free_port};

const MESSAGES: &str = "/2010-04-01/Accounts/{AccountSid}/Messages.json";
const CALLS: &str = "/2010-04-01/Accounts/{AccountSid}/Calls.json";
const ACCOUNT: &str = "/2010-04-01/Accounts/{Sid}.json";

/// A running mock.
pub struct Prism {
    /// Its address.
    pub url: url::Url,
    _process: Running,
    _directory: TempDir,
}

impl Prism {
    /// A mock that takes every message that fits.
    pub fn taking() -> Self {
        Self::start(|_| {})
    }

    /// A mock that answers every message that fits with an error. The document knows success only, the errors' form
    /// is described in prose.
    pub fn refusing(status: u16, code: u32) -> Self {
        let body = json!({ "code": code, "message": "x", "more_info": "https://www.twilio.com", "status": status });
        let answer = json!({ "description": "x", "content": { "application/json": { "example": body } } });
        Self::start(|document| {
            for path in [MESSAGES, CALLS] {
                document["paths"][path]["post"]["responses"] = json!({ (status.to_string()): answer });
            }
        })
    }

    fn start(change: impl Fn(&mut Value)) -> Self {
        let text = std::fs::read(node::file("twilio_api_v2010.json")).unwrap();
        let mut document: Value = serde_json::from_slice(&text).unwrap();
        // Three of some hundred paths, so that the mock starts in a moment.
        document["paths"]
            .as_object_mut()
            .unwrap()
            .retain(|path, _| [MESSAGES, CALLS, ACCOUNT].contains(&path.as_str()));
        explode_arrays(&mut document);
        change(&mut document);
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("twilio.json");
        std::fs::write(&file, document.to_string()).unwrap();
        let port = free_port();
        let mut command = Command::new(node::file("node_modules/.bin/prism"));
        command.args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()]).arg(&file);
        let process = Running::until(&mut command, "Prism is listening");
        let url = format!("http://127.0.0.1:{port}").parse().unwrap();
        Self { url, _process: process, _directory: directory }
    }
}

/// Twilio takes arrays as repeated fields; the document does not say so, and the mock would refuse them.
fn explode_arrays(document: &mut Value) {
    for path in [MESSAGES, CALLS] {
        let body = &mut document["paths"][path]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"];
        let properties = body["schema"]["properties"].as_object().unwrap().clone();
        for (name, _) in properties.iter().filter(|(_, schema)| schema["type"] == "array") {
            body["encoding"][name] = json!({ "style": "form", "explode": true });
        }
    }
}
