//! The files of notices: those built into the binary, and an override directory on top.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;

use super::error::RenderError;
use crate::domain::locale::Locale;

#[derive(RustEmbed)]
#[folder = "templates/notices/"]
#[prefix = "notices/"]
struct BuiltIn;

/// One of the templates that a set consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FrameFile {
    EmailText,
    EmailHtml,
    Sms,
    Push,
    Letter,
    Voice,
}

impl FrameFile {
    pub(super) const ALL: [Self; 6] =
        [Self::EmailText, Self::EmailHtml, Self::Sms, Self::Push, Self::Letter, Self::Voice];

    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::EmailText => "email.txt.hbs",
            Self::EmailHtml => "email.html.hbs",
            Self::Sms => "sms.txt.hbs",
            Self::Push => "push.txt.hbs",
            Self::Letter => "letter.html.hbs",
            Self::Voice => "voice.txt.hbs",
        }
    }

    /// Whether a set may do without, and uses the standard set's.
    pub(super) const fn may_lack(self) -> bool {
        matches!(self, Self::Letter | Self::Voice)
    }
}

/// What a file is for, told from its path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// The words of a language.
    Words(Locale),
    /// A template of a set, for one locale or for all.
    Frame { set: String, locale: Option<Locale>, file: FrameFile },
}

impl Purpose {
    /// Reads a path relative to the template directory; `None` if no template lives there.
    fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let frame = |name: &str| FrameFile::ALL.into_iter().find(|file| file.file_name() == name);
        match parts[..] {
            ["notices", "words", file] => Locale::parse(file.strip_suffix(".toml")?).ok().map(Self::Words),
            ["notices", set, file] => Some(Self::Frame { set: set.to_owned(), locale: None, file: frame(file)? }),
            ["notices", set, locale, file] => {
                let locale = Some(Locale::parse(locale).ok()?);
                Some(Self::Frame { set: set.to_owned(), locale, file: frame(file)? })
            }
            _ => None,
        }
    }
}

/// One file as it was found.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Where, for messages: relative to the template directory when built in, the real path when overridden.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
}

/// All files: built in, and overriding. Templates are replaced by their override; words are laid over each other.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) built_in: BTreeMap<Purpose, Source>,
    pub(super) overrides: BTreeMap<Purpose, Source>,
}

impl Sources {
    pub(super) fn load(overrides: Option<&Path>) -> Result<Self, RenderError> {
        let mut sources = Self::default();
        for path in BuiltIn::iter() {
            let purpose = Purpose::of(&path).ok_or_else(|| RenderError::Stray { file: path.to_string() })?;
            let data = BuiltIn::get(&path).map(|file| file.data.into_owned()).unwrap_or_default();
            let text = String::from_utf8(data).map_err(|_| unreadable(&path, "it is not UTF-8"))?;
            sources.built_in.insert(purpose, Source { path: path.into_owned(), text });
        }
        if let Some(root) = overrides {
            fs::read_dir(root).map_err(|e| unreadable(&root.display().to_string(), &e.to_string()))?;
            let notices = root.join("notices");
            if notices.exists() {
                sources.walk(&notices, "notices")?;
            }
        }
        Ok(sources)
    }

    fn walk(&mut self, directory: &Path, relative: &str) -> Result<(), RenderError> {
        let failed = |e: std::io::Error| unreadable(&directory.display().to_string(), &e.to_string());
        for entry in fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What editors and version control leave behind.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let relative = format!("{relative}/{name}");
            if entry.path().is_dir() {
                self.walk(&entry.path(), &relative)?;
                continue;
            }
            let path = entry.path().display().to_string();
            let purpose = Purpose::of(&relative).ok_or(RenderError::Stray { file: relative })?;
            let text = fs::read_to_string(entry.path()).map_err(|e| unreadable(&path, &e.to_string()))?;
            self.overrides.insert(purpose, Source { path, text });
        }
        Ok(())
    }
}

fn unreadable(path: &str, reason: &str) -> RenderError {
    RenderError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_a_file_is_for() {
        let locale = Locale::parse("zh-Hant").unwrap();
        assert_eq!(Purpose::of("notices/words/zh-hant.toml"), Some(Purpose::Words(locale.clone())));
        let frame = |locale| Purpose::Frame { set: String::from("plain"), locale, file: FrameFile::EmailHtml };
        assert_eq!(Purpose::of("notices/plain/email.html.hbs"), Some(frame(None)));
        assert_eq!(Purpose::of("notices/plain/zh-Hant/email.html.hbs"), Some(frame(Some(locale))));
        assert_eq!(Purpose::of("notices/plain/emial.html.hbs"), None);
        assert_eq!(Purpose::of("notices/words/de.json"), None);
    }
}
