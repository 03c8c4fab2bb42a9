//! Responders: the people and systems that are told when something needs them.
//!
//! Owns how they are reached: mailboxes, through the configured providers for email, and calls to their systems, signed.
//! Guarantees that an address stays in the configuration (rows and logs have a hash of it) and that a repeat can be told from
//! a second message, by its Message-ID or `webhook-id`. Never keeps what was said and never tries again by itself: whoever has
//! something to say writes it down first and says it until it is taken.
//!
//! | file | owns |
//! |---|---|
//! | `webhook.rs` | signed calls |
//! | `watch.rs` | looks again and again whether there is something to say |

mod watch;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;

pub use watch::{Look, WatchHandle, watch};
pub use webhook::{Signer, WebhookSecretError};

use crate::domain::clock::Millis;
use crate::domain::contact::EmailAddress;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::domain::reminder::ReminderState;
use crate::domain::retry::RetryPolicy;
use crate::providers::Provider;
use crate::providers::http::Http;

/// How long one process may take to send what it has claimed, in milliseconds; afterwards others take it over.
pub const LEASE_MS: i64 = 300_000;
/// How long one sending may take; well within the lease.
pub const SENDING: Duration = Duration::from_mins(1);
/// When to try again: after 1, 2, 4, ... minutes up to an hour, for about a day.
const RETRY: RetryPolicy = RetryPolicy { max_tries: 30, base_ms: 60_000, cap_ms: 3_600_000 };

/// Whom to tell, and through what.
pub struct Settings {
    /// Mailboxes.
    pub email: Vec<EmailAddress>,
    /// The providers that carry email to them, in the order in which they are tried.
    pub mail: Vec<Arc<dyn Provider>>,
    /// Systems.
    pub webhooks: Vec<Url>,
    /// Signs calls to them.
    pub signer: Option<Signer>,
}

/// One of them.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// A mailbox.
    Email(EmailAddress),
    /// A system.
    Webhook(Url),
}

/// What came of telling one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Taken by the mail relay, or answered with success.
    Taken(String),
    /// Not taken; may be tried again under the same identifier.
    NotTaken(String),
    /// Refused for good.
    Gone(String),
}

impl Told {
    /// Where what was to be said goes: its state, the code, and how long until it is said again, in milliseconds. `tries` counts
    /// this one; `jitter` is a fraction in `[0, 1)`.
    #[must_use]
    pub fn leads_to(self, tries: i64, jitter: f64) -> (ReminderState, String, Option<i64>) {
        let tries = u16::try_from(tries).unwrap_or(u16::MAX);
        match self {
            Self::Taken(code) => (ReminderState::Sent, code, None),
            Self::Gone(code) => (ReminderState::Failed, code, None),
            Self::NotTaken(code) => match RETRY.wait_after(tries, jitter) {
                Some(wait) => (ReminderState::Due, code, Some(wait)),
                None => (ReminderState::Failed, code, None),
            },
        }
    }
}

/// All of them.
pub struct Responders {
    http: Http,
    mail: Vec<Arc<dyn Provider>>,
    signer: Option<Signer>,
    /// By the name under which rows have them.
    recipients: BTreeMap<String, Recipient>,
}

impl Responders {
    /// Those who are configured and can be told.
    #[must_use]
    pub fn new(http: Http, settings: Settings) -> Self {
        let mut recipients = BTreeMap::new();
        for address in settings.email.into_iter().filter(|_| !settings.mail.is_empty()) {
            recipients.insert(name("email", address.expose()), Recipient::Email(address));
        }
        for url in settings.webhooks.into_iter().filter(|_| settings.signer.is_some()) {
            recipients.insert(name("webhook", url.as_str()), Recipient::Webhook(url));
        }
        Self { http, mail: settings.mail, signer: settings.signer, recipients }
    }

    /// The names under which rows have them: channel and a hash of the address.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.recipients.keys()
    }

    /// The one of a name, if it is still configured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Recipient> {
        self.recipients.get(name)
    }

    /// Sends an email by the first provider that takes it; the one that it complains of is tried last. Where nobody knows
    /// whether it went out, no other is tried.
    pub async fn write(&self, message: &Message, complains_of: Option<&str>, now: Millis) -> Told {
        let sending = self.by_whoever_takes_it(message, complains_of, now);
        tokio::time::timeout(SENDING, sending).await.unwrap_or_else(|_| Told::NotTaken(String::from("timeout")))
    }

    async fn by_whoever_takes_it(&self, message: &Message, complains_of: Option<&str>, now: Millis) -> Told {
        let (last, first): (Vec<_>, Vec<_>) =
            self.mail.iter().partition(|mail| Some(mail.describe().name.as_str()) == complains_of);
        let mut not_taken = Told::NotTaken(String::from("not-configured"));
        for mail in first.into_iter().chain(last) {
            let answer = mail.send(message, now).await;
            let code = answer.code.unwrap_or_default();
            match answer.outcome {
                Outcome::Accepted | Outcome::Delivered => return Told::Taken(code),
                Outcome::BadAddress | Outcome::Rejected => return Told::Gone(code),
                // It may have gone out: a repeat has the same Message-ID.
                Outcome::Unknown => return Told::NotTaken(code),
                Outcome::Retry | Outcome::Throttled | Outcome::Misconfigured => not_taken = Told::NotTaken(code),
            }
        }
        not_taken
    }

    /// Makes a call. `id` is the same for every try.
    pub async fn call(&self, url: &Url, id: &str, body: String, now: Millis) -> Told {
        let Some(signer) = &self.signer else { return Told::NotTaken(String::from("not-configured")) };
        let call = webhook::call(&self.http, signer, url, id, body, now);
        tokio::time::timeout(SENDING, call).await.unwrap_or_else(|_| Told::NotTaken(String::from("timeout")))
    }
}

/// The name of a recipient in rows: the address itself stays in the configuration.
fn name(channel: &str, address: &str) -> String {
    let hash = hex::encode(Sha256::digest(address.as_bytes()));
    format!("{channel}:{}", &hash[..24])
}

/// The channel in a recipient's name.
#[must_use]
pub fn channel(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}
