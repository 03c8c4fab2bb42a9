//! The other parts of a request: path, query, `If-Match`; and what goes with an answer: entity tags, the incident.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, Query, RawPathParams};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use axum::response::{IntoResponseParts, ResponseParts};
use serde::de::DeserializeOwned;

use super::problem::{Kind, Problem};
use crate::domain::id::IncidentId;

/// Parts of the path.
#[derive(Clone, Debug)]
pub struct PathArg<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathArg<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => return Ok(Self(value)),
            Err(rejection) => rejection.body_text(),
        };
        let reason = text.trim_start_matches("Invalid URL: ").to_owned();
        let names = RawPathParams::from_request_parts(parts, state).await;
        let names: Vec<String> =
            names.iter().flat_map(|params| params.iter().map(|(name, _)| name.to_owned())).collect();
        Err(Problem::new(Kind::BadAddress, "A part of the path has the wrong form.").with(
            names.join(", "),
            reason,
            "Use the identifier as an earlier answer of this API gave it.",
        ))
    }
}

/// Parameters of the query.
#[derive(Clone, Debug)]
pub struct QueryArgs<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryArgs<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let text = match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => return Ok(Self(value)),
            Err(rejection) => rejection.body_text(),
        };
        let reason = text.trim_start_matches("Failed to deserialize query string: ");
        // The text is `NAME: REASON` where one parameter is at fault.
        let (field, reason) = reason.split_once(": ").unwrap_or(("(query)", reason));
        Err(Problem::new(Kind::BadAddress, "A parameter of the query has the wrong form.").with(
            field,
            reason,
            "Send only the parameters that /openapi.json lists for this call.",
        ))
    }
}

/// Versions of a thing that the caller has seen: `If-Match` (RFC 9110, section 13.1.1). Compulsory where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever the present version is.
    Any,
    /// One of these. Weak or foreign tags are left out, they match nothing.
    Versions(Vec<i64>),
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// 428 when it is missing.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut given = headers.get_all(header::IF_MATCH).iter().peekable();
        if given.peek().is_none() {
            return Err(Problem::new(
                Kind::PreconditionRequired,
                "Send the ETag of the version you have read as If-Match, so that nobody's change is overwritten.",
            ));
        }
        let tags = given.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let tags: Vec<&str> = tags.map(str::trim).collect();
        if tags.contains(&"*") {
            return Ok(Self::Any);
        }
        Ok(Self::Versions(tags.into_iter().filter_map(version).collect()))
    }

    /// The version to change, given the present one.
    ///
    /// # Errors
    /// 412 with the present tag when the caller has seen another.
    pub fn expect(&self, current: i64) -> Result<i64, Problem> {
        match self {
            Self::Any => Ok(current),
            Self::Versions(seen) if seen.contains(&current) => Ok(current),
            Self::Versions(_) => Err(stale(current)),
        }
    }
}

/// The problem for a change that was made to an old version.
#[must_use]
pub fn stale(current: i64) -> Problem {
    let tag = format!("\"v{current}\"");
    Problem::new(Kind::Stale, format!("The present version is {tag}. Read it, apply your change to it, send it again."))
        .header(header::ETAG, &tag)
}

/// The entity tag of a version.
///
/// # Panics
/// Never: digits and quotes fit into a header.
#[must_use]
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"v{version}\"")).expect("digits and quotes fit into a header")
}

fn version(tag: &str) -> Option<i64> {
    tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}

/// Goes with an answer: the incident it belongs to. A replayed answer lives as long as that incident. Where a handler
/// does not say it, the incident is the one in the path `/v1/incidents/{id}`, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belongs(pub IncidentId);

impl IntoResponseParts for Belongs {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_back() {
        assert_eq!(version(etag(7).to_str().expect("is text")), Some(7));
        for foreign in ["W/\"v7\"", "\"7\"", "v7", "\"vx\"", ""] {
            assert_eq!(version(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn only_the_present_version_matches() {
        assert_eq!(IfMatch::Any.expect(4), Ok(4));
        assert_eq!(IfMatch::Versions(vec![3, 4]).expect(4), Ok(4));
        let refused = IfMatch::Versions(vec![3]).expect(4).expect_err("is stale");
        assert_eq!(refused.kind(), Kind::Stale);
    }
}
