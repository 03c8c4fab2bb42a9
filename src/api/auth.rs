//! The gate of `/v1`: who calls, and may they. Enforces exactly what the operation declares in the `OpenAPI` document.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body::BodyLimit;
use super::operation::{Operation, Operations};
use super::problem::{Kind, Problem};
use super::{ApiState, idempotency};
use crate::access::{Access, AccessError};
use crate::domain::actor::{Actor, Role};

/// What a key must look like, for `WWW-Authenticate` (RFC 6750).
const CHALLENGE: &str = "Bearer realm=\"candour\"";

/// What the gate needs.
#[derive(Clone)]
pub struct Gate {
    /// The state of the API.
    pub state: ApiState,
    /// What the document declares.
    pub operations: Arc<Operations>,
}

/// Lets a request through to its operation, with its [`Actor`], within its time, once per `Idempotency-Key`.
pub async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(BodyLimit(gate.state.limits.body_bytes));
    let Some(operation) = operation(&gate, &request) else {
        // A path outside the document (health, viewer), or a method that the path does not have.
        return next.run(request).await;
    };
    let time = if operation.streamed { None } else { Some(gate.state.limits.time) };
    let answer = admit(&gate, &operation, request, next);
    match time {
        None => answer.await,
        Some(limit) => match tokio::time::timeout(limit, answer).await {
            Ok(response) => response,
            Err(_) => {
                Problem::new(Kind::TooSlow, "The request was given up. Send it again with the same Idempotency-Key.")
                    .retry_after(5)
                    .into_response()
            }
        },
    }
}

fn operation(gate: &Gate, request: &Request) -> Option<Arc<Operation>> {
    let path = request.extensions().get::<MatchedPath>()?;
    gate.operations.get(request.method(), path.as_str())
}

async fn admit(gate: &Gate, operation: &Operation, mut request: Request, next: Next) -> Response {
    if operation.roles.is_empty() {
        return next.run(request).await;
    }
    let actor = match authenticate(&gate.state.access, request.headers()).await {
        Ok(actor) => actor,
        Err(problem) => return problem.into_response(),
    };
    if !operation.roles.contains(&actor.role) {
        return forbidden(actor.role, &operation.roles).into_response();
    }
    request.extensions_mut().insert(actor.clone());
    let replayed = operation.replayed && *request.method() == Method::POST;
    if replayed { idempotency::once(&gate.state, actor, request, next).await } else { next.run(request).await }
}

/// Who shows the key in these headers.
///
/// # Errors
/// The problem to answer with.
pub async fn authenticate(access: &Access, headers: &HeaderMap) -> Result<Actor, Problem> {
    let refused = |detail: &str, challenge: &str| {
        Problem::new(Kind::Unauthenticated, detail).header(header::WWW_AUTHENTICATE, challenge)
    };
    let invalid = format!("{CHALLENGE}, error=\"invalid_token\"");
    let Some(shown) = headers.get(header::AUTHORIZATION) else {
        return Err(refused("Send a key as `Authorization: Bearer cnd_...`.", CHALLENGE));
    };
    let shown = shown.to_str().ok().and_then(|text| text.split_once(' '));
    let Some((_, key)) = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return Err(refused("The Authorization header is not of the form `Bearer cnd_...`.", CHALLENGE));
    };
    match access.authenticate(key.trim()).await {
        Ok(actor) => Ok(actor),
        Err(AccessError::Store(error)) => Err(error.into()),
        Err(error @ (AccessError::Invalid | AccessError::Revoked | AccessError::BadName)) => {
            Err(refused(&super::problem::sentence(&error.to_string()), &invalid))
        }
    }
}

fn forbidden(role: Role, may: &[Role]) -> Problem {
    let may: Vec<&str> = may.iter().map(|role| role.as_str()).collect();
    Problem::new(
        Kind::Forbidden,
        format!("The key's role is `{role}`; this call needs one of: {}. Use a key of such a role.", may.join(", ")),
    )
}

/// The caller, in handlers of operations that need a key.
#[derive(Clone, Debug)]
pub struct Caller(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Actor>().cloned();
        actor.map(Self).ok_or_else(|| Problem::internal(&"an operation without roles asked who calls"))
    }
}
