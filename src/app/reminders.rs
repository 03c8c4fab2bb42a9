//! From the configuration to whoever reminds responders of deadlines.

use std::sync::Arc;

use super::AppError;
use crate::config::Config;
use crate::deadlines::{Deadlines, Reminders, Settings, Signer};
use crate::domain::channel::Channel;
use crate::domain::contact::EmailAddress;
use crate::providers::Provider;
use crate::providers::http::{Http, Reach};
use crate::telemetry::Metrics;

/// The key that signs calls to responders' systems, where one is configured.
///
/// # Errors
/// When it is no key.
pub fn signer(config: &Config) -> Result<Option<Signer>, AppError> {
    Ok(config.reminders.webhook_secret.as_ref().map(|secret| Signer::parse(secret.expose())).transpose()?)
}

/// Whom reminders go to and by which provider. Addresses have been checked by the configuration.
///
/// # Errors
/// When there are mailboxes and no provider for them, or the key of webhooks is none.
pub fn reminders<'a>(
    config: &Config,
    mut carriers: impl Iterator<Item = &'a Arc<dyn Provider>>,
) -> Result<Settings, AppError> {
    let section = &config.reminders;
    let is_wanted = |provider: &&Arc<dyn Provider>| {
        let about = provider.describe();
        about.channel == Channel::Email && section.provider.as_ref().is_none_or(|name| *name == about.name)
    };
    let mail = carriers.find(is_wanted).cloned();
    if mail.is_none() && !section.email.is_empty() {
        let named = section.provider.as_ref().map(|name| format!(" of the name {name}"));
        return Err(AppError::NoMail(named.unwrap_or_default()));
    }
    Ok(Settings {
        email: section.email.iter().filter_map(|address| EmailAddress::parse(address).ok()).collect(),
        mail,
        webhooks: section.webhooks.clone(),
        signer: signer(config)?,
    })
}

/// Puts the reminders together.
pub(super) fn build(
    config: &Config,
    carriers: &[Arc<dyn Provider>],
    deadlines: Deadlines,
    metrics: Arc<Metrics>,
) -> Result<Reminders, AppError> {
    let settings = reminders(config, carriers.iter())?;
    let http = Http::new(Reach::Anywhere).map_err(AppError::Http)?;
    Ok(Reminders::new(deadlines, metrics, http, settings))
}
