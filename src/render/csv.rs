//! The register as a table for spreadsheet programs (RFC 4180, UTF-8).
//!
//! What people wrote must not become a formula in the program of whoever opens it: a cell that begins like one gets an
//! apostrophe in front, which spreadsheet programs take for "this is text".

use crate::domain::register::Register;

/// With a byte order mark, without which the most common spreadsheet program takes UTF-8 for something else.
const MARK: char = '\u{feff}';

/// Writes the register: one line an incident, one column a field; a field of several values has one a line.
#[must_use]
pub fn register_csv(register: &Register) -> String {
    let mut out = String::from(MARK);
    let keys = register.entries.first().map(|entry| entry.fields.iter().map(|field| field.key)).into_iter().flatten();
    line(&mut out, std::iter::once("title").chain(keys).map(str::to_owned));
    for entry in &register.entries {
        let values = entry.fields.iter().map(|field| field.values.join("\n"));
        line(&mut out, std::iter::once(entry.title.clone()).chain(values));
    }
    out
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(&harmless(&cell).replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}

/// The text, with an apostrophe in front where a program would calculate it. The wide forms are those of East Asian input.
fn harmless(cell: &str) -> String {
    let first = cell.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next();
    let dangerous = |first: char| {
        matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    };
    if first.is_some_and(dangerous) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::register::{RegisterEntry, RegisterField};

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv_core::Reader::new();
        let (mut input, mut lines, mut cells) = (text.as_bytes(), Vec::new(), Vec::new());
        let mut cell = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let (result, read, written) = reader.read_field(input, &mut buffer);
            input = &input[read..];
            cell.extend_from_slice(&buffer[..written]);
            match result {
                csv_core::ReadFieldResult::Field { record_end } => {
                    cells.push(String::from_utf8(std::mem::take(&mut cell)).unwrap());
                    if record_end {
                        lines.push(std::mem::take(&mut cells));
                    }
                }
                csv_core::ReadFieldResult::End => return lines,
                csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
            }
        }
    }

    #[test]
    fn a_reader_gets_back_what_was_said_and_no_cell_is_a_formula() {
        let values = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let register = Register {
            prepared_at: String::new(),
            entries: vec![RegisterEntry {
                title: String::from("=HYPERLINK(\"http://x\";\"a\")"),
                fields: vec![
                    RegisterField { key: "effects", label: "", values: values(&["one, \"two\"", "three"]) },
                    RegisterField { key: "cause", label: "", values: values(&["-2+3"]) },
                    RegisterField { key: "state", label: "", values: Vec::new() },
                ],
            }],
        };
        let text = register_csv(&register);
        let lines = read(text.trim_start_matches(MARK));
        assert_eq!(lines[0], ["title", "effects", "cause", "state"]);
        assert_eq!(lines[1], ["'=HYPERLINK(\"http://x\";\"a\")", "one, \"two\"\nthree", "'-2+3", ""]);
    }

    #[test]
    fn whatever_begins_like_a_formula_is_text() {
        for cell in ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "  =1", "\u{ff1d}1", "\u{3000}=1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        assert_eq!(harmless("a=1"), "a=1");
        assert_eq!(harmless(""), "");
    }
}
