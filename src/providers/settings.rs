//! What the settings of all kinds have in common, and how a provider says what is wrong with its own.
//!
//! A kind's own settings stand in its own module; their keys and units are documented in `src/config/providers/`.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::http::{Http, Reach, WHOLE};
use super::{Descriptor, registry};
use crate::config::{Problem, ProviderEntry};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::destination::Destinations;
use crate::domain::price::Price;
use crate::render::pdf::Fonts;

/// What every kind has.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    /// Name, unique among providers.
    pub name: String,
    /// Messages in the air at once, at least 1.
    pub concurrency: usize,
    /// Messages a second, if it is limited.
    pub rate: Option<f64>,
    /// What one message costs.
    pub price: Option<Price>,
    /// How long a request over HTTP may take.
    pub timeout: Duration,
    /// What it carries within its channel.
    pub destinations: Destinations,
}

impl Common {
    /// A provider without limits, one message at a time.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            concurrency: 1,
            rate: None,
            price: None,
            timeout: WHOLE,
            destinations: Destinations::default(),
        }
    }

    /// What an entry of the configuration says, with the kind's own concurrency where it says none.
    pub(super) fn of(entry: &ProviderEntry, concurrency: usize) -> Self {
        Self {
            name: entry.name.clone(),
            concurrency: entry.concurrency.unwrap_or(concurrency).max(1),
            rate: entry.rate,
            price: entry.price,
            timeout: entry.timeout_seconds.map_or(WHOLE, |seconds| Duration::from_secs(seconds.into())),
            destinations: Destinations { only: entry.only_to.clone(), not: entry.not_to.clone() },
        }
    }

    /// A client for an address that the operator chose.
    pub(super) fn http(&self) -> Result<Http, Faults> {
        Ok(Http::new(Reach::Anywhere).map_err(Faults::at(""))?.within(self.timeout))
    }

    /// The descriptor of a provider of that kind. `receipts` says whether its channel tells of each message that
    /// arrived, so that silence means something.
    pub(super) fn descriptor(&self, kind: &'static str, channel: Channel, receipts: bool) -> Descriptor {
        Descriptor {
            name: self.name.clone(),
            kind,
            channel,
            concurrency: self.concurrency,
            rate: self.rate,
            price: self.price,
            receipts,
            destinations: self.destinations.clone(),
        }
    }
}

/// What providers are built with, beside their settings.
#[derive(Clone)]
pub struct Surroundings {
    /// The time, for checks whose requests are signed with it; messages come with theirs.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Where the outside reaches this service, if it does.
    pub public_url: Option<Url>,
    /// Faces for what is printed.
    pub fonts: Arc<Fonts>,
}

impl Surroundings {
    /// A service that is reached at `https://candour.example.org`, with the binary's and the machine's fonts.
    #[cfg(test)]
    pub(super) fn for_tests(entropy: Arc<dyn Entropy>) -> Self {
        let public_url = Url::parse("https://candour.example.org").ok();
        let clock = Arc::new(crate::system::System);
        Self { clock, entropy, public_url, fonts: Arc::new(Fonts::new(None)) }
    }

    /// The public address of a provider's callbacks.
    ///
    /// # Errors
    /// When the outside does not reach this service.
    pub(super) fn receipts_url(&self, name: &str) -> Result<String, Faults> {
        let url = self.public_url.as_ref().map(|url| registry::receipts_url(url, name));
        url.ok_or_else(|| {
            Faults::one("", "reports delivery to an address of ours; say in http.public_url how the outside reaches it")
        })
    }
}

/// What is wrong with a provider's settings: each key with what is wrong and what to do about it, as many as were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Problem>);

impl Faults {
    /// One fault.
    pub(super) fn one(key: &str, reason: impl Into<String>) -> Self {
        Self(vec![Problem { key: key.to_owned(), reason: reason.into() }])
    }

    /// Turns a reason into the fault of a key.
    pub(super) fn at(key: &str) -> impl Fn(String) -> Self {
        move |reason| Self::one(key, reason)
    }

    /// Notes a fault unless the condition holds.
    pub(super) fn require(&mut self, holds: bool, key: &str, reason: impl Into<String>) {
        if !holds {
            self.0.push(Problem { key: key.to_owned(), reason: reason.into() });
        }
    }

    /// Nothing, if no fault was found.
    ///
    /// # Errors
    /// The faults.
    pub(super) fn none(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The faults with the path of their keys in the configuration.
    pub(super) fn under(self, entry: &ProviderEntry) -> impl Iterator<Item = Problem> {
        let path = entry.key("");
        self.0.into_iter().map(move |fault| {
            let key = match fault.key.as_str() {
                "" => path.clone(),
                key if key.starts_with("providers.") => key.to_owned(),
                key => format!("{path}.{key}"),
            };
            Problem { key, ..fault }
        })
    }
}

impl From<Problem> for Faults {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<_> = self.0.iter().map(|fault| format!("{}: {}", fault.key, fault.reason)).collect();
        f.write_str(&all.join("; "))
    }
}

/// An address of an API: `path`, which begins with a slash, below whatever path the API itself has, behind a gateway say.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// Providers cannot be built as configured: everything that is wrong, at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the providers cannot be used:{}", crate::config::list(.0))]
pub struct UnfitSettings(pub Vec<Problem>);
