//! Who may call what: worked out from the `OpenAPI` document, so that no operation can be forgotten.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

/// Operations that need no key. Adding one is a decision, and is made here too.
const OPEN: &[&str] =
    &["GET /healthz", "GET /metrics", "GET /readyz", "GET /v1/receipts/{provider}", "POST /v1/receipts/{provider}"];

/// An operation as the served document has it.
struct Operation {
    method: Method,
    path: String,
    roles: Vec<Role>,
    document: Value,
}

async fn operations(app: &TestApp) -> Vec<Operation> {
    let document = app.get("/openapi.json").await.json;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if !["GET", "PUT", "POST", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let roles = operation["x-roles"].as_array().unwrap_or_else(|| panic!("{method} {path} declares no roles"));
            let roles = roles.iter().map(|role| role.as_str().unwrap().parse().unwrap()).collect();
            found.push(Operation { method, path: path.clone(), roles, document: operation.clone() });
        }
    }
    assert!(found.len() > 20, "the document is there");
    found
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with an identifier that names nothing in each of its places.
    fn address(&self) -> String {
        let filled: Vec<&str> = self
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "01920000-0000-7000-8000-000000000000" } else { part })
            .collect();
        filled.join("/")
    }
}

on_both!(every_operation_refuses_whoever_may_not, |world| {
    let app = TestApp::start(&world).await;
    for operation in operations(&app).await {
        let name = operation.name();
        if operation.roles.is_empty() {
            continue;
        }
        let bare = send(app.request(operation.method.clone(), &operation.address(), None)).await;
        bare.problem(401, "unauthenticated");
        assert!(bare.header("www-authenticate").starts_with("Bearer"), "{name}");

        let wrong = app.request(operation.method.clone(), &operation.address(), None);
        let wrong = send(wrong.bearer_auth("cnd_01920000000070008000000000000000_wrong")).await;
        wrong.problem(401, "unauthenticated");

        for role in Role::ALL {
            let answer = send(app.request(operation.method.clone(), &operation.address(), Some(role))).await;
            if operation.roles.contains(&role) {
                assert!(!matches!(answer.status.as_u16(), 401 | 403 | 500..), "{name} as {role}: {}", answer.text);
            } else {
                let problem = answer.problem(403, "forbidden");
                let detail = problem["detail"].as_str().unwrap();
                assert!(operation.roles.iter().all(|may| detail.contains(may.as_str())), "{name}: {detail}");
            }
        }
    }
});

on_both!(what_the_document_says_of_access_is_complete, |world| {
    let app = TestApp::start(&world).await;
    let mut open = Vec::new();
    for operation in operations(&app).await {
        let secured = operation.document["security"].as_array().is_some_and(|list| !list.is_empty());
        assert_eq!(secured, !operation.roles.is_empty(), "{}", operation.name());
        assert!(operation.document["responses"]["default"].is_object(), "{}", operation.name());
        if operation.roles.is_empty() {
            open.push(operation.name());
        } else {
            for status in ["401", "403"] {
                assert!(operation.document["responses"][status].is_object(), "{} {status}", operation.name());
            }
        }
    }
    open.sort();
    assert_eq!(open, OPEN);
});

on_both!(a_revoked_key_is_refused_at_once, |world| {
    let app = TestApp::start(&world).await;
    let made = app.post(Role::Admin, "/v1/keys", &serde_json::json!({ "name": "Ann", "role": "responder" })).await;
    let secret = made.json["secret"].as_str().unwrap();
    let list = || send(app.request(Method::GET, "/v1/incidents", None).bearer_auth(secret));
    assert_eq!(list().await.status, StatusCode::OK);
    let id = made.json["id"].as_str().unwrap();
    assert_eq!(app.act(Role::Admin, &format!("/v1/keys/{id}/revoke")).await.status, StatusCode::OK);
    list().await.problem(401, "unauthenticated");
    app.act(Role::Admin, &format!("/v1/keys/{id}/revoke")).await.problem(409, "out-of-order");
});
