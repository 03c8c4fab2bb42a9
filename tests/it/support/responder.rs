//! What a responder and an approver do, step by step, over the API.

use std::fmt::Write as _;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::candour::{CallFault, Candour, answer};
use super::process::PATIENCE;

type Step<T> = Result<T, CallFault>;

/// People with an email address each, `p0@DOMAIN` and so on, as CSV.
pub(crate) fn people_at(domain: &str, number: usize) -> String {
    let mut csv = String::from("ref,name,email\n");
    for person in 0..number {
        let _ = writeln!(csv, "P{person},Person {person},p{person}@{domain}");
    }
    csv
}

impl Candour {
    /// Files an incident and opens it.
    pub(crate) async fn file(&self) -> Step<String> {
        let facts = json!({ "title": "A test", "organisation": { "name": "Example" },
            "scope": { "data": ["name", "email_address"] }, "contact": { "email": "privacy@example.org" } });
        let incident = self.act("/v1/incidents", facts).await?;
        let incident = incident["id"].as_str().expect("an id").to_owned();
        self.act(&format!("/v1/incidents/{incident}/open"), json!({})).await?;
        Ok(incident)
    }

    /// Imports people.
    pub(crate) async fn import(&self, incident: &str, csv: String) -> Step<()> {
        let import = self
            .http
            .post(format!("{}/v1/incidents/{incident}/people", self.base))
            .bearer_auth(&self.responder)
            .header("content-type", "text/csv")
            .body(csv);
        answer(import).await.map(|_| ())
    }

    /// Writes the notice.
    pub(crate) async fn write_notice(&self, incident: &str) -> Step<()> {
        self.write_notice_by(incident, &json!(["email"])).await
    }

    /// The same for people who are told through these channels in turn.
    pub(crate) async fn write_notice_by(&self, incident: &str, cascade: &Value) -> Step<()> {
        let notice = json!({ "default_locale": "en", "cascade": cascade, "texts": { "en": {
            "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
            "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone." } } });
        let path = format!("/v1/incidents/{incident}/notice");
        self.try_call(&self.responder, "PUT", &path, Some(notice)).await.map(|_| ())
    }

    /// Seals the people and proposes to tell them; the campaign.
    pub(crate) async fn propose(&self, incident: &str) -> Step<String> {
        let campaign = self.act(&format!("/v1/incidents/{incident}/campaigns"), json!({})).await?;
        Ok(campaign["id"].as_str().expect("an id").to_owned())
    }

    /// Approves, as another person.
    pub(crate) async fn approve(&self, campaign: &str) -> Step<()> {
        let path = format!("/v1/campaigns/{campaign}/approve");
        self.try_call(&self.approver, "POST", &path, Some(json!({}))).await.map(|_| ())
    }

    /// Has it told.
    pub(crate) async fn start_campaign(&self, campaign: &str) -> Step<()> {
        self.act(&format!("/v1/campaigns/{campaign}/start"), json!({})).await.map(|_| ())
    }

    async fn act(&self, path: &str, body: Value) -> Step<Value> {
        self.try_call(&self.responder, "POST", path, Some(body)).await
    }

    /// All of it: files an incident, imports the people, writes a notice, proposes, approves and starts; returns incident
    /// and campaign.
    pub(crate) async fn campaign(&self, csv: String) -> (String, String) {
        self.campaign_by("email", csv).await
    }

    /// The same by text message; returns the campaign.
    pub(crate) async fn text_campaign(&self, csv: String) -> String {
        self.campaign_by("sms", csv).await.1
    }

    /// The same through any channel; returns incident and campaign.
    pub(crate) async fn campaign_by(&self, channel: &str, csv: String) -> (String, String) {
        let all = async {
            let incident = self.file().await?;
            self.import(&incident, csv).await?;
            self.write_notice_by(&incident, &json!([channel])).await?;
            let campaign = self.propose(&incident).await?;
            self.approve(&campaign).await?;
            self.start_campaign(&campaign).await?;
            Ok((incident, campaign))
        };
        all.await.unwrap_or_else(|fault: CallFault| panic!("the campaign cannot be started: {fault:?}"))
    }

    /// Waits until the incident's rehearsal is as it should be; how it stands then.
    pub(crate) async fn rehearsed(&self, incident: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let now = self.call(&self.responder, "GET", &format!("/v1/incidents/{incident}/rehearsal"), None).await;
            if enough(&now) {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "the rehearsal does not get there: {now}\n{}", self.lately());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// The same, until it is in a state.
    pub(crate) async fn played(&self, incident: &str, state: &str) -> Value {
        self.rehearsed(incident, |now| now["state"] == state).await
    }

    /// The campaign as it stands.
    pub(crate) async fn read_campaign(&self, campaign: &str) -> Value {
        self.call(&self.responder, "GET", &format!("/v1/campaigns/{campaign}"), None).await
    }

    /// Waits until the campaign is completed.
    pub(crate) async fn completed(&self, campaign: &str) -> Value {
        let end = self.follow(campaign, |state| state["state"] == "completed");
        if let Ok(state) = tokio::time::timeout(PATIENCE, end).await {
            return state;
        }
        let state = self.read_campaign(campaign).await;
        panic!("the campaign does not come to its end: {state}\n{}", self.lately());
    }

    /// Follows the campaign's progress until `enough` says so; returns the state it said so of.
    pub(crate) async fn follow(&self, campaign: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let response = self
            .http
            .get(format!("{}/v1/campaigns/{campaign}/progress", self.base))
            .bearer_auth(&self.responder)
            .header("accept", "text/event-stream")
            .send()
            .await
            .expect("an answer");
        assert!(response.status().is_success(), "{}", response.status());
        let mut events = response.bytes_stream();
        let mut buffer = String::new();
        while let Some(chunk) = events.next().await {
            let Ok(chunk) = chunk else { break };
            buffer.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(end) = buffer.find("\n\n") {
                let event: String = buffer.drain(..end + 2).collect();
                let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
                if let Ok(state) = serde_json::from_str::<Value>(data.trim())
                    && enough(&state)
                {
                    return state;
                }
            }
        }
        let state = self.read_campaign(campaign).await;
        assert!(enough(&state), "the stream ended too early: {state}\n{}", self.lately());
        state
    }
}
