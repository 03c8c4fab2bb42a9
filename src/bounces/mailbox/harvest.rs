//! What lies in the folder becomes receipts, and goes once it is durable what it says.

use std::time::Duration;

use async_imap::error::Error;
use async_imap::types::Fetch;
use futures_util::{Stream, TryStreamExt};
use tokio::time::timeout;

use super::recipient;
use super::session::{Abilities, MailboxFault, Session};
use crate::bounces::{Door, Verdict};
use crate::config::BounceMailbox;

/// How long one command may take.
const COMMAND: Duration = Duration::from_mins(2);
/// So many sizes are asked for at once.
const CHUNK: usize = 100;
/// What is looked at: a message that makes no sense is flagged, so that it is looked at once and people see it.
const UNSEEN_BY_US: &str = "UNDELETED UNFLAGGED";

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harvest {
    /// Nothing is left that can be taken.
    Done,
    /// Receipts cannot be stored for now; the rest waits where it is.
    Later,
}

/// Looks at all that lies there.
pub(super) async fn harvest(
    session: &mut Session,
    abilities: Abilities,
    door: &Door,
    settings: &BounceMailbox,
) -> Result<Harvest, MailboxFault> {
    let mut uids: Vec<u32> = within(session.uid_search(UNSEEN_BY_US)).await?.into_iter().collect();
    uids.sort_unstable();
    for chunk in uids.chunks(CHUNK) {
        for (uid, size) in sizes(session, chunk).await? {
            let verdict = if size > door.limits.max_message_bytes {
                Verdict::Unreadable
            } else {
                let Some(message) = message(session, uid).await? else { continue };
                judge(door, &message).await
            };
            match verdict {
                Verdict::Taken => remove(session, uid, abilities, settings).await?,
                Verdict::Later => return Ok(Harvest::Later),
                Verdict::Unreadable => {
                    tracing::warn!(
                        "a message in the mailbox for bounces is none that can be read; it is flagged and stays"
                    );
                    flag(session, uid).await?;
                }
            }
        }
        // News of the folder that nobody asked for; the next look sees them all.
        while session.unsolicited_responses.try_recv().is_ok() {}
    }
    Ok(Harvest::Done)
}

/// Takes a message for the first of its recipients that is a bounce address of ours, or else by what it holds.
async fn judge(door: &Door, message: &[u8]) -> Verdict {
    let ours = recipient::addresses(message).into_iter().find(|address| door.provider(address).is_some());
    match ours {
        Some(address) => door.take(&address, message).await,
        None => door.take_by_contents(message).await,
    }
}

async fn sizes(session: &mut Session, uids: &[u32]) -> Result<Vec<(u32, usize)>, MailboxFault> {
    let set: Vec<String> = uids.iter().map(ToString::to_string).collect();
    let fetched: Vec<Fetch> = within(async {
        let stream = session.uid_fetch(set.join(","), "(UID RFC822.SIZE)").await?;
        stream.try_collect().await
    })
    .await?;
    Ok(fetched.iter().filter_map(|one| Some((one.uid?, usize::try_from(one.size?).ok()?))).collect())
}

/// The message; nothing when somebody else has removed it.
async fn message(session: &mut Session, uid: u32) -> Result<Option<Vec<u8>>, MailboxFault> {
    let fetched: Vec<Fetch> = within(async {
        let stream = session.uid_fetch(uid.to_string(), "(UID BODY.PEEK[])").await?;
        stream.try_collect().await
    })
    .await?;
    let ours = fetched.iter().find(|one| one.uid == Some(uid));
    Ok(ours.and_then(Fetch::body).map(<[u8]>::to_vec))
}

async fn flag(session: &mut Session, uid: u32) -> Result<(), MailboxFault> {
    within(async { drain(session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Flagged)").await?).await }).await
}

async fn remove(
    session: &mut Session,
    uid: u32,
    abilities: Abilities,
    settings: &BounceMailbox,
) -> Result<(), MailboxFault> {
    let uid = uid.to_string();
    if let Some(folder) = &settings.move_to {
        let refused = |error: MailboxFault| match error {
            MailboxFault::Broken("the server refused a command") => MailboxFault::Folder(folder.clone()),
            error => error,
        };
        if abilities.moves {
            return within(session.uid_mv(&uid, folder)).await.map_err(refused);
        }
        within(session.uid_copy(&uid, folder)).await.map_err(refused)?;
    }
    within(async { drain(session.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").await?).await }).await?;
    if abilities.uid_plus {
        within(async { drain(session.uid_expunge(&uid).await?).await }).await
    } else {
        within(async { drain(session.expunge().await?).await }).await
    }
}

/// Reads an answer to its end.
async fn drain<T>(stream: impl Stream<Item = Result<T, Error>>) -> Result<(), Error> {
    stream.try_for_each(|_| std::future::ready(Ok(()))).await
}

async fn within<T>(command: impl Future<Output = Result<T, Error>>) -> Result<T, MailboxFault> {
    match timeout(COMMAND, command).await {
        Ok(done) => done.map_err(|error| MailboxFault::of(&error)),
        Err(_) => Err(MailboxFault::Slow),
    }
}
