//! The templates of the pages, loaded and parsed once. Strict: a name without a value is an error, not a blank.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use handlebars::Handlebars;
use rust_embed::RustEmbed;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::samples;
use super::words::{Languages, Words};
use crate::domain::locale::Locale;

#[derive(RustEmbed)]
#[folder = "templates/public/"]
struct BuiltIn;

/// Why the pages cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// A file cannot be read.
    #[error("cannot read {file}: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file does not parse, or uses what is not there.
    #[error("{file}: {reason}")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// The pages.
#[derive(Debug)]
pub struct Pages {
    templates: Handlebars<'static>,
    pub(super) languages: Languages,
    style: String,
    policy: String,
}

impl Pages {
    /// Loads the built-in templates; a file of the same name under `public/` in the override directory replaces one. Each page is
    /// rendered once with samples.
    ///
    /// # Errors
    /// When a file cannot be read or does not parse, or a page does not render.
    pub fn load(overrides: Option<&Path>) -> Result<Self, PageError> {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(escape);
        // It would write values into the log.
        templates.unregister_helper("log");
        let mut words = BTreeMap::new();
        let mut style = String::new();
        for file in BuiltIn::iter() {
            let text = source(&file, overrides)?;
            let invalid = |reason: String| PageError::Invalid { file: format!("public/{file}"), reason };
            if let Some(name) = file.strip_suffix(".hbs") {
                templates.register_template_string(name, text).map_err(|error| invalid(error.to_string()))?;
            } else if let Some(name) = file.strip_prefix("words/").and_then(|name| name.strip_suffix(".toml")) {
                let locale = Locale::parse(name).map_err(|error| invalid(error.to_string()))?;
                let read: Words = toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
                words.insert(locale, read);
            } else if file.ends_with(".css") {
                // As a browser reads it before it compares hashes.
                style = text.replace("\r\n", "\n").replace('\r', "\n");
            }
        }
        let languages = Languages::new(words).ok_or_else(|| PageError::Invalid {
            file: String::from("public/words/en.toml"),
            reason: String::from("it is missing"),
        })?;
        let policy = policy(&style);
        let pages = Self { templates, languages, style, policy };
        samples::render_all(&pages)?;
        Ok(pages)
    }

    /// Whether a file of this name under `public/` replaces one.
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

    /// The policy that allows a browser that style and nothing else.
    pub(super) fn policy(&self) -> &str {
        &self.policy
    }
}

/// Makes text fit for HTML and XML, between tags and in quoted attributes. The engine's own also writes `=` and the
/// backtick as entities, which no quoted attribute needs and which makes addresses unreadable.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// `Content-Security-Policy`: no script, no form, no frame, nothing remote; of styles only the one with this hash.
fn policy(style: &str) -> String {
    use base64::Engine as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn source(file: &str, overrides: Option<&Path>) -> Result<String, PageError> {
    let unreadable = |file: String, reason: String| PageError::Unreadable { file, reason };
    if let Some(path) = overrides.map(|root| root.join("public").join(file)).filter(|path| path.exists()) {
        return fs::read_to_string(&path).map_err(|error| unreadable(path.display().to_string(), error.to_string()));
    }
    let data = BuiltIn::get(file).map(|found| found.data.into_owned()).unwrap_or_default();
    String::from_utf8(data).map_err(|error| unreadable(format!("public/{file}"), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_pages_load_with_all_languages() {
        let pages = Pages::load(None).expect("they load");
        let locales: Vec<String> = pages.languages.locales().map(ToString::to_string).collect();
        assert_eq!(locales, ["de", "en", "es", "fr", "zh-Hans", "zh-Hant"]);
        assert!(pages.policy().contains("default-src 'none'"));
        assert!(!pages.style().contains('<'), "it stands in the page as it is");
    }

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            escape("<a href='x'>\"&\"</a> ?lang=de"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt; ?lang=de"
        );
    }

    #[test]
    fn an_override_replaces_one_file_and_a_broken_one_is_named() {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir(root.path().join("public")).expect("a directory");
        fs::write(root.path().join("public/page.css"), "body{}").expect("a file");
        assert_eq!(Pages::load(Some(root.path())).expect("they load").style(), "body{}");
        fs::write(root.path().join("public/list.html.hbs"), "{{#if}").expect("a file");
        let error = Pages::load(Some(root.path())).expect_err("broken");
        assert!(error.to_string().contains("public/list.html.hbs"), "{error}");
    }

    #[test]
    fn a_name_that_is_not_there_is_found_before_anybody_reads() {
        for file in BuiltIn::iter().filter(|file| file.ends_with(".hbs")) {
            let root = tempfile::tempdir().expect("a directory");
            fs::create_dir(root.path().join("public")).expect("a directory");
            let good = source(&file, None).expect("it is built in");
            let end = if good.contains("<body>") { "</body>" } else { "{{/layout.html}}" };
            let broken = match good.rfind(end) {
                Some(at) => format!("{}{{{{words.titel}}}}{}", &good[..at], &good[at..]),
                None => format!("{good}{{{{words.titel}}}}"),
            };
            fs::write(root.path().join("public").join(file.as_ref()), broken).expect("a file");
            let error = Pages::load(Some(root.path())).expect_err("a name is not there").to_string();
            assert!(error.starts_with(&format!("public/{file}: ")) && error.contains("words.titel"), "{error}");
        }
    }

    #[test]
    fn so_is_one_in_a_part_that_only_some_announcements_have() {
        for (file, after) in [
            ("announcement.html.hbs", "{{#if this.href}}"),
            ("announcement.html.hbs", "{{else}}<bdi>"),
            ("list.html.hbs", "{{#if this.withdrawn}}"),
            ("list.html.hbs", "<p class=\"note\">"),
            ("withdrawn.html.hbs", "{{#if reason}}"),
            ("feed.xml.hbs", "{{#if this.published}}"),
            ("layout.html.hbs", "{{#if this.current}}"),
        ] {
            let root = tempfile::tempdir().expect("a directory");
            fs::create_dir(root.path().join("public")).expect("a directory");
            let good = source(file, None).expect("it is built in");
            assert!(good.contains(after), "{file} has no {after}");
            let broken = good.replacen(after, &format!("{after}{{{{titel}}}}"), 1);
            fs::write(root.path().join("public").join(file), broken).expect("a file");
            let error = Pages::load(Some(root.path())).expect_err("a name is not there").to_string();
            assert!(error.starts_with(&format!("public/{file}: ")) && error.contains("titel"), "{error}");
        }
    }

    #[test]
    fn the_policy_allows_the_style_as_a_browser_reads_it() {
        let loaded = |style: &str| {
            let root = tempfile::tempdir().expect("a directory");
            fs::create_dir(root.path().join("public")).expect("a directory");
            fs::write(root.path().join("public/page.css"), style).expect("a file");
            Pages::load(Some(root.path())).expect("they load")
        };
        let unix = loaded("body {\n}\n");
        for other in ["body {\r\n}\r\n", "body {\r}\r"] {
            assert_eq!((loaded(other).policy(), loaded(other).style()), (unix.policy(), unix.style()));
        }
    }
}
