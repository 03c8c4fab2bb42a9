//! `Idempotency-Key`: a POST that is sent again is answered again, not done again.
//!
//! - The key belongs to the caller's API key; two callers may use the same one.
//! - The same key with the same method, address and body replays status, `Location`, `ETag` and body, with
//!   `Idempotency-Replayed: true`; with another request it is refused (422); while the first is under way, 409.
//! - An answer that is too large to be kept is given whole once; the repeat has its status and addresses, and says where to read.
//! - Only answers that changed something (2xx) are kept. A refused request has done nothing, so its key is free again.
//! - The work goes on when the caller hangs up: whoever asks again finds the answer.
//! - Calls that change nothing when repeated (imports, previews, callbacks) declare `x-idempotency: natural` and do not come here.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tracing::Instrument as _;

use super::extract::Belongs;
use super::problem::{Kind, Problem};
use super::{ApiState, body};
use crate::domain::actor::Actor;
use crate::domain::id::IncidentId;
use crate::store::{IdempotencyClaim, StoredAnswer};

/// The request header.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The response header that marks a replay.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest key, in characters.
const MAX_KEY: usize = 255;
/// Headers of an answer that are kept.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Runs a request at most once per key; without a key, simply runs it.
pub async fn once(state: &ApiState, actor: Actor, request: Request, next: Next) -> Response {
    match key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => keyed(state, actor, key, request, next).await.unwrap_or_else(IntoResponse::into_response),
        Err(problem) => problem.into_response(),
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or("");
    if given.next().is_some() || text.is_empty() || text.len() > MAX_KEY || !text.bytes().all(|b| b.is_ascii_graphic())
    {
        let reason = format!("it is not one value of 1 to {MAX_KEY} visible ASCII characters");
        return Err(Problem::new(Kind::BadHeader, "Idempotency-Key has the wrong form.").with(
            "Idempotency-Key",
            reason,
            "Send a random UUID, a fresh one for each new request.",
        ));
    }
    Ok(Some(text.to_owned()))
}

async fn keyed(state: &ApiState, actor: Actor, key: String, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let bytes = body::read(parts.headers.get(header::CONTENT_LENGTH).cloned(), sent, state.limits.body_bytes).await?;
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let request_hash = fingerprint(&[parts.method.as_str().as_bytes(), target.as_bytes(), kind, &bytes]);

    match state.store.claim_idempotency(&actor, &key, &request_hash, state.clock.now()).await? {
        IdempotencyClaim::Busy => {
            return Err(Problem::new(Kind::InProgress, "A request with this Idempotency-Key is under way; ask again.")
                .retry_after(1));
        }
        IdempotencyClaim::Answered(answer) if answer.request_hash == request_hash => return replay(answer),
        IdempotencyClaim::Answered(_) => {
            return Err(Problem::new(
                Kind::KeyReused,
                "This Idempotency-Key was used for another address or body. Use a fresh key for a new request.",
            ));
        }
        IdempotencyClaim::Ours => {}
    }

    let (incident, place) = (in_path(&parts), parts.uri.path().to_owned());
    let request = Request::from_parts(parts, Body::from(bytes));
    let (state, claimant, claimed) = (state.clone(), actor.clone(), key.clone());
    let work = async move {
        let response = next.run(request).await;
        keep(&state, &claimant, (&claimed, request_hash, &place), incident, response).await
    };
    match tokio::spawn(work.in_current_span()).await {
        Ok(response) => Ok(response),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// SHA-256 over the parts, each with its length before it.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

/// The incident in the path, where the pattern says that it is one.
fn in_path(parts: &axum::http::request::Parts) -> Option<IncidentId> {
    let pattern = parts.extensions.get::<MatchedPath>()?;
    pattern.as_str().strip_prefix("/v1/incidents/{id}")?;
    parts.uri.path().split('/').nth(3)?.parse().ok()
}

/// Keeps an answer that changed something; frees the key otherwise. Once something was changed the key is never free again,
/// whatever becomes of the answer: the repeat would do it twice.
async fn keep(
    state: &ApiState,
    actor: &Actor,
    (key, request_hash, place): (&str, String, &str),
    incident: Option<IncidentId>,
    response: Response,
) -> Response {
    if !response.status().is_success() {
        free(state, actor, key).await;
        return response;
    }
    let incident = response.extensions().get::<Belongs>().map(|belongs| belongs.0).or(incident);
    let (mut parts, sent) = response.into_parts();
    // It is in memory already: handlers that stream do not come here.
    let whole = axum::body::to_bytes(sent, usize::MAX).await;
    let fits = whole.as_ref().is_ok_and(|bytes| bytes.len() <= state.limits.answer_bytes);
    let headers: Vec<(&str, &str)> =
        KEPT.iter().filter_map(|name| Some((name.as_str(), parts.headers.get(name)?.to_str().ok()?))).collect();
    let made = parts.headers.get(header::LOCATION).and_then(|made| made.to_str().ok()).unwrap_or(place);
    let answer = StoredAnswer {
        request_hash,
        status: parts.status.as_u16(),
        headers: serde_json::to_string(&headers).expect("strings always serialise"),
        body: whole.as_ref().ok().filter(|_| fits).map_or_else(|| in_place_of_it(made), |bytes| bytes.to_vec()),
    };
    if let Err(error) = state.store.remember_answer(actor, key, incident, &answer, state.clock.now()).await {
        // The work is done and must be told; only the replay is lost, and the key stays taken for a while.
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    match whole {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "an answer could not be read; what it tells of is done");
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(answer.body))
        }
    }
}

/// What is kept of an answer that is not kept whole.
fn in_place_of_it(made: &str) -> Vec<u8> {
    let detail = format!(
        "This request was done and is not done again. Its answer was too large to be kept; read what it made under {made}."
    );
    serde_json::json!({ "detail": detail }).to_string().into_bytes()
}

async fn free(state: &ApiState, actor: &Actor, key: &str) {
    if let Err(error) = state.store.forget_key(actor, key).await {
        tracing::warn!(%error, "an Idempotency-Key could not be freed; it stays taken for ten minutes");
    }
}

fn replay(answer: StoredAnswer) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(|error| Problem::internal(&error))?;
    let headers: Vec<(String, String)> =
        serde_json::from_str(&answer.headers).map_err(|error| Problem::internal(&error))?;
    let mut response = (status, answer.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_fingerprint_do_not_run_together() {
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }

    #[test]
    fn a_key_of_the_wrong_form_is_refused() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(KEY, HeaderValue::from_str(value).expect("fits a header"));
            key(&headers)
        };
        assert_eq!(with("019ab6f0-1"), Ok(Some(String::from("019ab6f0-1"))));
        assert!(with("").is_err());
        assert!(with("with blank").is_err());
        assert!(with(&"x".repeat(256)).is_err());
        assert_eq!(key(&HeaderMap::new()), Ok(None));
    }
}
