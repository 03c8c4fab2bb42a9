//! Language tags (BCP 47) and the order in which a notice falls back from one to another.

use serde::{Deserialize, Serialize};

/// A well-formed, normalised language tag, e.g. `de`, `zh-Hant`, `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "de-AT")]
pub struct Locale(String);

/// Why a text is not a language tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag like en, de-AT or zh-Hant")]
pub struct LocaleError;

impl Locale {
    /// Parses a tag; `_` is accepted for `-`, blanks around are forgiven.
    ///
    /// # Errors
    /// When the text is not a well-formed BCP 47 tag of at most 35 characters.
    pub fn parse(text: &str) -> Result<Self, LocaleError> {
        let text = text.trim().replace('_', "-");
        if text.is_empty() || text.len() > 35 {
            return Err(LocaleError);
        }
        let tag = oxilangtag::LanguageTag::parse_and_normalize(&text).map_err(|_| LocaleError)?;
        Ok(Self(tag.into_inner()))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag itself, then ever more general ones, most specific first.
    ///
    /// Chinese falls back by script and not by country: Taiwan, Hong Kong and Macau read Traditional characters, all
    /// others Simplified (the likely subtags of Unicode CLDR).
    #[must_use]
    pub fn fallbacks(&self) -> Vec<Self> {
        let mut chain = vec![self.clone()];
        let mut push = |text: String| {
            let next = Self(text);
            if !chain.contains(&next) {
                chain.push(next);
            }
        };
        let mut parts: Vec<&str> = self.0.split('-').collect();
        if parts.first() == Some(&"zh") {
            let traditional = parts.iter().any(|p| matches!(*p, "Hant" | "TW" | "HK" | "MO"));
            push(String::from(if traditional { "zh-Hant" } else { "zh-Hans" }));
        }
        while parts.len() > 1 {
            parts.pop();
            push(parts.join("-"));
        }
        chain
    }
}

impl TryFrom<String> for Locale {
    type Error = LocaleError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> Self {
        locale.0
    }
}

impl std::fmt::Display for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
