//! The public's pages: announcements in every locale they have, their feed, reports for authorities that hold a link, and
//! deadlines for calendar programs that hold one.
//!
//! Owns the pages and how they are cached. Guarantees that they need no script, no cookie and nothing from elsewhere,
//! that they name nobody, and that a withdrawn announcement says so in its place (410). Never shows a draft.

mod announcement;
mod caching;
mod calendars;
mod feed;
mod language;
mod list;
mod pages;
mod reports;
mod respond;
mod samples;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::Semaphore;
use url::Url;

pub use pages::{PageError, Pages};

use crate::deadlines::Deadlines;
use crate::render::pdf::Fonts;
use crate::store::Store;

/// How many reports are typeset at once; each takes a processor for a while.
const TYPESETTING: usize = 2;

/// What the pages need.
#[derive(Clone)]
pub struct PublicState {
    store: Arc<dyn Store>,
    pages: Arc<Pages>,
    /// Where the service is reached from outside; ends with a slash.
    base: Arc<Url>,
    typesetting: Arc<Semaphore>,
    fonts: Arc<Fonts>,
    deadlines: Arc<Deadlines>,
}

impl PublicState {
    /// Puts the pages together. `base` is the address under which the public reaches this service.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        pages: Arc<Pages>,
        fonts: Arc<Fonts>,
        deadlines: Arc<Deadlines>,
        mut base: Url,
    ) -> Self {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let typesetting = Arc::new(Semaphore::new(TYPESETTING));
        Self { store, pages, base: Arc::new(base), typesetting, fonts, deadlines }
    }

    /// The absolute address of a path of this service.
    fn address(&self, path: &str) -> String {
        self.base.join(path.trim_start_matches('/')).map_or_else(|_| path.to_owned(), String::from)
    }
}

/// The public's routes. Brings no fallback, so it can be merged into another router.
pub fn router(state: PublicState) -> Router {
    Router::new()
        .route("/notices", get(list::page))
        .route("/notices/feed.xml", get(feed::feed))
        .route("/notices/{slug}", get(announcement::page))
        .route("/reports/{token}", get(reports::report))
        .route("/calendars/{token}", get(calendars::calendar))
        .with_state(state)
}
