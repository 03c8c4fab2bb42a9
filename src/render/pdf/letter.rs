//! A letter as PDF, print-ready for its form.

use std::sync::LazyLock;

use serde::Serialize;
use typst::syntax::Source;

use super::labels::Labels;
use super::view::{characters, clean, language_and_region};
use super::{Fonts, PdfError, set_pages, world};
use crate::domain::letter::{Block, Letter};
use crate::render::letter::Form;

static LAYOUT: LazyLock<Source> = LazyLock::new(|| {
    let text = include_str!("../../../templates/letters/letter.typ");
    Source::new(world::file("letter.typ"), text.to_owned())
});

/// What a letter needs beside what it says.
#[derive(Clone, Debug)]
pub struct Stationery<'a> {
    /// Paper, window and folds.
    pub form: &'a Form,
    /// The sender's name and address, a line each; the letter's sender alone if empty.
    pub sender: &'a [String],
    /// The recipient's name and address, a line each.
    pub recipient: &'a [String],
    /// The day, as `2026-11-22`.
    pub date: &'a str,
    /// The time in the file's metadata, RFC 3339.
    pub made_at: &'a str,
}

/// A letter set on paper.
#[derive(Clone, Debug)]
pub struct LetterPdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pages it has.
    pub pages: usize,
}

#[derive(Serialize)]
struct View<'a> {
    language: String,
    region: Option<String>,
    title: String,
    sender: String,
    letterhead: Vec<String>,
    return_line: String,
    address: Vec<String>,
    date: &'a str,
    page_of: &'a str,
    form: &'a Form,
    parts: Vec<Part>,
    /// Families to fall back to, for the typesetter.
    faces: Vec<String>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
    Title { text: String },
    Heading { text: String },
    Paragraph { text: String },
    Items { items: Vec<String> },
    Facts { facts: Vec<(String, String)> },
}

/// Sets a letter. Takes the processor for some milliseconds; call it where blocking is allowed.
///
/// # Errors
/// When no font has a character of the letter, the address does not fit its window, or the layout fails.
pub fn letter_pdf(letter: &Letter, on: &Stationery<'_>, fonts: &Fonts) -> Result<LetterPdf, PdfError> {
    let locale = letter.locale.as_str();
    let (language, region) = language_and_region(locale);
    let (_, labels) = Labels::nearest(locale);
    let cleaned = |lines: &[String]| lines.iter().map(|line| clean(line)).collect::<Vec<_>>();
    let letterhead = if on.sender.is_empty() { vec![clean(&letter.sender)] } else { cleaned(on.sender) };
    let mut view = View {
        language,
        region,
        title: clean(letter.title.expose()),
        sender: clean(&letter.sender),
        return_line: if on.sender.is_empty() { String::new() } else { letterhead.join(" · ") },
        letterhead,
        address: cleaned(on.recipient),
        date: on.date,
        page_of: &labels.page_of,
        form: on.form,
        parts: letter.blocks.expose().iter().map(part).collect(),
        faces: Vec::new(),
    };
    if view.address.is_empty() && on.form.address.is_some() {
        return Err(PdfError::NoAddress);
    }
    let faces = fonts.covering(&characters(&view), locale).map_err(|missing| PdfError::no_font(&missing))?;
    view.faces.clone_from(&faces.fallbacks);
    let (bytes, pages) = set_pages(&world::ReportWorld::new(&LAYOUT, "letter.json", &view, faces), on.made_at)
        .map_err(|error| match error {
            PdfError::Layout(text) if text.contains("address does not fit") => PdfError::NarrowWindow,
            error => error,
        })?;
    Ok(LetterPdf { bytes, pages })
}

fn part(block: &Block) -> Part {
    // A line break is the layout's; every other control character goes.
    let text = |text: &String| text.split('\n').map(clean).collect::<Vec<_>>().join("\n");
    match block {
        Block::Title(title) => Part::Title { text: text(title) },
        Block::Heading(heading) => Part::Heading { text: text(heading) },
        Block::Paragraph(paragraph) => Part::Paragraph { text: text(paragraph) },
        Block::Items(items) => Part::Items { items: items.iter().map(text).collect() },
        Block::Facts(facts) => Part::Facts { facts: facts.iter().map(|(l, v)| (text(l), text(v))).collect() },
    }
}
