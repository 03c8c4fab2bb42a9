//! `/v1/keys`: API keys.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::access::AccessError;
use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::PathArg;
use crate::api::operation::ADMIN;
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::actor::Role;
use crate::domain::id::KeyId;
use crate::store::ApiKey;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, issue)).routes(routes!(revoke))
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Store(error) => error.into(),
            AccessError::BadName => Self::field("name", error.to_string(), "Give the name of the key's owner."),
            AccessError::Invalid | AccessError::Revoked => {
                Self::new(Kind::Unauthenticated, sentence(&error.to_string()))
            }
        }
    }
}

/// A key to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// Whose it is.
    #[schema(example = "Mei Tanaka", min_length = 1, max_length = 100)]
    name: String,
    /// What it may do.
    role: Role,
}

/// A key, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Key {
    /// Identifier.
    id: KeyId,
    /// Whose it is.
    name: String,
    /// What it may do.
    role: Role,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

impl From<ApiKey> for Key {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            role: key.role,
            created_at: key.created_at.to_rfc3339(),
            revoked_at: key.revoked_at.map(crate::domain::clock::Millis::to_rfc3339),
        }
    }
}

/// A key that has just been made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Issued {
    /// The key as it is listed.
    #[serde(flatten)]
    key: Key,
    /// What its owner sends as `Authorization: Bearer`. Shown this once.
    secret: String,
}

/// All keys.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Keys {
    /// Oldest first, the revoked ones too.
    keys: Vec<Key>,
}

/// List keys
///
/// Never shows a secret.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", extensions(("x-roles" = json!(ADMIN))),
    responses((status = 200, description = "All keys.", body = Keys)))]
async fn list(State(state): State<ApiState>) -> Result<Json<Keys>, Problem> {
    let keys = state.access.list().await?;
    Ok(Json(Keys { keys: keys.into_iter().map(Key::from).collect() }))
}

/// Make a key
///
/// The answer has the secret. A repeat with the same `Idempotency-Key` makes no second key: it shows the first one's
/// secret again, which is why answers are kept sealed.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", extensions(("x-roles" = json!(ADMIN))), request_body = NewKey,
    responses((status = 201, description = "The key with its secret.", body = Issued,
        headers(("Location" = String, description = "Address of the key.")))))]
async fn issue(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    JsonBody(new): JsonBody<NewKey>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Issued>), Problem> {
    let issued = state.access.issue(&new.name, new.role, &actor.to_ref()).await?;
    let location = [(header::LOCATION, format!("/v1/keys/{}", issued.key.id))];
    let answer = Issued { key: issued.key.into(), secret: issued.secret };
    Ok((StatusCode::CREATED, location, Json(answer)))
}

/// Revoke a key
///
/// It is refused from this moment on.
#[utoipa::path(post, path = "/v1/keys/{id}/revoke", tag = "keys", extensions(("x-roles" = json!(ADMIN))),
    params(("id" = KeyId, Path, description = "The key.")),
    responses((status = 200, description = "The key as it is now.", body = Key)))]
async fn revoke(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<KeyId>,
) -> Result<Json<Key>, Problem> {
    Ok(Json(state.access.revoke(id, &actor.to_ref()).await?.into()))
}
