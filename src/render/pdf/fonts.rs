//! The faces a report is set in: those in the binary, then a configured directory, then the machine's own.
//!
//! The binary carries Libertinus Serif and `DejaVu` Sans Mono (Latin, Greek, Cyrillic). No crate on crates.io carries a
//! Chinese face as plain bytes, so Chinese comes from outside the binary; the PDF embeds what it uses either way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use super::font_search::{self, Found};

/// A choice of faces that covers some text.
#[derive(Debug)]
pub(super) struct Faces {
    pub(super) book: LazyHash<FontBook>,
    pub(super) fonts: Vec<Font>,
    /// Families found outside the binary, in the order to fall back to them.
    pub(super) fallbacks: Vec<String>,
}

/// Where faces come from. Searching the machine happens when a report first needs it, and is remembered.
#[derive(Debug)]
pub struct Fonts {
    directories: Vec<PathBuf>,
    /// What was found outside the binary, per locale: the same character has other forms in another country.
    found: Mutex<BTreeMap<String, Arc<Faces>>>,
}

static EMBEDDED: LazyLock<Vec<Font>> = LazyLock::new(|| {
    // Mathematics has no place in a report, and its faces are the largest.
    let wanted = |font: &Font| !font.info().family.contains("Math");
    typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).filter(wanted).collect()
});

static SHARED: LazyLock<Fonts> = LazyLock::new(|| Fonts::new(None));

impl Fonts {
    /// The faces in the binary, then those in `directory` and below, then the machine's own.
    #[must_use]
    pub fn new(directory: Option<&Path>) -> Self {
        let own = directory.map(Path::to_path_buf);
        Self::in_directories(own.into_iter().chain(font_search::system_directories()).collect())
    }

    /// The faces in the binary, then those in the directories given and no others.
    pub(super) fn in_directories(directories: Vec<PathBuf>) -> Self {
        Self { directories, found: Mutex::default() }
    }

    /// Those without a configured directory.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Faces that between them have every character, or the characters that none has.
    pub(super) fn covering(&self, text: &BTreeSet<char>, locale: &str) -> Result<Arc<Faces>, Vec<char>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(faces) = found.get(locale)
            && lacking(&faces.fonts, text).is_empty()
        {
            return Ok(Arc::clone(faces));
        }
        let known = found.get(locale).map_or(EMBEDDED.as_slice(), |faces| &faces.fonts);
        let lacking = lacking(known, text);
        let mut more = Found::default();
        if !lacking.is_empty() {
            more = font_search::search(&self.directories, &lacking, locale);
            if !more.lacking.is_empty() {
                return Err(more.lacking.into_iter().collect());
            }
        }
        let fonts: Vec<_> = known.iter().cloned().chain(more.fonts).collect();
        let mut fallbacks = found.get(locale).map(|faces| faces.fallbacks.clone()).unwrap_or_default();
        fallbacks.extend(more.families);
        let faces = Arc::new(Faces { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts, fallbacks });
        found.insert(locale.to_owned(), Arc::clone(&faces));
        Ok(faces)
    }
}

fn lacking(fonts: &[Font], text: &BTreeSet<char>) -> BTreeSet<char> {
    let covers = |c: &char| fonts.iter().any(|f| f.info().coverage.contains(u32::from(*c)));
    text.iter().copied().filter(|c| !covers(c)).collect()
}
