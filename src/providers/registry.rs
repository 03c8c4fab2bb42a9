//! The providers of this process: built once from the configuration, found by name or by channel.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use super::Provider;
use super::aliyun::AliyunProvider;
use super::apns::ApnsProvider;
use super::configured::HttpProvider;
use super::fcm::FcmProvider;
use super::govuk_notify::GovukNotifyProvider;
use super::kannel::KannelProvider;
use super::lob::LobProvider;
use super::mailgun::MailgunProvider;
use super::messagebird::MessageBirdProvider;
use super::ntfy::NtfyProvider;
use super::pingen::PingenProvider;
use super::postmark::PostmarkProvider;
use super::print::PrintProvider;
use super::sendgrid::SendGridProvider;
use super::ses::SesProvider;
use super::settings::{Common, Faults, Surroundings, UnfitSettings};
use super::smpp::SmppProvider;
use super::smtp::SmtpProvider;
use super::sns::SnsProvider;
use super::spool::SpoolProvider;
use super::tencent::TencentProvider;
use super::twilio::{TwilioProvider, TwilioVoiceProvider};
use super::vonage::VonageProvider;
use super::webpush::WebPushProvider;
use crate::config::{Problem, ProviderEntry};
use crate::domain::channel::Channel;

/// A kind of provider.
struct Kind {
    /// Its name in the configuration.
    name: &'static str,
    /// Messages in the air at once, unless configured.
    concurrency: usize,
    /// Builds one: reads key files, checks values, connects to nothing.
    build: Build,
}

type Build = fn(&Common, &ProviderEntry, &Surroundings) -> Result<Arc<dyn Provider>, Faults>;

/// Every kind there is, one row each.
#[rustfmt::skip]
const KINDS: [Kind; 24] = [
    Kind { name: "smtp", concurrency: 32, build: |common, entry, _| Ok(Arc::new(SmtpProvider::build(common, &entry.read()?)?)) },
    Kind { name: "twilio", concurrency: 16, build: |common, entry, around| Ok(Arc::new(TwilioProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "twilio_voice", concurrency: 16, build: |common, entry, around| Ok(Arc::new(TwilioVoiceProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "smpp", concurrency: 10, build: |common, entry, around| Ok(Arc::new(SmppProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "kannel", concurrency: 16, build: |common, entry, around| Ok(Arc::new(KannelProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "vonage", concurrency: 16, build: |common, entry, around| Ok(Arc::new(VonageProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "sns", concurrency: 16, build: |common, entry, around| Ok(Arc::new(SnsProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "messagebird", concurrency: 16, build: |common, entry, around| Ok(Arc::new(MessageBirdProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "aliyun", concurrency: 16, build: |common, entry, around| Ok(Arc::new(AliyunProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "tencent", concurrency: 16, build: |common, entry, around| Ok(Arc::new(TencentProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "webpush", concurrency: 64, build: |common, entry, around| Ok(Arc::new(WebPushProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "ses", concurrency: 32, build: |common, entry, around| Ok(Arc::new(SesProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "sendgrid", concurrency: 32, build: |common, entry, _| Ok(Arc::new(SendGridProvider::build(common, &entry.read()?)?)) },
    Kind { name: "postmark", concurrency: 32, build: |common, entry, _| Ok(Arc::new(PostmarkProvider::build(common, &entry.read()?)?)) },
    Kind { name: "mailgun", concurrency: 32, build: |common, entry, _| Ok(Arc::new(MailgunProvider::build(common, &entry.read()?)?)) },
    Kind { name: "http", concurrency: 16, build: |common, entry, around| Ok(Arc::new(HttpProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "fcm", concurrency: 64, build: |common, entry, around| Ok(Arc::new(FcmProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "apns", concurrency: 64, build: |common, entry, around| Ok(Arc::new(ApnsProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "ntfy", concurrency: 16, build: |common, entry, _| Ok(Arc::new(NtfyProvider::build(common, &entry.read()?)?)) },
    Kind { name: "print", concurrency: 8, build: |common, entry, around| Ok(Arc::new(PrintProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "lob", concurrency: 8, build: |common, entry, around| Ok(Arc::new(LobProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "pingen", concurrency: 8, build: |common, entry, around| Ok(Arc::new(PingenProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "govuk_notify", concurrency: 8, build: |common, entry, around| Ok(Arc::new(GovukNotifyProvider::build(common, &entry.read()?, around)?)) },
    Kind { name: "spool", concurrency: 8, build: |common, entry, around| Ok(Arc::new(SpoolProvider::build(common, &entry.read()?, around)?)) },
];

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
    /// Builds every provider; connects to nothing. Receipts come to `{public_url}/v1/receipts/{name}`.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, each with its key and the remedy.
    pub fn build(entries: &[ProviderEntry], around: &Surroundings) -> Result<Self, UnfitSettings> {
        let (mut list, mut problems, mut names) = (Vec::with_capacity(entries.len()), Vec::new(), BTreeSet::new());
        for entry in entries {
            if !names.insert(entry.name.as_str()) {
                let reason = String::from("two providers have this name; give each its own");
                problems.push(Problem { key: entry.key("name"), reason });
            }
            match build(entry, around) {
                Ok(provider) => list.push(provider),
                Err(faults) => problems.extend(faults.under(entry)),
            }
        }
        if problems.is_empty() { Ok(Self { list }) } else { Err(UnfitSettings(problems)) }
    }

    /// Takes providers that exist already.
    #[must_use]
    pub const fn of(list: Vec<Arc<dyn Provider>>) -> Self {
        Self { list }
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

fn build(entry: &ProviderEntry, around: &Surroundings) -> Result<Arc<dyn Provider>, Faults> {
    let known = || KINDS.map(|kind| kind.name).join(", ");
    let kind = KINDS.iter().find(|kind| kind.name == entry.kind);
    let kind = kind.ok_or_else(|| Faults::one("kind", format!("is one of {}", known())))?;
    let provider = (kind.build)(&Common::of(entry, kind.concurrency), entry, around)?;
    destinations_fit(entry, provider.describe().channel)?;
    Ok(provider)
}

/// Destinations are named as their channel knows them.
fn destinations_fit(entry: &ProviderEntry, channel: Channel) -> Result<(), Faults> {
    let is_number = |text: &String| {
        text.strip_prefix('+').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_country = |text: &String| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let mut faults = Faults::default();
    for (key, named) in [("only_to", &entry.only_to), ("not_to", &entry.not_to)] {
        let (fits, reason) = match channel {
            Channel::Sms | Channel::Voice => {
                (named.iter().all(is_number), "give the first digits of numbers, like \"+86\" or \"+1876\"")
            }
            Channel::Letter => (named.iter().all(is_country), "give countries by their ISO 3166-1 codes, like \"DE\""),
            Channel::Push => (named.is_empty(), "leave it out: a push provider carries the targets of its own kind"),
            Channel::Email => (named.is_empty(), "leave it out: a provider for email carries all of it"),
        };
        faults.require(fits, key, reason);
    }
    faults.none()
}

/// Where a provider's receipts come in.
#[must_use]
pub fn receipts_url(public_url: &Url, name: &str) -> String {
    format!("{}/v1/receipts/{name}", public_url.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::System;

    fn around() -> Surroundings {
        let public_url = Some(Url::parse("https://candour.example.org/").unwrap());
        Surroundings { public_url, ..Surroundings::for_tests(Arc::new(System)) }
    }

    fn spool(name: &str, channel: &str) -> ProviderEntry {
        let directory = std::env::temp_dir();
        let text = format!(
            "kind = 'spool'\nname = '{name}'\nchannel = '{channel}'\nprice = '0.1 EUR'\ndirectory = '{}'",
            directory.display()
        );
        ProviderEntry::parse(&text).unwrap()
    }

    fn problems(entries: &[&str]) -> Vec<String> {
        let entries: Vec<_> = entries.iter().map(|text| ProviderEntry::parse(text).unwrap()).collect();
        let UnfitSettings(problems) = Providers::build(&entries, &around()).unwrap_err();
        problems.into_iter().map(|p| format!("{}: {}", p.key, p.reason)).collect()
    }

    #[test]
    fn providers_are_found_by_name_and_by_channel_in_order() {
        let entries = [spool("b", "sms"), spool("a", "sms"), spool("c", "push")];
        let providers = Providers::build(&entries, &around()).unwrap();
        let names: Vec<_> = providers.for_channel(Channel::Sms).map(|p| p.describe().name.clone()).collect();
        assert_eq!(names, ["b", "a"]);
        let about = providers.by_name("c").unwrap().describe();
        assert_eq!((about.channel, about.concurrency, about.receipts), (Channel::Push, 8, false));
        assert_eq!(about.price.unwrap().micros, 100_000);
        assert!(providers.by_name("d").is_none());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_key_and_remedy() {
        let said = problems(&[
            "kind = 'spool'\nname = 'out'\nchannel = 'sms'",
            "kind = 'spool'\nname = 'out'\nchannel = 'smoke'\ndirectory = 'x'",
            "kind = 'spool'\nname = 'third'\nchannel = 'sms'\ndirectory = 'x'\ncolour = 'red'",
            "kind = 'smoke'\nname = 'fourth'",
            "kind = 'smtp'\nname = 'relay'\nhost = '192.0.2.1'\nport = 25\ntls = 'none'\nfrom = 'a@b.example'\n\
             username = 'u'\ndkim = { selector = 's', domain = 'other.example' }",
        ]);
        for start in [
            "providers.out.directory: is missing",
            "providers.out.name: two providers",
            "providers.out.channel: not as documented",
            "providers.fourth.kind: is one of smtp, ",
            "providers.relay.tls: ",
            "providers.relay.username: ",
            "providers.relay.dkim.key_file: ",
            "providers.relay.dkim.domain: ",
        ] {
            assert!(said.iter().any(|line| line.starts_with(start)), "{start} is missing in {said:#?}");
        }
        assert!(said.iter().any(|line| line.starts_with("providers.third") && line.contains("colour")), "{said:#?}");
    }

    #[test]
    fn the_documented_examples_are_read_by_their_kinds_and_show_the_defaults() {
        let documented = ProviderEntry::documented();
        let kinds: BTreeSet<_> = documented.iter().map(|entry| entry.kind.clone()).collect();
        assert_eq!(kinds, KINDS.iter().map(|kind| kind.name.to_owned()).collect());
        for entry in documented {
            let kind = KINDS.iter().find(|kind| kind.name == entry.kind).unwrap();
            assert_eq!(entry.concurrency, Some(kind.concurrency), "{}", kind.name);
            // Keys that are not there and files that nobody has are no fault of the documentation.
            let faults = build(&entry, &around()).err().unwrap_or_default().to_string();
            for word in ["is missing", "not as documented", "is one of"] {
                assert!(!faults.contains(word), "{}: {faults}", kind.name);
            }
        }
    }
}
