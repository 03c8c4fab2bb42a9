//! From the configuration to the responders who are reminded of deadlines and told of alarms.

use std::sync::Arc;

use super::{AppError, Base, public_url};
use crate::alarms::Alarms;
use crate::config::Config;
use crate::deadlines::{Deadlines, Reminders};
use crate::domain::channel::Channel;
use crate::domain::contact::EmailAddress;
use crate::providers::Provider;
use crate::providers::http::{Http, Reach};
use crate::responders::{Responders, Settings, Signer};
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

/// Whom reminders and alarms go to and by which providers: the one that is named or else the first, then the other ones for
/// email. Addresses have been checked by the configuration.
///
/// # Errors
/// When there are mailboxes and no provider for them, or the key of webhooks is none.
pub fn responders<'a>(
    config: &Config,
    carriers: impl Iterator<Item = &'a Arc<dyn Provider>>,
) -> Result<Settings, AppError> {
    let section = &config.reminders;
    let of_email = carriers.filter(|provider| provider.describe().channel == Channel::Email);
    let mut mail: Vec<Arc<dyn Provider>> = of_email.cloned().collect();
    if let Some(name) = &section.provider {
        let Some(at) = mail.iter().position(|provider| provider.describe().name == *name) else {
            return Err(AppError::NoMail(format!(" of the name {name}")));
        };
        mail[..=at].rotate_right(1);
    }
    if mail.is_empty() && !section.email.is_empty() {
        return Err(AppError::NoMail(String::new()));
    }
    Ok(Settings {
        email: section.email.iter().filter_map(|address| EmailAddress::parse(address).ok()).collect(),
        mail,
        webhooks: section.webhooks.clone(),
        signer: signer(config)?,
    })
}

/// Puts together who reminds them of deadlines and who tells them of alarms.
pub(super) fn build(
    config: &Config,
    carriers: &[Arc<dyn Provider>],
    base: Base,
    deadlines: &Deadlines,
    metrics: &Arc<Metrics>,
) -> Result<(Reminders, Arc<Alarms>), AppError> {
    let settings = responders(config, carriers.iter())?;
    let http = Http::new(Reach::Anywhere).map_err(AppError::Http)?;
    let responders = Arc::new(Responders::new(http, settings));
    let reminders = Reminders::new(deadlines.clone(), Arc::clone(metrics), Arc::clone(&responders));
    let carry = carriers.iter().map(|p| (p.describe().name.clone(), p.describe().channel)).collect();
    let alarms = Alarms::new(base, Arc::clone(metrics), responders, carry, public_url(config).as_str());
    Ok((reminders, Arc::new(alarms)))
}
