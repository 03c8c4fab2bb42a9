//! The templates of the console, loaded and parsed once. Strict: a name without a value is an error, not a blank.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use rust_embed::RustEmbed;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::samples;

#[derive(RustEmbed)]
#[folder = "templates/console/"]
struct BuiltIn;

/// Why a template of the console cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("console/{file}: {reason}")]
pub struct ConsoleError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

/// The pages.
#[derive(Debug)]
pub struct ConsolePages {
    templates: Handlebars<'static>,
    style: String,
    policy: String,
}

impl ConsolePages {
    /// Loads the built-in templates; a file of the same name under `console/` in the override directory replaces one. Each page is
    /// rendered once with samples.
    ///
    /// # Errors
    /// When a file cannot be read or does not parse, or a page does not render.
    pub fn load(overrides: Option<&Path>) -> Result<Self, ConsoleError> {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        // It would write values into the log.
        templates.unregister_helper("log");
        let mut style = String::new();
        for file in BuiltIn::iter() {
            let fault = |reason: String| ConsoleError { file: file.to_string(), reason };
            let text = source(&file, overrides).map_err(&fault)?;
            if let Some(name) = file.strip_suffix(".hbs") {
                templates.register_template_string(name, text).map_err(|error| fault(error.to_string()))?;
            } else if file.ends_with(".css") {
                // As a browser reads it before it compares hashes.
                style = text.replace("\r\n", "\n").replace('\r', "\n");
            }
        }
        // The style stands in each page as it is; the policy allows a browser that one and nothing else.
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let pages = Self { templates, style, policy };
        samples::render_all(&pages)?;
        Ok(pages)
    }

    /// Whether a file of this name under `console/` replaces one.
    #[must_use]
    pub fn has(file: &str) -> bool {
        BuiltIn::get(file).is_some()
    }

    /// Renders a page.
    pub(super) fn render(&self, name: &str, context: &impl Serialize) -> Result<String, handlebars::RenderError> {
        self.templates.render(name, context)
    }

    /// The style that every page carries in itself.
    pub(super) fn style(&self) -> &str {
        &self.style
    }

    /// `Content-Security-Policy`.
    pub(super) fn policy(&self) -> &str {
        &self.policy
    }
}

fn source(file: &str, overrides: Option<&Path>) -> Result<String, String> {
    if let Some(path) = overrides.map(|root| root.join("console").join(file)).filter(|path| path.exists()) {
        return fs::read_to_string(path).map_err(|error| error.to_string());
    }
    let embedded = BuiltIn::get(file).ok_or_else(|| String::from("it is missing"))?;
    String::from_utf8(embedded.data.into_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_embedded_loads_and_brings_its_style() {
        let pages = ConsolePages::load(None).expect("it loads");
        assert!(pages.style().contains("prefers-color-scheme: dark") && !pages.style().contains('<'));
        assert!(pages.policy().starts_with("default-src 'none'; style-src 'sha256-"));
    }

    #[test]
    fn an_override_replaces_one_file_and_a_broken_one_is_named() {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir(root.path().join("console")).expect("a directory");
        fs::write(root.path().join("console/page.css"), "body{}").expect("a file");
        assert_eq!(ConsolePages::load(Some(root.path())).expect("they load").style(), "body{}");
        fs::write(root.path().join("console/list.html.hbs"), "{{#if}").expect("a file");
        let error = ConsolePages::load(Some(root.path())).expect_err("broken");
        assert!(error.to_string().starts_with("console/list.html.hbs: "), "{error}");
    }

    #[test]
    fn a_name_that_is_not_there_is_found_in_every_part_of_every_page() {
        for file in BuiltIn::iter().filter(|file| file.ends_with(".hbs")) {
            let good = source(&file, None).expect("it is built in");
            // Behind every expression that opens or parts a block, one by one.
            let ends = good.match_indices("}}").map(|(at, _)| at + 2);
            let opens = ends.filter(|end| {
                let start = good[..*end].rfind("{{").expect("it begins somewhere");
                good[start..].starts_with("{{#") || good[start..].starts_with("{{else}}")
            });
            for end in opens {
                let broken = format!("{}{{{{titel}}}}{}", &good[..end], &good[end..]);
                let root = tempfile::tempdir().expect("a directory");
                fs::create_dir(root.path().join("console")).expect("a directory");
                fs::write(root.path().join("console").join(file.as_ref()), broken).expect("a file");
                let refused = ConsolePages::load(Some(root.path()));
                let error = refused.err().unwrap_or_else(|| panic!("{file}: nothing renders {}", &good[..end]));
                assert!(error.to_string().contains("titel"), "{error}");
            }
        }
    }

    #[test]
    fn the_policy_allows_the_style_as_a_browser_reads_it() {
        let loaded = |style: &str| {
            let root = tempfile::tempdir().expect("a directory");
            fs::create_dir(root.path().join("console")).expect("a directory");
            fs::write(root.path().join("console/page.css"), style).expect("a file");
            ConsolePages::load(Some(root.path())).expect("they load")
        };
        let unix = loaded("body {\n}\n");
        for other in ["body {\r\n}\r\n", "body {\r}\r"] {
            assert_eq!((loaded(other).policy(), loaded(other).style()), (unix.policy(), unix.style()));
        }
    }
}
