//! What can be filled once for everybody: phrases, and those texts of the author that name nobody.

use std::collections::BTreeMap;

use handlebars::Context;
use serde_json::{Map, Value};

use super::body::Piece;
use super::context;
use super::error::RenderError;
use super::fold::uses;
use super::language::Language;
use super::snippet::Snippet;
use crate::domain::facts::IncidentFacts;
use crate::domain::locale::Locale;

/// Fills what does not depend on a person. A text that is settled never saw one, so it cannot show one person's data to
/// another.
pub(super) struct Settler<'a> {
    language: &'a Language,
    locale: &'a Locale,
    context: Context,
}

impl<'a> Settler<'a> {
    pub(super) fn new(language: &'a Language, locale: &'a Locale, facts: &IncidentFacts) -> Result<Self, RenderError> {
        let facts = context::facts(facts, "the notice", locale)?;
        Ok(Self { language, locale, context: Context::from(Value::Object(facts)) })
    }

    /// The facts as texts see them.
    pub(super) fn facts(&self) -> Map<String, Value> {
        self.context.data().as_object().cloned().unwrap_or_default()
    }

    /// One text of the author.
    pub(super) fn piece(&self, name: &str, source: &str) -> Result<Piece, RenderError> {
        let snippet = Snippet::parse(format!("texts.{}.{name}", self.locale), self.locale, source)?;
        let filled = snippet.fill(self.language, &self.context, self.locale);
        if !uses(&snippet.template, "person") {
            return Ok(Piece::Settled(filled?));
        }
        // Without a person it may well fail, but a fact that is missing now will be missing for everybody.
        match filled {
            Err(RenderError::Missing { ref name, .. })
                if ["incident", "organisation", "contact"].iter().any(|root| name.starts_with(root)) =>
            {
                filled.map(Piece::Settled)
            }
            _ => Ok(Piece::PerPerson(snippet)),
        }
    }

    /// A text that may show on a lock screen has a remedy code in it.
    pub(super) fn no_place_for_a_code(&self, name: &str) -> RenderError {
        RenderError::Template {
            template: name.to_owned(),
            locale: self.locale.clone(),
            reason: String::from(
                "a remedy code has no place in the subject or the short text, which show on lock screens and are overheard; \
                 put {{person.remedy_code}} into a body, e.g. what_we_offer, and say here where it is to be found",
            ),
        }
    }

    /// The greeting of somebody whose name is known.
    pub(super) fn greeting(&self) -> Result<Snippet, RenderError> {
        Snippet::parse(self.word("greeting.named"), self.locale, &self.language.words.greeting.named)
    }

    /// The greeting of a call to somebody whose name is known.
    pub(super) fn spoken_greeting(&self) -> Result<Snippet, RenderError> {
        Snippet::parse(self.word("voice.named"), self.locale, &self.language.words.voice.named)
    }

    /// The sentences of the language, with the facts filled in.
    pub(super) fn phrases(&self) -> Result<BTreeMap<String, String>, RenderError> {
        self.sentences("phrases", &self.language.words.phrases, &[])
    }

    /// What a call says to everybody, with the facts filled in. Of the two ways to hear more, one is absent.
    pub(super) fn spoken(&self) -> Result<BTreeMap<String, String>, RenderError> {
        let phone = self.context.data().pointer("/contact/phone").is_some();
        let absent = if phone { "read_more" } else { "call_back" };
        self.sentences("voice", &self.language.words.voice, &["named", absent])
    }

    fn sentences(
        &self,
        section: &str,
        words: &impl serde::Serialize,
        without: &[&str],
    ) -> Result<BTreeMap<String, String>, RenderError> {
        let words = serde_json::to_value(words).unwrap_or_default();
        let words = words.as_object().into_iter().flatten().filter(|(key, _)| !without.contains(&key.as_str()));
        words
            .map(|(key, value)| {
                let source = value.as_str().unwrap_or_default();
                let snippet = Snippet::parse(self.word(&format!("{section}.{key}")), self.locale, source)?;
                Ok((key.clone(), snippet.fill(self.language, &self.context, self.locale)?))
            })
            .collect()
    }

    fn word(&self, key: &str) -> String {
        format!("notices/words/{}.toml, {key}", self.language.locale)
    }
}
