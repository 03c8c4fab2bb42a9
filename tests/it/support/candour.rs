//! Candour as its users run it: the real binary, its own configuration file, HTTP.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_candour");

/// A client for this machine.
pub(crate) fn http_client() -> reqwest::Client {
    candour::providers::http::loopback_client().expect("a client")
}

/// A directory with configuration and keys, and the process that serves it.
pub(crate) struct Candour {
    dir: PathBuf,
    child: Option<Child>,
    /// Where it serves; changes with each start.
    pub(crate) base: String,
    /// A responder's key.
    pub(crate) responder: String,
    /// An approver's key.
    pub(crate) approver: String,
    log: Arc<watch::Sender<String>>,
    http: reqwest::Client,
}

impl Candour {
    /// Writes the configuration, makes keys and starts. `providers` is TOML.
    pub(crate) async fn start(dir: &Path, database: &str, providers: &str) -> Self {
        let configuration = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:1\"\n[store]\nurl = \"{database}\"\n\
             [keys]\nmaster_key_file = \"{}\"\n\
             [delivery]\nlease_seconds = 12\nheartbeat_seconds = 2\npoll_ms = 20\nbatch = 100\n\
             [delivery.email]\nbase_ms = 50\ncap_ms = 500\n[telemetry]\nlog_format = \"json\"\nlog_level = \"info\"\n{providers}",
            dir.join("master.key").display(),
        );
        std::fs::write(dir.join("candour.toml"), configuration).expect("the configuration is written");
        let mut this = Self {
            dir: dir.to_owned(),
            child: None,
            base: String::new(),
            responder: String::new(),
            approver: String::new(),
            log: Arc::new(watch::Sender::new(String::new())),
            http: http_client(),
        };
        this.command(&["keys", "master", dir.join("master.key").to_str().expect("UTF-8")]).await;
        this.command(&["keys", "issue", "--name", "Rana", "--role", "responder"])
            .await
            .trim()
            .clone_into(&mut this.responder);
        this.command(&["keys", "issue", "--name", "Ada", "--role", "approver"])
            .await
            .trim()
            .clone_into(&mut this.approver);
        this.restart().await;
        this
    }

    /// Runs a command to its end and returns what it printed.
    pub(crate) async fn command(&self, arguments: &[&str]) -> String {
        let output = self.prepare(arguments).output().await.expect("the binary runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "candour {arguments:?} failed: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--config").arg(self.dir.join("candour.toml")).env_clear().kill_on_drop(true);
        command
    }

    /// Starts serving; returns once it listens.
    pub(crate) async fn restart(&mut self) {
        let mut child =
            self.prepare(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut errors = BufReader::new(child.stderr.take().expect("piped")).lines();
        let log = Arc::clone(&self.log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                log.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        loop {
            match lines.next_line().await.expect("standard output is text") {
                Some(line) => {
                    if let Some(address) = line.strip_prefix("listening on ") {
                        address.clone_into(&mut self.base);
                        break;
                    }
                }
                None => panic!("candour serve ended before it listened:\n{}", self.log()),
            }
        }
        // Keep reading, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }

    /// The process that serves.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("it runs")
    }

    /// SIGKILL: no goodbye.
    pub(crate) async fn kill(&mut self) {
        self.child.take().expect("it runs").kill().await.expect("it is killed");
    }

    /// SIGTERM, and waits for the end.
    pub(crate) async fn terminate(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let id = child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(sent.success());
        let status = child.wait().await.expect("it ends");
        assert!(status.success(), "a termination signal ends it well: {status}\n{}", self.log());
    }

    /// Everything it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Waits until so many lines of its log contain the text.
    pub(crate) async fn logged(&self, times: usize, text: &str) {
        let enough = |log: &String| log.lines().filter(|line| line.contains(text)).count() >= times;
        let mut lines = self.log.subscribe();
        let waited = tokio::time::timeout(std::time::Duration::from_mins(1), lines.wait_for(enough));
        let in_time = waited.await.is_ok();
        assert!(in_time, "{text:?} was not logged {times} times:\n{}", self.log());
    }

    /// One call as a responder (or with another key); the status must be a success.
    pub(crate) async fn call(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Value {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Files an incident, imports the people, writes a notice, proposes, approves and starts; returns incident and
    /// campaign.
    pub(crate) async fn campaign(&self, csv: String) -> (String, String) {
        let facts = json!({ "title": "A test", "organisation": { "name": "Example" }, "scope": { "data": ["name", "email_address"] },
            "contact": { "email": "privacy@example.org" } });
        let incident = self.call(&self.responder, "POST", "/v1/incidents", Some(facts)).await;
        let incident = incident["id"].as_str().expect("an id").to_owned();
        self.call(&self.responder, "POST", &format!("/v1/incidents/{incident}/open"), Some(json!({}))).await;
        let import = self
            .http
            .post(format!("{}/v1/incidents/{incident}/people", self.base))
            .bearer_auth(&self.responder)
            .header("content-type", "text/csv")
            .body(csv)
            .send()
            .await
            .expect("an answer");
        assert!(import.status().is_success(), "{}", import.text().await.expect("a body"));
        let notice = json!({ "default_locale": "en", "cascade": ["email"], "texts": { "en": {
            "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
            "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone." } } });
        self.call(&self.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
        let campaign =
            self.call(&self.responder, "POST", &format!("/v1/incidents/{incident}/campaigns"), Some(json!({}))).await;
        let campaign = campaign["id"].as_str().expect("an id").to_owned();
        self.call(&self.approver, "POST", &format!("/v1/campaigns/{campaign}/approve"), Some(json!({}))).await;
        self.call(&self.responder, "POST", &format!("/v1/campaigns/{campaign}/start"), Some(json!({}))).await;
        (incident, campaign)
    }

    /// Follows the campaign's progress until `enough` says so; returns the state it said so of.
    pub(crate) async fn follow(&self, campaign: &str, enough: impl Fn(&Value) -> bool) -> Value {
        use futures_util::StreamExt as _;
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
        let state = self.call(&self.responder, "GET", &format!("/v1/campaigns/{campaign}"), None).await;
        assert!(enough(&state), "the stream ended too early: {state}\n{}", self.log());
        state
    }
}
