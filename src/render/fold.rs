//! Folding: what a template says to everybody becomes plain text in it, so that little is left to do per person.

use std::collections::BTreeSet;

use handlebars::template::{DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, Template};

use super::error::RenderError;

/// Every name a template uses, as it is written there, but for those that belong to a list it goes through.
fn names(template: &Template) -> impl Iterator<Item = &str> {
    let mut names = Vec::new();
    template.elements.iter().for_each(|element| of_element(element, false, &mut names));
    names.into_iter().filter(|(name, in_list)| !is_of_list(name, *in_list)).map(|(name, _)| name)
}

/// The outermost part of a name: `person` of `person.name`; `None` when it may be the whole context.
pub(super) fn root(name: &str) -> Option<&str> {
    let whole = name.contains("..") || name.starts_with("@root") || name.starts_with('.');
    segments(name).next().filter(|first| !whole && *first != "this")
}

/// Whether a template uses a root, or may.
pub(super) fn uses(template: &Template, wanted: &str) -> bool {
    names(template).any(|name| root(name).is_none_or(|root| root == wanted))
}

/// Whether a template uses, or may use, something of the person that not everybody has.
pub(super) fn asks_of_person(template: &Template) -> bool {
    names(template).any(|name| match root(name) {
        // Everybody has a reference; whether a template can do without data is seen before anybody is imported.
        Some("person") => !matches!(segments(name).nth(1), Some("ref" | "data")),
        other => other.is_none(),
    })
}

/// The roots that templates use; `None` when one may use them all.
pub(super) fn roots<'a>(templates: impl IntoIterator<Item = &'a Template>) -> Option<BTreeSet<&'a str>> {
    templates.into_iter().flat_map(names).map(root).collect()
}

/// The template with every element filled in that uses nothing that varies. `varies` is asked with a root, and with the
/// part where the root is `body`; `fill` fills one element.
pub(super) fn fold(
    template: &Template,
    varies: impl Fn(&str, Option<&str>) -> bool,
    fill: impl Fn(&Template) -> Result<String, RenderError>,
) -> Result<Template, RenderError> {
    let mut folded = Template::new();
    let mut text = String::new();
    for element in &template.elements {
        let mut used = Vec::new();
        of_element(element, false, &mut used);
        let stays = used.into_iter().any(|(name, in_list)| {
            !is_of_list(name, in_list) && root(name).is_none_or(|root| varies(root, segments(name).nth(1)))
        });
        match element {
            TemplateElement::RawString(raw) => text.push_str(raw),
            TemplateElement::Comment(_) => {}
            _ if stays || is_call(element) => {
                if !text.is_empty() {
                    folded.elements.push(TemplateElement::RawString(std::mem::take(&mut text)));
                }
                folded.elements.push(element.clone());
            }
            _ => {
                let mut alone = Template::new();
                alone.elements.push(element.clone());
                text.push_str(&fill(&alone)?);
            }
        }
    }
    if !text.is_empty() {
        folded.elements.push(TemplateElement::RawString(text));
    }
    Ok(folded)
}

/// Whether a template calls partials or decorators anywhere.
pub(super) fn calls_others(template: &Template) -> bool {
    template.elements.iter().any(|element| match element {
        TemplateElement::HelperBlock(helper)
        | TemplateElement::Expression(helper)
        | TemplateElement::HtmlExpression(helper) => {
            [&helper.template, &helper.inverse].into_iter().flatten().any(calls_others)
        }
        element => is_call(element),
    })
}

fn is_call(element: &TemplateElement) -> bool {
    matches!(
        element,
        TemplateElement::PartialExpression(_)
            | TemplateElement::PartialBlock(_)
            | TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_)
    )
}

/// Whether a name means an item of a list, or `@index` and the like.
fn is_of_list(name: &str, in_list: bool) -> bool {
    let item = in_list && (name == "this" || name == ".");
    item || (name.starts_with('@') && !name.starts_with("@root"))
}

fn segments(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '/', '[', ']']).filter(|segment| !segment.is_empty())
}

/// Collects names, each with whether it stands inside a list.
fn of_element<'a>(element: &'a TemplateElement, in_list: bool, names: &mut Vec<(&'a str, bool)>) {
    match element {
        TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
        TemplateElement::HtmlExpression(helper)
        | TemplateElement::Expression(helper)
        | TemplateElement::HelperBlock(helper) => of_helper(helper, in_list, names),
        TemplateElement::DecoratorExpression(call)
        | TemplateElement::DecoratorBlock(call)
        | TemplateElement::PartialExpression(call)
        | TemplateElement::PartialBlock(call) => of_call(call, in_list, names),
        // A kind this code does not know may use anything.
        _ => names.push(("@root", false)),
    }
}

fn of_helper<'a>(helper: &'a HelperTemplate, in_list: bool, names: &mut Vec<(&'a str, bool)>) {
    let plain = helper.params.is_empty() && helper.hash.is_empty() && !helper.block;
    let name = helper.name.as_name();
    if plain {
        names.extend(name.map(|name| (name, in_list)));
    }
    helper.params.iter().chain(helper.hash.values()).for_each(|value| of_parameter(value, in_list, names));
    let lists = name == Some("each");
    for (inner, in_list) in [(&helper.template, in_list || lists), (&helper.inverse, in_list)] {
        let elements = inner.iter().flat_map(|template| &template.elements);
        elements.for_each(|element| of_element(element, in_list, names));
    }
}

fn of_call<'a>(call: &'a DecoratorTemplate, in_list: bool, names: &mut Vec<(&'a str, bool)>) {
    // What is called sees the whole context.
    names.push(("@root", false));
    call.params.iter().chain(call.hash.values()).for_each(|value| of_parameter(value, in_list, names));
    let elements = call.template.iter().flat_map(|template| &template.elements);
    elements.for_each(|element| of_element(element, in_list, names));
}

fn of_parameter<'a>(value: &'a Parameter, in_list: bool, names: &mut Vec<(&'a str, bool)>) {
    match value {
        Parameter::Name(name) | Parameter::Path(Path::Relative((_, name)) | Path::Local((_, _, name))) => {
            names.push((name, in_list));
        }
        Parameter::Subexpression(inner) => of_element(inner.as_element(), in_list, names),
        Parameter::Literal(_) => {}
        _ => names.push(("@root", false)),
    }
}

#[cfg(test)]
mod tests {
    use handlebars::{Context, Handlebars, RenderContext, Renderable};
    use serde_json::json;

    use super::*;

    fn folded(source: &str) -> Template {
        let context = Context::from(json!({
            "words": { "hello": "Hello" }, "items": ["a", "b"], "body": { "offer": "None", "steps": ["x"] }
        }));
        let registry = Handlebars::new();
        let fill =
            |template: &Template| Ok(template.renders(&registry, &context, &mut RenderContext::new(None)).unwrap());
        let varies = |root: &str, part: Option<&str>| root == "person" || (root == "body" && part != Some("offer"));
        fold(&Template::compile(source).unwrap(), varies, fill).unwrap()
    }

    #[test]
    fn what_is_the_same_for_everybody_becomes_text() {
        for source in [
            "{{words.hello}}: {{#each items}}{{@index}}{{this}},{{/each}} {{#if body.offer}}{{body.offer}}{{/if}}",
            "{{! a note }}{{#if (not words.hello)}}no{{else}}Hello: 0a,1b, None{{/if}}",
        ] {
            assert_eq!(folded(source).elements, [TemplateElement::RawString(String::from("Hello: 0a,1b, None"))]);
        }
    }

    #[test]
    fn what_may_be_a_persons_stays() {
        for source in [
            "{{person.name}}",
            "{{#if words.hello}}{{person.name}}{{/if}}",
            "{{#each items}}{{../person.name}}{{/each}}",
            "{{#each items}}{{@root.person.name}}{{/each}}",
            "{{#each items}}{{else}}{{this}}{{/each}}",
            "{{#each body.steps}}{{this}}{{/each}}",
            "{{lookup this \"person\"}}",
            "{{#with this}}{{name}}{{/with}}",
            "{{#if words.hello}}{{this}}{{/if}}",
            "{{len (lookup this \"person\")}}",
            "{{[person].name}}",
            "{{{body}}}",
        ] {
            let elements = folded(source).elements;
            assert!(!matches!(elements[..], [TemplateElement::RawString(_)]), "{source}: {elements:?}");
        }
        assert_eq!(folded("{{words.hello}} {{person.name}}, {{words.hello}}").elements.len(), 3);
    }

    #[test]
    fn what_not_everybody_has_is_asked_for() {
        let asks = |source: &str| asks_of_person(&Template::compile(source).unwrap());
        for source in
            ["{{person.policy_no}}", "{{#if a}}{{person.name}}{{/if}}", "{{#with person}}{{x}}{{/with}}", "{{> x}}"]
        {
            assert!(asks(source), "{source}");
        }
        for source in ["{{person.ref}}{{greeting}}", "{{#each person.data}}{{this}}{{/each}}", "{{body.offer}}"] {
            assert!(!asks(source), "{source}");
        }
    }

    #[test]
    fn roots_are_what_a_template_asks_for() {
        let template =
            Template::compile("{{a.b}}{{#each c}}{{this}}{{@index}}{{/each}}{{date (lookup d.e 1)}}").unwrap();
        assert_eq!(roots([&template]), Some(["a", "c", "d"].into()));
        assert!(uses(&template, "c") && !uses(&Template::compile("{{a.b}}").unwrap(), "c"));
        let whole = Template::compile("{{lookup @root \"x\"}}").unwrap();
        assert_eq!(roots([&whole]), None);
        assert!(uses(&Template::compile("{{> other}}").unwrap(), "anything"));
    }
}
