//! What the demo stands on: a directory, a configuration, counterparts on loopback, Candour itself, and two keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::client::Client;
use super::mail_host::{self, MailHost};
use super::{Args, returns, stand_ins};
use crate::app::App;
use crate::cli::Failure;
use crate::config::Config;
use crate::domain::actor::{ActorRef, Role};
use crate::domain::clock::Entropy;
use crate::system::System;

/// Says that a directory is a demo's, and may be emptied by the next.
const MARKER: &str = ".candour-demo";

pub(super) struct World {
    pub(super) dir: PathBuf,
    pub(super) database: String,
    pub(super) base: String,
    pub(super) push_base: String,
    pub(super) responder: Client,
    pub(super) approver: Client,
    pub(super) keys: [(&'static str, String); 3],
    pub(super) mail: MailHost,
    running: crate::app::Running,
}

/// Builds it all up.
pub(super) async fn start(args: &Args) -> Result<World, Failure> {
    let dir = args.dir.clone();
    prepare(&dir)?;
    let mail_dir = dir.join("mail");
    let (bounce_sender, bounces) = mpsc::unbounded_channel();
    let (callback_sender, callbacks) = mpsc::unbounded_channel();
    let mail = mail_host::start(mail_dir, bounce_sender).await.map_err(Failure::io("the mail host cannot start"))?;
    let stand_in = stand_ins::start(dir.join("messages"), callback_sender)
        .await
        .map_err(Failure::io("the stand-ins cannot start"))?;

    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .map_err(Failure::io(&format!("{} is not free", args.listen)))?;
    let base = format!("http://{}", listener.local_addr().map_err(Failure::io("no address"))?);
    let database = args.database.clone().unwrap_or_else(|| format!("sqlite:{}", dir.join("candour.db").display()));
    let secrets = Secrets::write(&dir)?;
    let text = configuration(&dir, &database, &base, &mail, stand_in);
    let path = dir.join("candour.toml");
    std::fs::write(&path, text).map_err(Failure::io("the configuration cannot be written"))?;
    let config = Config::load(Some(&path), std::iter::empty(), &[]).map_err(Failure::of)?;

    let app = App::build(config, Arc::new(System), Arc::new(System)).await.map_err(Failure::of)?;
    let mut keys = Vec::new();
    for (name, role) in [
        ("Rana, who handles it", Role::Approver),
        ("Ada, who approves", Role::Approver),
        ("Ivo, who audits", Role::Auditor),
    ] {
        let issued = app.access().issue(name, role, &ActorRef::operator()).await.map_err(Failure::of)?;
        keys.push((name, issued.secret));
    }
    let keys: [(&'static str, String); 3] = keys.try_into().map_err(|_| Failure::new("three keys were made"))?;
    let running = app.serve(listener, true).await.map_err(Failure::io("the demo cannot serve"))?;

    let http = crate::providers::http::loopback_client().map_err(Failure::new)?;
    returns::start(http.clone(), format!("{base}/v1/receipts"), secrets.bounce, secrets.twilio, bounces, callbacks);
    Ok(World {
        dir,
        database,
        responder: Client::new(http.clone(), &base, &keys[0].1),
        approver: Client::new(http, &base, &keys[1].1),
        push_base: format!("http://{stand_in}"),
        base,
        keys,
        mail,
        running,
    })
}

impl World {
    /// Ends Candour as a termination signal would.
    pub(super) async fn stop(self) {
        self.running.stop().await;
    }

    /// Where all of it can be looked at.
    pub(super) fn print_places(&self) {
        let dir = self.dir.display();
        println!("\n  Look at it");
        println!("    public notices     {}/notices", self.base);
        println!("    the API, explained {}/docs", self.base);
        println!("    metrics            {}/metrics", self.base);
        println!("    mail that was sent {dir}/mail ({} messages)", self.mail.seen.stored());
        println!("    texts and pushes   {dir}/messages");
        println!("    reports            {dir}/reports");
        println!("    database           {}", self.database);
        println!("    configuration      {dir}/candour.toml");
        for (name, key) in &self.keys {
            println!("    key of {name:<16} {key}");
        }
    }
}

/// Makes the directory, empty. Only what a demo made is ever removed.
fn prepare(dir: &Path) -> Result<(), Failure> {
    let empty = std::fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
    if !empty {
        if !dir.join(MARKER).exists() {
            return Err(Failure::new(format!(
                "{} is not empty and no demo made it; name another directory with --dir",
                dir.display()
            )));
        }
        std::fs::remove_dir_all(dir).map_err(Failure::io("the last demo's directory cannot be emptied"))?;
    }
    std::fs::create_dir_all(dir).map_err(Failure::io(&format!("{} cannot be made", dir.display())))?;
    std::fs::write(dir.join(MARKER), "The next `candour demo` empties this directory.\n")
        .map_err(Failure::io("the directory cannot be written to"))
}

struct Secrets {
    bounce: String,
    twilio: String,
}

impl Secrets {
    /// Makes the keys of this demo, each in a file of its own.
    fn write(dir: &Path) -> Result<Self, Failure> {
        let secrets = dir.join("secrets");
        std::fs::create_dir_all(&secrets).map_err(Failure::io("the secrets cannot be written"))?;
        let random = || {
            let mut bytes = [0; 32];
            System.fill(&mut bytes);
            hex::encode(bytes)
        };
        let made = Self { bounce: random(), twilio: random() };
        for (name, value) in [
            ("master.key", random()),
            ("vapid.key", vapid_key()?),
            ("bounce.secret", made.bounce.clone()),
            ("twilio.token", made.twilio.clone()),
        ] {
            std::fs::write(secrets.join(name), format!("{value}\n"))
                .map_err(Failure::io("the secrets cannot be written"))?;
        }
        Ok(made)
    }
}

/// A fresh P-256 key as its 32 bytes in base64url.
fn vapid_key() -> Result<String, Failure> {
    use base64::Engine as _;
    loop {
        let mut bytes = [0; 32];
        System.fill(&mut bytes);
        // All but one in 2^32 are keys.
        if p256::SecretKey::from_slice(&bytes).is_ok() {
            return Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}

fn configuration(dir: &Path, database: &str, base: &str, mail: &MailHost, stand_in: std::net::SocketAddr) -> String {
    let secrets = dir.join("secrets");
    let file = |name: &str| toml::Value::from(secrets.join(name).display().to_string()).to_string();
    let quoted = |text: &str| toml::Value::from(text).to_string();
    format!(
        r#"# Written by `candour demo`. `candour serve --config` with this file serves what the demo left.

[http]
listen = {listen}
public_url = {base}

[store]
url = {database}

[keys]
master_key_file = {master}

[delivery]
lease_seconds = 30
heartbeat_seconds = 5
poll_ms = 100

# Real waits are minutes; a demo has none to spare.
# The demonstration shows everything at once, at whatever hour it is.
[delivery.sms]
quiet = {{ from = "00:00", until = "00:00" }}
[delivery.email]
base_ms = 1000
cap_ms = 5000

[[providers]]
kind = "smtp"
name = "mail"
host = {mail_ip}
port = {mail_port}
tls = "none"
from = "Larkspur Travel <incident@larkspur-travel.example>"
reply_to = "privacy@larkspur-travel.example"
domain = "bounce.larkspur-travel.example"
bounce_secret_file = {bounce}
concurrency = 32

[[providers]]
kind = "twilio"
name = "sms"
account_sid = "AC00000000000000000000000000000000"
auth_token_file = {twilio}
from = "+15005550006"
base_url = {stand_in}

[[providers]]
kind = "webpush"
name = "push"
vapid_private_key_file = {vapid}
subject = "mailto:operations@larkspur-travel.example"
allow_private_endpoints = true
"#,
        listen = quoted(base.trim_start_matches("http://")),
        base = quoted(base),
        database = quoted(database),
        master = file("master.key"),
        mail_ip = quoted(&mail.address.ip().to_string()),
        mail_port = mail.address.port(),
        bounce = file("bounce.secret"),
        twilio = file("twilio.token"),
        stand_in = quoted(&format!("http://{stand_in}")),
        vapid = file("vapid.key"),
    )
}
