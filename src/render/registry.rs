//! Everything that is needed to compile a notice, loaded and parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use handlebars::Template;

use super::error::RenderError;
use super::language::Language;
use super::notice::CompiledNotice;
use super::sources::{FrameFile, Purpose, Source, Sources};
use super::words::Words;
use crate::domain::facts::IncidentFacts;
use crate::domain::locale::Locale;
use crate::domain::notice::NoticeContent;

/// The set whose letters and calls stand in where another set has none.
const STANDARD: &str = "standard";

/// One template file, parsed.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) path: String,
    pub(super) source: String,
    pub(super) template: Template,
}

/// The templates and words of this service, the built-in ones with the overrides on top. Immutable; share it.
#[derive(Debug)]
pub struct Renderer {
    frames: BTreeMap<Purpose, Arc<Frame>>,
    languages: BTreeMap<Locale, Arc<Language>>,
}

impl Renderer {
    /// Loads the built-in templates and lays the files of an override directory over them. There a template replaces
    /// the built-in one of the same path, and a file of words replaces the entries it has.
    ///
    /// # Errors
    /// When the directory cannot be read, holds a file that overrides nothing, or a file does not parse.
    pub fn load(overrides: Option<&Path>) -> Result<Self, RenderError> {
        let sources = Sources::load(overrides)?;
        let mut renderer = Self { frames: BTreeMap::new(), languages: BTreeMap::new() };
        let purposes: BTreeSet<&Purpose> = sources.built_in.keys().chain(sources.overrides.keys()).collect();
        for purpose in purposes {
            let (built_in, over) = (sources.built_in.get(purpose), sources.overrides.get(purpose));
            match purpose {
                Purpose::Words(locale) => {
                    let language = Language::new(locale.clone(), Words::read(built_in, over)?);
                    renderer.languages.insert(locale.clone(), Arc::new(language));
                }
                Purpose::Frame { .. } => {
                    if let Some(source) = over.or(built_in) {
                        renderer.frames.insert(purpose.clone(), Arc::new(Frame::parse(source)?));
                    }
                }
            }
        }
        Ok(renderer)
    }

    /// Makes a notice ready to be rendered for many people: everything that is not the person's is settled here.
    ///
    /// # Errors
    /// When the template set is unknown, the default locale has no texts, a text does not parse, or a fact is missing
    /// that the notice needs: the name of the organisation, a way to ask it, or whatever the texts use.
    pub fn compile(&self, content: &NoticeContent, facts: &IncidentFacts) -> Result<CompiledNotice, RenderError> {
        CompiledNotice::compile(self, content, facts)
    }

    /// The words of a locale, or of the nearest more general one; `None` when that language is not known.
    #[must_use]
    pub fn words(&self, locale: &Locale) -> Option<&Words> {
        self.language(locale).map(|language| language.words.as_ref())
    }

    /// The languages there are words for.
    pub fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.languages.keys()
    }

    /// The template sets there are.
    #[must_use]
    pub fn sets(&self) -> BTreeSet<&str> {
        let sets = self.frames.keys().filter_map(|purpose| match purpose {
            Purpose::Frame { set, .. } => Some(set.as_str()),
            Purpose::Words(_) => None,
        });
        sets.collect()
    }

    pub(super) fn language(&self, locale: &Locale) -> Option<&Arc<Language>> {
        locale.fallbacks().iter().find_map(|locale| self.languages.get(locale))
    }

    /// The template for a locale: its own, that of a more general one, or the one for all.
    pub(super) fn frame(&self, set: &str, locale: &Locale, file: FrameFile) -> Result<&Arc<Frame>, RenderError> {
        let places = locale.fallbacks().into_iter().map(Some).chain([None]);
        let mut found = places.map(|locale| Purpose::Frame { set: set.to_owned(), locale, file });
        match found.find_map(|purpose| self.frames.get(&purpose)) {
            Some(frame) => Ok(frame),
            None if file.may_lack() && set != STANDARD => self.frame(STANDARD, locale, file),
            None => {
                Err(RenderError::NoTemplate { set: set.to_owned(), file: file.file_name(), locale: locale.clone() })
            }
        }
    }
}

impl Frame {
    fn parse(source: &Source) -> Result<Self, RenderError> {
        let template = Template::compile(&source.text).map_err(|e| RenderError::syntax(&source.path, &e))?;
        Ok(Self { path: source.path.clone(), source: source.text.clone(), template })
    }
}
