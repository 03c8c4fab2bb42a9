//! The configuration: one commented default file in the binary, then a file, the environment, flags.
//!
//! Owns: every key (documented in `default.toml` and `providers/`), its type, its default, and what makes two of them
//! contradict. What a kind of provider makes of its own keys is that kind's business: they stay as they stand here.
//!
//! Guarantees: an unknown key stops the start and is named with the nearest known one; all contradictions are told at
//! once, each with its remedy; secrets come from files of their own or the environment and never print.
//!
//! Never: reads the environment itself (the caller hands it in), opens a database, calls a provider.

mod container;
mod layers;
mod providers;
mod schema;
mod secret;
mod sections;
mod validate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use providers::ProviderEntry;
pub use secret::{DatabaseUrl, Secret};
pub use sections::{
    BounceMailbox, Bounces, ChannelRules, Delivery, Http, Keys, Law, LogFormat, MailboxTls, RemindersSection,
    StoreSection, TelemetrySection, Templates, TestSends,
};
pub use validate::{Problem, is_loopback, is_protected, list};

/// The whole configuration, read, complete and free of contradictions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP edge.
    pub http: Http,
    /// The database.
    pub store: StoreSection,
    /// Keys of the sealed data.
    pub keys: Keys,
    /// The engine.
    pub delivery: Delivery,
    /// The accounts that carry messages, in the order to try them within their channel.
    #[serde(default)]
    pub providers: Vec<ProviderEntry>,
    /// Reminders of deadlines.
    pub reminders: RemindersSection,
    /// Tests of notices.
    pub test_sends: TestSends,
    /// The door for bounce mail.
    pub bounces: Bounces,
    /// Files that stand in for embedded ones.
    pub templates: Templates,
    /// The rules.
    pub law: Law,
    /// Logs.
    pub telemetry: TelemetrySection,
}

/// Why there is no configuration. Never holds a value, only keys: a value may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {path} is not TOML at line {line}: {reason}")]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Why, from the parser.
        reason: String,
    },
    /// A key that does not exist.
    #[error("there is no key `{key}` in the configuration{hint}")]
    UnknownKey {
        /// The key as given.
        key: String,
        /// The nearest known one, as the rest of the sentence.
        hint: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` must be {wanted}, not {got}")]
    Type {
        /// The key.
        key: String,
        /// What belongs there.
        wanted: &'static str,
        /// What stands there.
        got: &'static str,
    },
    /// A provider of a kind that does not exist.
    #[error("a provider has no kind `{kind}`; `kind` is one of {known}")]
    ProviderKind {
        /// As given.
        kind: String,
        /// Those that exist.
        known: String,
    },
    /// A variable or flag names a provider that the file does not have.
    #[error("no provider is named {name}; declare it under [[providers]] in the configuration file first")]
    NoSuchProvider {
        /// As given.
        name: String,
    },
    /// A variable that is not text.
    #[error("{name}: its value is not UTF-8")]
    NotText {
        /// Name of the variable.
        name: String,
    },
    /// What a variable gives cannot be used.
    #[error("{name}: {source}")]
    Given {
        /// Name of the variable.
        name: String,
        /// Why.
        source: Box<ConfigError>,
    },
    /// A value that reads well and is not one of those allowed, or one that is missing.
    #[error("the configuration cannot be used: {0}")]
    Value(String),
    /// A secret in a configuration file.
    #[error(
        "`{key}` is a secret and does not belong into a configuration file; put it into a file of its own and name that \
         as `{key}_file`, or set it in the environment"
    )]
    SecretInFile {
        /// The key.
        key: String,
    },
    /// A secret's file cannot be read or is empty.
    #[error("the file {path} that `{key}_file` names {reason}")]
    SecretFile {
        /// Key of the secret.
        key: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the rest of the sentence.
        reason: String,
    },
    /// Keys that contradict each other or make no sense.
    #[error("the configuration cannot be used:{}", validate::list(.0))]
    Invalid(Vec<Problem>),
}

impl Config {
    /// The embedded file with every key and its meaning.
    pub const DEFAULT_FILE: &'static str = schema::DEFAULT;

    /// Reads defaults, then `file`, then those of `env` that start with `CANDOUR_`, then `flags` (key with dots, value). What
    /// Amazon sets for a container that has a role fills what a provider that uses that role leaves open.
    ///
    /// # Errors
    /// When a source cannot be read, a key is unknown or of the wrong type, a secret is missing, or keys contradict.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (OsString, OsString)>,
        flags: &[(&str, String)],
    ) -> Result<Self, ConfigError> {
        let mut merged = layers::from_file(file)?;
        let env = layers::in_text(env)?;
        layers::apply_environment(&mut merged, &env)?;
        for (key, value) in flags {
            layers::apply_flag(&mut merged, key, value)?;
        }
        container::fill(&mut merged, &env);
        let providers = read_providers(merged.remove("providers"))?;
        let mut config: Self = merged.try_into().map_err(|e: toml::de::Error| ConfigError::Value(in_words(&e)))?;
        config.providers = providers;
        config.read_secrets()?;
        let problems = validate::problems(&config);
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::Invalid(problems)) }
    }

    /// Fills every secret that the environment did not give from the file named for it.
    fn read_secrets(&mut self) -> Result<(), ConfigError> {
        let keys = &mut self.keys;
        let mut slots = vec![secret::Slot {
            key: String::from("keys.master_key"),
            file: &keys.master_key_file,
            secret: &mut keys.master_key,
        }];
        slots.push(secret::Slot {
            key: String::from("reminders.webhook_secret"),
            file: &self.reminders.webhook_secret_file,
            secret: &mut self.reminders.webhook_secret,
        });
        slots.push(secret::Slot {
            key: String::from("bounces.mailbox.password"),
            file: &self.bounces.mailbox.password_file,
            secret: &mut self.bounces.mailbox.password,
        });
        slots.push(secret::Slot {
            key: String::from("bounces.mailbox.oauth_client_secret"),
            file: &self.bounces.mailbox.oauth_client_secret_file,
            secret: &mut self.bounces.mailbox.oauth_client_secret,
        });
        slots.push(secret::Slot {
            key: String::from("bounces.mailbox.oauth_refresh_token"),
            file: &self.bounces.mailbox.oauth_refresh_token_file,
            secret: &mut self.bounces.mailbox.oauth_refresh_token,
        });
        for slot in slots {
            if let (None, Some(path)) = (&slot.secret, slot.file) {
                *slot.secret = Some(secret::read(&slot.key, path)?);
            }
        }
        let previous = keys.previous_master_key_files.iter();
        keys.previous_master_keys =
            previous.map(|path| secret::read("keys.previous_master_key", path)).collect::<Result<_, _>>()?;
        let previous = self.reminders.previous_webhook_secret_files.iter();
        self.reminders.previous_webhook_secrets =
            previous.map(|path| secret::read("reminders.previous_webhook_secret", path)).collect::<Result<_, _>>()?;
        self.providers.iter_mut().try_for_each(ProviderEntry::read_secrets)
    }
}

/// Reads the providers one by one, so that what is wrong with one is said with its name.
fn read_providers(listed: Option<toml::Value>) -> Result<Vec<ProviderEntry>, ConfigError> {
    let entries = match listed {
        Some(toml::Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let read = |entry: toml::Value| {
        let name = entry.get("name").and_then(toml::Value::as_str).unwrap_or("(no name)").to_owned();
        entry.try_into().map_err(|e| ConfigError::Value(format!("provider {name}: {}", in_words(&e))))
    };
    entries.into_iter().map(read).collect()
}

/// What the parser says, in one line. Names keys and words of closed sets; secrets are free text and never refused here.
fn in_words(error: &toml::de::Error) -> String {
    error.to_string().trim().replace('\n', " ")
}

#[cfg(test)]
mod tests;
