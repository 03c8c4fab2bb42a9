//! One conversation with a mail server, in LMTP or SMTP.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::{Door, Verdict};

/// Longest command line, in octets: twice what RFC 5321 section 4.5.3.1.4 allows, for parameters.
const COMMAND: u64 = 1024;
/// Longest line of a message: more than RFC 5322 section 2.1.1 allows, because some servers mind little.
const CONTENT: u64 = 64 * 1024;
/// Recipients of one message.
const RECIPIENTS: usize = 100;
/// Commands that make no sense, after which it is over.
const NONSENSE: u32 = 20;

struct Talk<'a, R, W> {
    door: &'a Door,
    reader: BufReader<R>,
    writer: W,
    patience: Duration,
    lmtp: bool,
    greeted: bool,
    sender: bool,
    recipients: Vec<String>,
}

/// Holds a conversation to its end. Without `room` it only says so.
pub(super) async fn hold<R, W>(door: &Door, reader: R, writer: W, room: bool, patience: Duration) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let reader = BufReader::new(reader);
    let mut talk =
        Talk { door, reader, writer, patience, lmtp: false, greeted: false, sender: false, recipients: Vec::new() };
    if !room {
        return talk.say("421 4.3.2 too many connections, come again").await;
    }
    talk.say("220 candour takes bounces").await?;
    let mut nonsense = 0;
    while let Some(line) = talk.line(COMMAND).await? {
        let Ok(line) = std::str::from_utf8(&line) else {
            talk.say("500 5.5.2 commands are text").await?;
            continue;
        };
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" | "EHLO" | "HELO" => talk.greet(&verb.to_ascii_uppercase()).await?,
            "MAIL" => talk.mail(rest).await?,
            "RCPT" => talk.rcpt(rest).await?,
            "DATA" => {
                if !talk.data().await? {
                    return Ok(());
                }
            }
            "RSET" => {
                talk.reset();
                talk.say("250 2.0.0 forgotten").await?;
            }
            "NOOP" => talk.say("250 2.0.0 yes").await?,
            "QUIT" => return talk.say("221 2.0.0 goodbye").await,
            _ => {
                nonsense += 1;
                if nonsense > NONSENSE {
                    return talk.say("421 4.7.0 too many commands that make no sense").await;
                }
                talk.say("500 5.5.1 no such command").await?;
            }
        }
    }
    Ok(())
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Talk<'_, R, W> {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        let line = format!("{text}\r\n");
        timeout(self.patience, self.writer.write_all(line.as_bytes())).await.map_err(late)??;
        timeout(self.patience, self.writer.flush()).await.map_err(late)?
    }

    /// One line with its end; `None` at the end of the conversation. A longer one ends it.
    async fn line(&mut self, longest: u64) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(longest);
        let read = timeout(self.patience, limited.read_until(b'\n', &mut line)).await;
        read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(line.ends_with(b"\n").then_some(line))
    }

    fn reset(&mut self) {
        self.sender = false;
        self.recipients.clear();
    }

    async fn greet(&mut self, verb: &str) -> io::Result<()> {
        self.reset();
        self.greeted = true;
        self.lmtp = verb == "LHLO";
        if verb == "HELO" {
            return self.say("250 candour").await;
        }
        let size = self.door.limits.max_message_bytes;
        self.say(&format!(
            "250-candour\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {size}"
        ))
        .await
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if !self.greeted || self.sender {
            return self.say("503 5.5.1 not now").await;
        }
        let upper = rest.to_ascii_uppercase();
        let announced = upper.split(' ').find_map(|word| word.strip_prefix("SIZE=")?.parse::<usize>().ok());
        if !upper.starts_with("FROM:") {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        }
        if announced.is_some_and(|size| size > self.door.limits.max_message_bytes) {
            return self.say("552 5.3.4 too large").await;
        }
        self.sender = true;
        self.say("250 2.1.0 go on").await
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        if !self.sender {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let path = rest.get(..3).filter(|to| to.eq_ignore_ascii_case("TO:")).map(|_| rest[3..].trim_start());
        let address = path.and_then(|path| path.strip_prefix('<')?.split_once('>')).map(|(address, _)| address);
        let Some(address) = address else { return self.say("501 5.5.4 RCPT TO:<address>").await };
        if self.recipients.len() >= RECIPIENTS {
            return self.say("452 4.5.3 too many recipients").await;
        }
        if !self.door.takes_mail_for(address) {
            // The same for a forged one: whoever tries learns nothing.
            return self.say("550 5.1.1 no such address").await;
        }
        self.recipients.push(address.to_owned());
        self.say("250 2.1.5 go on").await
    }

    /// Takes a message. `false` if the conversation is over.
    async fn data(&mut self) -> io::Result<bool> {
        if self.recipients.is_empty() {
            self.say("554 5.5.1 no recipient").await?;
            return Ok(true);
        }
        self.say("354 go on, end with a dot").await?;
        let mut message = Vec::new();
        let mut fits = true;
        loop {
            let Some(line) = self.line(CONTENT).await? else { return Ok(false) };
            if line == b".\r\n" || line == b".\n" {
                break;
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            fits &= message.len() + line.len() <= self.door.limits.max_message_bytes;
            if fits {
                message.extend_from_slice(line);
            }
        }
        let recipients = std::mem::take(&mut self.recipients);
        self.reset();
        let mut worst = "250 2.0.0 taken";
        for address in &recipients {
            let reply = if fits { reply(self.door.take(address, &message).await) } else { "552 5.3.4 too large" };
            if self.lmtp {
                // One answer a recipient (RFC 2033 section 4.2).
                self.say(reply).await?;
            } else if !reply.starts_with('2') && !worst.starts_with('4') {
                worst = reply;
            }
        }
        if !self.lmtp {
            self.say(worst).await?;
        }
        Ok(true)
    }
}

const fn reply(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Taken => "250 2.0.0 taken",
        Verdict::Later => "451 4.3.0 could not be stored, come again",
        Verdict::Unreadable => "554 5.6.0 no report that can be read",
    }
}
