//! `[[providers]]`: what every kind has is read here; the rest is the business of the kind itself, in the room of the
//! providers, and is kept as it stands until then.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use zeroize::Zeroize;

use super::validate::Problem;
use super::{ConfigError, schema, secret};
use crate::domain::price::Price;

/// One configured account. Its secrets have been read from their files and stand under their own keys.
#[derive(Clone, Deserialize)]
pub struct ProviderEntry {
    /// Which implementation, e.g. `smtp`.
    pub kind: String,
    /// Its name; the last part of the address of its callbacks.
    pub name: String,
    /// Messages in the air at once; the kind's own default when absent.
    pub concurrency: Option<usize>,
    /// Messages a second, where it is limited.
    pub rate: Option<f64>,
    /// What one message costs, where that is counted.
    pub price: Option<Price>,
    /// How long a request may take, for kinds that are asked over HTTP.
    pub timeout_seconds: Option<u16>,
    /// The beginnings of the destinations that are all it carries; all when empty.
    #[serde(default)]
    pub only_to: Vec<String>,
    /// The beginnings of those that it does not carry.
    #[serde(default)]
    pub not_to: Vec<String>,
    /// The kind's own keys.
    #[serde(flatten)]
    own: Table,
}

impl std::fmt::Debug for ProviderEntry {
    /// Without the kind's own keys, some of which are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderEntry").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for ProviderEntry {
    fn drop(&mut self) {
        self.own.iter_mut().for_each(|(_, value)| wipe(value));
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| wipe(value)),
        _ => {}
    }
}

impl ProviderEntry {
    /// Reads one entry by itself, from the text of one `[[providers]]` table, with its secrets in place.
    ///
    /// # Errors
    /// When the text is not TOML, or lacks `kind` or `name`.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.message().to_owned())
    }

    /// Every kind's documented example, as the default configuration shows it.
    #[must_use]
    pub fn documented() -> Vec<Self> {
        schema::documented_providers()
    }

    /// Reads the kind's own keys.
    ///
    /// # Errors
    /// The first that is missing or is not as documented, with the key.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_path_to_error::deserialize(Value::Table(self.own.clone())).map_err(|error| {
            let path = error.path().to_string();
            let said = error.into_inner().message().to_owned();
            let missing = said.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
            let at = match (path.as_str(), missing) {
                (".", key) => key.unwrap_or_default().to_owned(),
                (path, None) => path.to_owned(),
                (path, Some(key)) => format!("{path}.{key}"),
            };
            let reason = match missing {
                Some(_) => String::from("is missing; `candour check --defaults` shows it with an example"),
                None => format!("not as documented: {said}"),
            };
            Problem { key: self.key(&at), reason }
        })
    }

    /// The path of one of its keys.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        let dot = if key.is_empty() { "" } else { "." };
        format!("providers.{}{dot}{key}", self.name)
    }

    /// Reads the secrets that stand in files of their own, unless the environment gave them.
    pub(super) fn read_secrets(&mut self) -> Result<(), ConfigError> {
        let Some(documented) = schema::example(&self.kind) else { return Ok(()) };
        secret::fill(&mut self.own, documented, &format!("providers.{}", self.name))
    }
}
