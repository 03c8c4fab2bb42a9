//! Bytes to and from an SMTP server, in clear or under TLS, each step with its own time limit.
//!
//! Nagle's algorithm is off: with it, every body waits for an acknowledgement that the server delays.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reply::{Assembly, Reply};
use crate::providers::http::rustls_error;

/// How long each step may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Name resolution and connection, per address; also the TLS handshake.
    pub connect: Duration,
    /// The greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET.
    pub command: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// One write of the message's content.
    pub block: Duration,
    /// The answer to the final dot. Hanging up before it makes duplicates.
    pub dot: Duration,
}

impl Limits {
    /// The least that RFC 5321 section 4.5.3.2 asks for.
    #[must_use]
    pub const fn rfc5321() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            block: Duration::from_mins(3),
            dot: Duration::from_mins(10),
        }
    }
}

/// How a connection ended that should not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A step took longer than allowed.
    Timeout,
    /// The other side or the network closed it.
    Dropped,
    /// What came was not SMTP.
    Garbled,
}

impl Broken {
    /// The name, for an answer's code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Dropped => "dropped",
            Self::Garbled => "garbled",
        }
    }
}

/// Why a TLS handshake failed.
#[derive(Debug)]
pub(super) enum TlsFault {
    /// The certificate does not verify, and why.
    Certificate(String),
    /// No common ground, and why.
    Handshake(String),
    /// The connection ended.
    Broken(Broken),
}

/// A write that failed, and how many bytes of it the server may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HalfWritten {
    pub how: Broken,
    pub written: usize,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection.
pub(super) struct Connection {
    wire: Wire,
    received: Vec<u8>,
}

/// A line longer than any server sends (RFC 5321 allows 512 octets).
const LINE: usize = 4096;
/// Bytes that are read at once: the replies to a message and to the commands behind it.
const ROOM: usize = 1024;

impl Connection {
    /// Connects, trying each address the name has.
    pub(super) async fn open(host: &str, port: u16, limit: Duration) -> io::Result<Self> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let addresses = timeout(limit, tokio::net::lookup_host((host, port))).await.map_err(|_| late())??;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match timeout(limit, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(late())) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { wire: Wire::Plain(stream), received: Vec::new() });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Our own address on the connection, for a greeting without a name (RFC 5321 section 4.1.3).
    pub(super) fn address_literal(&self) -> String {
        let stream = match &self.wire {
            Wire::Plain(stream) => stream,
            Wire::Tls(stream) => stream.get_ref().0,
        };
        match stream.local_addr().map(|a| a.ip().to_canonical()) {
            Ok(std::net::IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(std::net::IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => String::from("[127.0.0.1]"),
        }
    }

    /// Puts the connection under TLS. What came before and was not asked for is not carried over: it would be clear
    /// text that somebody slipped in.
    pub(super) async fn secure(
        self,
        config: &Arc<rustls::ClientConfig>,
        name: &ServerName<'static>,
        limit: Duration,
    ) -> Result<Self, TlsFault> {
        if !self.received.is_empty() {
            return Err(TlsFault::Broken(Broken::Garbled));
        }
        let Wire::Plain(stream) = self.wire else { return Ok(self) };
        let connector = TlsConnector::from(Arc::clone(config));
        match timeout(limit, connector.connect(name.clone(), stream)).await {
            Err(_) => Err(TlsFault::Broken(Broken::Timeout)),
            Ok(Ok(stream)) => Ok(Self { wire: Wire::Tls(Box::new(stream)), received: Vec::new() }),
            Ok(Err(error)) => Err(match rustls_error(&error) {
                Some(rustls::Error::InvalidCertificate(reason)) => TlsFault::Certificate(reason.to_string()),
                Some(other) => TlsFault::Handshake(other.to_string()),
                None => TlsFault::Broken(Broken::Dropped),
            }),
        }
    }

    /// Whether the connection is under TLS.
    pub(super) const fn is_secure(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }

    /// Sends everything; each write may take `limit`.
    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), HalfWritten> {
        let whole = bytes.len();
        let mut bytes = bytes;
        // Mostly there is room for all of it, and nothing to wait for.
        if let Wire::Plain(stream) = &self.wire
            && let Ok(count @ 1..) = stream.try_write(bytes)
        {
            if count == whole {
                return Ok(());
            }
            bytes = &bytes[count..];
        }
        while !bytes.is_empty() {
            let so_far = whole - bytes.len();
            let written = match &mut self.wire {
                Wire::Plain(stream) => timeout(limit, stream.write(bytes)).await,
                Wire::Tls(stream) => timeout(limit, stream.write(bytes)).await,
            };
            match written {
                Ok(Ok(0) | Err(_)) => return Err(HalfWritten { how: Broken::Dropped, written: so_far }),
                Ok(Ok(count)) => bytes = &bytes[count..],
                Err(_) => return Err(HalfWritten { how: Broken::Timeout, written: so_far }),
            }
        }
        let flushed = match &mut self.wire {
            Wire::Plain(stream) => timeout(limit, stream.flush()).await,
            Wire::Tls(stream) => timeout(limit, stream.flush()).await,
        };
        match flushed {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(HalfWritten { how: Broken::Dropped, written: whole }),
            Err(_) => Err(HalfWritten { how: Broken::Timeout, written: whole }),
        }
    }

    /// Reads one reply, within `limit`.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Broken> {
        timeout(limit, self.read_reply()).await.unwrap_or(Err(Broken::Timeout))
    }

    async fn read_reply(&mut self) -> Result<Reply, Broken> {
        let mut assembly = Assembly::default();
        loop {
            while let Some(end) = self.received.iter().position(|b| *b == b'\n') {
                let line = &self.received[..end];
                let taken = assembly.take(line.strip_suffix(b"\r").unwrap_or(line));
                self.received.drain(..=end);
                if let Some(reply) = taken.map_err(|_| Broken::Garbled)? {
                    return Ok(reply);
                }
            }
            if self.received.len() > LINE {
                return Err(Broken::Garbled);
            }
            self.received.reserve(ROOM);
            let count = match &mut self.wire {
                Wire::Plain(stream) => stream.read_buf(&mut self.received).await,
                Wire::Tls(stream) => stream.read_buf(&mut self.received).await,
            };
            match count {
                Ok(0) | Err(_) => return Err(Broken::Dropped),
                Ok(_) => {}
            }
        }
    }
}
