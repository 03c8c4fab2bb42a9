//! Candour as its users run it: the release binary with a configuration file, its API, its keys.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::Result;

/// The binary that Cargo built with this benchmark.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_candour");

/// Templates of our own, beside the standard ones: a compact notice, for messages of about 2 KB.
const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/templates");

/// A directory with configuration and keys, and the process that serves it.
pub(crate) struct Candour {
    binary: PathBuf,
    dir: PathBuf,
    child: Option<Child>,
    environment: Vec<(String, String)>,
    base: String,
    /// A responder's key, who proposes.
    pub(crate) responder: String,
    /// An approver's key, who approves.
    pub(crate) approver: String,
    http: reqwest::Client,
}

impl Candour {
    /// Writes the configuration into a fresh directory, makes keys and starts. `providers` is TOML; all that is not
    /// named stays at its default. The process's environment holds no more than `environment`.
    pub(crate) async fn start(
        binary: &Path,
        dir: &Path,
        database: &str,
        providers: &str,
        environment: &[(String, String)],
    ) -> Result<Self> {
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        std::fs::create_dir_all(dir)?;
        let master = dir.join("master.key");
        let configuration = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:1\"\n[store]\nurl = \"{database}\"\n\
             [keys]\nmaster_key_file = \"{}\"\n[templates]\ndirectory = \"{TEMPLATES}\"\n[telemetry]\nlog_level = \"warn\"\n{providers}",
            master.display(),
        );
        std::fs::write(dir.join("candour.toml"), configuration)?;
        let mut this = Self {
            binary: binary.to_owned(),
            dir: dir.to_owned(),
            child: None,
            environment: environment.to_vec(),
            base: String::new(),
            responder: String::new(),
            approver: String::new(),
            http: http_client()?,
        };
        this.command(&["keys", "master", &master.to_string_lossy()]).await?;
        this.responder = this.command(&["keys", "issue", "--name", "Rana", "--role", "responder"]).await?;
        this.approver = this.command(&["keys", "issue", "--name", "Ada", "--role", "approver"]).await?;
        this.serve().await?;
        Ok(this)
    }

    fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config").arg(self.dir.join("candour.toml"));
        command.env_clear().envs(self.environment.iter().map(|(n, v)| (n, v))).kill_on_drop(true);
        command.stdin(Stdio::null());
        command
    }

    async fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = self.prepare(arguments).output().await?;
        if !output.status.success() {
            return Err(format!("candour {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts serving; returns once it listens.
    pub(crate) async fn serve(&mut self) -> Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file())?;
        let mut child = self.prepare(&["serve"]).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("its output is not piped")?).lines();
        loop {
            let Some(line) = lines.next_line().await? else {
                return Err(format!("candour serve ended before it listened:\n{}", self.log()).into());
            };
            if let Some(address) = line.strip_prefix("listening on ") {
                address.clone_into(&mut self.base);
                break;
            }
        }
        // Read on, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
        Ok(())
    }

    fn log_file(&self) -> PathBuf {
        self.dir.join("candour.log")
    }

    /// The end of what it logged.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// The process that serves.
    pub(crate) fn pid(&self) -> Result<u32> {
        Ok(self.child.as_ref().and_then(Child::id).ok_or("Candour does not run")?)
    }

    /// SIGKILL: no goodbye.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Kills it and removes its directory.
    pub(crate) async fn remove(mut self) -> Result<()> {
        self.kill().await?;
        std::fs::remove_dir_all(&self.dir)?;
        Ok(())
    }

    /// A request with a key.
    pub(crate) fn request(&self, key: &str, method: &str, path: &str) -> Result<reqwest::RequestBuilder> {
        Ok(self.http.request(method.parse()?, format!("{}{path}", self.base)).bearer_auth(key))
    }

    /// Sends it; the status must be a success.
    pub(crate) async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let response = request.send().await?;
        let (status, path) = (response.status(), response.url().path().to_owned());
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}\n{}", self.log()).into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// One call with a JSON body.
    pub(crate) async fn send(&self, key: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.answer(self.request(key, method, path)?.json(body)).await
    }

    /// One GET as a responder.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.answer(self.request(&self.responder, "GET", path)?).await
    }
}

/// A client for this machine.
pub(crate) fn http_client() -> Result<reqwest::Client> {
    // An error only says that it is done already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "it reaches this machine only")]
    let builder = reqwest::Client::builder();
    Ok(builder.no_proxy().tcp_nodelay(true).build()?)
}
