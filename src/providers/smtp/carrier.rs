//! A carrier: holds one conversation and carries one message after the other through it.
//!
//! While the server thinks about one message, the commands of the next are on their way already; its content goes only
//! when the server has asked for it. A message whose content has not gone can be carried through another conversation.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Broken;
use super::pool::{Job, Shared};
use super::replies::Stage;
use super::session::{Delivery, Session};

/// How long an unused conversation is kept: less than servers wait before they hang up.
const IDLE: Duration = Duration::from_secs(30);
/// Refusals after which a conversation is closed: servers slow down whoever collects them.
const REFUSALS: u32 = 8;

/// Carries until there has been nothing to carry for a while.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut session: Option<Session> = None;
    let mut begun: Option<Job> = None;
    loop {
        let job = match begun.take().or_else(|| shared.take()) {
            Some(job) => job,
            None => match shared.wait(IDLE).await {
                Some(job) => job,
                None => break,
            },
        };
        begun = carry(&shared, &mut session, job).await;
        if let Some(used) = session.take_if(|s| begun.is_none() && is_used_up(s, &shared)) {
            used.quit().await;
        }
        session.take_if(|s| !s.alive);
    }
    if let Some(session) = session {
        session.quit().await;
    }
}

/// Carries one message. Returns the next, if its commands are written already.
async fn carry(shared: &Shared, session: &mut Option<Session>, job: Job) -> Option<Job> {
    let mut kept = session.is_some();
    loop {
        let open = match session {
            Some(open) => open,
            None => match Session::open(&shared.target).await {
                Ok(opened) => session.insert(opened),
                Err(fault) => {
                    // Whoever waits for the answer may have stopped waiting.
                    let _ = job.done.send(Err(fault));
                    return None;
                }
            },
        };
        match open.begin(&job.envelope, job.content.len()).await {
            Ok(()) => {
                let last = open.transactions >= shared.messages_per_connection || open.refusals >= REFUSALS;
                let next = if last { None } else { shared.take() };
                let ahead = next.as_ref().map(|next| (&next.envelope, next.content.len()));
                let delivery = open.finish(&job.content, ahead).await;
                let _ = job.done.send(Ok(delivery));
                return next;
            }
            Err(delivery) if kept && was_stale(&delivery) => {
                *session = None;
                kept = false;
            }
            Err(delivery) => {
                let _ = job.done.send(Ok(delivery));
                return None;
            }
        }
    }
}

fn is_used_up(session: &Session, shared: &Shared) -> bool {
    session.alive && (session.transactions >= shared.messages_per_connection || session.refusals >= REFUSALS)
}

/// Whether a kept conversation had ended, probably while nobody used it; the message was not taken in any case.
fn was_stale(delivery: &Delivery) -> bool {
    match delivery {
        Delivery::Broken { after_dot, how } => !after_dot && *how == Broken::Dropped,
        Delivery::Refused { stage, reply } => *stage == Stage::Mail && reply.is_closing(),
        Delivery::Taken(_) | Delivery::Unfit(_) => false,
    }
}
