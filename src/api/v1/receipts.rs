//! `/v1/receipts/{provider}`: what providers say later. The provider's signature stands in for a key.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::extract::PathArg;
use crate::api::operation::PUBLIC;
use crate::api::problem::{Kind, Problem, sentence};
use crate::api::receipts::ReceiptFailure;
use crate::api::{ApiState, body};
use crate::providers::{ReceiptError, ReceiptRequest};

/// Largest callback, in bytes.
const MAX_CALLBACK: usize = 1024 * 1024;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(receive)).routes(routes!(receive_get))
}

impl From<ReceiptFailure> for Problem {
    fn from(failure: ReceiptFailure) -> Self {
        let text = sentence(&failure.to_string());
        match failure {
            ReceiptFailure::NoSuchProvider | ReceiptFailure::Refused(ReceiptError::Unsupported) => {
                Self::new(Kind::NotFound, text)
            }
            ReceiptFailure::Refused(ReceiptError::Forged) => Self::new(Kind::BadSignature, text),
            ReceiptFailure::Refused(ReceiptError::Malformed(_)) => Self::new(Kind::Malformed, text),
            ReceiptFailure::Overloaded
            | ReceiptFailure::NotYetKnown
            | ReceiptFailure::Refused(ReceiptError::Unready(_)) => Self::new(Kind::Overloaded, text).retry_after(5),
            ReceiptFailure::Store(error) => error.into(),
        }
    }
}

/// Take a provider's callback
///
/// For providers only: the form, and the signature that is checked, are theirs. Answered once what it says is durable;
/// 503 asks the provider to come again.
#[utoipa::path(post, path = "/v1/receipts/{provider}", tag = "receipts",
    extensions(("x-roles" = json!(PUBLIC)), ("x-idempotency" = json!("natural"))),
    params(("provider" = String, Path, description = "Name of the provider in the configuration.")),
    request_body(content = String, content_type = "application/octet-stream", description = "As the provider sends it."),
    responses((status = 204, description = "It is durable."),
        (status = 200, description = "It is durable; the body is what the provider waits for.", body = String, content_type = "text/xml")))]
async fn receive(
    State(state): State<ApiState>,
    PathArg(provider): PathArg<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&state, &provider, request).await
}

/// Take a provider's callback that comes as a GET
///
/// For providers only, of which some call back with all they say in the address. Otherwise as the POST.
#[utoipa::path(get, path = "/v1/receipts/{provider}", tag = "receipts", extensions(("x-roles" = json!(PUBLIC))),
    params(("provider" = String, Path, description = "Name of the provider in the configuration.")),
    responses((status = 200, description = "It is durable. The body is what this provider wants to read."),
        (status = 204, description = "It is durable.")))]
async fn receive_get(
    State(state): State<ApiState>,
    PathArg(provider): PathArg<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&state, &provider, request).await
}

async fn take(state: &ApiState, provider: &str, request: Request) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let bytes = body::read(parts.headers.get(header::CONTENT_LENGTH).cloned(), sent, MAX_CALLBACK).await?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let request = ReceiptRequest {
        // Not the Host header: the address that the provider signs is the public one.
        url: format!("{}{target}", state.public_url.trim_end_matches('/')),
        headers,
        body: bytes,
        now: state.clock.now(),
    };
    Ok(match state.receipts.receive(provider, request).await? {
        Some(reply) => ([(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
