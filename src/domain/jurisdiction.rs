//! The name of a rule set, e.g. `eu-gdpr`, `us-ca`, `cn`.

use serde::{Deserialize, Serialize};

/// A rule set that may apply to an incident or a person. Lower-case letters, digits and hyphens, at most 32.
///
/// That the text is well formed does not say that rules exist for it: the law room knows which do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "us-ca")]
pub struct JurisdictionId(String);

/// Why a text is not a jurisdiction's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a jurisdiction is lower-case letters, digits and hyphens, at most 32 characters, like us-ca")]
pub struct JurisdictionIdError;

impl JurisdictionId {
    /// Parses a name; surrounding blanks and upper case are forgiven.
    ///
    /// # Errors
    /// When the text is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, JurisdictionIdError> {
        let text = text.trim().to_ascii_lowercase();
        let fits = !text.is_empty()
            && text.len() <= 32
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text)) } else { Err(JurisdictionIdError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for JurisdictionId {
    type Error = JurisdictionIdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<JurisdictionId> for String {
    fn from(id: JurisdictionId) -> Self {
        id.0
    }
}

impl std::fmt::Display for JurisdictionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
