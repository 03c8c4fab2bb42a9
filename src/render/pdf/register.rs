//! The register of incidents as PDF.

use std::sync::LazyLock;

use serde::Serialize;
use typst::syntax::Source;

use super::view::{characters, clean, lines, readable_time};
use super::{Fonts, PdfError, set, world};
use crate::domain::register::{Register, RegisterEntry, RegisterField};

static LAYOUT: LazyLock<Source> = LazyLock::new(|| {
    let text = include_str!("../../../templates/reports/register.typ");
    Source::new(world::file("register.typ"), text.to_owned())
});

#[derive(Serialize)]
struct View {
    title: &'static str,
    prepared: String,
    number: usize,
    entries: Vec<EntryView>,
    /// Families to fall back to, for the typesetter.
    faces: Vec<String>,
}

#[derive(Serialize)]
struct EntryView {
    title: String,
    fields: Vec<FieldView>,
}

#[derive(Serialize)]
struct FieldView {
    label: &'static str,
    values: Vec<String>,
}

/// Sets the register as PDF. Takes the processor for a while; call it where blocking is allowed.
///
/// # Errors
/// When no font has a character of the register, or the layout fails.
pub fn register_pdf(register: &Register, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let field = |field: &RegisterField| FieldView {
        label: field.label,
        values: field.values.iter().flat_map(|value| lines(value)).collect(),
    };
    let entry = |entry: &RegisterEntry| EntryView {
        title: clean(&entry.title),
        fields: entry.fields.iter().map(field).filter(|field| !field.values.is_empty()).collect(),
    };
    let mut view = View {
        title: "Register of personal-data breaches",
        prepared: readable_time(&register.prepared_at),
        number: register.entries.len(),
        entries: register.entries.iter().map(entry).collect(),
        faces: Vec::new(),
    };
    let faces = fonts.covering(&characters(&view), "en").map_err(|missing| PdfError::no_font(&missing))?;
    view.faces.clone_from(&faces.fallbacks);
    set(&world::ReportWorld::new(&LAYOUT, "register.json", &view, faces), &register.prepared_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(entries: usize) -> Register {
        let field = RegisterField {
            key: "effects",
            label: "Effects",
            values: vec![String::from("A *list* of #names was [read]; 漏洞.\nTwice.")],
        };
        let entry = RegisterEntry { title: String::from("Tape <lost> $x$"), fields: vec![field] };
        Register { prepared_at: String::from("2026-11-22T10:00:00.000Z"), entries: vec![entry; entries] }
    }

    #[test]
    fn it_is_archival_accessible_and_the_same_each_time() {
        let fonts = Fonts::shared();
        for entries in [0, 1, 40] {
            let pdf = register_pdf(&register(entries), fonts).unwrap();
            let text = String::from_utf8_lossy(&pdf);
            assert!(text.starts_with("%PDF-") && text.contains("pdfaid:part") && text.contains("pdfuaid:part"));
            assert_eq!(pdf, register_pdf(&register(entries), fonts).unwrap());
        }
    }
}
