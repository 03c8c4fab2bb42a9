//! What the `OpenAPI` document declares about each operation beyond its shape, read back from the document itself and
//! enforced exactly so. What is not declared is not served.
//!
//! An operation declares, beside its handler:
//! - `x-roles`: the roles that may call it; an empty list means that no key is needed. Compulsory.
//! - `x-idempotency`: for a POST, `stored` (answers are kept under the `Idempotency-Key`; what holds unless declared)
//!   or `natural` (repeating the call changes nothing by itself, so the key is accepted and not needed).
//! - `x-streamed`: `true` when the body or the answer may take long; no time limit applies.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::Method;
use utoipa::openapi::path::{Operation as Described, PathItem};
use utoipa::openapi::{OpenApi, extensions::Extensions};

use crate::domain::actor::Role;

/// Everything but personal data and keys may be read by these.
pub const READ: &[Role] = &[Role::Responder, Role::Approver, Role::Auditor, Role::Admin];
/// Those who work on an incident.
pub const WORK: &[Role] = &[Role::Responder, Role::Approver, Role::Admin];
/// Those who let something go out.
pub const APPROVE: &[Role] = &[Role::Approver, Role::Admin];
/// Those who look after the installation: what was done to its keys, limits and rules.
pub const AUDIT: &[Role] = &[Role::Auditor, Role::Admin];
/// Those who manage keys.
pub const ADMIN: &[Role] = &[Role::Admin];
/// Those who may raise alerts with a key.
pub const ALERT: &[Role] = &[Role::Hook, Role::Admin];
/// No key is needed.
pub const PUBLIC: &[Role] = &[];

/// What holds for one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The roles that may call it; empty when no key is needed.
    pub roles: Vec<Role>,
    /// Whether answers are kept under the `Idempotency-Key`.
    pub replayed: bool,
    /// Whether no time limit applies.
    pub streamed: bool,
}

/// All operations, by method and route pattern.
#[derive(Clone, Debug, Default)]
pub struct Operations(HashMap<(Method, String), Arc<Operation>>);

/// An operation that does not say who may call it, or says it wrongly. A mistake in the program, found at the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path}: its `x-roles` is missing or names an unknown role")]
pub struct Undeclared {
    /// Method.
    pub method: Method,
    /// Route pattern.
    pub path: String,
}

impl Operations {
    /// Reads the document.
    ///
    /// # Errors
    /// The first operation that does not declare its roles.
    pub fn read(document: &OpenApi) -> Result<Self, Undeclared> {
        let mut all = HashMap::new();
        for (path, item) in &document.paths.paths {
            for (method, described) in operations(item) {
                let operation = Self::one(&method, described)
                    .ok_or_else(|| Undeclared { method: method.clone(), path: path.clone() })?;
                let operation = Arc::new(operation);
                if method == Method::GET {
                    // A route for GET also answers HEAD.
                    all.insert((Method::HEAD, path.clone()), Arc::clone(&operation));
                }
                all.insert((method, path.clone()), operation);
            }
        }
        Ok(Self(all))
    }

    fn one(method: &Method, described: &Described) -> Option<Operation> {
        let declared = described.extensions.as_ref()?;
        let names = declared.get("x-roles")?.as_array()?;
        let roles: Option<Vec<Role>> = names.iter().map(|name| name.as_str()?.parse().ok()).collect();
        let is = |name: &str, value: &str| word(declared, name).as_deref() == Some(value);
        let roles = roles?;
        let replayed = *method == Method::POST && !roles.is_empty() && !is("x-idempotency", "natural");
        Some(Operation { roles, replayed, streamed: is("x-streamed", "true") })
    }

    /// What holds for a method and a route pattern.
    #[must_use]
    pub fn get(&self, method: &Method, path: &str) -> Option<Arc<Operation>> {
        self.0.get(&(method.clone(), path.to_owned())).cloned()
    }
}

fn word(declared: &Extensions, name: &str) -> Option<String> {
    match declared.get(name)? {
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The operations of one path.
pub fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Described)> {
    [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
        (Method::HEAD, &item.head),
        (Method::OPTIONS, &item.options),
        (Method::TRACE, &item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}
