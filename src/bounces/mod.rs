//! The doors for bounce mail: a mail server hands it in by LMTP (RFC 2033) or SMTP, or it is fetched from a mailbox by IMAP (RFC
//! 9051), and it becomes receipts.
//!
//! Owns: the listener of `[bounces]`, its limits, and what it says to whom; the connection to `[bounces.mailbox]`, and what goes from
//! there when.
//!
//! Guarantees: takes mail for bounce addresses that a provider signed, and of what comes to a configured address or lies in the
//! mailbox only reports that hold the name of an attempt under a provider's signature; says "taken" once what it means is durable,
//! and "later" where it could not be made so; holds no more connections, bytes and time than configured.
//!
//! Never: sends mail, answers a bounce, keeps a message.

mod conversation;
mod mailbox;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Bounces;
use crate::delivery::{ReceiptFailure, Receipts};
use crate::domain::clock::Clock;
use crate::providers::{MAIL_TO_NOBODY, Provider, ReceiptRequest};
use crate::telemetry::Metrics;

pub use self::mailbox::{MailboxFault, check as check_mailbox};

/// How long one line may take; RFC 5321 section 4.5.3.2.7 asks for five minutes.
const LINE: Duration = Duration::from_mins(5);
/// How long a conversation may take as a whole.
const WHOLE: Duration = Duration::from_mins(30);
/// How long conversations may go on after the process was asked to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What it says is durable.
    Taken,
    /// It could not be made durable; it should come again.
    Later,
    /// It is no report that can be read.
    Unreadable,
}

/// Takes messages for bounce addresses.
pub struct Door {
    providers: Vec<Arc<dyn Provider>>,
    receipts: Arc<Receipts>,
    clock: Arc<dyn Clock>,
    limits: Bounces,
    metrics: Arc<Metrics>,
}

/// Doors that are open.
pub struct Open {
    /// Where it listens, if it does.
    pub address: Option<SocketAddr>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Door {
    /// With the providers whose bounce addresses are taken.
    #[must_use]
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        receipts: Arc<Receipts>,
        clock: Arc<dyn Clock>,
        limits: Bounces,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { providers, receipts, clock, limits, metrics }
    }

    /// Opens the doors that are configured.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn open(self) -> std::io::Result<Option<Open>> {
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let door = Arc::new(self);
        let mut address = None;
        if let Some(listen) = door.limits.listen {
            let listener = TcpListener::bind(listen).await?;
            address = Some(listener.local_addr()?);
            tracker.spawn(accept(Arc::clone(&door), listener, stop.clone(), tracker.clone()));
        }
        if let Some(mailbox) = door.limits.mailbox.configured() {
            tracker.spawn(mailbox::run(Arc::clone(&door), mailbox, stop.clone()));
        }
        Ok((!tracker.is_empty()).then_some(Open { address, stop, tracker }))
    }

    /// The provider whose bounce address that is.
    pub(crate) fn provider(&self, address: &str) -> Option<&str> {
        let found = self.providers.iter().find(|provider| provider.takes_mail_for(address));
        found.map(|provider| provider.describe().name.as_str())
    }

    /// Whether the listener takes mail for that address.
    pub(crate) fn takes_mail_for(&self, address: &str) -> bool {
        self.provider(address).is_some() || self.limits.addresses.iter().any(|own| own.eq_ignore_ascii_case(address))
    }

    /// Takes one message that came to that address. If it is no bounce address of a provider's, what the message holds says
    /// whose it is.
    pub(crate) async fn take(&self, address: &str, message: &[u8]) -> Verdict {
        match self.provider(address) {
            // No request over HTTP has such an address: it says that the recipient was checked.
            Some(name) => self.hand_over(name, format!("mailto:{address}"), message).await,
            None => self.take_by_contents(message).await,
        }
    }

    /// Takes one message for whoever signed the name of an attempt in it.
    pub(crate) async fn take_by_contents(&self, message: &[u8]) -> Verdict {
        let Some(provider) = self.providers.iter().find(|provider| provider.signed_mail(message)) else {
            tracing::warn!("a message is to no bounce address and holds no name of an attempt under our signature");
            return Verdict::Unreadable;
        };
        self.hand_over(&provider.describe().name, String::from(MAIL_TO_NOBODY), message).await
    }

    async fn hand_over(&self, name: &str, url: String, message: &[u8]) -> Verdict {
        let request = ReceiptRequest {
            url,
            headers: std::collections::BTreeMap::new(),
            body: bytes::Bytes::copy_from_slice(message),
            now: self.clock.now(),
        };
        match self.receipts.receive(name, &request).await {
            Ok(_) => Verdict::Taken,
            Err(ReceiptFailure::Overloaded | ReceiptFailure::Store(_)) => Verdict::Later,
            Err(error) => {
                tracing::warn!(provider = name, %error, "a message among the bounces is no report");
                Verdict::Unreadable
            }
        }
    }
}

async fn accept(door: Arc<Door>, listener: TcpListener, stop: CancellationToken, tracker: TaskTracker) {
    let room = Arc::new(Semaphore::new(door.limits.max_connections));
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a mail server could not be let in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (door, stop, place) = (Arc::clone(&door), stop.clone(), Arc::clone(&room).try_acquire_owned().ok());
        tracker.spawn(async move {
            let (reader, writer) = stream.into_split();
            let talk = conversation::hold(&door, reader, writer, place.is_some(), LINE);
            // However it ends: what was taken is durable, and the mail server brings the rest again.
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tokio::time::timeout(WHOLE, talk) => {}
            }
        });
    }
}

impl Open {
    /// Closes the door.
    pub async fn close(self) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(LAST_WORDS, self.tracker.wait()).await.is_err() {
            tracing::warn!("a conversation with a mail server was cut off");
        }
    }
}
