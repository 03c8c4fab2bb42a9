//! Regulator reports, the register of incidents, and letters, as pages: PDF by the typst crates, reports as a web page too.
//!
//! Owns: the layouts under `templates/reports/` and `templates/letters/`, the words of their frame in six languages, and the fonts.
//!
//! Guarantees: the same document gives the same bytes on the same fonts; a PDF conforms to PDF/A-2a and
//! PDF/UA-1, and embeds every face it uses. A character that no font can show is an error that names the remedy: an
//! authority never gets boxes in place of words.
//!
//! Never: decides what a report says. It lays out a finished [`ReportDocument`].

mod font_search;
mod fonts;
mod html;
mod labels;
mod letter;
mod register;
mod view;
mod world;

use std::sync::LazyLock;

use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst::syntax::Source;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::domain::report::ReportDocument;

pub use fonts::Fonts;
pub use html::{HtmlError, report_html};
pub use letter::{LetterPdf, Stationery, letter_pdf};
pub use register::register_pdf;

use view::{View, characters};
use world::ReportWorld;

/// The layout of a report.
static LAYOUT: LazyLock<Source> = LazyLock::new(|| {
    Source::new(world::file("report.typ"), include_str!("../../../templates/reports/report.typ").to_owned())
});

/// Compilations for which intermediate results stay in the typesetter's cache: enough to reuse the template's, few
/// enough that the content of old reports does not linger.
const CACHE_AGE: usize = 2;

/// Why a report cannot be set as PDF.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// No font at hand has these characters.
    #[error(
        "no font on this machine can show {characters}; install one that does (Debian and Ubuntu: apt-get install \
         fonts-noto-cjk; Fedora: dnf install google-noto-serif-cjk-fonts; elsewhere: Noto Serif CJK from its project's \
         page) or name a directory with such a font file as `font_directory` under [templates]"
    )]
    NoFont {
        /// The first few of them, each with its code point.
        characters: String,
    },
    /// The layout itself failed: a defect of the template, not of the report.
    #[error("the report's layout failed: {0}")]
    Layout(String),
    /// The pages could not be written in the archival format.
    #[error("the report could not be written as PDF/A: {0}")]
    Export(String),
    /// A letter to nobody.
    #[error("the letter has no address")]
    NoAddress,
    /// The address needs more room than the window gives.
    #[error("the address does not fit the window; choose a form with a larger one")]
    NarrowWindow,
}

impl PdfError {
    fn no_font(missing: &[char]) -> Self {
        Self::NoFont { characters: name_characters(missing) }
    }
}

/// Sets a report as PDF with the fonts in the binary and, where those lack a script, the machine's own.
///
/// Takes the processor for a while (a tenth of a second, a second when fonts must be searched): call it where blocking is allowed.
///
/// # Errors
/// When no font has a character of the report, or the layout fails.
pub fn typeset(document: &ReportDocument) -> Result<Vec<u8>, PdfError> {
    typeset_with(document, Fonts::shared())
}

/// The same with fonts of the caller's choice, e.g. with a configured directory.
///
/// # Errors
/// When no font has a character of the report, or the layout fails.
pub fn typeset_with(document: &ReportDocument, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let mut view = View::of(document);
    let faces = fonts.covering(&characters(&view), &view.locale).map_err(|missing| PdfError::no_font(&missing))?;
    view.faces.clone_from(&faces.fallbacks);
    set(&ReportWorld::new(&LAYOUT, "report.json", &view, faces), &document.prepared_at)
}

/// Sets what a world holds.
fn set(world: &ReportWorld, prepared_at: &str) -> Result<Vec<u8>, PdfError> {
    set_pages(world, prepared_at).map(|(bytes, _)| bytes)
}

/// The same, with the number of pages.
fn set_pages(world: &ReportWorld, prepared_at: &str) -> Result<(Vec<u8>, usize), PdfError> {
    let pages = typst::compile::<PagedDocument>(world).output.map_err(|e| PdfError::Layout(describe(&e)))?;
    let options = PdfOptions {
        ident: Smart::Auto,
        creator: Smart::Custom(Some(format!("Candour {}", env!("CARGO_PKG_VERSION")))),
        timestamp: timestamp(prepared_at),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            .map_err(|e| PdfError::Export(e.message().to_string()))?,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&pages, &options).map_err(|e| PdfError::Export(describe(&e)));
    comemo::evict(CACHE_AGE);
    Ok((bytes?, pages.pages().len()))
}

/// The time in the PDF's metadata: when the draft was made, so that the same draft gives the same bytes.
fn timestamp(prepared_at: &str) -> Option<Timestamp> {
    let at = prepared_at.parse::<jiff::Timestamp>().ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).ok();
    let datetime = Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

/// The typesetter's complaints in one line. They speak of the template and of standards, and quote at most a word.
fn describe(errors: &[SourceDiagnostic]) -> String {
    errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// Names characters by shape and number: the shape alone may not show on the reader's screen either.
fn name_characters(missing: &[char]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<_> = missing.iter().take(SHOWN).map(|c| format!("“{c}” (U+{:04X})", u32::from(*c))).collect();
    if missing.len() > SHOWN {
        names.push(format!("{} more", missing.len() - SHOWN));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
