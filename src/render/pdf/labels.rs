//! The words of the frame, per locale.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::locale::Locale;

/// The words around the fields. See `templates/reports/labels.toml` for what each is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Labels {
    pub(super) authority: String,
    pub(super) legal_basis: String,
    pub(super) deadline: String,
    pub(super) deadline_none: String,
    pub(super) deadline_not_running: String,
    pub(super) rules_version: String,
    pub(super) prepared: String,
    pub(super) late: String,
    pub(super) field: String,
    pub(super) statement: String,
    pub(super) not_stated: String,
    pub(super) required: String,
    pub(super) optional: String,
    pub(super) missing: String,
    pub(super) missing_intro: String,
    pub(super) missing_none: String,
    pub(super) where_to_give: String,
    pub(super) need: String,
    pub(super) page_of: String,
}

static LABELS: LazyLock<BTreeMap<String, Labels>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../templates/reports/labels.toml"))
        .expect("the embedded labels are complete in every locale; a test reads them")
});

impl Labels {
    /// The words nearest to a locale, and the locale they are in; English where nothing is nearer.
    pub(super) fn nearest(locale: &str) -> (&'static str, &'static Self) {
        let chain = Locale::parse(locale).map(|l| l.fallbacks()).unwrap_or_default();
        chain
            .iter()
            .find_map(|tag| LABELS.get_key_value(tag.as_str()))
            .or_else(|| LABELS.get_key_value("en"))
            .map(|(tag, labels)| (tag.as_str(), labels))
            .expect("the embedded labels have English")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_languages_are_complete_and_chinese_falls_back_by_script() {
        let tags: Vec<_> = LABELS.keys().map(String::as_str).collect();
        assert_eq!(tags, ["de", "en", "es", "fr", "zh-Hans", "zh-Hant"]);
        for (given, found) in [("zh-HK", "zh-Hant"), ("zh-CN", "zh-Hans"), ("de-AT", "de"), ("ja", "en"), ("!", "en")] {
            assert_eq!(Labels::nearest(given).0, found, "{given}");
        }
        assert!(LABELS.values().all(|l| l.page_of.contains("{page}") && l.page_of.contains("{pages}")));
    }
}
