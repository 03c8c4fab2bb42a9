//! A mail host of our own, only where smtp-sink cannot tell what is asked: how large messages are, and when the first came.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Result;

/// What came so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) messages: u64,
    /// Of the messages as they came over the wire, without the final dot.
    pub(crate) bytes: u64,
    /// When the first had come in full.
    pub(crate) first: Option<Instant>,
}

/// A running mail host.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    heard: Arc<watch::Sender<Heard>>,
    accepting: JoinHandle<()>,
}

impl Listener {
    /// Listens at a port, or at a free one when it is 0.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let heard = Arc::new(watch::Sender::new(Heard::default()));
        let teller = Arc::clone(&heard);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let teller = Arc::clone(&teller);
                // Who hangs up in the middle has sent nothing that counts.
                tokio::spawn(async move { drop(serve(stream, &teller).await) });
            }
        });
        Ok(Self { address, heard, accepting })
    }

    /// Waits for so many messages.
    pub(crate) async fn wait(&self, messages: u64) -> Result<Heard> {
        let mut heard = self.heard.subscribe();
        Ok(*heard.wait_for(|heard| heard.messages >= messages).await?)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, heard: &watch::Sender<Heard>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    write.write_all(b"220 listener ESMTP\r\n").await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if read.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let reply: &[u8] = match verb.as_slice() {
            b"EHLO" => b"250-listener\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
            b"DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let bytes = message(&mut read).await?;
                heard.send_modify(|heard| {
                    heard.messages += 1;
                    heard.bytes += bytes;
                    heard.first.get_or_insert_with(Instant::now);
                });
                b"250 taken\r\n"
            }
            b"QUIT" => return write.write_all(b"221 goodbye\r\n").await,
            _ => b"250 well\r\n",
        };
        write.write_all(reply).await?;
    }
}

/// Reads to the final dot; returns the bytes before it.
async fn message(read: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<u64> {
    let (mut bytes, mut line) = (0, Vec::new());
    loop {
        line.clear();
        if read.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(bytes);
        }
        bytes += line.len() as u64;
    }
}
