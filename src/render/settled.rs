//! A text that is the same for everybody and stands by itself, as public notices need it.

use handlebars::Context;
use serde_json::Value;

use super::context;
use super::error::RenderError;
use super::registry::Renderer;
use super::snippet::Snippet;
use crate::domain::facts::IncidentFacts;
use crate::domain::locale::Locale;

impl Renderer {
    /// Fills a text from an incident's facts alone. There is no person here: a text that uses a person's value fails
    /// with its name. `name` says which text it is, for the error.
    ///
    /// # Errors
    /// When the text does not parse or uses something that the facts do not have.
    pub fn settled(
        &self,
        locale: &Locale,
        name: &str,
        source: &str,
        facts: &IncidentFacts,
    ) -> Result<String, RenderError> {
        let name = format!("texts.{locale}.{name}");
        let english = Locale::parse("en").ok();
        let language = [Some(locale), english.as_ref()].into_iter().flatten().find_map(|known| self.language(known));
        let language = language.ok_or_else(|| RenderError::Words {
            file: format!("notices/words/{locale}.toml"),
            reason: String::from("there is no such file, and none for English"),
        })?;
        let facts = context::facts(facts, &name, locale)?;
        let context = Context::from(Value::Object(facts));
        Snippet::parse(name, locale, source)?.fill(language, &context, locale)
    }
}
