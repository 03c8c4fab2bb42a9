//! What keys must agree on between them. All that is wrong is told at once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use url::Url;

use super::{Config, MailboxTls, ProviderEntry};
use crate::domain::attempt::UnknownPolicy;
use crate::domain::channel::Channel;
use crate::domain::contact::EmailAddress;
use crate::domain::test_send::Allowed;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key to change.
    pub key: String,
    /// What is wrong and what to do about it.
    pub reason: String,
}

/// The problems as lines.
#[must_use]
pub fn list(problems: &[Problem]) -> String {
    problems.iter().flat_map(|p| ["\n  ", p.key.as_str(), ": ", p.reason.as_str()]).collect()
}

/// Collects what is wrong.
#[derive(Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn require(&mut self, holds: bool, key: impl Into<String>, reason: impl Into<String>) {
        if !holds {
            self.0.push(Problem { key: key.into(), reason: reason.into() });
        }
    }
}

/// Everything that is wrong with a configuration whose keys and types are right.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut found = Findings::default();
    http(config, &mut found);
    store(config, &mut found);
    delivery(config, &mut found);
    reminders(config, &mut found);
    for entry in &config.test_sends.allow {
        let reason = "give addresses like qa@example.org or *@example.org, numbers like +14155550123, or push targets";
        found.require(Allowed::parse(entry).is_ok(), "test_sends.allow", reason);
    }
    let bounces = &config.bounces;
    found.require(bounces.max_message_bytes >= 65_536, "bounces.max_message_bytes", "give at least 65536");
    found.require((1..=10_000).contains(&bounces.max_connections), "bounces.max_connections", "give 1 to 10000");
    for address in &bounces.addresses {
        let fits = EmailAddress::parse(address).is_ok();
        found.require(fits, "bounces.addresses", "give plain addresses like bounces@example.org");
    }
    mailbox(config, &mut found);
    for provider in &config.providers {
        any_provider(provider, &mut found);
    }
    let mut names = BTreeSet::new();
    for provider in &config.providers {
        let unique = names.insert(provider.name.as_str());
        found.require(unique, provider.key("name"), "two providers have this name; rename one");
    }
    let level = tracing_subscriber::EnvFilter::try_new(&config.telemetry.log_level);
    found.require(
        level.is_ok(),
        "telemetry.log_level",
        "give error, warn, info, debug or trace, or directives like info,candour::delivery=debug",
    );
    found.0
}

fn http(config: &Config, found: &mut Findings) {
    let http = &config.http;
    found.require(
        http.max_body_bytes >= 65_536,
        "http.max_body_bytes",
        "an incident may need 65536 bytes; give at least that",
    );
    found.require(http.request_timeout_seconds > 0, "http.request_timeout_seconds", "give at least 1");
    if let Some(url) = &http.public_url {
        let plain = url.query().is_none() && url.fragment().is_none() && url.path() == "/" && url.username().is_empty();
        found.require(plain, "http.public_url", "give scheme and host only, like https://notify.example.org");
        found.require(
            is_protected(url),
            "http.public_url",
            "use https: people's addresses and providers' callbacks come this way",
        );
    }
}

fn store(config: &Config, found: &mut Findings) {
    let url = config.store.url.expose();
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    found.require(known, "store.url", "give sqlite:FILE or postgres://USER@HOST/NAME");
    found.require(
        config.store.connections >= 2,
        "store.connections",
        "give at least 2, so that pages answer while the engine works",
    );
}

fn delivery(config: &Config, found: &mut Findings) {
    let delivery = &config.delivery;
    found.require(delivery.heartbeat_seconds > 0, "delivery.heartbeat_seconds", "give at least 1");
    found.require(
        u64::from(delivery.lease_seconds) > 3 * u64::from(delivery.heartbeat_seconds),
        "delivery.lease_seconds",
        format!(
            "must be more than three heartbeats, or one late heartbeat hands people to a second worker; give more than {}",
            3 * u64::from(delivery.heartbeat_seconds)
        ),
    );
    found.require((1..=10_000).contains(&delivery.batch), "delivery.batch", "give 1 to 10000");
    found.require((10..=60_000).contains(&delivery.poll_ms), "delivery.poll_ms", "give 10 to 60000");
    found.require((1..=3600).contains(&delivery.ask_after_seconds), "delivery.ask_after_seconds", "give 1 to 3600");
    found.require(
        (delivery.ask_after_seconds..=86_400).contains(&delivery.ask_until_seconds),
        "delivery.ask_until_seconds",
        "give no less than ask_after_seconds, and a day at most",
    );
    for channel in Channel::ALL {
        let rules = delivery.rules(channel);
        let key = |name: &str| format!("delivery.{channel}.{name}");
        found.require(rules.max_tries >= 1, key("max_tries"), "give at least 1: the first try counts");
        found.require(rules.base_ms >= 1, key("base_ms"), "give at least 1");
        found.require(rules.cap_ms >= rules.base_ms, key("cap_ms"), "must not be below base_ms");
        found.require(rules.pause_ms >= 1, key("pause_ms"), "give at least 1");
        let by_hand = matches!(channel, Channel::Letter | Channel::Voice);
        found.require(
            !(by_hand && rules.unknown == UnknownPolicy::Repeat),
            key("unknown"),
            "a second letter or call is never sent by itself; use \"hold\" and let a person decide",
        );
    }
}

fn mailbox(config: &Config, found: &mut Findings) {
    let mailbox = &config.bounces.mailbox;
    let Some(host) = &mailbox.host else { return };
    let key = |name: &str| format!("bounces.mailbox.{name}");
    found.require(mailbox.username.is_some(), key("username"), "name the user whose mailbox it is");
    match &mailbox.oauth_token_url {
        None => found.require(
            mailbox.password.is_some(),
            key("password_file"),
            "name the file with the user's password, or where a token for the login comes from (oauth_token_url)",
        ),
        Some(url) => {
            found.require(mailbox.password.is_none(), key("password_file"), "leave it out: the login shows a token");
            found.require(is_protected(url), key("oauth_token_url"), "use https");
            found.require(mailbox.oauth_client_id.is_some(), key("oauth_client_id"), "name the application");
            found.require(
                mailbox.oauth_client_secret.is_some() || mailbox.oauth_refresh_token.is_some(),
                key("oauth_client_secret_file"),
                "name the file with the application's secret, or that with a user's refresh token (oauth_refresh_token_file)",
            );
        }
    }
    found.require(
        mailbox.tls != MailboxTls::None || is_loopback(host),
        key("tls"),
        "without protection only a server on this machine is read; give \"implicit\" or \"starttls\"",
    );
    found.require(!mailbox.folder.is_empty(), key("folder"), "name the folder, mostly INBOX");
    found.require(mailbox.move_to.as_ref() != Some(&mailbox.folder), key("move_to"), "name another folder");
    found.require((5..=1500).contains(&mailbox.poll_seconds), key("poll_seconds"), "give 5 to 1500");
}

fn reminders(config: &Config, found: &mut Findings) {
    let reminders = &config.reminders;
    for address in &reminders.email {
        let fits = EmailAddress::parse(address).is_ok();
        found.require(fits, "reminders.email", "give plain addresses like duty@example.org");
    }
    if let Some(name) = &reminders.provider {
        let known = config.providers.iter().any(|provider| provider.name == *name);
        found.require(known, "reminders.provider", "give the name of a provider for email");
    }
    for url in &reminders.webhooks {
        let plain = url.username().is_empty() && url.password().is_none();
        found.require(
            is_protected(url) && plain,
            "reminders.webhooks",
            "give https addresses without user and password",
        );
    }
    found.require(
        reminders.webhooks.is_empty() || reminders.webhook_secret.is_some(),
        "reminders.webhook_secret_file",
        "name the file with the key that signs calls to reminders.webhooks",
    );
    found.require((1..=3600).contains(&reminders.period_seconds), "reminders.period_seconds", "give 1 to 3600");
}

/// What every kind has. The rest is checked where the provider is built.
fn any_provider(provider: &ProviderEntry, found: &mut Findings) {
    let name = &provider.name;
    let named = (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    found.require(named, provider.key("name"), "give lower-case letters, digits and hyphens, at most 32");
    found.require(provider.concurrency.is_none_or(|c| c >= 1), provider.key("concurrency"), "give at least 1");
    found.require(
        provider.timeout_seconds.is_none_or(|seconds| (1..=300).contains(&seconds)),
        provider.key("timeout_seconds"),
        "give 1 to 300",
    );
    found.require(
        provider.rate.is_none_or(|rate| rate.is_finite() && rate > 0.0),
        provider.key("rate"),
        "give messages a second above 0, or leave it out for no limit",
    );
}

/// Whether an address is https, or on this machine.
#[must_use]
pub fn is_protected(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(is_loopback))
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
