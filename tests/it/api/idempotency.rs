//! A POST that is sent again with its key is answered again, not done again.

use candour::domain::actor::Role;
use candour::store::{AccessStore, IdempotencyClaim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, send};
use crate::support::stores::on_both;

async fn post(app: &TestApp, role: Role, path: &str, key: &str, body: &Value) -> Answer {
    send(app.request(Method::POST, path, Some(role)).header("idempotency-key", key).json(body)).await
}

async fn count(app: &TestApp) -> usize {
    app.get("/v1/incidents").await.json["items"].as_array().unwrap().len()
}

on_both!(the_same_request_is_answered_again, |world| {
    let app = TestApp::start(&world).await;
    let body = json!({ "title": "x" });
    let first = post(&app, Role::Responder, "/v1/incidents", "k1", &body).await;
    let again = post(&app, Role::Responder, "/v1/incidents", "k1", &body).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.text, again.text);
    for header in ["location", "etag", "content-type"] {
        assert!(!first.header(header).is_empty());
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(count(&app).await, 1);
    post(&app, Role::Responder, "/v1/incidents", "k2", &body).await;
    assert_eq!(count(&app).await, 2);
});

on_both!(another_request_with_the_same_key_is_refused, |world| {
    let app = TestApp::start(&world).await;
    let filed = post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "title": "x" })).await;
    let other = post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "title": "y" })).await;
    other.problem(422, "idempotency-key-reused");
    let path = format!("/v1/incidents/{}/open", filed.json["id"].as_str().unwrap());
    post(&app, Role::Responder, &path, "k1", &json!({ "title": "x" })).await.problem(422, "idempotency-key-reused");
    // Another caller's key of the same name is another key.
    let theirs = post(&app, Role::Approver, "/v1/incidents", "k1", &json!({ "title": "y" })).await;
    assert_eq!(theirs.status, StatusCode::CREATED);
});

on_both!(a_refused_request_frees_its_key, |world| {
    let app = TestApp::start(&world).await;
    post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "titel": "x" })).await.problem(422, "invalid-fields");
    let mended = post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "title": "x" })).await;
    assert_eq!(mended.status, StatusCode::CREATED, "{}", mended.text);
});

on_both!(what_has_an_answer_too_large_to_keep_is_done_once, |world| {
    let app = TestApp::start(&world).await;
    let body = json!({ "title": "x", "impact": { "description": "d".repeat(9000) },
        "remediation": { "taken": vec!["t".repeat(9000); 8] } });
    let first = post(&app, Role::Responder, "/v1/incidents", "k1", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(first.text.len() > app.state.limits.answer_bytes, "the first answer is whole");
    assert_eq!(first.json["title"], "x");
    let again = post(&app, Role::Responder, "/v1/incidents", "k1", &body).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::CREATED, "true"), "{}", again.text);
    for header in ["location", "etag", "content-type"] {
        assert!(!first.header(header).is_empty());
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    assert!(again.json["detail"].as_str().unwrap().contains(first.header("location")), "{}", again.text);
    assert_eq!(count(&app).await, 1);
});

on_both!(a_repeat_while_the_first_is_under_way_is_told_to_wait, |world| {
    let app = TestApp::start(&world).await;
    let actor = app.state.access.authenticate(app.key(Role::Responder)).await.unwrap();
    let now = app.state.clock.now();
    let claim = world.store.claim_idempotency(&actor, "k1", "of the first", now).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::Ours);
    let repeat = post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "title": "x" })).await;
    repeat.problem(409, "in-progress");
    assert!(!repeat.header("retry-after").is_empty());
    world.store.forget_key(&actor, "k1").await.unwrap();
    let after = post(&app, Role::Responder, "/v1/incidents", "k1", &json!({ "title": "x" })).await;
    assert_eq!(after.status, StatusCode::CREATED);
});

on_both!(state_changes_are_answered_again_too, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&json!({ "title": "x" })).await;
    let path = format!("/v1/incidents/{id}/open");
    let open = async || {
        let request = app.request(Method::POST, &path, Some(Role::Responder)).header("idempotency-key", "open-1");
        send(request).await
    };
    let (first, again) = (open().await, open().await);
    assert_eq!((first.status, again.status), (StatusCode::OK, StatusCode::OK), "{}", again.text);
    assert_eq!(first.text, again.text);
});

on_both!(a_key_of_the_wrong_form_is_refused, |world| {
    let app = TestApp::start(&world).await;
    let refused = post(&app, Role::Responder, "/v1/incidents", "with blank", &json!({ "title": "x" })).await;
    refused.at_fault(400, "bad-header", "Idempotency-Key");
    let long = "k".repeat(256);
    post(&app, Role::Responder, "/v1/incidents", &long, &json!({ "title": "x" })).await.problem(400, "bad-header");
    assert_eq!(count(&app).await, 0);
});

on_both!(many_at_once_do_it_once, |world| {
    let app = TestApp::start(&world).await;
    let body = json!({ "title": "x" });
    let all = (0..8).map(|_| post(&app, Role::Responder, "/v1/incidents", "k1", &body));
    let answers = futures_util::future::join_all(all).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.text == made[0].text), "one incident, answered to all");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409 | 503)), "{answers:?}");
    assert_eq!(count(&app).await, 1);
});
