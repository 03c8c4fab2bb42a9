//! The mailbox that bounces lie in, read by IMAP: for whoever cannot have a mail server hand them in.
//!
//! What a message says is durable before the message goes; one that was taken and could not be removed is taken again, which
//! changes nothing. A message that is neither for one of our bounce addresses nor a report that names an attempt under our
//! signature is flagged and stays.

mod harvest;
mod recipient;
mod session;
mod token;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::harvest::{Harvest, harvest};
pub use self::session::MailboxFault;
use self::session::{Abilities, Session, open};
use self::token::Tokens;
use super::Door;
use crate::config::BounceMailbox;
use crate::domain::clock::Millis;

/// The wait after a fault, doubled with each that follows.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The wait while receipts cannot be stored.
const NOT_DURABLE: Duration = Duration::from_secs(5);

/// Whether the mailbox can be read, without changing anything in it.
///
/// # Errors
/// What is wrong, in words that name the remedy.
pub async fn check(settings: &BounceMailbox) -> Result<(), MailboxFault> {
    // No token is held yet, whatever the time.
    let (mut session, _) = open(settings, &Tokens::default(), Millis(0)).await?;
    // It was read; how it says goodbye does not matter.
    let _ = session.logout().await;
    Ok(())
}

/// Reads the mailbox until told to stop.
pub(super) async fn run(door: Arc<Door>, settings: BounceMailbox, stop: CancellationToken) {
    let (mut wait, tokens) = (FIRST_WAIT, Tokens::default());
    loop {
        let mut worked = false;
        // Cut off anywhere, nothing is lost: what was not removed is looked at again.
        let fault = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            fault = hold(&door, &settings, &tokens, &mut worked) => fault,
        };
        if worked {
            wait = FIRST_WAIT;
        }
        door.metrics.bounce_mailbox_faulty.set(1);
        match fault {
            MailboxFault::Login
            | MailboxFault::NoToken { .. }
            | MailboxFault::Token
            | MailboxFault::Folder(_)
            | MailboxFault::Unprotected { .. } => {
                tracing::error!(%fault, wait_seconds = wait.as_secs(), "the mailbox for bounces cannot be read");
            }
            _ => tracing::warn!(%fault, wait_seconds = wait.as_secs(), "the mailbox for bounces is away; trying again"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Holds one connection until it breaks.
async fn hold(door: &Door, settings: &BounceMailbox, tokens: &Tokens, worked: &mut bool) -> MailboxFault {
    let (mut session, abilities) = match open(settings, tokens, door.clock.now()).await {
        Ok(opened) => opened,
        Err(fault) => return fault,
    };
    let pause = Duration::from_secs(settings.poll_seconds);
    loop {
        let done = match harvest(&mut session, abilities, door, settings).await {
            Ok(done) => done,
            Err(fault) => return fault,
        };
        *worked = true;
        door.metrics.bounce_mailbox_faulty.set(0);
        if done == Harvest::Later {
            tokio::time::sleep(NOT_DURABLE).await;
            continue;
        }
        session = match rest(session, abilities, pause).await {
            Ok(session) => session,
            Err(fault) => return fault,
        };
    }
}

/// Waits until something may have come: until the server says so, but never longer than the pause.
async fn rest(mut session: Session, abilities: Abilities, pause: Duration) -> Result<Session, MailboxFault> {
    let fault = |error| MailboxFault::of(&error);
    if !abilities.idle {
        tokio::time::sleep(pause).await;
        session.noop().await.map_err(fault)?;
        return Ok(session);
    }
    let mut idle = session.idle();
    idle.init().await.map_err(fault)?;
    let (news, _interrupt) = idle.wait_with_timeout(pause);
    news.await.map_err(fault)?;
    idle.done().await.map_err(fault)
}
