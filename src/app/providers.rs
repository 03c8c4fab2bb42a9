//! From a provider as it is configured to the settings that its implementation takes.

use crate::config::{ProviderConfig, Secret, TlsMode};
use crate::incidents::forecast::Carrier;
use crate::providers::Descriptor;
use crate::providers::settings::{
    ProviderSettings, SecretSource, SmtpBounces, SmtpDkim, SmtpLogin, SmtpSettings, SmtpTls, SpoolSettings,
    TwilioSettings, WebPushSettings,
};

/// A provider as forecasts see it.
pub(super) fn carrier(about: &Descriptor) -> Carrier {
    Carrier { name: about.name.clone(), channel: about.channel, rate: about.rate, concurrency: about.concurrency }
}

/// The settings of one configured provider. Secrets have been read and required ones checked by the configuration.
pub(super) fn settings(config: &ProviderConfig) -> ProviderSettings {
    match config {
        ProviderConfig::Smtp(c) => {
            let (from_name, from) = name_and_address(&c.from);
            let bounce_domain = c.domain.clone().or_else(|| from.rsplit_once('@').map(|(_, domain)| domain.to_owned()));
            let bounces = c.bounce_secret.as_ref().zip(bounce_domain).map(|(secret, domain)| SmtpBounces {
                domain,
                prefix: String::from("bounce+"),
                secrets: vec![source(secret)],
                intake_tokens: vec![source(secret)],
            });
            ProviderSettings::Smtp(SmtpSettings {
                name: c.name.clone(),
                host: c.host.clone(),
                port: Some(c.port),
                tls: match c.tls {
                    TlsMode::Implicit => SmtpTls::Implicit,
                    TlsMode::Starttls => SmtpTls::Starttls,
                    TlsMode::None => SmtpTls::None,
                },
                ca_file: c.ca_file.clone(),
                hello_name: None,
                login: c
                    .username
                    .clone()
                    .zip(c.password.as_ref())
                    .map(|(username, password)| SmtpLogin { username, password: source(password) }),
                from,
                from_name,
                reply_to: c.reply_to.clone(),
                bounces,
                dkim: c
                    .dkim
                    .iter()
                    .filter_map(|d| {
                        let key = source(d.key.as_ref()?);
                        Some(SmtpDkim { domain: d.domain.clone(), selector: d.selector.clone(), key })
                    })
                    .collect(),
                concurrency: c.concurrency,
                rate: c.rate,
                messages_per_connection: 100,
            })
        }
        ProviderConfig::Twilio(c) => ProviderSettings::Twilio(TwilioSettings {
            name: c.name.clone(),
            account_sid: c.account_sid.clone(),
            auth_tokens: c.auth_token.iter().map(source).collect(),
            api_key: None,
            shared_keys: std::collections::BTreeMap::new(),
            from: c.from.clone(),
            messaging_service_sid: c.messaging_service_sid.clone(),
            validity_seconds: None,
            base_url: c.base_url.clone().unwrap_or_else(|| "https://api.twilio.com".parse().expect("a constant URL")),
            concurrency: c.concurrency,
            rate: c.rate,
        }),
        ProviderConfig::Webpush(c) => ProviderSettings::Webpush(WebPushSettings {
            name: c.name.clone(),
            vapid_key: c.vapid_private_key.as_ref().map_or_else(|| SecretSource::inline(""), source),
            subject: c.subject.clone(),
            ttl_seconds: 28 * 24 * 3600,
            allow_private: c.allow_private_endpoints,
            concurrency: c.concurrency,
            rate: c.rate,
        }),
        ProviderConfig::Spool(c) => ProviderSettings::Spool(SpoolSettings {
            name: c.name.clone(),
            channel: c.channel,
            directory: c.directory.clone(),
            from: String::from("notices@localhost.localdomain"),
            concurrency: c.concurrency,
            rate: c.rate,
        }),
    }
}

fn source(secret: &Secret) -> SecretSource {
    SecretSource::inline(secret.expose())
}

/// Splits `Name <address>`; a bare address has no name.
fn name_and_address(text: &str) -> (Option<String>, String) {
    match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"').to_owned();
            (Some(name).filter(|n| !n.is_empty()), address.trim().to_owned())
        }
        None => (None, text.trim().to_owned()),
    }
}
