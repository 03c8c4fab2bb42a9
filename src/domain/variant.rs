//! What a notice says otherwise to the people of some jurisdictions: one law forbids what another demands, and both are kept
//! with one campaign.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::jurisdiction::JurisdictionId;
use super::locale::Locale;
use super::notice::{NoticeContent, NoticeTexts};

/// What the people of some jurisdictions read in place of the texts that all others read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeVariant {
    /// Residences of those who read it. Each is in one variant at most.
    pub jurisdictions: BTreeSet<JurisdictionId>,
    /// Sections that they do not get, in any language.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub omit: BTreeSet<NoticeSection>,
    /// Sections that they get in other words, per locale of the texts. A section that is said otherwise in one language is in
    /// each of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, VariantTexts>)]
    pub texts: BTreeMap<Locale, VariantTexts>,
}

/// A section of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeSection {
    /// The subject line; without it the template's own.
    Subject,
    /// What happened.
    WhatHappened,
    /// What has been done and will be done.
    WhatWeDo,
    /// What the person can do.
    WhatYouCanDo,
    /// What is offered.
    WhatWeOffer,
    /// The short form; without it the template's own.
    Short,
}

impl NoticeSection {
    /// All sections, in the order of a notice.
    pub const ALL: [Self; 6] =
        [Self::Subject, Self::WhatHappened, Self::WhatWeDo, Self::WhatYouCanDo, Self::WhatWeOffer, Self::Short];

    /// The name, as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::WhatHappened => "what_happened",
            Self::WhatWeDo => "what_we_do",
            Self::WhatYouCanDo => "what_you_can_do",
            Self::WhatWeOffer => "what_we_offer",
            Self::Short => "short",
        }
    }
}

/// Sections in other words, in one language. What is absent is as for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VariantTexts {
    /// Subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_happened: Option<String>,
    /// What has been done and will be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_we_do: Option<String>,
    /// What the person can do. Each a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_you_can_do: Option<Vec<String>>,
    /// What is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_we_offer: Option<String>,
    /// The short form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
}

impl VariantTexts {
    fn has(&self, section: NoticeSection) -> bool {
        match section {
            NoticeSection::Subject => self.subject.is_some(),
            NoticeSection::WhatHappened => self.what_happened.is_some(),
            NoticeSection::WhatWeDo => self.what_we_do.is_some(),
            NoticeSection::WhatYouCanDo => self.what_you_can_do.is_some(),
            NoticeSection::WhatWeOffer => self.what_we_offer.is_some(),
            NoticeSection::Short => self.short.is_some(),
        }
    }
}

/// What is wrong with a variant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantFlaw {
    /// Path of the field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl NoticeVariant {
    /// The texts of one language as these people read them.
    #[must_use]
    pub fn applied(&self, locale: &Locale, texts: &NoticeTexts) -> NoticeTexts {
        let mut texts = texts.clone();
        if let Some(own) = self.texts.get(locale).cloned() {
            texts.subject = own.subject.or(texts.subject);
            texts.what_happened = own.what_happened.unwrap_or(texts.what_happened);
            texts.what_we_do = own.what_we_do.unwrap_or(texts.what_we_do);
            texts.what_you_can_do = own.what_you_can_do.unwrap_or(texts.what_you_can_do);
            texts.what_we_offer = own.what_we_offer.unwrap_or(texts.what_we_offer);
            texts.short = own.short.or(texts.short);
        }
        for section in &self.omit {
            match section {
                NoticeSection::Subject => texts.subject = None,
                NoticeSection::WhatHappened => texts.what_happened.clear(),
                NoticeSection::WhatWeDo => texts.what_we_do.clear(),
                NoticeSection::WhatYouCanDo => texts.what_you_can_do.clear(),
                NoticeSection::WhatWeOffer => texts.what_we_offer.clear(),
                NoticeSection::Short => texts.short = None,
            }
        }
        texts
    }
}

impl NoticeContent {
    /// The variant that the people of a jurisdiction read, by its place; `None` where they read what all others do.
    #[must_use]
    pub fn variant_of(&self, residence: Option<&JurisdictionId>) -> Option<usize> {
        let residence = residence?;
        self.variants.iter().position(|variant| variant.jurisdictions.contains(residence))
    }

    /// The texts as the people read them to whom a variant goes, or all others, per language.
    #[must_use]
    pub fn texts_of(&self, variant: Option<usize>) -> BTreeMap<Locale, NoticeTexts> {
        let Some(variant) = variant.and_then(|place| self.variants.get(place)) else { return self.texts.clone() };
        self.texts.iter().map(|(locale, texts)| (locale.clone(), variant.applied(locale, texts))).collect()
    }

    /// Everything that is wrong with the variants; empty when they are sound.
    #[must_use]
    pub fn variant_flaws(&self) -> Vec<VariantFlaw> {
        let mut flaws = Vec::new();
        let mut taken: BTreeMap<&JurisdictionId, usize> = BTreeMap::new();
        for (place, variant) in self.variants.iter().enumerate() {
            let mut flaw = |field: &str, reason: String| {
                flaws.push(VariantFlaw { field: format!("variants[{place}]{field}"), reason });
            };
            if variant.jurisdictions.is_empty() {
                flaw(".jurisdictions", String::from("it is empty, so that nobody would read this"));
            }
            for jurisdiction in &variant.jurisdictions {
                if let Some(other) = taken.insert(jurisdiction, place) {
                    flaw(".jurisdictions", format!("{jurisdiction} is in variants[{other}], too"));
                }
            }
            for locale in variant.texts.keys().filter(|locale| !self.texts.contains_key(*locale)) {
                flaw(&format!(".texts.{locale}"), String::from("the notice has no texts in this locale"));
            }
            let said: BTreeSet<NoticeSection> = NoticeSection::ALL
                .into_iter()
                .filter(|section| variant.texts.values().any(|texts| texts.has(*section)))
                .collect();
            for section in &said {
                if variant.omit.contains(section) {
                    flaw(".omit", format!("{} is left out and said otherwise at once", section.as_str()));
                }
                // Whoever reads another language would get what this variant is there to keep from them.
                for locale in self.texts.keys().filter(|l| !variant.texts.get(*l).is_some_and(|t| t.has(*section))) {
                    let field = format!(".texts.{locale}.{}", section.as_str());
                    flaw(&field, String::from("another language of this variant says it otherwise, this one does not"));
                }
            }
            if said.is_empty() && variant.omit.is_empty() {
                flaw("", String::from("it neither leaves out nor says otherwise anything"));
            }
        }
        flaws
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn content(variants: &Value) -> NoticeContent {
        let texts = json!({ "subject": "S", "what_happened": "H", "what_we_do": "D", "what_you_can_do": ["Y"],
            "what_we_offer": "O" });
        serde_json::from_value(json!({
            "default_locale": "en", "texts": { "en": texts, "es": texts }, "variants": variants }))
        .unwrap()
    }

    fn fields(variants: &Value) -> Vec<String> {
        content(variants).variant_flaws().into_iter().map(|flaw| flaw.field).collect()
    }

    #[test]
    fn sections_are_replaced_left_out_or_stay() {
        let content = content(&json!([{ "jurisdictions": ["us-ma"], "omit": ["what_happened", "subject"],
            "texts": { "en": { "what_you_can_do": ["P"] }, "es": { "what_you_can_do": ["Q"] } } }]));
        assert_eq!(content.variant_flaws(), []);
        let place = content.variant_of(Some(&JurisdictionId::parse("us-ma").unwrap()));
        assert_eq!((place, content.variant_of(Some(&JurisdictionId::parse("us-ca").unwrap()))), (Some(0), None));
        let texts = content.texts_of(place);
        let spanish = &texts[&Locale::parse("es").unwrap()];
        assert_eq!((spanish.subject.as_deref(), spanish.what_happened.as_str()), (None, ""));
        assert_eq!((spanish.what_we_do.as_str(), &spanish.what_you_can_do[..]), ("D", &[String::from("Q")][..]));
        assert_eq!(content.texts_of(None), content.texts);
    }

    #[test]
    fn what_does_not_fit_is_told_by_field() {
        assert_eq!(fields(&json!([{ "jurisdictions": [], "omit": ["short"] }])), ["variants[0].jurisdictions"]);
        assert_eq!(fields(&json!([{ "jurisdictions": ["us-ma"] }])), ["variants[0]"]);
        let twice = json!([{ "jurisdictions": ["us-ma"], "omit": ["short"] },
            { "jurisdictions": ["us-ma"], "omit": ["subject"] }]);
        assert_eq!(fields(&twice), ["variants[1].jurisdictions"]);
        let words = json!([{ "jurisdictions": ["us-ma"], "texts": { "en": { "short": "x" } } }]);
        assert_eq!(fields(&words), ["variants[0].texts.es.short"]);
        let both = json!([{ "jurisdictions": ["us-ma"], "omit": ["short"],
            "texts": { "en": { "short": "x" }, "es": { "short": "x" }, "fr": { "short": "x" } } }]);
        assert_eq!(fields(&both), ["variants[0].texts.fr", "variants[0].omit"]);
    }
}
