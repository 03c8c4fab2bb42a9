//! One conversation with a mail relay: greeting, protection, login, then one transaction after another.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::connection::{Broken, Connection, Limits, TlsFault};
use super::features::Features;
use super::replies::{self, Stage};
use super::reply::Reply;
use super::settings::SmtpTls;
use super::wire::{dot_stuff, xtext};
use crate::config::Secret;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;

/// Where a conversation goes and how it begins.
pub(super) struct Target {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub config: Arc<ClientConfig>,
    pub server_name: ServerName<'static>,
    pub hello_name: Option<String>,
    pub login: Option<(String, Secret)>,
    pub limits: Limits,
}

/// Why a conversation did not come about. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenFault {
    /// No connection.
    #[error("no connection to {host} port {port} ({reason}); check host, port and firewall")]
    Unreachable { host: String, port: u16, reason: String },
    /// The connection broke.
    #[error("the connection broke while it was set up ({})", .0.code())]
    Broken(Broken),
    /// The server refused us.
    #[error("the server refuses at {} with {}", .stage.as_str(), .reply.status())]
    Refused { stage: Stage, reply: Reply },
    /// TLS is required and not to be had.
    #[error(
        "the server offers no STARTTLS and TLS is required; nothing was sent. Use tls = \"implicit\" with port 465 if the server has it"
    )]
    NoStartTls,
    /// The certificate does not verify.
    #[error(
        "the server's certificate does not verify ({0}); nothing was sent. If it is your own authority's, name it in ca_file; else the host name or the server is wrong"
    )]
    Certificate(String),
    /// TLS failed otherwise.
    #[error("the TLS handshake failed ({0}); if the port speaks STARTTLS, set tls = \"starttls\"")]
    Handshake(String),
    /// Login is required and not to be had.
    #[error("the server offers no login with PLAIN or LOGIN over TLS; drop login or use another port")]
    NoLogin,
}

impl OpenFault {
    /// What it means for a message that was waiting for the conversation.
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Unreachable { .. } => Answer::of(Outcome::Retry, "connect"),
            Self::Broken(how) => Answer::of(Outcome::Retry, format!("connect-{}", how.code())),
            Self::Refused { stage, reply } => replies::read(*stage, reply).answer(),
            Self::NoStartTls => Answer::of(Outcome::Misconfigured, "starttls-not-offered"),
            Self::Certificate(_) => Answer::of(Outcome::Misconfigured, "tls-certificate"),
            Self::Handshake(_) => Answer::of(Outcome::Misconfigured, "tls-handshake"),
            Self::NoLogin => Answer::of(Outcome::Misconfigured, "login-not-offered"),
        }
    }
}

/// Who sends to whom.
pub(super) struct Envelope {
    /// The reverse path.
    pub sender: String,
    /// The one recipient, its domain in ASCII.
    pub recipient: String,
    /// Our name for the transaction, in bounces (RFC 3461 ENVID).
    pub id: String,
}

/// What came of one transaction.
#[derive(Debug)]
pub(super) enum Delivery {
    /// The server took the message.
    Taken(Reply),
    /// It refused.
    Refused { stage: Stage, reply: Reply },
    /// The connection broke; nobody knows about the message if the final dot may have left.
    Broken { how: Broken, after_dot: bool },
    /// The message does not fit this server, and why.
    Unfit(&'static str),
}

/// What the commands of a transaction are, in their order.
type Stages = &'static [Stage];

const STAGES: Stages = &[Stage::Mail, Stage::Rcpt, Stage::Data];
/// After a transaction that was refused: RSET comes first.
const STAGES_AFTER_RESET: Stages = &[Stage::Mail, Stage::Mail, Stage::Rcpt, Stage::Data];

/// A conversation that is ready for transactions.
pub(super) struct Session {
    connection: Connection,
    features: Features,
    limits: Limits,
    /// A transaction was begun and refused: the next begins with RSET.
    dirty: bool,
    /// Commands that were written with the content before them; their replies are still to come.
    ahead: Option<Stages>,
    /// Kept from message to message, so that none needs a new one.
    buffer: Vec<u8>,
    /// Whether it can take another transaction.
    pub alive: bool,
    /// Transactions so far.
    pub transactions: u32,
    /// Refusals so far.
    pub refusals: u32,
}

impl Session {
    /// Opens a conversation: connection, greeting, EHLO, TLS as asked for, login.
    pub(super) async fn open(target: &Target) -> Result<Self, OpenFault> {
        let limits = target.limits;
        let mut connection = Connection::open(&target.host, target.port, limits.connect).await.map_err(|e| {
            OpenFault::Unreachable { host: target.host.clone(), port: target.port, reason: e.to_string() }
        })?;
        if target.tls == SmtpTls::Implicit {
            connection = secure(connection, target).await?;
        }
        let greeting = connection.reply(limits.command).await.map_err(OpenFault::Broken)?;
        if greeting.code != 220 {
            return Err(OpenFault::Refused { stage: Stage::Connect, reply: greeting });
        }
        let mut features = hello(&mut connection, target).await?;
        if target.tls == SmtpTls::Starttls {
            if !features.starttls {
                return Err(OpenFault::NoStartTls);
            }
            ask(&mut connection, b"STARTTLS\r\n", Stage::Starttls, 220, limits).await?;
            connection = secure(connection, target).await?;
            // What was said in clear counts for nothing (RFC 3207 section 4.2).
            features = hello(&mut connection, target).await?;
        }
        if let Some((user, password)) = &target.login {
            login(&mut connection, &features, user, password, limits).await?;
        }
        Ok(Self {
            connection,
            features,
            limits,
            dirty: false,
            ahead: None,
            buffer: Vec::new(),
            alive: true,
            transactions: 0,
            refusals: 0,
        })
    }

    /// Brings a transaction to the point where the server waits for the content, unless [`Session::finish`] has written
    /// its commands ahead already; then only their replies are read.
    ///
    /// MAIL, RCPT and DATA go in one write where the server allows it (RFC 2920); each reply is read by itself.
    ///
    /// # Errors
    /// What became of the transaction, when that point is not reached. The server has no message then.
    pub(super) async fn begin(&mut self, envelope: &Envelope, size: usize) -> Result<(), Delivery> {
        let stages = match self.ahead.take() {
            Some(written) => self.replies(written).await,
            None if self.features.pipelining => self.all_at_once(envelope, size).await,
            None => self.one_by_one(envelope, size).await,
        };
        self.transactions += 1;
        self.refusals += u32::from(matches!(stages, Err(Delivery::Refused { .. })));
        stages
    }

    /// Sends the content of the transaction that was begun, as written, not yet dot-stuffed.
    ///
    /// The commands of the message after it, if there is one, go in the same write (RFC 2920 section 3.1 allows them to
    /// follow the content), which spares it a round trip.
    pub(super) async fn finish(&mut self, content: &[u8], next: Option<(&Envelope, usize)>) -> Delivery {
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        dot_stuff(content, &mut bytes);
        let own = bytes.len();
        let next = next.filter(|_| self.features.pipelining);
        if let Some((envelope, size)) = next {
            self.ahead = self.commands(envelope, size, &mut bytes).ok();
        }
        let written = self.connection.write(&bytes, self.limits.block).await;
        self.buffer = bytes;
        if let Err(half) = written {
            self.alive = false;
            return Delivery::Broken { how: half.how, after_dot: half.written >= own };
        }
        match self.connection.reply(self.limits.dot).await {
            Ok(reply) if reply.is_positive() => Delivery::Taken(reply),
            Ok(reply) if reply.is_refusal() => {
                self.alive = !reply.is_closing();
                self.refusals += 1;
                Delivery::Refused { stage: Stage::Data, reply }
            }
            Ok(_) => self.broken(Broken::Garbled, true),
            Err(how) => self.broken(how, true),
        }
    }

    /// Says goodbye without waiting for the answer.
    pub(super) async fn quit(mut self) {
        let _ = self.connection.write(b"QUIT\r\n", std::time::Duration::from_secs(1)).await;
    }

    fn broken(&mut self, how: Broken, after_dot: bool) -> Delivery {
        self.alive = false;
        Delivery::Broken { how, after_dot }
    }

    /// Writes the commands of a transaction, one a line, behind what stands in `out`; nothing when the message does not fit
    /// this server.
    fn commands(&self, envelope: &Envelope, size: usize, out: &mut Vec<u8>) -> Result<Stages, &'static str> {
        let features = &self.features;
        let (sender, recipient) = (&envelope.sender, &envelope.recipient);
        let too_large = |most: u64| u64::try_from(size).is_ok_and(|size| size > most);
        if features.size.is_some_and(too_large) {
            return Err("too-large");
        }
        let foreign = !recipient.is_ascii() || !sender.is_ascii();
        if foreign && !features.smtputf8 {
            return Err("smtputf8-not-offered");
        }
        let mut put = |part: &str| out.extend_from_slice(part.as_bytes());
        if self.dirty {
            put("RSET\r\n");
        }
        ["MAIL FROM:<", sender, ">"].into_iter().for_each(&mut put);
        if features.size.is_some() {
            put(" SIZE=");
            put(&size.to_string());
        }
        put(match (foreign, features.eight_bit) {
            (false, _) => "",
            (true, false) => " SMTPUTF8",
            (true, true) => " SMTPUTF8 BODY=8BITMIME",
        });
        if features.dsn {
            put(" RET=HDRS ENVID=");
            put(&xtext(&envelope.id));
        }
        ["\r\nRCPT TO:<", recipient, ">"].into_iter().for_each(&mut put);
        if features.dsn {
            put(" NOTIFY=FAILURE");
        }
        // The recipient in Unicode would need another form than rfc822 (RFC 6533); the report names it anyway.
        if features.dsn && !foreign {
            put(" ORCPT=rfc822;");
            put(&xtext(recipient));
        }
        put("\r\nDATA\r\n");
        Ok(if self.dirty { STAGES_AFTER_RESET } else { STAGES })
    }

    async fn all_at_once(&mut self, envelope: &Envelope, size: usize) -> Result<(), Delivery> {
        let mut lines = Vec::with_capacity(512);
        let stages = self.commands(envelope, size, &mut lines).map_err(Delivery::Unfit)?;
        self.command(&lines).await?;
        self.replies(stages).await
    }

    /// For servers that take one command at a time.
    async fn one_by_one(&mut self, envelope: &Envelope, size: usize) -> Result<(), Delivery> {
        let mut lines = Vec::with_capacity(512);
        let stages = self.commands(envelope, size, &mut lines).map_err(Delivery::Unfit)?;
        for (line, stage) in lines.split_inclusive(|byte| *byte == b'\n').zip(stages) {
            self.command(line).await?;
            self.replies(std::slice::from_ref(stage)).await?;
        }
        Ok(())
    }

    /// Reads the replies to commands that have been written.
    async fn replies(&mut self, stages: &[Stage]) -> Result<(), Delivery> {
        let mut refusal: Option<(Stage, Reply)> = None;
        for &stage in stages {
            let limit = if stage == Stage::Data { self.limits.data } else { self.limits.command };
            let reply = match self.connection.reply(limit).await {
                Ok(reply) => reply,
                // The first refusal says more than the end that follows it.
                Err(how) => {
                    let broken = self.broken(how, false);
                    return Err(refusal.map_or(broken, |(stage, reply)| Delivery::Refused { stage, reply }));
                }
            };
            let wanted = if stage == Stage::Data { reply.code == 354 } else { reply.is_positive() };
            if wanted && stage == Stage::Data && refusal.is_some() {
                // It waits for content although it refused the recipient. Without a dot it has no message.
                self.alive = false;
            }
            if !wanted && refusal.is_none() {
                let closing = reply.is_closing();
                refusal = Some((stage, reply));
                self.dirty = true;
                if closing {
                    self.alive = false;
                    break;
                }
            }
        }
        match refusal {
            None => {
                self.dirty = false;
                Ok(())
            }
            Some((_, reply)) if !reply.is_refusal() => Err(self.broken(Broken::Garbled, false)),
            Some((stage, reply)) => Err(Delivery::Refused { stage, reply }),
        }
    }

    async fn command(&mut self, line: &[u8]) -> Result<(), Delivery> {
        match self.connection.write(line, self.limits.command).await {
            Ok(()) => Ok(()),
            Err(half) => Err(self.broken(half.how, false)),
        }
    }
}

async fn secure(connection: Connection, target: &Target) -> Result<Connection, OpenFault> {
    connection.secure(&target.config, &target.server_name, target.limits.connect).await.map_err(|e| match e {
        TlsFault::Certificate(reason) => OpenFault::Certificate(reason),
        TlsFault::Handshake(reason) => OpenFault::Handshake(reason),
        TlsFault::Broken(how) => OpenFault::Broken(how),
    })
}

async fn hello(connection: &mut Connection, target: &Target) -> Result<Features, OpenFault> {
    let name = target.hello_name.clone().unwrap_or_else(|| connection.address_literal());
    let line = format!("EHLO {name}\r\n");
    ask(connection, line.as_bytes(), Stage::Hello, 250, target.limits).await.map(|reply| Features::read(&reply))
}

async fn login(
    connection: &mut Connection,
    features: &Features,
    user: &str,
    password: &Secret,
    limits: Limits,
) -> Result<(), OpenFault> {
    if !connection.is_secure() {
        return Err(OpenFault::NoLogin);
    }
    if features.plain {
        let token = BASE64.encode(format!("\0{user}\0{}", password.expose()));
        ask(connection, format!("AUTH PLAIN {token}\r\n").as_bytes(), Stage::Auth, 235, limits).await?;
    } else if features.login {
        ask(connection, b"AUTH LOGIN\r\n", Stage::Auth, 334, limits).await?;
        ask(connection, format!("{}\r\n", BASE64.encode(user)).as_bytes(), Stage::Auth, 334, limits).await?;
        let token = BASE64.encode(password.expose());
        ask(connection, format!("{token}\r\n").as_bytes(), Stage::Auth, 235, limits).await?;
    } else {
        return Err(OpenFault::NoLogin);
    }
    Ok(())
}

async fn ask(
    connection: &mut Connection,
    line: &[u8],
    stage: Stage,
    wanted: u16,
    limits: Limits,
) -> Result<Reply, OpenFault> {
    connection.write(line, limits.command).await.map_err(|half| OpenFault::Broken(half.how))?;
    let reply = connection.reply(limits.command).await.map_err(OpenFault::Broken)?;
    if reply.code == wanted { Ok(reply) } else { Err(OpenFault::Refused { stage, reply }) }
}
