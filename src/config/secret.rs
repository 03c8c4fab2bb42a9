//! Values that never print.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::{ConfigError, schema};

/// A secret: it prints as a mask and is wiped on drop.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself. Every call is a place where it leaves its wrapper; keep them few.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// The address of a database; the password in it, if there is one, does not print.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct DatabaseUrl(Zeroizing<String>);

impl DatabaseUrl {
    /// Wraps a URL.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self(Zeroizing::new(url))
    }

    /// The whole URL, for the one who opens it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl std::fmt::Display for DatabaseUrl {
    /// The URL with its password masked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A password may also stand in the query, where every value is left out.
        let (address, query) = self.0.split_once('?').map_or((self.0.as_str(), false), |(a, _)| (a, true));
        let tail = if query { "?[options]" } else { "" };
        let parts = address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
        match parts {
            None => write!(f, "{address}{tail}"),
            Some((scheme, (login, host))) => {
                let user = login.split(':').next().unwrap_or_default();
                let mask = if login.contains(':') { ":[secret]" } else { "" };
                write!(f, "{scheme}://{user}{mask}@{host}{tail}")
            }
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A place in the configuration that a file of its own may fill.
pub(super) struct Slot<'a> {
    /// Key of the secret, e.g. `keys.master_key`; its file's key has `_file` behind it.
    pub(super) key: String,
    /// The file, where one is named.
    pub(super) file: &'a Option<PathBuf>,
    /// The secret, where the environment gave it.
    pub(super) secret: &'a mut Option<Secret>,
}

/// A secret's file holds the secret and maybe a line break, as editors leave one.
pub(super) fn read(key: &str, path: &Path) -> Result<Secret, ConfigError> {
    let fail = |reason: String| ConfigError::SecretFile { key: key.to_owned(), path: path.to_path_buf(), reason };
    let mut text = std::fs::read_to_string(path).map_err(|e| fail(format!("cannot be read: {e}")))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.is_empty() { Err(fail(String::from("is empty"))) } else { Ok(Secret::new(text)) }
}

/// Puts secrets in place of the files that hold them, wherever the documentation has a secret: `KEY_file` becomes
/// `KEY`, unless the environment gave that, and the list `KEY_files` becomes the list `KEYs`.
pub(super) fn fill(table: &mut Table, documented: &Table, path: &str) -> Result<(), ConfigError> {
    for (key, known) in documented {
        let at = format!("{path}.{key}");
        match known {
            _ if schema::is_secret(known) && key == "*" => {
                let any = table.keys().filter_map(|name| Some(name.strip_suffix("_file")?.to_owned()));
                for name in any.collect::<Vec<_>>() {
                    fill_one(table, &name, &format!("{path}.{name}"))?;
                }
            }
            _ if schema::is_secret(known) => fill_one(table, key, &at)?,
            Value::Array(_) if key.ends_with("_files") => {
                let Some(Value::Array(files)) = table.remove(key) else { continue };
                let name = key.trim_end_matches("_files");
                let secrets = files.iter().filter_map(Value::as_str).map(|file| {
                    let secret = read(&format!("{path}.{name}"), Path::new(file))?;
                    Ok(Value::String(secret.expose().to_owned()))
                });
                let secrets = secrets.collect::<Result<_, ConfigError>>()?;
                table.insert(format!("{name}s"), Value::Array(secrets));
            }
            Value::Table(known) => {
                if let Some(Value::Table(inner)) = table.get_mut(key) {
                    fill(inner, known, &at)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts one secret in place of its file.
fn fill_one(table: &mut Table, key: &str, at: &str) -> Result<(), ConfigError> {
    let file = table.remove(&format!("{key}_file"));
    if let (None, Some(file)) = (table.get(key), file.as_ref().and_then(Value::as_str)) {
        let secret = read(at, Path::new(file))?;
        table.insert(key.to_owned(), Value::String(secret.expose().to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_prints_what_it_holds() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
        for (url, shown) in [
            ("postgres://app:hunter2@db:5432/candour", "postgres://app:[secret]@db:5432/candour"),
            ("postgres://app:p@ss@db/candour?password=hunter2", "postgres://app:[secret]@db/candour?[options]"),
            ("postgres://app@db/candour", "postgres://app@db/candour"),
            ("sqlite:candour.db", "sqlite:candour.db"),
        ] {
            assert_eq!(format!("{:?}", DatabaseUrl::new(url.to_owned())), shown);
        }
    }
}
