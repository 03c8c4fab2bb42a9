//! Values that never print.

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

/// A secret: it prints as a mask and is wiped on drop.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_prints_what_it_holds() {
        assert_eq!(format!("{:?}", Secret::new(String::from("hunter2"))), "[secret]");
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
