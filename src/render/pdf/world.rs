//! The small world that the typesetter sees: one layout, one report, some fonts. No network, no clock, no other file.

use std::sync::{Arc, LazyLock};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::Faces;
use super::view::View;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

static LAYOUT: LazyLock<Source> =
    LazyLock::new(|| Source::new(file("report.typ"), include_str!("../../../templates/reports/report.typ").to_owned()));

static REPORT: LazyLock<FileId> = LazyLock::new(|| file("report.json"));

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain file name is a path");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

/// What one compilation may touch.
pub(super) struct ReportWorld {
    report: Bytes,
    faces: Arc<Faces>,
}

impl ReportWorld {
    pub(super) fn new(view: &View, faces: Arc<Faces>) -> Self {
        let report = serde_json::to_vec(view).expect("strings, booleans and lists always become JSON");
        Self { report: Bytes::new(report), faces }
    }
}

impl World for ReportWorld {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.faces.book
    }

    fn main(&self) -> FileId {
        LAYOUT.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == LAYOUT.id() { Ok(LAYOUT.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == *REPORT { Ok(self.report.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.faces.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
