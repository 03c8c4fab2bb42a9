//! Candour as its users run it: the real binary, its own configuration file, HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::watch;

use super::process::PATIENCE;
use super::program::{self, Log, Program};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_candour");

/// How the engine works unless a scenario says otherwise.
const UNHURRIED: &str = "lease_seconds = 12\nheartbeat_seconds = 2\npoll_ms = 20\nbatch = 32\n\
                         [delivery.email]\nbase_ms = 50\ncap_ms = 500\n";

/// The shortest lease there is, for scenarios in which one runs out; many tries, since a kill uses one up.
pub(crate) const SHORT_LEASE: &str = "lease_seconds = 4\nheartbeat_seconds = 1\npoll_ms = 20\nbatch = 32\n\
                                      [delivery.email]\nbase_ms = 20\ncap_ms = 100\npause_ms = 100\nmax_tries = 100\n";

/// Nobody's night keeps a text message back.
const NEVER_QUIET: &str = "[delivery.sms]\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

/// A client for this machine.
pub(crate) fn http_client() -> reqwest::Client {
    candour::providers::http::loopback_client().expect("a client")
}

/// A directory with configuration and keys, and the process that serves it.
pub(crate) struct Candour {
    dir: PathBuf,
    server: Option<Program>,
    /// Where it serves; changes with each start.
    pub(crate) base: String,
    /// A responder's key.
    pub(crate) responder: String,
    /// An approver's key.
    pub(crate) approver: String,
    log: Log,
    pub(crate) http: reqwest::Client,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(crate) enum CallFault {
    /// No answer: nobody knows what was done.
    Broken(#[expect(dead_code, reason = "a failing test shows it")] reqwest::Error),
    /// It was refused.
    Refused(u16, String),
}

impl Candour {
    /// Writes the configuration, makes keys and starts. `providers` is TOML.
    pub(crate) async fn start(dir: &Path, database: &str, providers: &str) -> Self {
        let mut this = Self::prepare(dir, database, UNHURRIED, providers).await;
        this.restart().await;
        this
    }

    /// The same without starting. `delivery` is the TOML of that table.
    pub(crate) async fn prepare(dir: &Path, database: &str, delivery: &str, providers: &str) -> Self {
        // At whatever hour of whose night the tests run.
        let quiet = if delivery.contains("[delivery.sms]") { "" } else { NEVER_QUIET };
        let configuration = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:1\"\n[store]\nurl = \"{database}\"\n\
             [keys]\nmaster_key_file = \"{}\"\n[delivery]\n{delivery}{quiet}\
             [telemetry]\nlog_format = \"json\"\nlog_level = \"info\"\n{providers}",
            dir.join("master.key").display(),
        );
        std::fs::write(dir.join("candour.toml"), configuration).expect("the configuration is written");
        let mut this = Self {
            dir: dir.to_owned(),
            server: None,
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
        this
    }

    /// Runs a command to its end and returns what it printed.
    pub(crate) async fn command(&self, arguments: &[&str]) -> String {
        let output = self.prepared(arguments).output().await.expect("the binary runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "candour {arguments:?} failed: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A command with the configuration, not yet run.
    pub(crate) fn prepared(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--config").arg(self.dir.join("candour.toml")).env_clear().kill_on_drop(true);
        command
    }

    /// Starts serving; returns once it listens.
    pub(crate) async fn restart(&mut self) {
        self.serve(self.prepared(&["serve"])).await;
    }

    /// The same with a command of the scenario's own, made from [`Candour::prepared`].
    pub(crate) async fn serve(&mut self, command: Command) {
        let started = Program::start(command, "listening on ", &self.log).await;
        let (server, address) = started
            .unwrap_or_else(|status| panic!("candour serve ended before it listened ({status}):\n{}", self.lately()));
        self.base = address;
        self.server = Some(server);
    }

    /// Starts a worker; returns once it works.
    pub(crate) async fn worker(&self) -> Program {
        self.work(self.prepared(&["worker"])).await
    }

    /// The same with a command of the scenario's own.
    pub(crate) async fn work(&self, command: Command) -> Program {
        let started = Program::start(command, "working", &self.log).await;
        started.unwrap_or_else(|status| panic!("candour worker ended ({status}):\n{}", self.lately())).0
    }

    /// The process that serves.
    pub(crate) fn server(&self) -> &Program {
        self.server.as_ref().expect("it runs")
    }

    /// Its identifier.
    pub(crate) fn pid(&self) -> u32 {
        self.server().pid()
    }

    /// SIGKILL: no goodbye.
    pub(crate) async fn kill(&mut self) {
        self.server.take().expect("it runs").kill().await;
    }

    /// SIGTERM, and waits for the end.
    pub(crate) async fn terminate(&mut self) {
        self.server.take().expect("it runs").terminate().await;
    }

    /// Everything that its processes logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// The last of it, for whoever looks why a test failed.
    pub(crate) fn lately(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Waits until so many lines of its log contain the text.
    pub(crate) async fn logged(&self, times: usize, text: &str) {
        program::logged(&self.log, times, text).await;
    }

    /// The status with which it says whether it is ready.
    pub(crate) async fn ready(&self) -> u16 {
        let answer = self.http.get(format!("{}/readyz", self.base)).send().await.expect("an answer");
        answer.status().as_u16()
    }

    /// Waits until it says that it is ready, as whoever sends it requests does.
    pub(crate) async fn is_ready(&self) {
        let begun = std::time::Instant::now();
        while self.ready().await != 200 {
            assert!(begun.elapsed() < PATIENCE, "it does not become ready:\n{}", self.lately());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Its metrics.
    pub(crate) async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.base)).send().await.expect("an answer");
        answer.text().await.expect("text")
    }

    /// A client, for calls with headers of their own.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// One call as a responder (or with another key); the status must be a success.
    pub(crate) async fn call(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_call(key, method, path, body).await.unwrap_or_else(|fault| panic!("{method} {path}: {fault:?}"))
    }

    /// The same for a scenario in which it may fail.
    pub(crate) async fn try_call(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, CallFault> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }
}

/// Sends a request and reads its answer as JSON, null where it is none.
pub(super) async fn answer(request: reqwest::RequestBuilder) -> Result<Value, CallFault> {
    let response = request.send().await.map_err(CallFault::Broken)?;
    let status = response.status();
    let text = response.text().await.map_err(CallFault::Broken)?;
    if !status.is_success() {
        return Err(CallFault::Refused(status.as_u16(), text));
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}
