//! What can go wrong between a template and a message. Names templates, places and names; never a value.

use handlebars::{RenderErrorReason, TemplateError};

use crate::domain::locale::Locale;

/// Why something could not be loaded, compiled or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The override directory, or a file in it, cannot be read.
    #[error("cannot read {path}: {reason}; the override directory holds files like notices/standard/email.txt.hbs")]
    Unreadable {
        /// Directory or file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A file in the override directory overrides nothing.
    #[error(
        "the file {file} overrides nothing; templates are notices/SET/[LOCALE/]{{email.txt,email.html,sms.txt,push.txt,letter.html,voice.txt}}.hbs, \
         words are notices/words/LOCALE.toml"
    )]
    Stray {
        /// The file, relative to the override directory.
        file: String,
    },
    /// A template or a text does not parse.
    #[error("in {template}, line {line}, column {column}: {reason}")]
    Syntax {
        /// The file, or the text of the notice.
        template: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file of words lacks some.
    #[error("in {file}: {reason}")]
    Words {
        /// The file.
        file: String,
        /// What is missing or unknown.
        reason: String,
    },
    /// The notice names a template set that does not exist.
    #[error("there is no template set {set:?}; there are: {known}")]
    UnknownSet {
        /// The name.
        set: String,
        /// The names there are.
        known: String,
    },
    /// A template set has no template for a locale.
    #[error(
        "the template set {set:?} has no {file} for {locale}; put one into notices/{set}/ or notices/{set}/{locale}/"
    )]
    NoTemplate {
        /// The set.
        set: String,
        /// The file.
        file: &'static str,
        /// The locale.
        locale: Locale,
    },
    /// The default locale has no texts.
    #[error("the default_locale {locale} is not among the texts ({known}); add its texts or choose one of them")]
    DefaultLocale {
        /// The default locale.
        locale: Locale,
        /// Locales of the texts.
        known: String,
    },
    /// A variant does not fit the texts.
    #[error("in {field}: {reason}")]
    Variant {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value that a template uses is missing.
    #[error("in {template} ({locale}): the text uses {name}, which has no value here")]
    Missing {
        /// The file, or the text of the notice.
        template: String,
        /// The locale it was rendered for.
        locale: Locale,
        /// The name of the value, as the template writes it.
        name: String,
    },
    /// A template cannot be rendered for another reason.
    #[error("in {template} ({locale}): {reason}")]
    Template {
        /// The file, or the text of the notice.
        template: String,
        /// The locale it was rendered for.
        locale: Locale,
        /// The reason.
        reason: String,
    },
}

/// Why a helper refused its parameter. Its text may be shown: it is written here and repeats no value.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum HelperError {
    /// `date` got something else.
    #[error("the helper date takes a time with offset like 2026-11-20T22:10:00+08:00")]
    Moment,
    /// `list` or `categories` got something else.
    #[error("the helpers list and categories take a list of texts")]
    List,
    /// `category` got something else.
    #[error("the helper category takes one word")]
    Word,
}

impl RenderError {
    /// A text that does not parse, with its place.
    pub(super) fn syntax(template: &str, error: &TemplateError) -> Self {
        let (line, column) = error.pos().unwrap_or((1, 1));
        Self::Syntax { template: template.to_owned(), line, column, reason: error.reason().to_string() }
    }

    /// A rendering that failed. The engine's own texts may repeat values, so only what is known not to is taken over.
    pub(super) fn rendering(template: &str, locale: &Locale, error: &handlebars::RenderError) -> Self {
        let (template, locale) = (template.to_owned(), locale.clone());
        let reason = match error.reason() {
            RenderErrorReason::MissingVariable(name) => {
                let name = name.clone().unwrap_or_else(|| String::from("a looked-up value"));
                return Self::Missing { template, locale, name };
            }
            RenderErrorReason::HelperNotFound(name) => format!("there is no helper {name:?}"),
            RenderErrorReason::PartialNotFound(name) => format!("there is no partial {name:?}"),
            RenderErrorReason::ParamNotFoundForIndex(helper, _)
            | RenderErrorReason::ParamNotFoundForName(helper, _) => {
                format!("the helper {helper} lacks a parameter, or its value is missing")
            }
            RenderErrorReason::ParamTypeMismatchForName(helper, ..)
            | RenderErrorReason::HashTypeMismatchForName(helper, ..) => {
                format!("the helper {helper} cannot take this kind of value")
            }
            RenderErrorReason::BlockContentRequired => String::from("a block has no content"),
            RenderErrorReason::NestedError(inner) => match inner.downcast_ref::<HelperError>() {
                Some(helper) => helper.to_string(),
                None => String::from("it cannot be rendered"),
            },
            _ => String::from("it cannot be rendered"),
        };
        Self::Template { template, locale, reason }
    }
}

/// Line and column, both from 1, of a byte offset.
pub(super) fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}
