//! The texts of an author in one locale: subject, the four bodies, the short form.

use handlebars::Context;
use serde_json::{Map, Value};

use super::error::RenderError;
use super::language::{Form, Language};
use super::settle::Settler;
use super::snippet::{Snippet, inline, paragraphs};
use super::sources::FrameFile;
use crate::domain::locale::Locale;
use crate::domain::notice::NoticeTexts;

/// How a text becomes HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As paragraphs.
    Paragraphs,
    /// Within one element.
    Inline,
}

/// A text: settled when nothing in it is the person's, else filled for each.
pub(super) enum Piece {
    Settled(String),
    PerPerson(Snippet),
}

/// One of the bodies: a text, or the steps of a list.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) pieces: Vec<Piece>,
    pub(super) shape: Shape,
}

/// All texts of one locale.
pub(super) struct Texts {
    pub(super) subject: Piece,
    short: Option<Piece>,
    pub(super) parts: Vec<Part>,
}

impl Texts {
    /// Parses the author's texts. `subject` is what stands where the author gave none.
    pub(super) fn settle(settler: &Settler<'_>, texts: &NoticeTexts, subject: &str) -> Result<Self, RenderError> {
        let one = |name, text: &str| {
            let pieces = vec![settler.piece(name, text)?];
            Ok(Part { name, pieces, shape: Shape::Paragraphs })
        };
        let steps = texts.what_you_can_do.iter().enumerate();
        let steps = steps.map(|(i, step)| settler.piece(&format!("what_you_can_do[{i}]"), step));
        let parts = vec![
            one("what_happened", &texts.what_happened)?,
            one("what_we_do", &texts.what_we_do)?,
            Part { name: "what_you_can_do", pieces: steps.collect::<Result<_, _>>()?, shape: Shape::Inline },
            one("what_we_offer", &texts.what_we_offer)?,
        ];
        let written = |text: &&String| !text.trim().is_empty();
        let subject = match texts.subject.as_ref().filter(written) {
            Some(own) => settler.piece("subject", own)?,
            None => Piece::Settled(subject.to_owned()),
        };
        let short = texts.short.as_ref().filter(written).map(|own| settler.piece("short", own)).transpose()?;
        if let Some(snippet) = [Some(&subject), short.as_ref()].into_iter().flatten().find_map(Piece::with_code) {
            return Err(settler.no_place_for_a_code(&snippet.name));
        }
        Ok(Self { subject, short, parts })
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.parts.iter().flat_map(|part| &part.pieces).chain([&self.subject]).chain(&self.short)
    }

    /// Whether a body has the person's remedy code in it.
    pub(super) fn have_code(&self) -> bool {
        self.parts.iter().flat_map(|part| &part.pieces).any(|piece| piece.with_code().is_some())
    }

    /// Whether a part of `body` differs from person to person. `None` asks for any.
    pub(super) fn varies(&self, part: Option<&str>) -> bool {
        let per_person = |piece: &Piece| matches!(piece, Piece::PerPerson(_));
        match part {
            None => self.pieces().any(per_person),
            Some("short") => self.short.iter().any(per_person),
            Some(name) => self.parts.iter().any(|part| part.name == name && part.pieces.iter().any(per_person)),
        }
    }

    /// `body` as a frame sees it. A text that is empty is absent. Without a person, the parts that vary are absent too; so are
    /// those with a remedy code in a frame that may show on a lock screen or be overheard.
    pub(super) fn body(&self, file: FrameFile, person: Option<&Filler<'_>>) -> Result<Value, RenderError> {
        let form = file.form();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        for part in &self.parts {
            let mut filled = Vec::with_capacity(part.pieces.len());
            for piece in &part.pieces {
                if piece.with_code().is_some() && !file.may_have_code() {
                    continue;
                }
                let plain = match (piece, person) {
                    (Piece::Settled(plain), _) => plain.clone(),
                    (Piece::PerPerson(snippet), Some(person)) => person.fill(snippet)?,
                    (Piece::PerPerson(_), None) => continue,
                };
                if !plain.is_empty() {
                    filled.push(Value::String(part.shape.write(form, plain)));
                }
            }
            match part.shape {
                Shape::Inline if !filled.is_empty() => put(part.name, Value::Array(filled)),
                Shape::Inline => {}
                Shape::Paragraphs => filled.into_iter().for_each(|text| put(part.name, text)),
            }
        }
        let short = match (&self.short, person) {
            (Some(Piece::Settled(plain)), _) => plain.clone(),
            (Some(Piece::PerPerson(snippet)), Some(person)) => person.fill(snippet)?,
            (Some(Piece::PerPerson(_)) | None, _) => String::new(),
        };
        if !short.is_empty() {
            put("short", Value::String(short));
        }
        Ok(Value::Object(body))
    }
}

impl Piece {
    /// The text, where it has the person's remedy code in it.
    fn with_code(&self) -> Option<&Snippet> {
        match self {
            Self::PerPerson(snippet) if snippet.has_code => Some(snippet),
            Self::PerPerson(_) | Self::Settled(_) => None,
        }
    }
}

impl Shape {
    pub(super) fn write(self, form: Form, plain: String) -> String {
        match (form, self) {
            (Form::Plain, _) => plain,
            (Form::Html, Self::Paragraphs) => paragraphs(&plain),
            (Form::Html, Self::Inline) => inline(&plain),
        }
    }
}

/// What fills the texts of one person.
pub(super) struct Filler<'a> {
    pub(super) language: &'a Language,
    pub(super) locale: &'a Locale,
    pub(super) context: &'a Context,
}

impl Filler<'_> {
    pub(super) fn fill(&self, snippet: &Snippet) -> Result<String, RenderError> {
        snippet.fill(self.language, self.context, self.locale)
    }
}
