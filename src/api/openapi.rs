//! The `OpenAPI` 3.1 document: generated from the handlers, completed with what holds for all of them, served, and
//! readable with the program alone. It is the contract: roles are enforced from it.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, ResponseBuilder, path::Operation, path::PathItem};
use utoipa::{OpenApi as _, PartialSchema as _, ToSchema as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::problem::{FieldError, Kind, MEDIA_TYPE, ProblemBody};
use super::{ApiState, health, v1};

/// Where the document is.
pub const PATH: &str = "/openapi.json";
/// Where it can be read by people.
pub const VIEWER: &str = "/docs";

const ABOUT: &str = "File an incident, learn what must be done by when, tell everyone concerned, account for each of them.

Times are RFC 3339 with offset. Lists have cursors: follow `next` as `after`. What can be edited has an `ETag`; send it
as `If-Match`. Send an `Idempotency-Key` with every POST, a fresh one per request: the same request sent again with it is
answered again, not done again; of an answer above 4 MiB the repeat only says where to read what was made. Unknown fields are refused. Every refusal is a problem (RFC 9457) of one of these kinds:

";

#[derive(utoipa::OpenApi)]
#[openapi(info(title = "Candour", license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")))]
struct Frame;

/// The whole document, complete.
#[must_use]
pub fn document() -> OpenApi {
    complete(routes().into_openapi())
}

/// All operations with their part of the document.
#[must_use]
pub fn routes() -> utoipa_axum::router::OpenApiRouter<ApiState> {
    utoipa_axum::router::OpenApiRouter::with_openapi(Frame::openapi()).merge(v1::routes()).merge(health::routes())
}

/// Adds what holds for every operation: how a key is sent, and the problems.
pub fn complete(mut document: OpenApi) -> OpenApi {
    let kinds =
        Kind::ALL.iter().map(|kind| format!("- `{}` ({}): {}", kind.name(), kind.status().as_u16(), kind.title()));
    document.info.description = Some(format!("{ABOUT}{}", kinds.collect::<Vec<_>>().join("\n")));
    document.info.version = String::from(env!("CARGO_PKG_VERSION"));
    let components = document.components.get_or_insert_with(Components::new);
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("cnd_ID_SECRET")
        .description(Some("A key made with `candour keys` or `POST /v1/keys`."))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            complete_operation(operation);
        }
    }
    document
}

fn complete_operation(operation: &mut Operation) {
    let open = operation
        .extensions
        .as_ref()
        .and_then(|declared| declared.get("x-roles")?.as_array().map(Vec::is_empty))
        .unwrap_or(false);
    let mut add = |status: &str, text: &str| {
        let problem = Content::new(Some(RefOr::<utoipa::openapi::Schema>::Ref(Ref::from_schema_name("Problem"))));
        let response = ResponseBuilder::new().description(text).content(MEDIA_TYPE, problem).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    };
    if !open {
        add("401", "No key, or none that is valid.");
        add("403", "The key's role may not do this.");
    }
    add("default", "A problem; its `type` says which.");
    if !open {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("key", [])]);
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// Serves the document and its viewer, whose pages are inside the program.
///
/// # Panics
/// Never: the document is maps and strings, which always serialise.
pub fn served(document: &OpenApi) -> Router<ApiState> {
    let text: bytes::Bytes = serde_json::to_vec(document).expect("maps and strings always serialise").into();
    let serve = move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    let viewer: Router<ApiState> = SwaggerUi::new(VIEWER).config(Config::new([PATH])).into();
    Router::new().route(PATH, get(serve)).merge(viewer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::operation::Operations;

    #[test]
    fn every_operation_declares_its_roles_and_is_described() {
        let document = document();
        Operations::read(&document).expect("every operation declares its roles");
        for (path, item) in &document.paths.paths {
            for (method, operation) in crate::api::operation::operations(item) {
                assert!(operation.summary.is_some(), "{method} {path} has no summary");
                assert!(operation.tags.as_ref().is_some_and(|tags| !tags.is_empty()), "{method} {path} has no tag");
            }
        }
    }

    #[test]
    fn the_document_is_openapi_3_1_with_every_schema_it_names() {
        let text = serde_json::to_string(&document()).expect("serialises");
        let json: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
        assert_eq!(json["openapi"], "3.1.0");
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().expect("a split has a first part");
            assert!(json["components"]["schemas"].get(name).is_some(), "no schema {name}");
        }
    }
}
