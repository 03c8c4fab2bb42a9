//! Request bodies: read within a limit, refused with a reason, parsed strictly.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::Limits;
use super::problem::{Kind, Problem};

/// The largest body of this request, in bytes; the gate sets it from the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimit(pub(super) usize);

impl BodyLimit {
    /// That of a request.
    fn of(request: &Request) -> usize {
        request.extensions().get::<Self>().map_or_else(|| Limits::default().body_bytes, |limit| limit.0)
    }
}

/// Of a body that is too large, at most so many further bytes are read.
const MAX_DRAINED: usize = 64 * 1024 * 1024;
/// And at most for so long.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A JSON body. Unknown fields and words are refused by the type; every refusal names the field.
#[derive(Clone, Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        require_type(request.headers(), &["application/json"])?;
        let limit = BodyLimit::of(&request);
        let bytes = read(request.headers().get(header::CONTENT_LENGTH).cloned(), request.into_body(), limit).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that may be left out, which stands for everything by default.
#[derive(Clone, Debug)]
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (headers, limit) = (request.headers().clone(), BodyLimit::of(&request));
        let bytes = read(headers.get(header::CONTENT_LENGTH).cloned(), request.into_body(), limit).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        require_type(&headers, &["application/json"])?;
        parse(&bytes).map(Self)
    }
}

/// A JSON merge patch (RFC 7396), sent as `application/merge-patch+json` or `application/json`.
#[derive(Clone, Debug)]
pub struct MergePatch(pub serde_json::Map<String, serde_json::Value>);

impl<S: Send + Sync> FromRequest<S> for MergePatch {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        require_type(request.headers(), &["application/merge-patch+json", "application/json"])?;
        let limit = BodyLimit::of(&request);
        let bytes = read(request.headers().get(header::CONTENT_LENGTH).cloned(), request.into_body(), limit).await?;
        parse(&bytes).map(Self)
    }
}

/// Checks the content type, parameters aside; a character set other than UTF-8 is refused.
///
/// # Errors
/// 415 with what is accepted.
pub fn require_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let known = accepted.iter().any(|name| essence.trim().eq_ignore_ascii_case(name));
    let foreign = parameters.split(';').filter_map(|p| p.trim().split_once('=')).any(|(name, value)| {
        name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if known && !foreign {
        return Ok(());
    }
    let detail = format!("Send the body as {} in UTF-8 and say so in Content-Type.", accepted.join(" or "));
    Err(Problem::new(Kind::UnsupportedType, detail).header(header::ACCEPT, &accepted.join(", ")))
}

/// Reads a body that must not be larger than `limit` bytes.
///
/// What is too large is read on for a while and thrown away: whoever is still sending would otherwise see a broken
/// connection in place of the reason.
///
/// # Errors
/// 413 beyond the limit, 400 when the connection breaks.
pub async fn read(length: Option<header::HeaderValue>, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let announced = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(limit));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Kind::Malformed, "The body broke off before its end."))?;
        if bytes.len() + chunk.len() > limit {
            drop(bytes);
            drain(chunks).await;
            return Err(Problem::new(Kind::TooLarge, format!("At most {limit} bytes are taken here.")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Reads on and keeps nothing, within bounds of size and time.
async fn drain(mut chunks: BodyDataStream) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            seen += chunk.len();
            if seen > MAX_DRAINED {
                break;
            }
        }
    };
    // Whether it came to its end or not, the answer is the same.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}

/// Parses JSON strictly into a type.
///
/// # Errors
/// 400 with the place when the bytes are no UTF-8 or no JSON; 422 with the field when they do not fit the type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::new(Kind::Malformed, format!("The body is not UTF-8: byte {} is wrong.", error.valid_up_to() + 1))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.inner())
    })?;
    reader.end().map_err(|error| refuse(".", &error))?;
    Ok(value)
}

/// Turns a JSON value into a type, as strictly as [`parse`].
///
/// # Errors
/// 422 with the field.
pub fn fit<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.inner())
    })
}

fn refuse(path: &str, error: &serde_json::Error) -> Problem {
    if error.is_data() {
        return misfit(path, &plain(error));
    }
    let place = format!("line {}, column {}", error.line(), error.column());
    Problem::new(Kind::Malformed, format!("The body is not JSON: {} at {place}.", plain(error)))
}

/// The text of a JSON error without the place that the library appends.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(head, _)| head.to_owned())
}

/// The problem for a value that does not fit the type at a path.
fn misfit(path: &str, message: &str) -> Problem {
    let path = if path == "." { "" } else { path };
    let quoted = |prefix: &str| message.strip_prefix(prefix)?.split_once('`');
    if let Some((name, rest)) = quoted("unknown field `") {
        let known = rest.trim_start_matches(", ").replace('`', "");
        let remedy = if known.is_empty() {
            String::from("Leave it out.")
        } else {
            format!("Leave it out or correct its name: {known}.")
        };
        return Problem::field(join(path, name), "there is no such field", remedy);
    }
    if let Some((name, _)) = quoted("missing field `") {
        return Problem::field(join(path, name), "it is missing", "Give it; it is required.");
    }
    if let Some((name, _)) = quoted("duplicate field `") {
        return Problem::field(join(path, name), "it is given twice", "Give it once.");
    }
    let field = if path.is_empty() { "(body)" } else { path };
    Problem::field(field, message, "Send what the schema of this call in /openapi.json describes.")
}

fn join(path: &str, name: &str) -> String {
    let tail = path.rsplit('.').next().unwrap_or("");
    match path {
        "" => name.to_owned(),
        // The path already ends with the field where the parser had taken it in.
        _ if tail == name => path.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::IncidentFacts;

    fn field(body: &str) -> String {
        let problem = parse::<IncidentFacts>(body.as_bytes()).expect_err("is refused");
        assert_eq!(problem.kind(), Kind::InvalidFields, "{problem:?}");
        problem.body(None).errors[0].field.clone()
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        assert_eq!(field(r#"{"title":"x","colour":1}"#), "colour");
        assert_eq!(field(r#"{"title":"x","scope":{"colour":1}}"#), "scope.colour");
        assert_eq!(
            field(r#"{"title":"x","scope":{"affected":[{"jurisdiction":"us-ca","title":1}]}}"#),
            "scope.affected[0].title"
        );
        assert_eq!(field(r#"{"title":"x","scope":{"data":["name","helth"]}}"#), "scope.data[1]");
        assert_eq!(field(r#"{"title":"x","timeline":{"aware":"2026-11-20T22:10:00"}}"#), "timeline.aware");
        assert_eq!(field("{}"), "title");
        assert_eq!(field(r#"{"title":"x","title":"y"}"#), "title");
        assert_eq!(field("[]"), "(body)");
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let problem = parse::<IncidentFacts>(b"{\n  \"title\": oops }").expect_err("is refused");
        assert_eq!(problem.kind(), Kind::Malformed);
        assert!(problem.body(None).detail.contains("line 2, column"), "{problem:?}");
        let problem = parse::<IncidentFacts>(b"{\"title\":\"x\"} {}").expect_err("is refused");
        assert_eq!(problem.kind(), Kind::Malformed);
        let problem = parse::<IncidentFacts>(b"{\"title\":\"\xff\"}").expect_err("is refused");
        assert!(problem.body(None).detail.contains("byte 11"), "{problem:?}");
    }

    #[test]
    fn only_the_accepted_content_types_in_utf8_pass() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(value));
            require_type(&headers, &["application/json"]).is_ok()
        };
        assert!(check("application/json"));
        assert!(check("Application/JSON; charset=\"UTF-8\""));
        assert!(!check("application/json; charset=latin1"));
        assert!(!check("text/plain"));
        assert!(require_type(&HeaderMap::new(), &["application/json"]).is_err());
    }
}
