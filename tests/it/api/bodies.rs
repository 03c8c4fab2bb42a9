//! What bad bodies get: a problem that says what and where, and nothing half done.

use candour::domain::actor::Role;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::support::app::{Answer, TestApp, send};
use crate::support::stores::on_both;

async fn file(app: &TestApp, kind: Option<&str>, body: impl Into<reqwest::Body>) -> Answer {
    let request = app.request(Method::POST, "/v1/incidents", Some(Role::Responder)).body(body);
    send(match kind {
        Some(kind) => request.header(CONTENT_TYPE, kind),
        None => request,
    })
    .await
}

async fn is_empty(app: &TestApp) {
    let listed = app.get("/v1/incidents").await;
    assert_eq!(listed.json["items"], json!([]), "something was stored");
}

on_both!(bodies_that_cannot_be_read_are_refused, |world| {
    let app = TestApp::start(&world).await;
    file(&app, None, "{}").await.problem(415, "unsupported-type");
    file(&app, Some("text/plain"), "{}").await.problem(415, "unsupported-type");
    file(&app, Some("application/json; charset=utf-16"), "{}").await.problem(415, "unsupported-type");

    let broken = file(&app, Some("application/json"), b"{\"title\":\"caf\xe9\"}".to_vec()).await;
    assert!(broken.problem(400, "malformed")["detail"].as_str().unwrap().contains("byte 14"), "{}", broken.text);

    let syntax = file(&app, Some("application/json"), "{\n \"title\": \"x\",\n}").await;
    assert!(syntax.problem(400, "malformed")["detail"].as_str().unwrap().contains("line 3"), "{}", syntax.text);
    file(&app, Some("application/json"), "").await.problem(400, "malformed");
    is_empty(&app).await;
});

on_both!(bodies_that_are_too_large_are_refused, |world| {
    let app = TestApp::start(&world).await;
    let body = format!("{{\"title\":\"{}\"}}", "x".repeat(1024 * 1024));
    file(&app, Some("application/json"), body.clone()).await.problem(413, "too-large");
    // Without a length, the limit is found while reading.
    let chunks = body.into_bytes().chunks(64 * 1024).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    file(&app, Some("application/json"), stream).await.problem(413, "too-large");
    // With a key that makes the request repeatable, the body is read elsewhere; the limit is the same.
    let keyed = app.request(Method::POST, "/v1/incidents", Some(Role::Responder)).header("idempotency-key", "k1");
    let large = keyed.header(CONTENT_TYPE, "application/json").body(vec![b' '; 1024 * 1024 + 1]);
    send(large).await.problem(413, "too-large");
    is_empty(&app).await;
});

on_both!(fields_and_words_that_are_not_known_are_named, |world| {
    let app = TestApp::start(&world).await;
    let refused = async |body: serde_json::Value, field: &str| {
        app.post(Role::Responder, "/v1/incidents", &body).await.at_fault(422, "invalid-fields", field)
    };
    let text = refused(json!({ "title": "x", "colour": "red" }), "colour").await;
    assert!(text.contains("timeline"), "it lists the known ones: {text}");
    let text = refused(json!({ "title": "x", "scope": { "data": ["name", "helth"] } }), "scope.data[1]").await;
    assert!(text.contains("health"), "it names the nearest word: {text}");
    refused(json!({ "organisation": {} }), "title").await;
    refused(json!({ "title": 7 }), "title").await;
    refused(json!({ "title": "x", "timeline": { "aware": "2026-11-20" } }), "timeline.aware").await;
    is_empty(&app).await;
});

on_both!(facts_that_do_not_fit_are_told_all_at_once, |world| {
    let app = TestApp::start(&world).await;
    let body = json!({
        "title": " ",
        "organisation": { "country": "Germany" },
        "timeline": { "occurred_from": "2026-11-20T10:00:00+01:00", "occurred_until": "2026-11-20T08:00:00Z" },
        "scope": { "affected": [
            { "jurisdiction": "us-ca", "individuals": 3, "minors": 4 },
            { "jurisdiction": "atlantis" },
            { "jurisdiction": "us-ca" },
        ] },
        "contact": { "email": "nobody", "url": "javascript:alert(1)" },
    });
    let refused = app.post(Role::Responder, "/v1/incidents", &body).await;
    for field in [
        "title",
        "organisation.country",
        "timeline.occurred_until",
        "scope.affected[0].minors",
        "scope.affected[1].jurisdiction",
        "scope.affected[2].jurisdiction",
        "contact.email",
        "contact.url",
    ] {
        refused.at_fault(422, "invalid-fields", field);
    }
    let text = refused.at_fault(422, "invalid-fields", "scope.affected[1].jurisdiction");
    assert!(text.contains("eu-gdpr"), "it lists those that have rules: {text}");
    is_empty(&app).await;
});
