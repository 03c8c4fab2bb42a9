//! A notice made ready to be rendered for many people.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::edition::Edition;
use super::error::RenderError;
use super::registry::Renderer;
use crate::domain::channel::Channel;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::letter::{Letter, Script};
use crate::domain::locale::Locale;
use crate::domain::notice::{self, NoticeContent, NoticeTexts};
use crate::domain::person::PersonRecord;
use crate::domain::pii::Pii;
use crate::domain::sample;
use crate::domain::segments::measure;
use crate::domain::variant::VariantFlaw;

/// A notice in all its languages. Immutable; share it between tasks.
pub struct CompiledNotice {
    content: NoticeContent,
    editions: Editions,
    /// By residence, what its people read otherwise. What reads the same is shared.
    variants: HashMap<JurisdictionId, Editions>,
    hash: String,
}

/// One edition per locale of the texts.
type Editions = BTreeMap<Locale, Arc<Edition>>;

/// What one person gets over one channel, and in which locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// An email.
    Email {
        /// The locale of the texts.
        locale: Locale,
        /// Subject, one line.
        subject: Pii<String>,
        /// Plain text.
        text: Pii<String>,
        /// A whole HTML document without remote content.
        html: Pii<String>,
    },
    /// A text message.
    Sms {
        /// The locale of the texts.
        locale: Locale,
        /// One line.
        text: Pii<String>,
    },
    /// A push message.
    Push {
        /// The locale of the texts.
        locale: Locale,
        /// Title, one line.
        title: Pii<String>,
        /// One line.
        text: Pii<String>,
        /// The page to open: the contact's.
        url: Option<String>,
    },
    /// A letter, without its address.
    Letter(Letter),
    /// What a call says.
    Voice(Box<Script>),
}

impl CompiledNotice {
    pub(super) fn compile(
        renderer: &Renderer,
        content: &NoticeContent,
        facts: &IncidentFacts,
    ) -> Result<Self, RenderError> {
        if !content.texts.contains_key(&content.default_locale) {
            return Err(RenderError::DefaultLocale {
                locale: content.default_locale.clone(),
                known: join(content.texts.keys().map(Locale::as_str)),
            });
        }
        let sets = renderer.sets();
        if !sets.contains(content.template.as_str()) {
            return Err(RenderError::UnknownSet { set: content.template.clone(), known: join(sets) });
        }
        if let Some(VariantFlaw { field, reason }) = content.variant_flaws().into_iter().next() {
            return Err(RenderError::Variant { field, reason });
        }
        let compile = |texts: &NoticeTexts, locale: &Locale| {
            Edition::compile(renderer, content, texts, locale, facts).map(Arc::new)
        };
        let mut editions = Editions::new();
        for (locale, texts) in &content.texts {
            editions.insert(locale.clone(), compile(texts, locale)?);
        }
        let mut variants = HashMap::new();
        let mut others = Vec::new();
        for (place, variant) in content.variants.iter().enumerate() {
            let mut own = Editions::new();
            for (locale, texts) in content.texts_of(Some(place)) {
                let same = content.texts.get(&locale) == Some(&texts);
                let edition = if same { Arc::clone(&editions[&locale]) } else { compile(&texts, &locale)? };
                others.push(Arc::clone(&edition));
                own.insert(locale, edition);
            }
            variants.extend(variant.jurisdictions.iter().map(|residence| (residence.clone(), own.clone())));
        }
        let written = serde_json::to_vec(content).map_err(|e| RenderError::Template {
            template: content.template.clone(),
            locale: content.default_locale.clone(),
            reason: e.to_string(),
        })?;
        let hashes = editions.values().chain(&others).map(|edition| edition.hash().as_bytes());
        let hash = notice::hash(&std::iter::once(written.as_slice()).chain(hashes).collect::<Vec<_>>());
        Ok(Self { content: content.clone(), editions, variants, hash })
    }

    /// What stands for everything that decides how this notice reads: SHA-256, hex, over the content, the templates and
    /// words that frame it, and the facts they use. A fact that nothing uses does not change it.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The locale in which a person of a locale reads this notice.
    #[must_use]
    pub fn resolve(&self, wanted: Option<&Locale>) -> &Locale {
        self.content.resolve(wanted)
    }

    /// The locales of the texts.
    pub fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.editions.keys()
    }

    /// The notice for one person, in the person's locale or the nearest there is, as it reads for the person's residence.
    ///
    /// # Errors
    /// When a text uses something that this person lacks, or what a call would say is too long.
    pub fn render(&self, channel: Channel, record: &PersonRecord) -> Result<Rendered, RenderError> {
        self.in_edition(self.edition(record.locale.as_ref(), record), channel, record)
    }

    /// The same in a chosen locale, for previews.
    ///
    /// # Errors
    /// As [`CompiledNotice::render`].
    pub fn render_locale(
        &self,
        channel: Channel,
        locale: &Locale,
        record: &PersonRecord,
    ) -> Result<Rendered, RenderError> {
        self.in_edition(self.edition(Some(locale), record), channel, record)
    }

    /// Whether every text can be filled for a person, whatever the channel, and every template of the channels by which the
    /// person can be told. Costs next to nothing when neither uses what only some people have, so that a whole population can
    /// be checked before it is told.
    ///
    /// # Errors
    /// When a text or a template uses something that this person lacks.
    pub fn covers(&self, record: &PersonRecord) -> Result<(), RenderError> {
        let edition = self.edition(record.locale.as_ref(), record);
        edition.covers(record)?;
        let mut asking = edition.asking().filter(|channel| record.contact(*channel, 0).is_some());
        asking.try_for_each(|channel| self.in_edition(edition, channel, record).map(drop))
    }

    /// Whether anybody's remedy code is in it.
    #[must_use]
    pub fn has_remedy_codes(&self) -> bool {
        self.editions
            .values()
            .chain(self.variants.values().flat_map(BTreeMap::values))
            .any(|edition| edition.has_code())
    }

    /// Whether what those read who live somewhere and read a language has their remedy code in it.
    #[must_use]
    pub fn has_remedy_code(&self, residence: Option<&JurisdictionId>, wanted: Option<&Locale>) -> bool {
        self.editions_of(residence)[self.content.resolve(wanted)].has_code()
    }

    /// The most segments that it takes as a text message, over its languages and residences, with made-up people; one where
    /// it cannot be made for these.
    #[must_use]
    pub fn most_segments(&self) -> u64 {
        let of = |(locale, edition): (&Locale, &Arc<Edition>)| {
            let text = edition.sms(&sample::person(Some(locale.clone()), None)).ok();
            text.map(
                |rendered| if let Rendered::Sms { text, .. } = rendered { measure(text.expose()).segments } else { 1 },
            )
        };
        let editions = self.editions.iter().chain(self.variants.values().flatten());
        editions.filter_map(of).max().map_or(1, |most| u64::try_from(most.max(1)).unwrap_or(u64::MAX))
    }

    fn edition(&self, wanted: Option<&Locale>, record: &PersonRecord) -> &Edition {
        // `resolve` answers with a locale of the texts or the default, and `compile` saw to it that each has an edition.
        &self.editions_for(record)[self.content.resolve(wanted)]
    }

    /// The editions of the person's residence.
    fn editions_for(&self, record: &PersonRecord) -> &Editions {
        self.editions_of(record.jurisdiction.as_ref())
    }

    fn editions_of(&self, residence: Option<&JurisdictionId>) -> &Editions {
        residence.and_then(|residence| self.variants.get(residence)).unwrap_or(&self.editions)
    }
}

impl CompiledNotice {
    fn in_edition(&self, edition: &Edition, channel: Channel, record: &PersonRecord) -> Result<Rendered, RenderError> {
        match channel {
            Channel::Email => edition.email(record),
            Channel::Sms => edition.sms(record),
            Channel::Push => edition.push(record),
            Channel::Letter => edition.letter(record).map(Rendered::Letter),
            Channel::Voice => {
                let other = self.other(edition, record).map(|other| other.speech(record)).transpose()?;
                Ok(Rendered::Voice(Box::new(Script { speech: edition.speech(record)?, other })))
            }
        }
    }

    /// The edition that a listener may change to: the default one, else the English one.
    fn other(&self, edition: &Edition, record: &PersonRecord) -> Option<&Edition> {
        let editions = self.editions_for(record);
        let english = editions.values().find(|other| other.locale().as_str().split('-').next() == Some("en"));
        let mut others = [Some(&editions[&self.content.default_locale]), english].into_iter().flatten();
        others.find(|other| other.locale() != edition.locale()).map(Arc::as_ref)
    }
}

impl Rendered {
    /// The locale of the texts.
    #[must_use]
    pub const fn locale(&self) -> &Locale {
        match self {
            Self::Email { locale, .. } | Self::Sms { locale, .. } | Self::Push { locale, .. } => locale,
            Self::Letter(letter) => &letter.locale,
            Self::Voice(script) => &script.speech.locale,
        }
    }
}

impl std::fmt::Debug for CompiledNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledNotice").field("hash", &self.hash).finish_non_exhaustive()
    }
}

fn join<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
