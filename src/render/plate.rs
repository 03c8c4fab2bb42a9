//! The email of an edition as stencils, for editions in which nothing asks for the interpreter.

use std::borrow::Cow;

use handlebars::Template;
use serde_json::{Map, Value};

use super::body::{Part, Piece, Shape, Texts};
use super::context;
use super::language::Form;
use super::stencil::{Slot, Stencil, Values};
use super::words::Words;
use crate::domain::person::PersonRecord;

/// See the module.
pub(super) struct Plate {
    subject: Line,
    greeting: Stencil,
    /// The parts of `body` that the two forms look up.
    parts: Vec<Parts>,
    text: Stencil,
    html: Stencil,
}

/// What is filled for one person.
pub(super) struct Filled {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

enum Line {
    Settled(String),
    PerPerson(Stencil),
}

struct Parts {
    name: &'static str,
    shape: Shape,
    pieces: Vec<Line>,
}

/// A part of `body` in one form.
struct Body<'a> {
    name: &'static str,
    lines: Vec<Cow<'a, str>>,
}

impl Plate {
    /// Makes it of what is left of the frames and texts; `None` when the interpreter is needed.
    pub(super) fn make(
        texts: &Texts,
        greeting: &Template,
        text: &Template,
        html: &Template,
        base: &Map<String, Value>,
    ) -> Option<Self> {
        let text = Stencil::cut(text, Form::Plain, base)?;
        let html = Stencil::cut(html, Form::Html, base)?;
        let used = |part: &&Part| text.uses_body(part.name) || html.uses_body(part.name);
        let parts = texts.parts.iter().filter(used).map(|part| {
            let pieces = part.pieces.iter().map(|piece| Line::of(piece, base)).collect::<Option<_>>()?;
            Some(Parts { name: part.name, shape: part.shape, pieces })
        });
        Some(Self {
            subject: Line::of(&texts.subject, base)?,
            greeting: Stencil::cut(greeting, Form::Plain, base)?,
            parts: parts.collect::<Option<_>>()?,
            text,
            html,
        })
    }

    /// The email of one person; `None` when a value is missing.
    pub(super) fn fill(&self, record: &PersonRecord, words: &Words, scope: &[String]) -> Option<Filled> {
        let person = Person { record, name: context::name(record), data: context::data(record, words, scope) };
        let subject = context::one_line(&self.subject.fill(&person)?);
        let greeting = match person.name {
            Some(_) => Cow::Owned(self.greeting.fill(&person)?.trim().to_owned()),
            None => Cow::Borrowed(words.greeting.neutral.as_str()),
        };
        let lines: Vec<Vec<Cow<'_, str>>> = self.parts.iter().map(|part| part.lines(&person)).collect::<Option<_>>()?;
        let form = |form: Form| {
            let bodies = self.parts.iter().zip(&lines).map(|(part, lines)| part.body(form, lines)).collect();
            Mail { person: &person, subject: &subject, greeting: &greeting, bodies }
        };
        let (text, html) = (self.text.fill(&form(Form::Plain))?, self.html.fill(&form(Form::Html))?);
        Some(Filled { subject, text, html })
    }
}

impl Line {
    fn of(piece: &Piece, base: &Map<String, Value>) -> Option<Self> {
        Some(match piece {
            Piece::Settled(plain) => Self::Settled(plain.clone()),
            Piece::PerPerson(snippet) => Self::PerPerson(Stencil::cut(&snippet.template, Form::Plain, base)?),
        })
    }

    fn fill(&self, person: &Person<'_>) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Settled(plain) => Cow::Borrowed(plain),
            Self::PerPerson(stencil) => Cow::Owned(stencil.fill(person)?.trim().to_owned()),
        })
    }
}

impl Parts {
    /// Its texts, still plain; those that are empty are absent.
    fn lines(&self, person: &Person<'_>) -> Option<Vec<Cow<'_, str>>> {
        let filled = self.pieces.iter().map(|piece| piece.fill(person));
        filled.filter(|line| line.as_ref().is_none_or(|line| !line.is_empty())).collect()
    }

    fn body<'a>(&self, form: Form, lines: &'a [Cow<'_, str>]) -> Body<'a> {
        let written = lines.iter().map(|line| match form {
            Form::Plain => Cow::Borrowed(line.as_ref()),
            Form::Html => Cow::Owned(self.shape.write(form, line.as_ref().to_owned())),
        });
        Body { name: self.name, lines: written.collect() }
    }
}

/// What texts see.
struct Person<'a> {
    record: &'a PersonRecord,
    name: Option<String>,
    data: Vec<&'a str>,
}

impl Values for Person<'_> {
    fn text(&self, slot: &Slot) -> Option<&str> {
        match slot {
            Slot::Name => self.name.as_deref(),
            Slot::Reference => Some(self.record.reference.expose()),
            Slot::Field(name) => context::field(self.record, name),
            Slot::Subject | Slot::Greeting | Slot::Data | Slot::Body(_) => None,
        }
    }

    fn list(&self, slot: &Slot) -> Option<Vec<&str>> {
        (*slot == Slot::Data && !self.data.is_empty()).then(|| self.data.clone())
    }
}

/// What frames see.
struct Mail<'a> {
    person: &'a Person<'a>,
    subject: &'a str,
    greeting: &'a str,
    bodies: Vec<Body<'a>>,
}

impl Mail<'_> {
    fn lines(&self, part: &str) -> Option<&[Cow<'_, str>]> {
        let body = self.bodies.iter().find(|body| body.name == part)?;
        (!body.lines.is_empty()).then_some(&body.lines)
    }
}

impl Values for Mail<'_> {
    fn text(&self, slot: &Slot) -> Option<&str> {
        match slot {
            Slot::Subject => Some(self.subject),
            Slot::Greeting => Some(self.greeting),
            Slot::Body(part) => self.lines(part)?.first().map(AsRef::as_ref),
            slot => self.person.text(slot),
        }
    }

    fn list(&self, slot: &Slot) -> Option<Vec<&str>> {
        match slot {
            Slot::Body(part) => Some(self.lines(part)?.iter().map(AsRef::as_ref).collect()),
            slot => self.person.list(slot),
        }
    }
}
