//! Helpers that templates and authors may call, bound to one language.
//!
//! `{{date incident.timeline.discovered}}` writes a moment as a date; `{{list items}}` joins texts as in a sentence;
//! `{{category "health"}}` names a data category; `{{categories incident.scope.data}}` names and joins them.

use std::sync::Arc;

use handlebars::{Context, Handlebars, Helper, HelperDef, JsonValue, RenderContext, RenderErrorReason, ScopedJson};

use super::error::HelperError;
use super::words::Words;
use crate::domain::facts::Moment;

type Write = fn(&Words, &JsonValue) -> Result<String, HelperError>;

struct Worded {
    name: &'static str,
    words: Arc<Words>,
    write: Write,
}

impl HelperDef for Worded {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        let param = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex(self.name, 0))?;
        if param.is_value_missing() {
            return Err(RenderErrorReason::MissingVariable(param.relative_path().cloned()).into());
        }
        let text = (self.write)(&self.words, param.value()).map_err(|e| RenderErrorReason::NestedError(Box::new(e)))?;
        Ok(ScopedJson::Derived(JsonValue::String(text)))
    }
}

/// Gives a registry all helpers in the words of one language.
pub(super) fn register(registry: &mut Handlebars<'static>, words: &Arc<Words>) {
    let helpers: [(&'static str, Write); 4] =
        [("date", date), ("list", list), ("category", category), ("categories", categories)];
    for (name, write) in helpers {
        registry.register_helper(name, Box::new(Worded { name, words: Arc::clone(words), write }));
    }
}

fn date(words: &Words, value: &JsonValue) -> Result<String, HelperError> {
    let moment = value.as_str().and_then(|text| Moment::parse(text).ok()).ok_or(HelperError::Moment)?;
    Ok(words.date(&moment))
}

fn texts(value: &JsonValue) -> Result<Vec<&str>, HelperError> {
    let items = value.as_array().ok_or(HelperError::List)?;
    items.iter().map(|item| item.as_str().ok_or(HelperError::List)).collect()
}

fn list(words: &Words, value: &JsonValue) -> Result<String, HelperError> {
    Ok(words.list(&texts(value)?))
}

fn category(words: &Words, value: &JsonValue) -> Result<String, HelperError> {
    value.as_str().map(|word| words.category(word).to_owned()).ok_or(HelperError::Word)
}

fn categories(words: &Words, value: &JsonValue) -> Result<String, HelperError> {
    let names: Vec<&str> = texts(value)?.into_iter().map(|word| words.category(word)).collect();
    Ok(words.list(&names))
}
