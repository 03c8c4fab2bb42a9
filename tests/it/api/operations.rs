//! Health, the document, its viewer, callbacks, and addresses that are none.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(health_needs_no_key_and_tells_readiness, |world| {
    let app = TestApp::start(&world).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(send(app.request(Method::GET, path, None)).await.status, StatusCode::OK, "{path}");
    }
    world.store.close().await;
    let answer = send(app.request(Method::GET, "/readyz", None)).await;
    answer.problem(503, "unavailable");
    assert_eq!(send(app.request(Method::GET, "/healthz", None)).await.status, StatusCode::OK);
});

on_both!(the_metrics_count_requests_and_imported_rows, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&json!({ "title": "Tape" })).await;
    let upload = app.request(Method::POST, &format!("/v1/incidents/{incident}/people"), Some(Role::Responder));
    let answer = send(upload.header("content-type", "text/csv").body("ref,email\n1,a@example.org\n2,nonsense\n")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let metrics = send(app.request(Method::GET, "/metrics", None)).await.text;
    for line in [
        "candour_imports_rows_total{effect=\"added\"} 1",
        "candour_imports_rows_total{effect=\"rejected\"} 1",
        "candour_http_requests_total{method=\"POST\",route=\"/v1/incidents/{id}/people\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in:\n{metrics}");
    }
});

on_both!(methods_that_a_caller_makes_up_are_counted_as_one, |world| {
    let app = TestApp::start(&world).await;
    for made_up in ["PURGE", "PURGE-1", "PURGE-2"] {
        let method = Method::from_bytes(made_up.as_bytes()).unwrap();
        send(app.request(method, "/nothing", None)).await.problem(404, "not-found");
    }
    send(app.request(Method::PATCH, "/nothing", None)).await.problem(404, "not-found");
    let metrics = send(app.request(Method::GET, "/metrics", None)).await.text;
    for line in [
        "candour_http_requests_total{method=\"OTHER\",route=\"(none)\",status=\"404\"} 3",
        "candour_http_requests_total{method=\"PATCH\",route=\"(none)\",status=\"404\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in:\n{metrics}");
    }
    assert!(!metrics.contains("PURGE"), "{metrics}");
});

on_both!(a_database_that_goes_away_is_said_so_and_nothing_leaks, |world| {
    let app = TestApp::start(&world).await;
    world.store.close().await;
    let answer = app.get("/v1/incidents").await;
    answer.problem(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    for inner in ["sqlx", "pool", "postgres:", "sqlite:"] {
        assert!(!answer.text.to_lowercase().contains(inner), "{}", answer.text);
    }
});

on_both!(the_document_and_its_viewer_are_served, |world| {
    let app = TestApp::start(&world).await;
    let document = send(app.request(Method::GET, "/openapi.json", None)).await;
    assert_eq!(document.json["openapi"], "3.1.0");
    let viewer = send(app.request(Method::GET, "/docs/", None)).await;
    assert_eq!(viewer.status, StatusCode::OK);
    assert!(viewer.text.contains("<html"), "{}", viewer.text);
    let script = send(app.request(Method::GET, "/docs/swagger-ui-bundle.js", None)).await;
    assert_eq!(script.status, StatusCode::OK);
    assert!(script.text.len() > 100_000, "the viewer's assets are inside the program");
    let set_up = send(app.request(Method::GET, "/docs/swagger-initializer.js", None)).await;
    assert!(set_up.text.contains("/openapi.json"), "{}", set_up.text);
});

on_both!(addresses_and_methods_that_do_not_exist_are_problems, |world| {
    let app = TestApp::start(&world).await;
    app.get("/v1/nothing").await.problem(404, "not-found");
    app.get("/nothing").await.problem(404, "not-found");
    let wrong = send(app.request(Method::DELETE, "/v1/incidents", Some(Role::Admin))).await;
    wrong.problem(405, "method-not-allowed");
    assert!(wrong.header("allow").contains("POST"), "{:?}", wrong.headers);
    app.get("/v1/incidents/not-an-identifier").await.at_fault(400, "bad-address", "id");
    app.get("/v1/incidents/01920000-0000-7000-8000-000000000000").await.problem(404, "not-found");
    app.get("/v1/incidents?after=nonsense").await.at_fault(400, "bad-address", "after");
    app.get("/v1/incidents?limit=0").await.at_fault(400, "bad-address", "limit");
    app.get("/v1/incidents?limit=ten").await.at_fault(400, "bad-address", "limit");
    app.get("/v1/incidents?page=2").await.problem(400, "bad-address");
});

on_both!(answers_tell_browsers_and_caches_nothing_to_guess, |world| {
    let app = TestApp::start(&world).await;
    let answer = app.get("/v1/incidents").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let head = send(app.request(Method::HEAD, "/v1/incidents", None)).await;
    assert_eq!(head.status, StatusCode::UNAUTHORIZED, "HEAD needs the key that GET needs");
});

on_both!(callbacks_reach_the_sink_and_its_refusals_the_provider, |world| {
    let app = TestApp::start(&world).await;
    let call = |path: &'static str| send(app.request(Method::POST, path, None).body("a=b"));
    assert_eq!(call("/v1/receipts/ok?a=1").await.status, StatusCode::NO_CONTENT);
    let as_get = send(app.request(Method::GET, "/v1/receipts/ok?a=1", None)).await;
    assert_eq!(as_get.status, StatusCode::NO_CONTENT);
    let strict = call("/v1/receipts/strict").await;
    assert_eq!((strict.status, strict.text.as_str()), (StatusCode::OK, r#"{"code":0}"#));
    assert_eq!(strict.header("content-type"), "application/json");
    call("/v1/receipts/late").await.problem(503, "overloaded");
    call("/v1/receipts/forged").await.problem(401, "bad-signature");
    call("/v1/receipts/silent").await.problem(404, "not-found");
    call("/v1/receipts/nobody").await.problem(404, "not-found");
    let busy = call("/v1/receipts/busy").await;
    busy.problem(503, "overloaded");
    assert!(!busy.header("retry-after").is_empty());
    let large = app.request(Method::POST, "/v1/receipts/ok", None).body(vec![b'x'; 2 * 1024 * 1024]);
    send(large).await.problem(413, "too-large");
});
