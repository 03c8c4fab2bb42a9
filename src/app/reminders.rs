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

/// What signs calls to responders' systems, where a key is configured.
///
/// # Errors
/// When it is no key.
pub fn signer(config: &Config) -> Result<Option<Signer>, AppError> {
    let section = &config.reminders;
    let Some(secret) = &section.webhook_secret else { return Ok(None) };
    let mut signer = Signer::parse(secret.expose())?;
    for previous in &section.previous_webhook_secrets {
        signer = signer.and_previous(previous.expose())?;
    }
    Ok(Some(signer))
}

/// Puts the reminders together. Addresses have been checked by the configuration.
pub(super) fn build(
    config: &Config,
    carriers: &[Arc<dyn Provider>],
    deadlines: Deadlines,
    metrics: Arc<Metrics>,
) -> Result<Reminders, AppError> {
    let section = &config.reminders;
    let is_wanted = |provider: &&Arc<dyn Provider>| {
        let about = provider.describe();
        about.channel == Channel::Email && section.provider.as_ref().is_none_or(|name| *name == about.name)
    };
    let settings = Settings {
        email: section.email.iter().filter_map(|address| EmailAddress::parse(address).ok()).collect(),
        mail: carriers.iter().find(is_wanted).cloned(),
        webhooks: section.webhooks.clone(),
        signer: signer(config)?,
    };
    let http = Http::new(Reach::Anywhere).map_err(AppError::Http)?;
    Ok(Reminders::new(deadlines, metrics, http, settings))
}
