//! `/reports/{token}`: a report for the authority that was given its link; `.json` and `.pdf` behind the token give the
//! same document in those forms. Not cached, not indexed, not linked from anywhere.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::language::Wanted;
use super::respond::{HTML, set};
use super::{PublicState, caching};
use crate::domain::report::Report;
use crate::render::pdf;

/// Longest token, in characters.
const MAX_TOKEN: usize = 128;

/// The page carries its own style and may load nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) async fn report(State(state): State<PublicState>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let wanted = Wanted::of(&super::language::LangArg::default(), &headers);
    let (token, form) = name.rsplit_once('.').unwrap_or((&name, "html"));
    let fits = token.len() <= MAX_TOKEN && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !fits || !matches!(form, "html" | "json" | "pdf") {
        return private(state.not_found(&wanted));
    }
    let found = match state.store.report_by_token(token).await {
        Ok(found) => found,
        Err(error) => return private(state.missing(&wanted, &error)),
    };
    let written = match form {
        "json" => json(&found),
        "pdf" => typeset(&state, &found).await,
        _ => page(&found),
    };
    match written {
        Ok((media_type, body)) => {
            let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, media_type)], body).into_response();
            let headers = response.headers_mut();
            state.guard(headers, caching::PRIVATE);
            set(headers, header::CONTENT_SECURITY_POLICY, POLICY);
            set(headers, header::CONTENT_LANGUAGE, &found.document.locale);
            let file = format!("inline; filename=\"{}-{}.{form}\"", found.jurisdiction, found.kind.as_str());
            set(headers, header::CONTENT_DISPOSITION, &file);
            private(response)
        }
        Err(cause) => private(state.failed(&wanted, &cause)),
    }
}

type Written = Result<(&'static str, Vec<u8>), String>;

fn page(report: &Report) -> Written {
    let html = pdf::report_html(&report.document).map_err(|error| error.to_string())?;
    Ok((HTML, html.into_bytes()))
}

fn json(report: &Report) -> Written {
    let body = serde_json::to_vec(&report.document).map_err(|error| error.to_string())?;
    Ok(("application/json", body))
}

async fn typeset(state: &PublicState, report: &Report) -> Written {
    let _turn = state.typesetting.acquire().await.map_err(|error| error.to_string())?;
    let (document, fonts) = (report.document.clone(), Arc::clone(&state.fonts));
    let set = tokio::task::spawn_blocking(move || pdf::typeset_with(&document, &fonts)).await;
    let set = set.map_err(|error| error.to_string())?;
    Ok(("application/pdf", set.map_err(|error| error.to_string())?))
}

/// Whatever is at such an address, no engine may index it and no cache may keep it.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching::PRIVATE));
    response
}
