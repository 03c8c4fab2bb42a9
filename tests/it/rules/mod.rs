//! Rules that an operator brings: what they change, and what is refused.

mod business_days;
mod changed_between_starts;
mod obligations_in_words;
mod overrides_refused;

use std::path::{Path, PathBuf};

/// The text of an embedded rule file.
fn embedded(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/law/data").join(name);
    std::fs::read_to_string(file).unwrap()
}

/// The text with one place of it changed, which must be there.
fn altered(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not there");
    text.replace(from, to)
}

/// A directory for overrides, and the configuration that names it.
fn overrides(dir: &Path) -> (PathBuf, String) {
    let directory = dir.join("overrides");
    std::fs::create_dir(&directory).unwrap();
    let configuration = format!("[law]\noverrides = \"{}\"\n", directory.display());
    (directory, configuration)
}
