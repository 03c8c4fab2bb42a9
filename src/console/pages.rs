//! The templates of the console, loaded and parsed once. Strict: a name without a value is an error, not a blank.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use rust_embed::RustEmbed;
use serde::Serialize;
use sha2::{Digest, Sha256};

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
    /// Loads the built-in templates; a file of the same name under `console/` in the override directory replaces one.
    ///
    /// # Errors
    /// When a file cannot be read or does not parse.
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
                style = text;
            }
        }
        // The style stands in each page as it is; the policy allows a browser that one and nothing else.
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Ok(Self { templates, style, policy })
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
}
