//! Addresses for calendar programs: secret, and gone once they are revoked.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use candour::domain::actor::Role;
use candour::public::{Pages, PublicState, router};
use candour::render::pdf::Fonts;
use candour::store::AuditStore;
use reqwest::StatusCode;
use serde_json::json;
use tower::ServiceExt;

use super::incident;
use crate::support::app::TestApp;
use crate::support::stores::on_both;

/// What a calendar program gets, which sends no key.
async fn subscribe(app: &TestApp, path: &str, tag: Option<&str>) -> (StatusCode, String, String) {
    let state = PublicState::new(
        app.world.store.clone(),
        Arc::new(Pages::load(None).unwrap()),
        Arc::new(Fonts::new(None)),
        Arc::clone(&app.state.deadlines),
        "https://candour.example.org".parse().unwrap(),
    );
    let mut request = Request::get(path);
    if let Some(tag) = tag {
        request = request.header("if-none-match", tag);
    }
    let response = router(state).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let tag = parts.headers.get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
    assert_eq!(parts.headers["cache-control"], "private, no-cache");
    (parts.status, String::from_utf8(bytes.to_vec()).unwrap(), tag)
}

on_both!(an_address_is_a_secret_that_can_be_taken_back, |world| {
    let app = TestApp::start(&world).await;
    let (one, other) = (
        incident(&world, "Tape", "2026-11-20T10:30:00+01:00").await,
        incident(&world, "Laptop", "2026-11-20T10:30:00+01:00").await,
    );
    let new = json!({ "name": "Mei's phone", "incident": one });
    let made = app.post(Role::Responder, "/v1/calendar-feeds", &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let address = made.json["address"].as_str().unwrap();
    let path = address.strip_prefix("https://candour.example.org").unwrap();

    let (status, calendar, tag) = subscribe(&app, path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(calendar.contains("Tape") && !calendar.contains("Laptop"), "{calendar}");
    assert!(!calendar.contains(&other.to_string()));
    assert_eq!(subscribe(&app, path, Some(&tag)).await.0, StatusCode::NOT_MODIFIED);
    assert!(subscribe(&app, &format!("{path}?kind=task"), None).await.1.contains("BEGIN:VTODO"));

    // Neither the list nor the audit chain nor the database has the address.
    let secret = path.split_once('_').unwrap().1.trim_end_matches(".ics");
    let listed = app.get("/v1/calendar-feeds").await;
    assert!(listed.text.contains("Mei's phone") && !listed.text.contains(secret), "{}", listed.text);
    let chain = world.store.audit(Some(one), 0, 100).await.unwrap();
    assert!(chain.iter().any(|entry| entry.action == "calendar_feed.made" && !entry.detail.contains(secret)));

    for wrong in [path.replace(secret, &"A".repeat(43)), path.replace(".ics", ""), String::from("/calendars/x.ics")] {
        assert_eq!(subscribe(&app, &wrong, None).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
    let revoke = format!("/v1/calendar-feeds/{}/revoke", made.json["id"].as_str().unwrap());
    let revoked = app.act(Role::Responder, &revoke).await;
    assert!(revoked.json["revoked_at"].is_string(), "{}", revoked.text);
    assert_eq!(subscribe(&app, path, Some(&tag)).await.0, StatusCode::NOT_FOUND);
    app.act(Role::Responder, &revoke).await.problem(409, "out-of-order");
});

on_both!(a_feed_of_all_has_all, |world| {
    let app = TestApp::start(&world).await;
    incident(&world, "Tape", "2026-11-20T10:30:00+01:00").await;
    incident(&world, "Laptop", "2026-11-20T10:30:00+01:00").await;
    let made = app.post(Role::Responder, "/v1/calendar-feeds", &json!({ "name": "Office" })).await;
    let path = made.json["address"].as_str().unwrap().strip_prefix("https://candour.example.org").unwrap().to_owned();
    let (_, calendar, _) = subscribe(&app, &path, None).await;
    assert!(calendar.contains("Tape") && calendar.contains("Laptop"), "{calendar}");

    app.post(Role::Responder, "/v1/calendar-feeds", &json!({ "name": " " })).await.at_fault(
        422,
        "invalid-fields",
        "name",
    );
    let nowhere = json!({ "name": "x", "incident": "01920000-0000-7000-8000-000000000000" });
    app.post(Role::Responder, "/v1/calendar-feeds", &nowhere).await.problem(404, "not-found");
    app.post(Role::Auditor, "/v1/calendar-feeds", &json!({ "name": "x" })).await.problem(403, "forbidden");
    app.act(Role::Responder, "/v1/calendar-feeds/01920000-0000-7000-8000-000000000000/revoke")
        .await
        .problem(404, "not-found");
});
