//! The responders' pages, through the real program.

mod door;
mod long_history;
mod pages;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, header};

use crate::support::candour::{Candour, http_client};

/// A page as it came.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What every page keeps to, whatever its status.
    fn keeps_the_rules(&self) {
        assert_eq!(self.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{}", self.body);
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(self.header(header::REFERRER_POLICY), "no-referrer");
        assert!(!self.headers.contains_key(header::SET_COOKIE));
        let policy = self.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'none'") && !policy.contains("unsafe"), "{policy}");
        for never in ["<script", "<form", " style=\"", " onclick", "javascript:"] {
            assert!(!self.body.contains(never), "{never} in {}", self.body);
        }
    }
}

/// Reads a page as a browser would with this password.
async fn read(candour: &Candour, path: &str, key: Option<&str>) -> Page {
    let mut request = http_client().get(format!("{}{path}", candour.base));
    if let Some(key) = key {
        request = request.basic_auth("anybody", Some(key));
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let page = Page { status, headers, body: response.text().await.unwrap() };
    page.keeps_the_rules();
    page
}
