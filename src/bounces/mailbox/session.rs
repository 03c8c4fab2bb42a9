//! A connection to the mailbox: TLS, login, the folder.

use std::fmt::Debug;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::{Authenticator, Client};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::token::Tokens;
use crate::config::{BounceMailbox, MailboxTls};
use crate::domain::clock::Millis;
use crate::providers::smtp::{client_config, server_name};

/// How long it may take until the folder is open.
const OPENING: Duration = Duration::from_mins(1);

/// Why the mailbox cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxFault {
    /// Nobody there.
    #[error("the server {0} cannot be reached; check bounces.mailbox.host and port, the network and the firewall")]
    Unreachable(String),
    /// No protection.
    #[error("no protected connection to {host}: {reason}; check bounces.mailbox.tls, host and ca_file")]
    Unprotected {
        /// The server.
        host: String,
        /// Why.
        reason: String,
    },
    /// Wrong credentials, or no right to log in.
    #[error("the server refuses the login; check bounces.mailbox.username and password_file, and that IMAP is allowed")]
    Login,
    /// No token to log in with.
    #[error(
        "there is no token for the login from {from}: {reason}; check bounces.mailbox.oauth_token_url, oauth_client_id, \
         oauth_client_secret_file, oauth_scope and oauth_refresh_token_file"
    )]
    NoToken {
        /// Who should have given it.
        from: String,
        /// Why.
        reason: String,
    },
    /// The token is not taken.
    #[error(
        "the server does not take the token; check bounces.mailbox.username and oauth_scope, and that the application may read \
         this mailbox by IMAP"
    )]
    Token,
    /// No such folder.
    #[error("there is no folder {0:?} that can be written to; check bounces.mailbox.folder and move_to")]
    Folder(String),
    /// It takes too long.
    #[error("the server does not answer in time")]
    Slow,
    /// The connection ended, or what came over it makes no sense.
    #[error("the connection broke: {0}")]
    Broken(&'static str),
}

impl MailboxFault {
    /// Of a command after the login. What servers say in prose is not kept: it may repeat an address.
    pub(super) fn of(error: &Error) -> Self {
        Self::Broken(match error {
            Error::No(_) => "the server refused a command",
            Error::Bad(_) => "the server did not understand a command",
            Error::Parse(_) => "the server's answer is not IMAP",
            _ => "the server hung up",
        })
    }
}

/// Bytes to and from a server, in clear or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Wire for T {}

/// A session with the folder open.
pub(super) type Session = async_imap::Session<Box<dyn Wire>>;

/// What the server can do beyond what all can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Says at once when something comes (RFC 2177).
    pub idle: bool,
    /// Moves in one step (RFC 6851).
    pub moves: bool,
    /// Removes one message and not all that anybody has marked (RFC 4315).
    pub uid_plus: bool,
}

/// Connects, logs in and opens the folder.
pub(super) async fn open(
    settings: &BounceMailbox,
    tokens: &Tokens,
    now: Millis,
) -> Result<(Session, Abilities), MailboxFault> {
    timeout(OPENING, begin(settings, tokens, now)).await.map_err(|_| MailboxFault::Slow)?
}

async fn begin(settings: &BounceMailbox, tokens: &Tokens, now: Millis) -> Result<(Session, Abilities), MailboxFault> {
    let mut session = match &settings.oauth_token_url {
        None => by_password(settings).await?,
        Some(url) => by_token(settings, tokens, url, now).await?,
    };
    let can = session.capabilities().await.map_err(|error| MailboxFault::of(&error))?;
    let abilities =
        Abilities { idle: can.has_str("IDLE"), moves: can.has_str("MOVE"), uid_plus: can.has_str("UIDPLUS") };
    session.select(&settings.folder).await.map_err(|error| match error {
        Error::No(_) | Error::Validate(_) => MailboxFault::Folder(settings.folder.clone()),
        error => MailboxFault::of(&error),
    })?;
    Ok((session, abilities))
}

async fn by_password(settings: &BounceMailbox) -> Result<Session, MailboxFault> {
    let user = settings.username.as_deref().unwrap_or_default();
    let password = settings.password.as_ref().map_or("", |password| password.expose());
    connect(settings).await?.login(user, password).await.map_err(|(error, _)| refused(&error, MailboxFault::Login))
}

async fn by_token(settings: &BounceMailbox, tokens: &Tokens, from: &Url, now: Millis) -> Result<Session, MailboxFault> {
    let token = tokens.token(settings, from, now).await?;
    let user = settings.username.as_deref().unwrap_or_default();
    let said = format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose());
    match connect(settings).await?.authenticate("XOAUTH2", Bearer(Some(said))).await {
        Ok(session) => Ok(session),
        Err((error, _)) => {
            tokens.refused().await;
            Err(refused(&error, MailboxFault::Token))
        }
    }
}

/// What an error of a login means: a refusal, or that the connection is no good.
fn refused(error: &Error, refusal: MailboxFault) -> MailboxFault {
    match error {
        Error::No(_) | Error::Bad(_) | Error::Validate(_) => refusal,
        error => MailboxFault::of(error),
    }
}

/// Says the token once (Google, "OAuth 2.0 mechanism": XOAUTH2). A server that refuses it says why and waits for nothing.
struct Bearer(Option<String>);

impl Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _why: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

async fn connect(settings: &BounceMailbox) -> Result<Client<Box<dyn Wire>>, MailboxFault> {
    let host = settings.host.as_deref().unwrap_or_default();
    let stream = TcpStream::connect((host, settings.port))
        .await
        .map_err(|_| MailboxFault::Unreachable(format!("{host}:{}", settings.port)))?;
    match settings.tls {
        MailboxTls::None => greeted(Client::new(Box::new(stream) as Box<dyn Wire>)).await,
        MailboxTls::Implicit => greeted(Client::new(protected(settings, host, stream).await?)).await,
        MailboxTls::Starttls => {
            let mut clear = greeted(Client::new(stream)).await?;
            // Nothing that was said in clear counts: the client is a new one.
            clear.run_command_and_check_ok("STARTTLS", None).await.map_err(|_| MailboxFault::Unprotected {
                host: host.to_owned(),
                reason: String::from("the server does not offer STARTTLS"),
            })?;
            Ok(Client::new(protected(settings, host, clear.into_inner()).await?))
        }
    }
}

async fn greeted<T: Wire>(mut client: Client<T>) -> Result<Client<T>, MailboxFault> {
    match client.read_response().await {
        Ok(Some(_)) => Ok(client),
        _ => Err(MailboxFault::Broken("the server did not greet")),
    }
}

async fn protected(settings: &BounceMailbox, host: &str, stream: TcpStream) -> Result<Box<dyn Wire>, MailboxFault> {
    let fault = |reason: String| MailboxFault::Unprotected { host: host.to_owned(), reason };
    let config = client_config(settings.ca_file.as_deref()).map_err(fault)?;
    let name = server_name(host).map_err(fault)?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| fault(error.to_string()))?;
    Ok(Box::new(stream))
}
