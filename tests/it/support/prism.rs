//! Twilio's API as its own `OpenAPI` document describes it, mocked by Prism: requests that do not fit it are refused.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::node;
use super::process::{Running, free_port};
use super::python;

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

    /// A mock of Firebase Cloud Messaging, by Google's own description of it, which is no `OpenAPI` document yet.
    pub fn of_fcm() -> Self {
        let text = std::fs::read(python::file("fcm.v1.json")).unwrap();
        let theirs: Value = serde_json::from_slice(&text).unwrap();
        Self::serve(&openapi_of(&theirs))
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
        Self::serve(&document)
    }

    fn serve(document: &Value) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("api.json");
        std::fs::write(&file, document.to_string()).unwrap();
        let mut said = String::new();
        // A port that was free may be somebody else's by the time it listens; it ends then.
        for _ in 0..5 {
            let port = free_port();
            let mut command = Command::new(node::file("node_modules/.bin/prism"));
            command.args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()]).arg(&file);
            match Running::unless_it_ends(&mut command, "Prism is listening") {
                Ok(process) => {
                    let url = format!("http://127.0.0.1:{port}").parse().unwrap();
                    return Self { url, _process: process, _directory: directory };
                }
                Err(seen) => said = seen,
            }
        }
        panic!("Prism ended early five times: {said}");
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

/// A Google API description as an `OpenAPI` document: the one method, and all types.
fn openapi_of(theirs: &Value) -> Value {
    let types = theirs["schemas"].as_object().unwrap();
    let types: serde_json::Map<_, _> = types.iter().map(|(name, kind)| (name.clone(), schema_of(kind))).collect();
    let content =
        |name: &str| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    json!({
        "openapi": "3.0.3", "info": { "title": "x", "version": "1" },
        "paths": { "/v1/projects/{project}/messages:send": { "post": {
            "parameters": [{ "name": "project", "in": "path", "required": true, "schema": { "type": "string" } }],
            "requestBody": { "required": true, "content": content("SendMessageRequest") },
            "responses": { "200": { "description": "x", "content": content("Message") } },
        }}},
        "components": { "schemas": types },
    })
}

/// A type by what both ways of describing have in common; a word that the mock does not know switches its judgement off
/// without a sound. Unknown fields are refused, as Google does.
fn schema_of(theirs: &Value) -> Value {
    if let Some(name) = theirs["$ref"].as_str() {
        return json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    let mut ours = json!({});
    if let Some(kind) = theirs["type"].as_str().filter(|kind| *kind != "any") {
        ours["type"] = json!(kind);
    }
    if theirs["enum"].is_array() {
        ours["enum"] = theirs["enum"].clone();
    }
    if theirs["items"].is_object() {
        ours["items"] = schema_of(&theirs["items"]);
    }
    if let Some(fields) = theirs["properties"].as_object() {
        let fields: serde_json::Map<_, _> = fields.iter().map(|(name, kind)| (name.clone(), schema_of(kind))).collect();
        ours["properties"] = Value::Object(fields);
        ours["additionalProperties"] = json!(false);
    } else if theirs["additionalProperties"].is_object() {
        ours["additionalProperties"] = schema_of(&theirs["additionalProperties"]);
    }
    ours
}
