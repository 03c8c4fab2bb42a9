//! `/v1/register`: the register of all incidents, for authorities that ask for it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::operation::READ;
use crate::api::problem::Problem;
use crate::render::{pdf, register_csv};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(csv)).routes(routes!(typeset))
}

type Headers = [(HeaderName, &'static str); 2];

/// Export the register as CSV
///
/// Every incident there is, notified or not: facts, effects, remedial action, duties and decisions (GDPR Art. 33(5)). UTF-8
/// with a byte order mark; cells that would be formulas have an apostrophe in front. One line an incident.
#[utoipa::path(get, path = "/v1/register.csv", tag = "register",
    extensions(("x-roles" = json!(READ)), ("x-streamed" = json!(true))),
    responses((status = 200, description = "The register.", body = String, content_type = "text/csv")))]
async fn csv(State(state): State<ApiState>) -> Result<(Headers, String), Problem> {
    let register = state.incidents.register().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"breach-register.csv\""),
    ];
    Ok((headers, register_csv(&register)))
}

/// Export the register as PDF
///
/// The same as PDF/A.
#[utoipa::path(get, path = "/v1/register.pdf", tag = "register",
    extensions(("x-roles" = json!(READ)), ("x-streamed" = json!(true))),
    responses((status = 200, description = "The register.", body = Vec<u8>, content_type = "application/pdf")))]
async fn typeset(State(state): State<ApiState>) -> Result<(Headers, Vec<u8>), Problem> {
    let register = state.incidents.register().await?;
    let _turn = state.typesetting.acquire().await.map_err(|error| Problem::internal(&error))?;
    let fonts = Arc::clone(&state.fonts);
    let set = tokio::task::spawn_blocking(move || pdf::register_pdf(&register, &fonts)).await;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"breach-register.pdf\""),
    ];
    Ok((headers, set.map_err(|error| Problem::internal(&error))??))
}
