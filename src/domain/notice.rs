//! What individuals are told: a version of it per incident, rendered per person, locale, jurisdiction and channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::channel::Channel;
use super::clock::Millis;
use super::facts::IncidentFacts;
use super::id::{IncidentId, NoticeId};
use super::locale::Locale;
use super::variant::NoticeVariant;

/// The content of a notice, as a responder writes it. Texts are Handlebars templates in strict mode: a name that has no
/// value stops the preview and the proposal, and so never reaches a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeContent {
    /// Set of templates under `templates/notices/` that frames the texts; `standard` unless named.
    #[serde(default = "standard_template")]
    pub template: String,
    /// Locale for people whose own is not among the texts. Must be one of them.
    pub default_locale: Locale,
    /// The texts per locale.
    #[schema(value_type = std::collections::BTreeMap<String, NoticeTexts>)]
    pub texts: BTreeMap<Locale, NoticeTexts>,
    /// What the people of some jurisdictions read otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<NoticeVariant>,
    /// The order of channels tried for each person.
    #[serde(default = "standard_cascade")]
    pub cascade: Vec<Channel>,
}

fn standard_template() -> String {
    String::from("standard")
}

fn standard_cascade() -> Vec<Channel> {
    vec![Channel::Email, Channel::Sms, Channel::Push]
}

impl NoticeContent {
    /// The order of channels tried where a notice names none.
    #[must_use]
    pub fn usual_cascade() -> Vec<Channel> {
        standard_cascade()
    }
}

/// The four bodies the law and common decency ask for, in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeTexts {
    /// Subject line; the template's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What happened and what it may mean for the person.
    pub what_happened: String,
    /// What has been done and will be done.
    pub what_we_do: String,
    /// What the person can do for protection. Each a step.
    pub what_you_can_do: Vec<String>,
    /// What is offered to the person.
    pub what_we_offer: String,
    /// One or two sentences for a text message or a lock screen, where only the shortest fits; the template's own when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
}

/// One version of an incident's notice. Never changed; a change makes the next version.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Identifier.
    pub id: NoticeId,
    /// The incident.
    pub incident: IncidentId,
    /// Version, from 1.
    pub version: i64,
    /// The content.
    pub content: NoticeContent,
    /// The incident's facts as they were when it was written: later amendments make a new version, never change this one.
    pub facts: IncidentFacts,
    /// What stands for the content in approvals and attempts: SHA-256, hex, of content, frame and facts.
    pub hash: String,
    /// When it was written.
    pub created_at: Millis,
}

/// Hash over the parts that decide what people read: the content, the template files that frame it and the facts they
/// are filled with. Each part goes in with its length, so no two lists share an encoding.
#[must_use]
pub fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

impl NoticeContent {
    /// The locale of the texts for a person: the person's own, then ever more general ones, then the default.
    #[must_use]
    pub fn resolve(&self, wanted: Option<&Locale>) -> &Locale {
        let texts_in = |locale: &Locale| self.texts.get_key_value(locale).map(|(found, _)| found);
        wanted
            .and_then(|wanted| texts_in(wanted).or_else(|| wanted.fallbacks().iter().find_map(texts_in)))
            .unwrap_or(&self.default_locale)
    }
}
