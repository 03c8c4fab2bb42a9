//! The conversations kept open: at most `concurrency`, each for a number of messages.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::connection::{Broken, Limits};
use super::replies::Stage;
use super::session::{Delivery, Envelope, OpenFault, Session, Target};
use super::tls;
use crate::providers::settings::{SmtpSettings, SmtpTls};

/// How long an unused conversation is kept: less than servers wait before they hang up.
const IDLE: Duration = Duration::from_secs(30);
/// Refusals after which a conversation is closed: servers slow down whoever collects them.
const REFUSALS: u32 = 8;

/// The pool.
pub(super) struct Pool {
    target: Target,
    permits: Semaphore,
    idle: Mutex<Vec<(Session, Instant)>>,
    messages_per_connection: u32,
}

impl Pool {
    /// Builds the pool; connects to nothing.
    pub(super) fn build(settings: &SmtpSettings, limits: Limits) -> Result<Self, String> {
        let standard = match settings.tls {
            SmtpTls::Implicit => 465,
            SmtpTls::Starttls => 587,
            SmtpTls::None => 25,
        };
        if settings.hello_name.as_ref().is_some_and(|n| n.is_empty() || !n.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(String::from("hello_name is not a host name"));
        }
        let login = match &settings.login {
            Some(login) => Some((login.username.clone(), login.password.read()?)),
            None => None,
        };
        let target = Target {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(standard),
            tls: settings.tls,
            config: tls::client_config(settings.ca_file.as_deref())?,
            server_name: tls::server_name(&settings.host)?,
            hello_name: settings.hello_name.clone(),
            login,
            limits,
        };
        Ok(Self {
            target,
            permits: Semaphore::new(settings.concurrency),
            idle: Mutex::new(Vec::new()),
            messages_per_connection: settings.messages_per_connection,
        })
    }

    /// Sends one message through a kept conversation or a new one.
    ///
    /// A kept one that turns out to be closed before the final dot has not got the message: a new one is opened, once.
    pub(super) async fn deliver(&self, envelope: &Envelope, content: &[u8]) -> Result<Delivery, OpenFault> {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        if let Some(mut session) = self.take_idle() {
            let delivery = session.deliver(envelope, content).await;
            if !was_stale(&delivery) {
                self.give_back(session).await;
                return Ok(delivery);
            }
        }
        let mut session = Session::open(&self.target).await?;
        let delivery = session.deliver(envelope, content).await;
        self.give_back(session).await;
        Ok(delivery)
    }

    /// Opens a conversation up to the point where messages could go, and closes it.
    pub(super) async fn check(&self) -> Result<(), OpenFault> {
        let session = Session::open(&self.target).await?;
        session.quit().await;
        Ok(())
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        idle.retain(|(_, since)| now.duration_since(*since) < IDLE);
        idle.pop().map(|(session, _)| session)
    }

    async fn give_back(&self, session: Session) {
        if !session.alive {
            return;
        }
        if session.transactions >= self.messages_per_connection || session.refusals >= REFUSALS {
            session.quit().await;
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        idle.push((session, Instant::now()));
    }
}

/// Whether a kept conversation had ended, probably while nobody used it; the message was not taken in any case.
fn was_stale(delivery: &Delivery) -> bool {
    match delivery {
        Delivery::Broken { after_dot, how } => !after_dot && *how == Broken::Dropped,
        Delivery::Refused { stage, reply } => *stage == Stage::Mail && reply.is_closing(),
        Delivery::Taken(_) | Delivery::Unfit(_) => false,
    }
}
