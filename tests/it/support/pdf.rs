//! PDFs as poppler and qpdf read them.

use std::path::Path;
use std::process::Command;

use candour::render::letter::Area;

use super::process::run;

/// Points in a millimetre.
const POINTS: f64 = 72.0 / 25.4;

/// A word on a page, in millimetres.
#[derive(Clone, Debug)]
pub struct Word {
    /// The page, from 1.
    pub page: usize,
    /// Where it stands.
    pub area: Area,
    /// What it is, with character references as they stand.
    pub text: String,
}

/// Runs one of the tools on a file and gives what it prints.
pub fn tool(program: &str, package: &str, arguments: &[&str], file: &Path) -> String {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|d| d.join(program).exists());
    assert!(found, "{program} is missing; on Debian and Ubuntu: apt-get install {package}");
    let mut command = Command::new(program);
    let (before, after): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|argument| **argument != "-");
    run(command.args(before).arg(file).args(after))
}

/// The words of a file with their places.
pub fn words(file: &Path) -> Vec<Word> {
    let text = tool("pdftotext", "poppler-utils", &["-bbox-layout", "-"], file);
    let mut page = 0;
    let mut words = Vec::new();
    for line in text.lines().map(str::trim) {
        page += usize::from(line.starts_with("<page "));
        let Some(word) = line.strip_prefix("<word ") else { continue };
        let value = |name: &str| -> f64 {
            let rest = &word[word.find(&format!("{name}=\"")).unwrap() + name.len() + 2..];
            rest[..rest.find('"').unwrap()].parse::<f64>().unwrap() / POINTS
        };
        let (left, top) = (value("xMin"), value("yMin"));
        let area = Area { left, top, width: value("xMax") - left, height: value("yMax") - top };
        let text = word[word.find('>').unwrap() + 1..].trim_end_matches("</word>").to_owned();
        words.push(Word { page, area, text });
    }
    words
}

/// Asserts what every printer asks for: whole, every font inside, nothing encrypted, tagged for readers.
pub fn assert_fit_for_print(file: &Path) {
    let checked = tool("qpdf", "qpdf", &["--check"], file);
    assert!(checked.contains("No syntax or stream encoding errors found"), "{checked}");
    let fonts = tool("pdffonts", "poppler-utils", &[], file);
    let mut rows = fonts.lines().skip(2).peekable();
    assert!(rows.peek().is_some(), "no fonts at all:\n{fonts}");
    for row in rows {
        // Columns from the right: object number (two), uni, sub, emb.
        let columns: Vec<&str> = row.split_whitespace().rev().collect();
        assert_eq!(columns[4], "yes", "a font is not embedded:\n{fonts}");
    }
    let info = tool("pdfinfo", "poppler-utils", &[], file);
    for expected in ["Tagged:          yes", "Encrypted:       no", "JavaScript:      no", "Form:            none"] {
        assert!(info.contains(expected), "no {expected:?} in\n{info}");
    }
}
