//! Entity tags, dates and conditional requests (RFC 9110, section 13; RFC 9111).

use axum::http::{HeaderMap, header};
use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

use crate::domain::clock::Millis;

/// How long a page may be kept without asking, and how long an old one may be shown while a cache asks again.
pub(super) const PUBLIC: &str = "public, max-age=60, stale-while-revalidate=300";

/// For what only the holder of a link may see.
pub(super) const PRIVATE: &str = "private, no-store";

/// The entity tag of a page: its content decides.
pub(super) fn tag(body: &str) -> String {
    let hash = hex::encode(Sha256::digest(body.as_bytes()));
    format!("\"{}\"", &hash[..32])
}

/// `Last-Modified`; `None` outside the years that the form can say.
pub(super) fn http_date(at: Millis) -> Option<String> {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at.to_timestamp()).ok()
}

/// Whether the reader has this very page already.
pub(super) fn not_modified(headers: &HeaderMap, tag: &str, modified: Option<Millis>) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        // Where there is a tag, dates do not count.
        return headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|given| given.trim().trim_start_matches("W/"))
            .any(|given| given == tag || given == "*");
    }
    let since = headers
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| rfc2822::DateTimeParser::new().parse_timestamp(value.as_bytes()).ok());
    match (since, modified) {
        (Some(since), Some(modified)) => modified.to_timestamp().as_second() <= since.as_second(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const AT: Millis = Millis(784_111_777_500);

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a value"))])
    }

    #[test]
    fn dates_have_the_form_of_http() {
        assert_eq!(http_date(AT).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }

    #[test]
    fn a_page_that_the_reader_has_is_told_by_tag_or_date() {
        let tag = tag("page");
        let seen = |headers: &HeaderMap| not_modified(headers, &tag, Some(AT));
        assert!(seen(&with(header::IF_NONE_MATCH, &tag)));
        assert!(seen(&with(header::IF_NONE_MATCH, &format!("\"other\", W/{tag}"))));
        assert!(!seen(&with(header::IF_NONE_MATCH, "\"other\"")));
        assert!(seen(&with(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT")));
        assert!(!seen(&with(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT")));
        assert!(!seen(&with(header::IF_MODIFIED_SINCE, "yesterday")));
        let mut both = with(header::IF_NONE_MATCH, "\"other\"");
        both.insert(header::IF_MODIFIED_SINCE, HeaderValue::from_static("Sun, 06 Nov 2044 08:49:37 GMT"));
        assert!(!seen(&both), "the tag decides");
        assert!(!seen(&HeaderMap::new()));
    }
}
