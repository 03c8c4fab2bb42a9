//! Postfix's smtp-sink: takes mail, writes each message to a file, and can refuse and dawdle.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::process::is_root;

/// A running sink.
pub(crate) struct SmtpSink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    messages: PathBuf,
    _child: Child,
}

impl SmtpSink {
    /// Starts it below a directory, with further arguments of its own.
    pub(crate) async fn start(dir: &Path, arguments: &[&str]) -> Self {
        let program = ["/usr/sbin/smtp-sink", "/usr/lib/postfix/sbin/smtp-sink", "/usr/libexec/postfix/smtp-sink"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .expect(
                "smtp-sink is not installed: it comes with Postfix (apt-get install postfix); ./tests/run installs it",
            );
        let messages = dir.join("sink");
        std::fs::create_dir_all(&messages).expect("a directory for messages");
        // The sink gives up its rights before it writes.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(&messages, open).expect("it may be written to");
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).expect("a free port").port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = Command::new(program);
        if is_root() {
            command.args(["-u", "nobody"]);
        }
        let child = command
            .args(arguments)
            .arg("-d")
            .arg(format!("{}/%M.", messages.display()))
            .arg(address.to_string())
            .arg("256")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("smtp-sink starts");
        let sink = Self { address, messages, _child: child };
        sink.listening().await;
        sink
    }

    async fn listening(&self) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        while TcpStream::connect(self.address).await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "smtp-sink does not listen");
            tokio::task::yield_now().await;
        }
    }

    /// All messages that were taken, envelope included.
    pub(crate) fn messages(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.messages).expect("the directory is there");
        let text = |path| String::from_utf8_lossy(&std::fs::read(path).expect("a message")).into_owned();
        entries.map(|entry| text(entry.expect("an entry").path())).collect()
    }

    /// How often each Message-ID was taken in full.
    pub(crate) fn message_ids(&self) -> BTreeMap<String, u32> {
        let mut seen = BTreeMap::new();
        for text in self.messages() {
            let id = text
                .lines()
                .find_map(|line| line.strip_prefix("Message-ID:").or_else(|| line.strip_prefix("Message-Id:")));
            if let Some(id) = id {
                *seen.entry(id.trim().to_owned()).or_insert(0) += 1;
            }
        }
        seen
    }
}
