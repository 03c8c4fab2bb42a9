//! From a page to an answer with the headers that every page has, and the pages for what cannot be shown.

use std::fmt::Display;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::ConsoleState;
use crate::incidents::IncidentError;
use crate::store::StoreError;

const HTML: &str = "text/html; charset=utf-8";

/// What a browser is told to ask its user for. User name and key are ASCII; the scheme's only charset is named anyway.
const CHALLENGE: &str = "Basic realm=\"candour\", charset=\"UTF-8\"";

/// What every page's template sees beside its own.
#[derive(Serialize)]
pub(super) struct Frame<'a> {
    pub title: String,
    pub style: &'a str,
    /// Relative address of the list; empty where there is nothing to go back to.
    pub home: &'a str,
    /// When the page was made, for people.
    pub at: String,
}

#[derive(Serialize)]
pub(super) struct Refusal<'a> {
    #[serde(flatten)]
    pub frame: Frame<'a>,
    pub text: &'a str,
    /// Whether the page says how to come in.
    pub explain: bool,
}

impl ConsoleState {
    /// The frame of a page. `home` leads from it to the list.
    pub(super) fn frame<'a>(&'a self, title: String, home: &'a str) -> Frame<'a> {
        Frame { title, style: self.pages.style(), home, at: super::words::minute(self.clock.now()) }
    }

    /// A page.
    pub(super) fn show(&self, template: &str, page: &impl Serialize) -> Response {
        match self.pages.render(template, page) {
            Ok(body) => self.answer(StatusCode::OK, body),
            Err(error) => self.failed(&error),
        }
    }

    /// The page for whoever has not shown a key that is valid.
    pub(super) fn locked(&self, text: &str) -> Response {
        let mut response = self.bare(StatusCode::UNAUTHORIZED, "Responders only", text, true);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        response
    }

    /// The page for whoever may not come in with this key.
    pub(super) fn refused(&self, status: StatusCode, text: &str) -> Response {
        self.bare(status, "Not with this key", text, true)
    }

    /// The page that says that nothing is here.
    pub(super) fn not_found(&self) -> Response {
        self.bare(StatusCode::NOT_FOUND, "Nothing here", "There is no such incident.", false)
    }

    /// The page for a failure inside; the cause goes to the log.
    pub(super) fn failed(&self, cause: &dyn Display) -> Response {
        tracing::error!(%cause, "a page of the console failed");
        let text = "This page cannot be shown now. Try again in a moment; the log of the service says why.";
        let mut response = self.bare(StatusCode::SERVICE_UNAVAILABLE, "Not now", text, false);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        response
    }

    /// The page for what a feature answered instead of what was asked for.
    pub(super) fn missing(&self, error: &IncidentError) -> Response {
        match error {
            IncidentError::Store(StoreError::NotFound(_)) => self.not_found(),
            other => self.failed(other),
        }
    }

    fn bare(&self, status: StatusCode, title: &str, text: &str, explain: bool) -> Response {
        // No link to the list: from an unknown depth it could not be relative, and the browser's way back works.
        let page = Refusal { frame: self.frame(title.to_owned(), ""), text, explain };
        match self.pages.render("refused.html", &page) {
            Ok(body) => self.answer(status, body),
            Err(error) => {
                tracing::error!(%error, "a page of the console does not render");
                status.into_response()
            }
        }
    }

    fn answer(&self, status: StatusCode, body: String) -> Response {
        let mut response = (status, [(header::CONTENT_TYPE, HTML)], body).into_response();
        self.guard(response.headers_mut());
        response
    }

    /// The headers that every answer has.
    pub(super) fn guard(&self, headers: &mut HeaderMap) {
        set(headers, header::CACHE_CONTROL, "no-store");
        set(headers, header::CONTENT_SECURITY_POLICY, self.pages.policy());
        set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(headers, header::X_FRAME_OPTIONS, "DENY");
        // The addresses of reports are secret; nothing that they lead to may learn them, nor this one.
        set(headers, header::REFERRER_POLICY, "no-referrer");
        set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        set(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        set(headers, HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    }
}

pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
