//! One connection to an SMSC: requests and their answers, so many at once as the window allows; what the SMSC asks; and
//! the question after a silence whether it is still there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use rusmpp::pdus::{DeliverSm, DeliverSmResp};
use rusmpp::{Command, Pdu};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio_util::codec::{FramedRead, FramedWrite};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::frame::{Frame, Frames, command};

/// Commands that wait to be written.
const WAITING: usize = 64;
/// What the SMSC brings that is worked on at once; more it is asked to bring again.
const AT_ONCE: usize = 64;
/// `ESME_RINVCMDID`: not a command that we take.
const NO_SUCH_COMMAND: u32 = 0x03;
/// `ESME_RX_T_APPN`: bring it again later.
pub(super) const LATER: u32 = 0x64;
/// `ESME_RX_P_APPN`: it cannot be taken at all.
pub(super) const NEVER: u32 = 0x65;

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It was not written: it has not left.
    NotSent,
    /// No answer in time. It may have been carried out.
    TimedOut,
    /// The connection ended first. It may have been carried out.
    Broken,
}

/// An answer: its status, and its content where it has one.
pub(super) struct Reply {
    pub(super) status: u32,
    pub(super) pdu: Option<Pdu>,
}

/// Takes what the SMSC brings.
#[async_trait]
pub(super) trait Desk: Send + Sync + 'static {
    /// Takes it and gives the status to answer with; zero once it is durable.
    async fn take(&self, delivered: DeliverSm) -> u32;
}

/// How patient a session is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For an answer.
    pub(super) answer: Duration,
    /// Before it asks whether the SMSC is still there.
    pub(super) silence: Duration,
}

/// Where a request is between being asked for and being written: whoever gets there first decides.
const OPEN: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

struct Outgoing {
    command: Command,
    progress: Option<Arc<AtomicU8>>,
}

struct Shared {
    pending: Mutex<HashMap<u32, oneshot::Sender<Reply>>>,
    outgoing: mpsc::Sender<Outgoing>,
    ended: CancellationToken,
    heard: Notify,
}

/// A connection. It ends when it is dropped.
pub(super) struct Session {
    shared: Arc<Shared>,
    sequence: AtomicU32,
    window: Semaphore,
    patience: Patience,
    _end: DropGuard,
}

impl Session {
    /// Takes over a connection.
    pub(super) fn start(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        window: usize,
        patience: Patience,
        desk: Arc<dyn Desk>,
    ) -> Arc<Self> {
        let (reading, writing) = tokio::io::split(stream);
        let (outgoing, queue) = mpsc::channel(WAITING);
        let ended = CancellationToken::new();
        let shared =
            Arc::new(Shared { pending: Mutex::default(), outgoing, ended: ended.clone(), heard: Notify::new() });
        tokio::spawn(write(FramedWrite::new(writing, Frames), queue, ended.clone()));
        tokio::spawn(read(FramedRead::new(reading, Frames), Arc::clone(&shared), desk));
        let session = Arc::new(Self {
            shared,
            sequence: AtomicU32::new(1),
            window: Semaphore::new(window),
            patience,
            _end: ended.drop_guard(),
        });
        tokio::spawn(ask_when_silent(Arc::downgrade(&session), patience.silence));
        session
    }

    /// Whether the connection is over, or takes no more messages.
    pub(super) fn is_over(&self) -> bool {
        self.shared.ended.is_cancelled() || self.window.is_closed()
    }

    /// Takes no more messages, and is over with the last answer that somebody waits for.
    pub(super) fn retire(&self) {
        self.window.close();
        self.end_if_idle(&self.pending());
    }

    fn end_if_idle(&self, pending: &HashMap<u32, oneshot::Sender<Reply>>) {
        if self.window.is_closed() && pending.is_empty() {
            self.shared.ended.cancel();
        }
    }

    /// Waits until the connection is over.
    pub(super) fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        self.shared.ended.clone().cancelled_owned()
    }

    /// A message's request: waits for room in the window.
    pub(super) async fn submit(&self, pdu: Pdu) -> Result<Reply, NoAnswer> {
        let room = tokio::time::timeout(self.patience.answer, self.window.acquire()).await;
        let Ok(Ok(_room)) = room else { return Err(NoAnswer::NotSent) };
        self.ask(pdu).await
    }

    /// Any request.
    pub(super) async fn ask(&self, pdu: Pdu) -> Result<Reply, NoAnswer> {
        // Numbers from 1 to 0x7fffffff, and round again.
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff;
        let (tell, told) = oneshot::channel();
        self.pending().insert(sequence, tell);
        let progress = Arc::new(AtomicU8::new(OPEN));
        let outgoing = Outgoing { command: command(0, sequence, pdu), progress: Some(Arc::clone(&progress)) };
        let answered = async {
            if self.shared.outgoing.send(outgoing).await.is_err() {
                return Err(NoAnswer::Broken);
            }
            tokio::select! {
                biased;
                reply = told => reply.map_err(|_| NoAnswer::Broken),
                () = self.shared.ended.cancelled() => Err(NoAnswer::Broken),
            }
        };
        let answer = tokio::time::timeout(self.patience.answer, answered).await.unwrap_or(Err(NoAnswer::TimedOut));
        let mut pending = self.pending();
        pending.remove(&sequence);
        self.end_if_idle(&pending);
        drop(pending);
        answer.map_err(|why| {
            // What was not begun by now will not be.
            let withdrawn = progress.compare_exchange(OPEN, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok();
            if withdrawn { NoAnswer::NotSent } else { why }
        })
    }

    /// Takes leave and ends the connection.
    pub(super) async fn leave(&self) {
        // Whatever the SMSC says to it, it is over.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.ask(Pdu::Unbind)).await;
        self.shared.ended.cancel();
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<u32, oneshot::Sender<Reply>>> {
        self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write<W: AsyncWrite + Unpin>(
    mut to: FramedWrite<W, Frames>,
    mut queue: mpsc::Receiver<Outgoing>,
    ended: CancellationToken,
) {
    let _end = ended.clone().drop_guard();
    loop {
        let next = tokio::select! {
            biased;
            () = ended.cancelled() => return,
            next = queue.recv() => next,
        };
        let Some(Outgoing { command, progress }) = next else { return };
        let wanted =
            progress.is_none_or(|p| p.compare_exchange(OPEN, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok());
        if wanted && to.send(command).await.is_err() {
            return;
        }
    }
}

async fn read<R: AsyncRead + Unpin>(mut from: FramedRead<R, Frames>, shared: Arc<Shared>, desk: Arc<dyn Desk>) {
    let _end = shared.ended.clone().drop_guard();
    let (room, tracker) = (Arc::new(Semaphore::new(AT_ONCE)), TaskTracker::new());
    loop {
        let next = tokio::select! {
            biased;
            () = shared.ended.cancelled() => return,
            next = from.next() => next,
        };
        let Some(Ok(frame)) = next else { return };
        shared.heard.notify_one();
        if frame.is_answer() {
            let waiting = shared.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&frame.sequence);
            if let Some(tell) = waiting {
                // Whoever asked may have given up.
                let _ = tell.send(Reply { status: frame.status, pdu: frame.pdu });
            }
            continue;
        }
        let sequence = frame.sequence;
        let answer = match asked(frame) {
            Asked::Deliver(delivered) => match Arc::clone(&room).try_acquire_owned() {
                Ok(place) => {
                    let (shared, desk) = (Arc::clone(&shared), Arc::clone(&desk));
                    tracker.spawn(async move {
                        let status = desk.take(*delivered).await;
                        drop(place);
                        say(&shared, status, sequence, Pdu::DeliverSmResp(DeliverSmResp::default())).await;
                    });
                    continue;
                }
                Err(_) => (LATER, Pdu::DeliverSmResp(DeliverSmResp::default())),
            },
            Asked::Other(status, pdu) => (status, *pdu),
            Asked::Nothing => continue,
            Asked::Leave => {
                say(&shared, 0, sequence, Pdu::UnbindResp).await;
                return;
            }
        };
        say(&shared, answer.0, sequence, answer.1).await;
    }
}

async fn say(shared: &Shared, status: u32, sequence: u32, pdu: Pdu) {
    // When the connection is over nobody listens.
    let _ = shared.outgoing.send(Outgoing { command: command(status, sequence, pdu), progress: None }).await;
}

/// What the SMSC wants.
enum Asked {
    Deliver(Box<DeliverSm>),
    Other(u32, Box<Pdu>),
    Leave,
    Nothing,
}

fn asked(frame: Frame) -> Asked {
    const DELIVER: u32 = 0x05;
    match frame.pdu {
        Some(Pdu::DeliverSm(delivered)) => Asked::Deliver(Box::new(delivered)),
        Some(Pdu::EnquireLink) => Asked::Other(0, Box::new(Pdu::EnquireLinkResp)),
        Some(Pdu::Unbind) => Asked::Leave,
        Some(Pdu::AlertNotification(_)) => Asked::Nothing,
        _ if frame.id == DELIVER => {
            tracing::warn!(garbled = frame.garbled, "the SMSC sent something that cannot be read; it is told so");
            Asked::Other(NEVER, Box::new(Pdu::DeliverSmResp(DeliverSmResp::default())))
        }
        _ => Asked::Other(NO_SUCH_COMMAND, Box::new(Pdu::GenericNack)),
    }
}

/// Asks after each silence; no answer ends the connection.
async fn ask_when_silent(session: std::sync::Weak<Session>, silence: Duration) {
    loop {
        let Some(shared) = session.upgrade().map(|session| Arc::clone(&session.shared)) else { return };
        tokio::select! {
            biased;
            () = shared.ended.cancelled() => return,
            () = shared.heard.notified() => {}
            () = tokio::time::sleep(silence) => {
                let Some(session) = session.upgrade() else { return };
                if session.ask(Pdu::EnquireLink).await.is_err() {
                    tracing::warn!("the SMSC does not answer any more; the connection is given up");
                    session.shared.ended.cancel();
                    return;
                }
            }
        }
    }
}
