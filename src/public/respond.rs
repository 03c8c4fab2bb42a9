//! From a rendered page to an answer with the headers that every page has, and the pages for what is not there.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::PublicState;
use super::caching;
use super::language::Wanted;
use super::words::Words;
use crate::domain::clock::Millis;
use crate::domain::locale::Locale;
use crate::store::StoreError;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const ATOM: &str = "application/atom+xml; charset=utf-8";

/// What every page's template sees beside its own.
#[derive(Serialize)]
pub(super) struct Frame<'a> {
    pub lang: &'a str,
    pub title: String,
    pub words: &'a Words,
    pub style: &'a str,
    /// Address of the list, which keeps the reader's language.
    pub all: String,
    /// The same page in its other languages.
    pub languages: Vec<OtherLanguage>,
    /// Address of the feed.
    pub feed: String,
}

/// A page's other language.
#[derive(Serialize)]
pub(super) struct OtherLanguage {
    pub lang: String,
    pub name: String,
    pub href: String,
    pub current: bool,
}

impl PublicState {
    /// The frame of a page in a language that there are words for.
    pub(super) fn frame<'a>(
        &'a self,
        locale: &'a Locale,
        title: String,
        wanted: &Wanted,
        languages: Vec<OtherLanguage>,
    ) -> Frame<'a> {
        Frame {
            lang: locale.as_str(),
            title,
            words: self.pages.languages.words(locale),
            style: self.pages.style(),
            all: format!("{}{}", self.address("notices"), wanted.query()),
            languages,
            feed: self.address("notices/feed.xml"),
        }
    }

    /// The same address in each of some locales.
    pub(super) fn alternates<'a>(
        &self,
        path: &str,
        locales: impl Iterator<Item = &'a Locale>,
        current: &Locale,
    ) -> Vec<OtherLanguage> {
        locales
            .map(|locale| OtherLanguage {
                lang: locale.to_string(),
                name: self.pages.languages.name(locale),
                href: self.address(&format!("{path}?lang={locale}")),
                current: locale == current,
            })
            .collect()
    }

    /// The language of a page's own words for a reader.
    pub(super) fn chrome(&self, wanted: &Wanted) -> &Locale {
        let languages = &self.pages.languages;
        wanted.choose(|locale| languages.find(locale)).unwrap_or_else(|| languages.last_resort())
    }

    /// The page that says that nothing is here.
    pub(super) fn not_found(&self, wanted: &Wanted) -> Response {
        self.bare(StatusCode::NOT_FOUND, "not_found.html", wanted, |words| words.not_found().to_owned())
    }

    /// The page for a failure inside; the cause goes to the log.
    pub(super) fn failed(&self, wanted: &Wanted, cause: &dyn std::fmt::Display) -> Response {
        tracing::error!(%cause, "a public page failed");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut response = self.bare(status, "failed.html", wanted, |words| words.failed().to_owned());
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        response
    }

    /// The page for what the store answered instead of what was asked for.
    pub(super) fn missing(&self, wanted: &Wanted, error: &StoreError) -> Response {
        match error {
            StoreError::NotFound(_) => self.not_found(wanted),
            other => self.failed(wanted, other),
        }
    }

    fn bare(&self, status: StatusCode, template: &str, wanted: &Wanted, title: impl Fn(&Words) -> String) -> Response {
        let locale = self.chrome(wanted);
        let title = title(self.pages.languages.words(locale));
        let frame = self.frame(locale, title, wanted, Vec::new());
        match self.pages.render(template, &frame) {
            Ok(body) => {
                let mut response = (status, [(header::CONTENT_TYPE, HTML)], body).into_response();
                self.guard(response.headers_mut(), "no-store");
                set(response.headers_mut(), header::CONTENT_LANGUAGE, locale.as_str());
                response
            }
            Err(error) => {
                tracing::error!(%error, template, "a page does not render");
                status.into_response()
            }
        }
    }

    /// A page that may be cached, or the word that the reader has it already.
    pub(super) fn cached(&self, asked: &HeaderMap, page: Cached<'_>) -> Response {
        let tag = caching::tag(&page.body);
        // Only of a page that is there can it be said that it has not changed.
        let unchanged = page.status == StatusCode::OK && caching::not_modified(asked, &tag, page.modified);
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            (page.status, [(header::CONTENT_TYPE, page.media_type)], page.body).into_response()
        };
        let headers = response.headers_mut();
        self.guard(headers, caching::PUBLIC);
        set(headers, header::ETAG, &tag);
        set(headers, header::VARY, "Accept-Language");
        set(headers, header::CONTENT_LANGUAGE, page.locale.as_str());
        if let Some(date) = page.modified.and_then(caching::http_date) {
            set(headers, header::LAST_MODIFIED, &date);
        }
        response
    }

    /// The headers that keep browsers from guessing, leaking and embedding.
    pub(super) fn guard(&self, headers: &mut HeaderMap, cache: &str) {
        set(headers, header::CACHE_CONTROL, cache);
        set(headers, header::CONTENT_SECURITY_POLICY, self.pages.policy());
        set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(headers, header::X_FRAME_OPTIONS, "DENY");
        set(headers, header::REFERRER_POLICY, "no-referrer");
        set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
}

/// A page on its way to caches.
pub(super) struct Cached<'a> {
    pub status: StatusCode,
    pub media_type: &'static str,
    pub body: String,
    pub modified: Option<Millis>,
    pub locale: &'a Locale,
}

pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A day, for people: `2026-11-20`, which no language misreads.
pub(super) fn day(at: Millis) -> String {
    at.to_timestamp().strftime("%Y-%m-%d").to_string()
}
