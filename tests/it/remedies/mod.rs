//! Remedy codes: imported, one per person for good, told where only the person reads it, and accounted for.

mod guardians;
mod killed;
mod large_pool;
mod lock_screen;
mod pool;
mod runs_out;
mod waves;

use std::fmt::Write as _;

use candour::domain::actor::Role;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, send};
use crate::support::candour::Candour;

/// A notice whose offer has the code in it.
fn notice(cascade: &[&str]) -> Value {
    json!({ "default_locale": "en", "cascade": cascade, "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."],
        "what_we_offer": "A year of credit monitoring.\n\nYour code: {{person.remedy_code}}" } } })
}

/// So many codes, as a file of text.
fn codes(from: usize, number: usize) -> String {
    let mut file = String::new();
    for code in from..from + number {
        let _ = writeln!(file, "CODE-{code:05}");
    }
    file
}

/// The codes in a text, as [`codes`] makes them.
fn codes_in(text: &str) -> Vec<String> {
    text.match_indices("CODE-").filter_map(|(at, _)| text.get(at..at + 10).map(str::to_owned)).collect()
}

async fn upload(app: &TestApp, incident: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let path = format!("/v1/incidents/{incident}/remedy-codes");
    send(app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, content_type).body(body)).await
}

impl Candour {
    async fn import_codes(&self, incident: &str, file: String) -> Value {
        let url = format!("{}/v1/incidents/{incident}/remedy-codes", self.base);
        let request = self.http.post(url).bearer_auth(&self.responder).header(CONTENT_TYPE, "text/plain");
        let answer = request.body(file).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.expect("JSON")
    }

    async fn write(&self, incident: &str, notice: Value) {
        self.call(&self.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    }

    async fn pool(&self, incident: &str) -> Value {
        self.call(&self.responder, "GET", &format!("/v1/incidents/{incident}/remedy-codes"), None).await
    }

    /// Approves and starts.
    async fn let_go(&self, campaign: &str) {
        self.approve(campaign).await.expect("approved");
        self.start_campaign(campaign).await.expect("started");
    }
}
