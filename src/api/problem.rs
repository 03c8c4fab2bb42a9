//! What a caller is told when something is refused: RFC 9457 problems. The only error type that becomes a response.
//!
//! A problem names its kind (a URI from the catalogue below), says in one sentence what is wrong, lists the fields at
//! fault with reason and remedy, and carries the request's identifier as `instance`. Causes inside the house are logged
//! under that identifier and never told.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::StoreError;

/// Where the kinds are described; a problem's `type` is this and the kind's name.
pub const BASE: &str = "https://candour.example/problems/";

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $status:ident, $title:literal);+ $(;)?) => {
        /// The catalogue of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Last part of the type URI.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }

            /// Short name for people, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)+ }
            }
        }
    };
}

kinds! {
    /// The bytes are no text, or the text no JSON.
    Malformed = "malformed", BAD_REQUEST, "The body cannot be read";
    /// A part of the address or of the query has the wrong form.
    BadAddress = "bad-address", BAD_REQUEST, "The address of the request has the wrong form";
    /// A header has the wrong form.
    BadHeader = "bad-header", BAD_REQUEST, "A header has the wrong form";
    /// No key, or none that is valid.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A valid API key is needed";
    /// A callback's signature is missing or wrong.
    BadSignature = "bad-signature", UNAUTHORIZED, "The signature is missing or does not fit";
    /// The key's role may not do this.
    Forbidden = "forbidden", FORBIDDEN, "The key's role may not do this";
    /// There is no such thing.
    NotFound = "not-found", NOT_FOUND, "There is no such thing";
    /// The address exists, the method does not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The request took too long and was given up.
    TooSlow = "too-slow", SERVICE_UNAVAILABLE, "The request took too long";
    /// Not in the state that the call needs.
    OutOfOrder = "out-of-order", CONFLICT, "Not possible in the present state";
    /// The author of a thing may not be its approver.
    SecondPerson = "second-person-needed", CONFLICT, "Another person than the author must do this";
    /// The notice surely lacks what the law demands, or has what it forbids.
    NoticeFaults = "notice-faults", CONFLICT, "The notice does not have what the law demands";
    /// What the law asks of a notice and only a reader can tell is not confirmed.
    NotConfirmed = "not-confirmed", CONFLICT, "Something that only a reader can tell is not confirmed";
    /// The pool has fewer remedy codes than people who are to be told one.
    TooFewCodes = "too-few-codes", CONFLICT, "The pool has too few remedy codes";
    /// A request with the same `Idempotency-Key` is under way.
    InProgress = "in-progress", CONFLICT, "The same request is under way";
    /// The incident's key has been destroyed.
    Erased = "erased", GONE, "The personal data has been erased";
    /// The entity tag given is not the present one.
    Stale = "stale", PRECONDITION_FAILED, "Somebody else has changed it";
    /// Larger than allowed.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The wrong `Content-Type`.
    UnsupportedType = "unsupported-type", UNSUPPORTED_MEDIA_TYPE, "The body has the wrong content type";
    /// Fields are missing, unknown or have values that do not fit.
    InvalidFields = "invalid-fields", UNPROCESSABLE_ENTITY, "Some fields do not fit";
    /// A template does not compile, or a name in it has no value.
    BadTemplate = "bad-template", UNPROCESSABLE_ENTITY, "A template does not work";
    /// The `Idempotency-Key` was used for another request.
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request";
    /// `If-Match` is missing.
    PreconditionRequired = "precondition-required", PRECONDITION_REQUIRED, "If-Match is needed";
    /// No font of this machine has the characters of the document.
    NoFont = "no-font", NOT_IMPLEMENTED, "The document cannot be typeset on this machine";
    /// Something inside failed.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed inside";
    /// The database cannot be reached.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service cannot work at the moment";
    /// More requests than can be handled.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too many requests at once";
}

impl Kind {
    /// The type URI.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{BASE}{}", self.name())
    }
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Path of the field, e.g. `scope.affected[0].jurisdiction`; of a header or parameter, its name.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of a problem (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// URI of the kind.
    #[serde(rename = "type")]
    #[schema(example = "https://candour.example/problems/invalid-fields")]
    pub kind: String,
    /// Short name of the kind.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// Identifier of the request, as the log has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:uuid:019ab6f0-0000-7000-8000-000000000000")]
    pub instance: Option<String>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of a kind, with one sentence about this occurrence.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// Something inside failed: the cause goes to the log, the caller learns only that it happened.
    #[must_use]
    pub fn internal(cause: &(dyn std::fmt::Display + Sync)) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::new(Kind::Internal, "The cause is in the log under the identifier in `instance`. Nothing was half done.")
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(thing: &str) -> Self {
        Self::new(Kind::NotFound, format!("There is no such {thing}."))
    }

    /// One field does not fit.
    #[must_use]
    pub fn field(field: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        let field = field.into();
        Self::new(Kind::InvalidFields, format!("`{field}` does not fit.")).with(field, reason, remedy)
    }

    /// Adds a field at fault.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), reason: reason.into(), remedy: remedy.into() });
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The body, for a request's identifier.
    #[must_use]
    pub fn body(&self, instance: Option<String>) -> ProblemBody {
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            instance,
            errors: self.errors.clone(),
        }
    }

    /// The response, for a request's identifier.
    ///
    /// # Panics
    /// Never: a problem is plain strings, which always serialise.
    #[must_use]
    pub fn respond(self, instance: Option<String>) -> Response {
        let body =
            serde_json::to_vec(&self.body(instance)).expect("a problem is plain strings, which always serialise");
        let mut response =
            (self.kind.status(), [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], body).into_response();
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        // The outermost layer finds it here and answers again with the request's identifier.
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.respond(None)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(thing) => Self::not_found(thing),
            StoreError::Conflict(reason) => Self::new(Kind::OutOfOrder, sentence(&reason)),
            StoreError::TooFewCodes(more) => Self::new(
                Kind::TooFewCodes,
                format!(
                    "{more} more remedy codes are needed so that each person is told their own. Nothing was changed: \
                     POST them to /v1/incidents/{{id}}/remedy-codes, then try again."
                ),
            ),
            StoreError::Erased => Self::new(Kind::Erased, sentence(&StoreError::Erased.to_string())),
            StoreError::Busy => {
                Self::new(Kind::Overloaded, "The database is busy. Nothing was changed; try again.").retry_after(1)
            }
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the database cannot be reached");
                Self::new(Kind::Unavailable, "The database cannot be reached. Nothing was changed; try again later.")
                    .retry_after(5)
            }
            StoreError::StaleLease | StoreError::Corrupt { .. } | StoreError::Database(_) => Self::internal(&error),
        }
    }
}

/// Makes a sentence of an error's text: first letter upper case, a full stop at the end.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut out: String = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    out.extend(letters);
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.status().as_u16() >= 400));
    }

    #[test]
    fn the_cause_of_an_internal_failure_is_not_told() {
        let problem = Problem::from(StoreError::Database(String::from("relation \"secret\" does not exist")));
        let body = serde_json::to_string(&problem.body(None)).expect("serialises");
        assert!(!body.contains("secret"), "{body}");
        assert!(body.contains("problems/internal"), "{body}");
    }
}
