//! One language: its words, and the two ways of filling templates with them.

use std::sync::Arc;

use handlebars::{Context, Handlebars, RenderContext, Renderable, Template, no_escape};

use super::error::RenderError;
use super::helpers;
use super::words::Words;
use crate::domain::locale::Locale;

/// How values are written into a template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Plain,
    /// Escaped, so that no value becomes markup.
    Html,
}

/// One language, ready to fill templates.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) locale: Locale,
    pub(super) words: Arc<Words>,
    plain: Handlebars<'static>,
    html: Handlebars<'static>,
}

impl Language {
    pub(super) fn new(locale: Locale, words: Words) -> Self {
        let words = Arc::new(words);
        let strict = || {
            let mut registry = Handlebars::new();
            registry.set_strict_mode(true);
            // It would write values into the log.
            registry.unregister_helper("log");
            helpers::register(&mut registry, &words);
            registry
        };
        let mut plain = strict();
        plain.register_escape_fn(no_escape);
        let html = strict();
        Self { locale, words, plain, html }
    }

    /// Fills a template. `name` and `locale` are for the error.
    pub(super) fn fill(
        &self,
        form: Form,
        template: &Template,
        context: &Context,
        name: &str,
        locale: &Locale,
    ) -> Result<String, RenderError> {
        let registry = match form {
            Form::Plain => &self.plain,
            Form::Html => &self.html,
        };
        template
            .renders(registry, context, &mut RenderContext::new(None))
            .map_err(|e| RenderError::rendering(name, locale, &e))
    }
}

/// `rtl` for languages written from right to left, else `ltr`.
pub(super) fn direction(locale: &Locale) -> &'static str {
    const RIGHT_TO_LEFT: [&str; 10] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
    let language = locale.as_str().split('-').next().unwrap_or("");
    if RIGHT_TO_LEFT.contains(&language) { "rtl" } else { "ltr" }
}
