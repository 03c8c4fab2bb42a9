//! Letters for a printing house: PDFs, collected into batches with a manifest, in a directory that the house takes them from.
//!
//! A letter is accepted once it is durable in the directory. A batch is handed over when it has so many letters or its first
//! one has waited so long, and by the next start of the process what an earlier one left. What became of letters comes back
//! as a file, posted to the receipts with a bearer token. The files hold personal data in clear; they are the owner's alone.

mod manifest;
mod returns;
mod tray;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::runtime::Handle;

pub use self::manifest::Form as ManifestForm;
pub use self::tray::{Rules, Slip, Tray};
use super::press::{Press, Sender};
use super::protocol::shown;
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::config::Secret;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// `kind = "print"`: a directory for a printing house.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintSettings {
    /// The directory; it is created with access for the owner alone.
    pub directory: PathBuf,
    /// Paper and window, by name.
    #[serde(default = "din5008_b")]
    pub form: String,
    /// Who writes.
    #[serde(default)]
    pub sender: Sender,
    /// Whether both sides of a sheet are printed.
    #[serde(default = "yes")]
    pub duplex: bool,
    /// Postage class within the sender's country, in the house's words.
    #[serde(default = "standard")]
    pub postage: String,
    /// Postage class to other countries.
    #[serde(default = "international")]
    pub postage_abroad: String,
    /// How the manifest is written.
    #[serde(default)]
    pub manifest: ManifestForm,
    /// Letters in a batch at most.
    #[serde(default = "five_hundred")]
    pub batch: usize,
    /// Seconds that a letter waits at most for its batch to fill.
    #[serde(default = "hour")]
    pub batch_seconds: u64,
    /// The token that return files come with.
    #[serde(default)]
    pub receipt_token: Option<Secret>,
    /// Tokens from before a rotation.
    #[serde(default)]
    pub previous_receipt_tokens: Vec<Secret>,
}

fn din5008_b() -> String {
    String::from("din5008_b")
}

const fn yes() -> bool {
    true
}

fn standard() -> String {
    String::from("standard")
}

fn international() -> String {
    String::from("international")
}

const fn five_hundred() -> usize {
    500
}

const fn hour() -> u64 {
    3600
}

/// A directory for a printing house.
pub struct PrintProvider {
    descriptor: Descriptor,
    press: Press,
    tokens: Vec<Secret>,
    batch: usize,
    desk: Arc<Desk>,
}

/// What outlives a call: the directory, and whether somebody waits to hand over.
struct Desk {
    name: String,
    tray: Tray,
    rules: Rules,
    wait: Duration,
    waiting: AtomicBool,
}

impl PrintProvider {
    /// Builds the provider and its directory, and sees to what an earlier process left in it.
    ///
    /// # Errors
    /// When the directory cannot be made, there is no such form, or a postage class does not fit a manifest.
    pub fn build(common: &Common, settings: &PrintSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_ ".contains(&b));
        for (key, text) in [("postage", &settings.postage), ("postage_abroad", &settings.postage_abroad)] {
            faults.require(plain(text), key, "is made of letters, digits, blanks, - and _");
        }
        faults.require(settings.batch > 0, "batch", "is at least 1");
        faults.none()?;
        let directory = &settings.directory;
        let tray = Tray::open(directory)
            .map_err(|e| Faults::one("directory", format!("{} cannot be made: {e}", directory.display())))?;
        let rules = Rules {
            form: settings.manifest,
            duplex: settings.duplex,
            country: settings.sender.country.clone(),
            postage: (settings.postage.clone(), settings.postage_abroad.clone()),
        };
        let desk = Arc::new(Desk {
            name: common.name.clone(),
            tray,
            rules,
            wait: Duration::from_secs(settings.batch_seconds),
            waiting: AtomicBool::new(false),
        });
        if desk.tray.waiting().is_ok_and(|letters| letters > 0) {
            desk.hand_over_later();
        }
        Ok(Self {
            descriptor: common.descriptor("print", Channel::Letter, false),
            press: Press::new(&settings.form, &settings.sender, &around.fonts)?,
            tokens: settings.receipt_token.iter().chain(&settings.previous_receipt_tokens).cloned().collect(),
            batch: settings.batch,
            desk,
        })
    }
}

impl Desk {
    /// Hands over after the wait, once for all letters that come until then. Without a runtime nobody waits: whoever only
    /// looks at the configuration leaves the letters to the process that sends.
    fn hand_over_later(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let desk = Arc::clone(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(desk.wait).await;
                desk.waiting.store(false, Ordering::Release);
                let again = Arc::clone(&desk);
                let done = tokio::task::spawn_blocking(move || again.hand_over()).await;
                if matches!(done, Ok(true)) || desk.waiting.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        });
    }

    /// Hands over all that waits; false if it must be tried again.
    fn hand_over(&self) -> bool {
        loop {
            match self.tray.hand_over(&self.rules) {
                Ok(None) => return true,
                Ok(Some(batch)) => {
                    tracing::info!(provider = %self.name, batch, "a batch of letters is ready to be printed");
                }
                Err(error) => {
                    tracing::error!(provider = %self.name, %error, "letters cannot be handed over; trying again later");
                    return false;
                }
            }
        }
    }
}

#[async_trait]
impl Provider for PrintProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let pdf = match self.press.set(message, now).await {
            Ok(pdf) => pdf,
            Err(answer) => return answer,
        };
        let Body::Letter { to, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let country = to.country.clone().filter(|code| code.bytes().all(|b| b.is_ascii_uppercase()));
        let slip = Slip { attempt: message.attempt, pages: pdf.pages, country };
        let (desk, batch) = (Arc::clone(&self.desk), self.batch);
        let taken = tokio::task::spawn_blocking(move || {
            let waiting = desk.tray.take_in(&slip, &pdf.bytes)?;
            if waiting >= batch {
                desk.hand_over();
            }
            std::io::Result::Ok(())
        });
        match taken.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(()) => {
                self.desk.hand_over_later();
                Answer { reference: Some(message.attempt.to_string()), ..Answer::of(Outcome::Accepted, "collected") }
            }
            Err(error) => {
                tracing::warn!(provider = %self.descriptor.name, %error, "the printing house's directory takes no letter");
                Answer::of(Outcome::Retry, format!("write-{:?}", error.kind()))
            }
        }
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if self.tokens.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        if !shown::bearer(request, &self.tokens) {
            return Err(ReceiptError::Forged);
        }
        returns::read(&request.body)
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let desk = Arc::clone(&self.desk);
        let tried = tokio::task::spawn_blocking(move || desk.tray.waiting()).await;
        let tried = tried.unwrap_or_else(|e| Err(std::io::Error::other(e)));
        tried.map(|_| Checked::Directory).map_err(|error| ProviderFault {
            name: self.descriptor.name.clone(),
            reason: format!("the printing house's directory cannot be used: {error}"),
        })
    }
}
