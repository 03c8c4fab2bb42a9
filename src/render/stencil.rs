//! Templates in which folding has left nothing but text, names, conditions and lists are filled without the interpreter: it
//! needs a tree of values and a large buffer for every text of every person, which is most of what a message costs.
//!
//! A stencil writes what Handlebars would write, or nothing at all: what it does not understand is not cut, and where a
//! value is missing it gives up, so that the interpreter fills the template and names what is missing.

use std::borrow::Cow;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, Template, html_escape};
use serde_json::{Map, Value};

use super::language::Form;

/// A name that a stencil looks up when it is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// `subject`.
    Subject,
    /// `greeting`.
    Greeting,
    /// `person.name`.
    Name,
    /// `person.ref`.
    Reference,
    /// `person.data`.
    Data,
    /// Another field of the person.
    Field(String),
    /// A part of `body`.
    Body(String),
}

/// What a slot holds for one person.
pub(super) trait Values {
    /// The text of a slot; `None` when there is none.
    fn text(&self, slot: &Slot) -> Option<&str>;
    /// The items of a slot that is a list; `None` when there are none.
    fn list(&self, slot: &Slot) -> Option<Vec<&str>>;
}

#[derive(Debug)]
enum Part {
    Text(String),
    Slot(Slot, Form),
    /// The item of the list around it.
    Item(Form),
    If(Slot, Stencil, Stencil),
    Each(Slot, Stencil),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Stencil {
    parts: Vec<Part>,
    /// Length of the text in it, in bytes.
    text: usize,
}

impl Stencil {
    /// Cuts a stencil; `None` when the template has something that only the interpreter understands. `base` holds what is
    /// the same for everybody.
    pub(super) fn cut(template: &Template, form: Form, base: &Map<String, Value>) -> Option<Self> {
        cut(template, form, base, false)
    }

    /// Fills it; `None` when a value is missing.
    pub(super) fn fill(&self, values: &impl Values) -> Option<String> {
        // What people are called and where they live is seldom longer.
        let mut filled = String::with_capacity(self.text + 512);
        self.write(values, None, &mut filled).then_some(filled)
    }

    /// Whether it looks up a part of `body`.
    pub(super) fn uses_body(&self, name: &str) -> bool {
        let is_it = |slot: &Slot| matches!(slot, Slot::Body(part) if part == name);
        self.parts.iter().any(|part| match part {
            Part::Text(_) | Part::Item(_) => false,
            Part::Slot(slot, _) => is_it(slot),
            Part::If(slot, then, otherwise) => is_it(slot) || then.uses_body(name) || otherwise.uses_body(name),
            Part::Each(slot, inner) => is_it(slot) || inner.uses_body(name),
        })
    }

    fn write(&self, values: &impl Values, item: Option<&str>, out: &mut String) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Text(text) => {
                out.push_str(text);
                true
            }
            Part::Slot(slot, form) => write(values.text(slot), *form, out),
            Part::Item(form) => write(item, *form, out),
            Part::If(slot, then, otherwise) => {
                let is_there = match slot {
                    slot if slot.is_list() => values.list(slot).is_some_and(|items| !items.is_empty()),
                    slot => values.text(slot).is_some_and(|text| !text.is_empty()),
                };
                if is_there { then.write(values, item, out) } else { otherwise.write(values, item, out) }
            }
            Part::Each(slot, inner) => match values.list(slot) {
                Some(items) => items.into_iter().all(|item| inner.write(values, Some(item), out)),
                None => false,
            },
        })
    }
}

impl Slot {
    /// What a name means; `None` when it is none of ours.
    fn of(name: &str) -> Option<Self> {
        Some(match name.split_once('.') {
            None if name == "subject" => Self::Subject,
            None if name == "greeting" => Self::Greeting,
            Some(("person", "name")) => Self::Name,
            Some(("person", "ref")) => Self::Reference,
            Some(("person", "data")) => Self::Data,
            Some(("person", field)) if !field.contains('.') => Self::Field(field.to_owned()),
            Some(("body", part)) if !part.contains('.') => Self::Body(part.to_owned()),
            _ => return None,
        })
    }

    fn is_list(&self) -> bool {
        match self {
            Self::Data => true,
            Self::Body(part) => part == "what_you_can_do",
            _ => false,
        }
    }
}

fn cut(template: &Template, form: Form, base: &Map<String, Value>, in_list: bool) -> Option<Stencil> {
    let mut parts = Vec::new();
    for element in &template.elements {
        match element {
            TemplateElement::RawString(text) => parts.push(Part::Text(text.clone())),
            TemplateElement::Comment(_) => {}
            TemplateElement::Expression(helper) => parts.push(value(helper, form, base, in_list)?),
            TemplateElement::HtmlExpression(helper) => parts.push(value(helper, Form::Plain, base, in_list)?),
            TemplateElement::HelperBlock(helper) => parts.extend(block(helper, form, base, in_list)?),
            _ => return None,
        }
    }
    let text = parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum();
    Some(Stencil { parts, text })
}

/// A value: a name and nothing else.
fn value(helper: &HelperTemplate, form: Form, base: &Map<String, Value>, in_list: bool) -> Option<Part> {
    if !helper.params.is_empty() || !helper.hash.is_empty() || helper.block {
        return None;
    }
    let name = plain_name(&helper.name)?;
    if in_list {
        // Any other name is looked for in the item first.
        return (name == "this").then_some(Part::Item(form));
    }
    match Slot::of(name) {
        Some(slot) if slot.is_list() => None,
        Some(slot) => Some(Part::Slot(slot, form)),
        None => {
            let mut same = String::new();
            write(fixed(base, name), form, &mut same).then_some(Part::Text(same))
        }
    }
}

/// A condition over a name, or a list. What is the same for everybody is decided here.
fn block(helper: &HelperTemplate, form: Form, base: &Map<String, Value>, in_list: bool) -> Option<Vec<Part>> {
    let [over] = helper.params.as_slice() else { return None };
    if in_list || !helper.hash.is_empty() || helper.block_param.is_some() {
        return None;
    }
    let inner = |template: &Option<Template>, in_list| match template {
        Some(template) => cut(template, form, base, in_list),
        None => Some(Stencil { parts: Vec::new(), text: 0 }),
    };
    let name = plain_name(over)?;
    Some(match (plain_name(&helper.name)?, Slot::of(name)) {
        ("if", Some(slot)) => {
            vec![Part::If(slot, inner(&helper.template, false)?, inner(&helper.inverse, false)?)]
        }
        ("if", None) => {
            let is_there = match base.get(name) {
                None => false,
                Some(Value::String(text)) => !text.is_empty(),
                Some(_) => return None,
            };
            inner(if is_there { &helper.template } else { &helper.inverse }, false)?.parts
        }
        ("each", Some(slot)) if slot.is_list() && helper.inverse.is_none() => {
            vec![Part::Each(slot, inner(&helper.template, true)?)]
        }
        _ => return None,
    })
}

/// A name in dotted form without anything that steps out of the context.
fn plain_name(parameter: &Parameter) -> Option<&str> {
    let (Parameter::Name(name) | Parameter::Path(Path::Relative((_, name)))) = parameter else { return None };
    let is_plain = name.split('.').all(|segment| {
        !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    });
    is_plain.then_some(name.as_str())
}

/// A text that is the same for everybody.
fn fixed<'a>(base: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let mut segments = name.split('.');
    let mut value = base.get(segments.next()?)?;
    for segment in segments {
        value = value.as_object()?.get(segment)?;
    }
    value.as_str()
}

fn write(text: Option<&str>, form: Form, out: &mut String) -> bool {
    let Some(text) = text else { return false };
    out.push_str(&match form {
        Form::Plain => Cow::Borrowed(text),
        Form::Html => escaped(text),
    });
    true
}

/// As HTML. Most texts have nothing to escape, which is quickly seen.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let has_markup = text.bytes().any(|b| matches!(b, b'<' | b'>' | b'"' | b'&' | b'\'' | b'`' | b'='));
    if has_markup { Cow::Owned(html_escape(text)) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::locale::Locale;
    use crate::render::language::Language;

    struct World {
        subject: String,
        name: Option<String>,
        field: Option<String>,
        data: Vec<String>,
        steps: Vec<String>,
    }

    impl Values for World {
        fn text(&self, slot: &Slot) -> Option<&str> {
            match slot {
                Slot::Subject => Some(&self.subject),
                Slot::Name => self.name.as_deref(),
                Slot::Field(field) if field == "account" => self.field.as_deref(),
                _ => None,
            }
        }

        fn list(&self, slot: &Slot) -> Option<Vec<&str>> {
            let list = match slot {
                Slot::Data => &self.data,
                Slot::Body(_) => &self.steps,
                _ => return None,
            };
            (!list.is_empty()).then(|| list.iter().map(String::as_str).collect())
        }
    }

    impl World {
        fn context(&self) -> handlebars::Context {
            let mut person = Map::new();
            person.extend(self.name.clone().map(|name| (String::from("name"), Value::from(name))));
            person.extend(self.field.clone().map(|field| (String::from("account"), Value::from(field))));
            if !self.data.is_empty() {
                person.insert(String::from("data"), json!(self.data));
            }
            let mut root = base();
            root.insert(String::from("subject"), json!(self.subject));
            root.insert(String::from("person"), Value::Object(person));
            let steps = if self.steps.is_empty() { json!({}) } else { json!({ "what_you_can_do": self.steps }) };
            root.insert(String::from("body"), steps);
            handlebars::Context::from(Value::Object(root))
        }
    }

    fn base() -> Map<String, Value> {
        let base = json!({ "lang": "en", "words": { "labels": { "reference": "Ref <no.>" } }, "organisation": { "name": "A & B" } });
        base.as_object().cloned().unwrap()
    }

    fn language() -> std::sync::Arc<Language> {
        let renderer = crate::render::Renderer::load(None).unwrap();
        std::sync::Arc::clone(renderer.language(&Locale::parse("en").unwrap()).unwrap())
    }

    const CUT: [&str; 8] = [
        "{{#if person.name}}<p{{#if lang}} lang={{lang}}{{/if}}{{#if dir}} dir={{dir}}{{else}} none{{/if}}>{{/if}}",
        "Dear {{person.name}}, {{{subject}}} {{subject}}",
        "{{#if person.name}}{{person.name}}{{else if person.account}}{{person.account}}{{else}}you{{/if}}",
        "Data:\n{{#each person.data}}\n<li>{{this}} {{{this}}}</li>\n{{/each}}\n  {{words.labels.reference}} end",
        "{{#if body.what_you_can_do}}\n  {{#each body.what_you_can_do}}\n- {{this}}\n  {{/each}}\n{{/if}}\n",
        "{{~person.name~}}  {{! a note }} {{&person.account}}",
        "{{#if person.data}}{{#if person.name}}both {{organisation.name}}{{/if}}{{/if}}",
        "no names",
    ];

    proptest! {
        #[test]
        fn it_writes_what_the_interpreter_writes_or_gives_up(
            which in 0..CUT.len(), html in any::<bool>(), subject in "[a-c<&=' ]{0,8}",
            name in proptest::option::of("[a-c\"`> ]{0,8}"), field in proptest::option::of("\\PC{1,8}"),
            data in proptest::collection::vec("[a-c<]{0,4}", 0..3), steps in proptest::collection::vec("[a-c&]{0,4}", 0..3),
        ) {
            let world = World { subject, name, field, data, steps };
            let form = if html { Form::Html } else { Form::Plain };
            let template = Template::compile(CUT[which]).unwrap();
            let stencil = Stencil::cut(&template, form, &base()).expect("it has nothing but text, names and conditions");
            let locale = Locale::parse("en").unwrap();
            let interpreted = language().fill(form, &template, &world.context(), "test", &locale);
            match stencil.fill(&world) {
                Some(filled) => prop_assert_eq!(Ok(filled), interpreted),
                // A list that is not there is no error there.
                None => prop_assert!(interpreted.is_err() || CUT[which].contains("#each")),
            }
        }
    }

    #[test]
    fn what_only_the_interpreter_understands_is_not_cut() {
        for source in [
            "{{person.data}}",
            "{{lookup person \"name\"}}",
            "{{date person.name}}",
            "{{#each person.data}}{{@index}}{{/each}}",
            "{{#each person.data}}{{person.name}}{{/each}}",
            "{{#each person.data}}x{{else}}none{{/each}}",
            "{{#unless person.name}}x{{/unless}}",
            "{{#with person}}{{name}}{{/with}}",
            "{{person.[a b]}}",
            "{{../person.name}}",
            "{{words.labels.unknown}}",
            "{{words.labels}}",
        ] {
            let template = Template::compile(source).unwrap();
            assert!(Stencil::cut(&template, Form::Plain, &base()).is_none(), "{source}");
        }
    }

    #[test]
    fn escaping_is_the_interpreters() {
        for text in ["plain", "<>\"&'`=", "ä<b>"] {
            assert_eq!(escaped(text), html_escape(text));
        }
    }
}
