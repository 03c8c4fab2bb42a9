//! A push service with browsers behind it, by web-push-testing: it checks our signature and decrypts.

use serde_json::{Value, json};

use super::node;
use super::process::{Running, free_port};

/// A running push service.
pub struct PushService {
    base: String,
    client: reqwest::Client,
    _process: Running,
}

/// A browser's subscription.
pub struct Subscription {
    /// As the import takes it.
    pub target: String,
    client_hash: String,
}

impl PushService {
    /// Starts the service.
    pub fn start() -> Self {
        let port = free_port();
        let script = node::file("node_modules/web-push-testing/src/bin/server.js");
        let process = Running::until(node::node().arg(script).arg(port.to_string()), "Server running");
        candour::providers::http::install_crypto();
        #[expect(clippy::disallowed_methods, reason = "this plays the browser")]
        let client = reqwest::Client::new();
        Self { base: format!("http://localhost:{port}"), client, _process: process }
    }

    /// A browser subscribes for messages signed with that key.
    pub async fn subscribe(&self, public_key: &str) -> Subscription {
        // The service wants the flag as text.
        let data =
            self.ask("subscribe", json!({ "userVisibleOnly": "true", "applicationServerKey": public_key })).await;
        let target = json!({ "endpoint": data["endpoint"], "keys": data["keys"] });
        Subscription {
            target: format!("webpush:{target}"),
            client_hash: data["clientHash"].as_str().unwrap().to_owned(),
        }
    }

    /// What the browser received, decrypted.
    pub async fn received(&self, subscription: &Subscription) -> Vec<Value> {
        let data = self.ask("get-notifications", json!({ "clientHash": subscription.client_hash })).await;
        let messages = data["messages"].as_array().unwrap();
        messages.iter().map(|m| serde_json::from_str(m.as_str().unwrap()).unwrap()).collect()
    }

    /// The browser's subscription ends.
    pub async fn expire(&self, subscription: &Subscription) {
        let url = format!("{}/expire-subscription/{}", self.base, subscription.client_hash);
        assert_eq!(self.client.post(url).send().await.unwrap().status(), 200);
    }

    async fn ask(&self, what: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}/{what}", self.base)).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer.get("error").is_none(), "{answer}");
        answer["data"].clone()
    }
}
