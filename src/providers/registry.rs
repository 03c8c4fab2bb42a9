//! The providers of this process: built once from the configuration, found by name or by channel.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use super::settings::ProviderSettings;
use super::smtp::SmtpProvider;
use super::spool::SpoolProvider;
use super::twilio::TwilioProvider;
use super::webpush::WebPushProvider;
use super::{Provider, ProviderFault};
use crate::domain::channel::Channel;
use crate::domain::clock::Entropy;

/// All configured providers, in the order of the configuration: the first of a channel is tried first.
#[derive(Clone, Default)]
pub struct Providers {
    list: Vec<Arc<dyn Provider>>,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.list.iter().map(|p| p.describe())).finish()
    }
}

impl Providers {
    /// Builds every provider: reads secrets and key files, checks values. Connects to nothing.
    ///
    /// `public_url` is where the outside reaches this service; receipts come to `{public_url}/v1/receipts/{name}`.
    ///
    /// # Errors
    /// The first provider that cannot be built, with the reason and the remedy.
    pub fn build(
        settings: &[ProviderSettings],
        entropy: &Arc<dyn Entropy>,
        public_url: &Url,
    ) -> Result<Self, ProviderFault> {
        let mut list: Vec<Arc<dyn Provider>> = Vec::with_capacity(settings.len());
        for one in settings {
            let name = one.name();
            let fault = |reason: String| ProviderFault { name: name.to_owned(), reason };
            check_name(name).map_err(fault)?;
            list.push(match one {
                ProviderSettings::Smtp(s) => Arc::new(SmtpProvider::build(s).map_err(fault)?),
                ProviderSettings::Twilio(s) => {
                    Arc::new(TwilioProvider::build(s, &receipts_url(public_url, name)).map_err(fault)?)
                }
                ProviderSettings::Webpush(s) => {
                    Arc::new(WebPushProvider::build(s, Arc::clone(entropy)).map_err(fault)?)
                }
                ProviderSettings::Spool(s) => Arc::new(SpoolProvider::build(s).map_err(fault)?),
            });
        }
        Self::of(list)
    }

    /// Takes providers that exist already.
    ///
    /// # Errors
    /// When two have the same name.
    pub fn of(list: Vec<Arc<dyn Provider>>) -> Result<Self, ProviderFault> {
        let mut seen = BTreeSet::new();
        for provider in &list {
            let name = &provider.describe().name;
            if !seen.insert(name.clone()) {
                let reason = String::from("two providers have this name; give each its own");
                return Err(ProviderFault { name: name.clone(), reason });
            }
        }
        Ok(Self { list })
    }

    /// The provider of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.list.iter().find(|p| p.describe().name == name)
    }

    /// The providers of a channel, in order of preference.
    pub fn for_channel(&self, channel: Channel) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.list.iter().filter(move |p| p.describe().channel == channel)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.list.iter()
    }
}

/// Where a provider's receipts come in.
#[must_use]
pub fn receipts_url(public_url: &Url, name: &str) -> String {
    format!("{}/v1/receipts/{name}", public_url.as_str().trim_end_matches('/'))
}

fn check_name(name: &str) -> Result<(), String> {
    let fits = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if fits {
        Ok(())
    } else {
        Err(String::from("a provider's name is 1 to 40 small letters, digits, - or _; it is part of an address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::settings::SpoolSettings;
    use crate::system::System;

    fn spool(name: &str, channel: Channel) -> ProviderSettings {
        ProviderSettings::Spool(SpoolSettings {
            name: name.to_owned(),
            channel,
            directory: std::env::temp_dir(),
            from: String::from("a@example.org"),
            concurrency: 1,
            rate: None,
        })
    }

    fn build(settings: &[ProviderSettings]) -> Result<Providers, ProviderFault> {
        let entropy: Arc<dyn Entropy> = Arc::new(System);
        Providers::build(settings, &entropy, &Url::parse("https://candour.example.org/").unwrap())
    }

    #[test]
    fn providers_are_found_by_name_and_by_channel_in_order() {
        let settings = [spool("b", Channel::Sms), spool("a", Channel::Sms), spool("c", Channel::Push)];
        let providers = build(&settings).unwrap();
        let names: Vec<_> = providers.for_channel(Channel::Sms).map(|p| p.describe().name.clone()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(providers.by_name("c").map(|p| p.describe().channel), Some(Channel::Push));
        assert!(providers.by_name("d").is_none());
    }

    #[test]
    fn a_name_is_given_once_and_fits_an_address() {
        let twice = build(&[spool("a", Channel::Sms), spool("a", Channel::Push)]).unwrap_err();
        assert_eq!(twice.name, "a");
        assert!(build(&[spool("Big One", Channel::Sms)]).is_err());
    }
}
