//! What an author wrote: plain text with Handlebars in it.
//!
//! Authors are trusted to write, not to program: a text may use values, helpers and conditions, but no partials and no
//! decorators (with which templates can call each other without end), and it is bounded before it is parsed.

use handlebars::{Context, Template};

use super::error::RenderError;
use super::fold::calls_others;
use super::language::{Form, Language};
use super::stencil::escaped;
use crate::domain::locale::Locale;
use crate::domain::remedy::REMEDY_CODE;

/// Longest text, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Most blocks in a text, and most parentheses open within one expression; more could exhaust the parser's stack.
const MAX_DEPTH: usize = 32;

/// A text, parsed.
#[derive(Debug)]
pub(super) struct Snippet {
    /// Which text, for errors.
    pub(super) name: String,
    pub(super) template: Template,
    /// Whether it has the person's remedy code in it.
    pub(super) has_code: bool,
}

impl Snippet {
    pub(super) fn parse(name: String, locale: &Locale, source: &str) -> Result<Self, RenderError> {
        let refuse = |reason: &str| {
            let (template, reason) = (name.clone(), reason.to_owned());
            Err(RenderError::Template { template, locale: locale.clone(), reason })
        };
        if source.len() > MAX_BYTES {
            return refuse("a text has at most 64 KiB");
        }
        if depth(source) > MAX_DEPTH {
            return refuse("a text has at most 32 blocks, and at most 32 parentheses in one expression");
        }
        let template = Template::compile(source).map_err(|e| RenderError::syntax(&name, &e))?;
        if calls_others(&template) {
            return refuse("partials and decorators are for template files, not for texts");
        }
        Ok(Self { name, template, has_code: asks_for_code(source) })
    }

    /// The text filled, still plain, without blanks around it.
    pub(super) fn fill(&self, language: &Language, context: &Context, locale: &Locale) -> Result<String, RenderError> {
        let filled = language.fill(Form::Plain, &self.template, context, &self.name, locale)?;
        Ok(filled.trim().to_owned())
    }
}

/// Whether a source may use the person's remedy code. Its name in any place counts: better a code too many than one person
/// without.
pub(super) fn asks_for_code(source: &str) -> bool {
    source.contains(REMEDY_CODE)
}

/// An upper bound of how deep the parser has to go.
fn depth(source: &str) -> usize {
    let blocks = source.match_indices("{{").filter(|(at, _)| {
        let inside = source[at + 2..].trim_start_matches(['{', '~', ' ', '\t', '\n']);
        inside.starts_with(['#', '^']) || inside.starts_with("else")
    });
    let parentheses = source.split("{{").skip(1).map(|expression| {
        let inside = expression.split("}}").next().unwrap_or("");
        inside.matches(['(', '[']).count()
    });
    blocks.count().max(parentheses.max().unwrap_or(0))
}

/// Plain text as HTML: a blank line parts paragraphs, a line break stays one, everything else is escaped.
pub(super) fn paragraphs(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim).chain([""]) {
        if !line.is_empty() {
            paragraph.push(line);
        } else if !paragraph.is_empty() {
            html.push_str("<p>");
            html.push_str(&lines(&paragraph));
            html.push_str("</p>\n");
            paragraph.clear();
        }
    }
    html.truncate(html.trim_end().len());
    html
}

/// Plain text as HTML within one element.
pub(super) fn inline(text: &str) -> String {
    lines(&text.lines().map(str::trim).collect::<Vec<_>>())
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Snippet, RenderError> {
        Snippet::parse(String::from("text"), &Locale::parse("en").unwrap(), source)
    }

    #[test]
    fn blank_lines_part_paragraphs_and_nothing_becomes_markup() {
        assert_eq!(
            paragraphs("One <b>bold</b> & \"quoted\"\nnext line\n \n\nTwo\n"),
            "<p>One &lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;<br>\nnext line</p>\n<p>Two</p>"
        );
        assert_eq!(paragraphs(" \n"), "");
    }

    #[test]
    fn texts_cannot_call_templates_or_exhaust_the_parser() {
        assert!(parse("{{#if person.name}}{{person.name}}{{else}}you{{/if}}").is_ok());
        for refused in ["{{> email}}", "{{#*inline \"x\"}}{{> x}}{{/inline}}", "{{#if a}}{{> x}}{{/if}}"] {
            assert!(matches!(parse(refused), Err(RenderError::Template { .. })), "{refused}");
        }
        let nested = format!("{}{}", "{{~ #if a}}".repeat(50_000), "{{/if}}".repeat(50_000));
        assert!(parse(&nested).is_err());
        assert!(parse(&format!("{}x{}", "{{#if a}}".repeat(33), "{{/if}}".repeat(33))).is_err());
        assert!(parse(&format!("{{{{if {}a{}}}}}", "(not ".repeat(400), ")".repeat(400))).is_err());
        assert!(parse(&"(".repeat(400)).is_ok());
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        match parse("fine\nnot {{#if a}} fine") {
            Err(RenderError::Syntax { template, line, .. }) => assert_eq!((template.as_str(), line), ("text", 2)),
            other => panic!("{other:?}"),
        }
    }
}
