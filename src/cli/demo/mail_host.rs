//! The demo's mail host: a real SMTP server on loopback that stores each message and refuses some addresses the way
//! real hosts do.
//!
//! | local part starts with | the host says |
//! |---|---|
//! | `gone.` | `550 5.1.1` to the recipient: no such mailbox |
//! | `full.` | `452 4.2.2` the first time, takes it the second |
//! | `late.` | takes the message, and sends a bounce afterwards |
//! | anything else | takes it |

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mailin::response::{self, Response};
use mailin::{Action, Handler, SessionBuilder};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A message that was taken and cannot be delivered after all.
#[derive(Debug)]
pub(super) struct Bounce {
    /// Envelope sender of the message: where the bounce goes.
    pub(super) return_path: String,
    /// Whom it did not reach.
    pub(super) recipient: String,
}

/// What the host has seen.
#[derive(Default)]
pub(super) struct Seen {
    stored: AtomicU64,
    deferred: Mutex<HashSet<String>>,
}

impl Seen {
    /// Messages stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }
}

/// A running host.
pub(super) struct MailHost {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
}

/// Starts the host on a free port of loopback. Messages go to `directory`, one file each; what bounces later goes to `bounces`.
pub(super) async fn start(directory: PathBuf, bounces: mpsc::UnboundedSender<Bounce>) -> std::io::Result<MailHost> {
    tokio::fs::create_dir_all(&directory).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let seen = Arc::new(Seen::default());
    let host = MailHost { address, seen: Arc::clone(&seen) };
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let mailbox = Mailbox {
                directory: directory.clone(),
                seen: Arc::clone(&seen),
                bounces: bounces.clone(),
                from: String::new(),
                to: Vec::new(),
                body: Vec::new(),
            };
            tokio::spawn(async move {
                if let Err(error) = serve(stream, peer.ip(), mailbox).await {
                    tracing::debug!(%error, "a mail connection ended");
                }
            });
        }
    });
    Ok(host)
}

async fn serve(stream: TcpStream, peer: IpAddr, mailbox: Mailbox) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::with_capacity(64 * 1024, read);
    let mut session = SessionBuilder::new("mx.demo.invalid").build(peer, mailbox);
    write.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::with_capacity(1024);
    loop {
        line.clear();
        if read.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let reply = session.process(&line);
        if reply.action == Action::NoReply {
            continue;
        }
        write.write_all(&reply.buffer()?).await?;
        if reply.action == Action::Close {
            return Ok(());
        }
    }
}

struct Mailbox {
    directory: PathBuf,
    seen: Arc<Seen>,
    bounces: mpsc::UnboundedSender<Bounce>,
    from: String,
    to: Vec<String>,
    body: Vec<u8>,
}

impl Handler for Mailbox {
    fn mail(&mut self, _ip: IpAddr, _domain: &str, from: &str) -> Response {
        from.clone_into(&mut self.from);
        self.to.clear();
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        if to.starts_with("gone.") {
            return Response::custom(550, String::from("5.1.1 there is no mailbox of this name here"));
        }
        if to.starts_with("full.") {
            let mut deferred = self.seen.deferred.lock().unwrap_or_else(PoisonError::into_inner);
            if deferred.insert(to.to_owned()) {
                return Response::custom(452, String::from("4.2.2 the mailbox is full, try again later"));
            }
        }
        self.to.push(to.to_owned());
        response::OK
    }

    fn data_start(&mut self, _domain: &str, _from: &str, _is8bit: bool, _to: &[String]) -> Response {
        self.body.clear();
        response::START_DATA
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.body.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let number = self.seen.stored.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.directory.join(format!("{number:06}.eml"));
        if let Err(error) = std::fs::write(&path, &self.body) {
            tracing::error!(path = %path.display(), %error, "the demo's mail host cannot store a message");
            return Response::custom(451, String::from("4.3.0 the message cannot be stored"));
        }
        for recipient in self.to.iter().filter(|to| to.starts_with("late.")) {
            let _ = self.bounces.send(Bounce { return_path: self.from.clone(), recipient: recipient.clone() });
        }
        Response::custom(250, format!("2.0.0 stored as {number:06}"))
    }
}
