//! A mail host that remembers what it took, by attempt (the ENVID of RFC 3461), and can fall silent or talk nonsense.
//!
//! A message counts as taken once its final dot has come: from then on it may reach the person, whatever the sender hears.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// One message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The attempt that it belongs to, hexadecimal without hyphens.
    pub(crate) attempt: String,
    /// Whom it went to.
    pub(crate) recipient: String,
    /// Its Message-ID.
    pub(crate) message_id: String,
}

/// How it answers a final dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// At once.
    Takes,
    /// Not until it is told another manner, which then holds for what waited, too.
    Silent,
    /// With a line that is no SMTP.
    Babbles,
}

/// The mail host. It ends with the test.
pub(crate) struct RecordingSink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    taken: Mutex<Vec<Taken>>,
    count: watch::Sender<usize>,
    manner: watch::Sender<Manner>,
    /// Ends the connections of now.
    connections: Mutex<CancellationToken>,
}

impl RecordingSink {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            taken: Mutex::new(Vec::new()),
            count: watch::Sender::new(0),
            manner: watch::Sender::new(Manner::Takes),
            connections: Mutex::new(CancellationToken::new()),
        });
        let host = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (host, end) = (Arc::clone(&host), host.connections.lock().unwrap().clone());
                tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        () = end.cancelled() => {}
                        // A client that is killed breaks the conversation: that is what it is here for.
                        _ = converse(stream, &host) => {}
                    }
                });
            }
        });
        Self { address, shared }
    }

    /// The `[[providers]]` table that uses it.
    pub(crate) fn provider(&self, concurrency: usize, more: &str) -> String {
        format!(
            "[[providers]]\nkind = \"smtp\"\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"incident@example.org\"\nconcurrency = {concurrency}\n{more}\n",
            self.address.port()
        )
    }

    /// All that was taken, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// How many were taken.
    pub(crate) fn count(&self) -> usize {
        *self.shared.count.borrow()
    }

    /// Waits until so many were taken.
    pub(crate) async fn until(&self, count: usize) {
        let mut counts = self.shared.count.subscribe();
        let waited = tokio::time::timeout(super::process::PATIENCE, counts.wait_for(|now| *now >= count)).await;
        let in_time = waited.is_ok();
        assert!(in_time, "{} messages came where {count} were waited for", self.count());
    }

    /// Answers final dots in that manner from now on.
    pub(crate) fn answer(&self, manner: Manner) {
        self.shared.manner.send_replace(manner);
    }

    /// Closes every connection as it is.
    pub(crate) fn hang_up(&self) {
        let end = std::mem::take(&mut *self.shared.connections.lock().unwrap());
        end.cancel();
    }
}

async fn converse(stream: TcpStream, host: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let (mut attempt, mut recipient) = (String::new(), String::new());
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', '\r']).next().unwrap_or("").to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                stream.write_all(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n").await?;
            }
            "MAIL" => {
                attempt = parameter(&line, "ENVID=").to_owned();
                stream.write_all(b"250 2.1.0 ok\r\n").await?;
            }
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or("").clone_into(&mut recipient);
                stream.write_all(b"250 2.1.5 ok\r\n").await?;
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let Some(message_id) = message_id(&mut stream).await? else { return Ok(()) };
                host.take(Taken { attempt: attempt.clone(), recipient: recipient.clone(), message_id });
                let mut manner = host.manner.subscribe();
                let told = manner.wait_for(|manner| *manner != Manner::Silent).await.map(|manner| *manner);
                match told {
                    Ok(Manner::Babbles) => stream.write_all("\u{2603} what a nice day\r\n".as_bytes()).await?,
                    _ => stream.write_all(b"250 2.0.0 taken\r\n").await?,
                }
            }
            "QUIT" => return stream.write_all(b"221 2.0.0 bye\r\n").await,
            _ => stream.write_all(b"250 2.0.0 ok\r\n").await?,
        }
    }
}

impl Shared {
    fn take(&self, taken: Taken) {
        let mut all = self.taken.lock().unwrap();
        all.push(taken);
        self.count.send_replace(all.len());
    }
}

/// The value of a parameter of a command; empty where it is not given.
fn parameter<'a>(line: &'a str, name: &str) -> &'a str {
    line.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap_or("")
}

/// Reads a message up to its final dot; `None` when it does not come.
async fn message_id(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut found = String::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(found));
        }
        if found.is_empty()
            && let Some(value) = std::str::from_utf8(&line).ok().and_then(|text| text.strip_prefix("Message-ID:"))
        {
            value.trim().clone_into(&mut found);
        }
    }
}
